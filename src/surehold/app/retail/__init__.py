"""A real retailer's invoices: cleaned into a catalogue with its stock, and bought again through the public API."""
