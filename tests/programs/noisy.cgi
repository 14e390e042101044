#!/bin/sh
# Writes 180,000 bytes to its error output before it reads its body.
i=0
head -c 180000 /dev/zero | tr '\0' e >&2
printf 'Content-Type: text/plain\n\n'
wc -c
