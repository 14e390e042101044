"""What runs in the interpreters of warm programs, started by its path: `zygote.py`, which is to be read first.

None of it is imported by compat, nor imports anything of it: these interpreters may be of another version (2.7, 3.6+)
and have no packages. `preload` imports what programs want, `programs` makes a process the program, `leaving` ends it as
the interpreter would, `pythons` is what they share. `zygote.py` loads each by its path, unseen by programs.
"""
