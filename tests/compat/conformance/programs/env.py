# Prints its whole environment, each variable ended by a NUL.
import os
import sys

out = sys.stdout.buffer
out.write(b"Content-Type: application/octet-stream\n\n")
for name, value in os.environb.items():
    out.write(name + b"=" + value + b"\0")
