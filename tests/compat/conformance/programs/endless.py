# Prints for ever.
import os

with open(os.environ["PID_FILE"], "w") as file:
    file.write(str(os.getpid()))
os.write(1, b"Content-Type: text/plain\n\n")
while True:
    os.write(1, b"x" * 65536)
