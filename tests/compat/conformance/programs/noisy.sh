# Writes 300,000 bytes to its error output before it reads its body.
head -c 300000 /dev/zero | tr '\0' e >&2
printf 'Content-Type: text/plain\n\n'
wc -c
