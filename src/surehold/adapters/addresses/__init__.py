"""Who knows which addresses there are: a service outside, by a small protocol of JSON (docs/addresses.md)."""
