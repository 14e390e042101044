"""The ways to run a program for one request. Each is a callable that starts it and returns a `Running`.

`exec` starts a fresh process. A runner knows nothing of HTTP: it takes a `Command` and a `Body`, and gives the
program's output.
"""
