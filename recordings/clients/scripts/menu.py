"""Run a setup.py whose default index is another, so that `register` without a login shows its menu. Python 2.7 and 3.

Arguments: the index's address and the words for setup.py. Answers come from standard input, passwords too.
"""

import getpass
import sys
from distutils.config import PyPIRCCommand

BASE, WORDS = sys.argv[1], sys.argv[2:]


def answer(prompt="Password: "):
    """Read a password where there is no terminal."""
    sys.stdout.write(prompt)
    return sys.stdin.readline().rstrip("\n")


PyPIRCCommand.DEFAULT_REPOSITORY = BASE + "/pypi"
getpass.getpass = answer
sys.argv = ["setup.py"] + WORDS  # noqa: RUF005 - Python 2.7 needs it
with open("setup.py", "rb") as program:
    exec(compile(program.read(), "setup.py", "exec"), {"__name__": "__main__", "__file__": "setup.py"})
