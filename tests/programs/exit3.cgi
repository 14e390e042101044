#!/bin/sh
# A good answer and a bad exit status.
printf 'Content-Type: text/plain\n\nok\n'
exit 3
