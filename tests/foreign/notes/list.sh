#!/bin/sh
# A client as somebody's cron job might be: logs in, and prints the numbers of the notes in the list.
set -e
curl -sf -c cookies -o answer -d "name=alice&password=tiger" "$1/?action=login"
curl -sf -b cookies -o page "$1/?action=list"
grep -o 'id=[0-9]*' page | sort -u
