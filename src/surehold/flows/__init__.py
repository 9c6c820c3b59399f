"""Processes that span modules, one file each."""
