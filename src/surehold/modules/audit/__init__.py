"""The audit log: written by every module through `audit.record` with the change itself, read by staff, changed by nobody."""
