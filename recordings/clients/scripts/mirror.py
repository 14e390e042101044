"""Run pep381run, the mirror client, against another index than the one in its code. Python 2.7.

Arguments: the index's address, the program, and its own arguments.
"""

import sys

import pep381client

BASE, PROGRAM = sys.argv[1], sys.argv[2]

pep381client.BASE = BASE
pep381client.SIMPLE = BASE + "/simple/"
pep381client.pypi = BASE.split("//")[1]
sys.argv = sys.argv[2:]
with open(PROGRAM) as program:
    exec(compile(program.read(), PROGRAM, "exec"))
