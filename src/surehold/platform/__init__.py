"""Runtime without a word of commerce."""
