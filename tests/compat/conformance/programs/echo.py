# Answers with the length it was told, the method, and the body it read.
import os
import shutil
import sys

head = "Content-Type: text/plain\nX-Length: {}\nX-Method: {}\n\n"
sys.stdout.write(head.format(os.environ.get("CONTENT_LENGTH", "unset"), os.environ["REQUEST_METHOD"]))
sys.stdout.flush()
shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)
