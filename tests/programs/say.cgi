#!/bin/sh
# Its output is the request body as it stands: the client writes the CGI answer.
exec cat
