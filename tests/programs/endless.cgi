#!/bin/sh
# Prints for ever.
echo $$ > "$PID_FILE"
printf 'Content-Type: text/plain\n\n'
exec yes
