"""Every price, tax, shipping rate and account term of the shop."""
