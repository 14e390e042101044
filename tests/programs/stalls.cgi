#!/bin/sh
# Begins an answer and never ends it.
printf 'Content-Type: text/plain\n\nbegun\n'
echo $$ > "$PID_FILE"
exec sleep 60
