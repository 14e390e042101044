# Prints its whole environment, each variable ended by a NUL.
printf 'Content-Type: application/octet-stream\n\n'
exec /usr/bin/env -0
