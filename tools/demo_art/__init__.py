"""Illustrations of the demo shop, drawn by code so that all share one hand and one palette."""
