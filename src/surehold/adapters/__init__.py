"""Vendors behind the ports of the modules; SDKs are imported lazily and only here."""
