"""Measured ratios; see `__main__`."""
