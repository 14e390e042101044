"""`python -m compat` is the command `compat`."""

from compat.cli import main

main()
