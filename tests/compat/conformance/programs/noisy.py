# Writes 300,000 bytes to its error output before it reads its body.
import sys

sys.stderr.write("e" * 300_000)
sys.stderr.flush()
size = len(sys.stdin.buffer.read())
print(f"Content-Type: text/plain\n\n{size}")
