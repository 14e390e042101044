#!/bin/sh
# Ends only where SIGPIPE has its default action: the writer must die of it.
printf 'Content-Type: text/plain\n\n'
yes | head -n 1
