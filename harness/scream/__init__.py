"""The lab: real clients run against the old implementation whose answers a proxy changes: who screams?

`operators` says what can be changed, `bench` runs a client once, `search` finds what breaks it in few runs, `lab` does
so for all clients. `map` is what it leaves for others to read.
"""
