"""Characterization tests: recorded exchanges as tests that fail when what clients get changes.

`check` replays a recording at a target and says of each exchange whether it is as recorded, `update` rewrites what was
recorded, `write` makes a file of tests and its cassette. pytest's side is `harness.pytest_plugin`.
"""
