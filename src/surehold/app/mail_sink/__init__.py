"""A mail server for development: takes every mail, delivers none, and shows what it has at a local page."""
