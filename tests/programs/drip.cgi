#!/bin/sh
# Prints a line, waits, prints another.
printf 'Content-Type: text/plain\n\nfirst\n'
sleep 0.5
echo second
