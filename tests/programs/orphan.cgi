#!/bin/sh
# Ends at once and leaves a child that holds the output open, and has its input from nobody.
printf 'Content-Type: text/plain\n\nbegun\n'
sleep 60 < /dev/null &
echo "$!" > "$PID_FILE"
