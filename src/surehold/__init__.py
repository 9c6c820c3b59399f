"""Surehold: a self-hosted commerce platform whose promises hold."""

__version__ = "0.1.0"
