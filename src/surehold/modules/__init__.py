"""The parts of a shop; each is entered by its package root and its events."""
