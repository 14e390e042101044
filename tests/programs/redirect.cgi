#!/bin/sh
# A redirect to what the query says.
printf 'Location: %s\nSet-Cookie: seen=yes\n\n' "$QUERY_STRING"
