# Begins an answer and is killed.
import os

os.write(1, b"Content-Type: text/plain\n\npart\n")
os.kill(os.getpid(), 9)
