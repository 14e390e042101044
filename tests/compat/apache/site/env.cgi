#!/bin/sh
# Says which program was run, and the variables that a configuration decides.
echo "Content-Type: text/plain"
echo
echo "program ${0##*/}"
for name in SCRIPT_NAME PATH_INFO QUERY_STRING REQUEST_METHOD REMOTE_USER AUTH_TYPE REMOTE_ADDR APP_ENV SERVER_ADMIN \
    DOCUMENT_ROOT HTTP_AUTHORIZATION HTTPS HTTP_X_REMOTE_USER; do
    eval "value=\${$name-(unset)}"
    echo "$name=$value"
done
cat
