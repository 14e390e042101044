#!/bin/sh
# Dies by a signal in the middle of its answer.
printf 'Content-Type: text/plain\n\npartial\n'
kill -9 $$
