# Prints 300,000 bytes before it reads its body, then the body's length: a deadlock for whoever writes everything first.
import sys

sys.stdout.write("Content-Type: text/plain\n\n" + "x" * 300_000)
sys.stdout.flush()
size = 0
while piece := sys.stdin.buffer.read(65536):
    size += len(piece)
print(size)
