#!/bin/sh
# Ignores TERM, and so do its children.
trap '' TERM
echo $$ > "$PID_FILE"
while :; do sleep 0.2; done
