#!/bin/sh
# Leaves a child behind that holds the output open for a while.
printf 'Content-Type: text/plain\n\nparent\n'
{ sleep 0.4; echo child; } &
