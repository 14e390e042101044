printf "Content-Type: text/plain\n\n%s\n" "ran $1 $SCRIPT_FILENAME $REDIRECT_STATUS"
