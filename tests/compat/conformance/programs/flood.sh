# Prints 300,000 bytes before it reads its body, then the body's length: a deadlock for whoever writes everything first.
printf 'Content-Type: text/plain\n\n'
head -c 300000 /dev/zero | tr '\0' x
wc -c
