"""The benchmark: figures of the whole shop beside the machine's own limits, measured in the same run (see docs/performance.md)."""
