# Answers with the length it was told, the method, and the body it read.
printf 'Content-Type: text/plain\nX-Length: %s\nX-Method: %s\n\n' "${CONTENT_LENGTH-unset}" "$REQUEST_METHOD"
exec cat
