# Says who it is, and then nothing.
import os
import time

with open(os.environ["PID_FILE"], "w") as file:
    file.write(str(os.getpid()))
time.sleep(60)
