#!/bin/sh
# Prints its command line words, one a line, and the directory it runs in.
printf 'Content-Type: text/plain\n\n'
for word in "$@"; do echo "word=$word"; done
echo "cwd=$(pwd)"
