#!/bin/sh
# Error output with a control character and a byte that is not UTF-8.
printf 'bad \033[31m and \377\n' >&2
printf 'Content-Type: text/plain\n\nok\n'
