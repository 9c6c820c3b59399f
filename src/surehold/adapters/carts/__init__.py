"""Copies of carts outside of PostgreSQL."""
