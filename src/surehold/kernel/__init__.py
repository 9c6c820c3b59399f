"""Pure and tiny: money, ids, clock, errors, events. Imports nothing of ours."""
