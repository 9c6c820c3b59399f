"""All SQL of the catalogue: reads for buyers, listings, edits by staff, and batches."""
