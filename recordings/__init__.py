"""Recorded traffic of real clients as cassettes, and the script that makes them again. See README.md."""
