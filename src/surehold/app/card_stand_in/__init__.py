"""A card provider for development: speaks Stripe's API to the official SDK, moves no money, and can be told to misbehave."""
