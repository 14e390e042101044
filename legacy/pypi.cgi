#!/usr/bin/env python3
"""The old index as a CGI program (RFC 3875): a shell around legacy.handler that writes headers and body to stdout."""

import os
import sys
import types

# Not the script's own folder, which Python puts first: its modules would hide others of the same name.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

# psycopg2 imports ssl for nothing but the order in which OpenSSL was once set up; that is a fifth of a request's time.
sys.modules.setdefault('ssl', types.ModuleType('ssl'))

from legacy.config import Config  # noqa: E402
from legacy.handler import WebUI  # noqa: E402

CLOSED = False  # for maintenance: answers 503 to everyone


class CGIHandler:
    """Writes each header as it comes: what was sent cannot be taken back."""

    def __init__(self):
        self.rfile = sys.stdin.buffer
        self.wfile = sys.stdout.buffer
        self.config = Config()

    def write_line(self, line):
        """One line of the header."""
        self.wfile.write(line.encode('latin-1') + b'\r\n')

    def send_response(self, code, message=''):
        """The status line."""
        self.write_line('Status: %s %s' % (code, message))

    def send_header(self, name, value):
        """One header."""
        self.write_line('%s: %s' % (name, value))

    def set_content_type(self, value):
        """The type of the body."""
        self.send_header('Content-Type', value)

    def end_headers(self):
        """The body comes next."""
        self.wfile.write(b'\r\n')


def main():
    """One request, from the environment and stdin to stdout."""
    if CLOSED:
        sys.stdout.write('Status: 503 Server down for maintenance\r\nContent-Type: text/plain\r\n\r\n'
                         'The index is closed for maintenance.\nPlease come back in a while.\n')
        return
    env = {name.decode('latin-1'): value.decode('latin-1') for name, value in os.environb.items()}
    try:
        WebUI(CGIHandler(), env).run()
    except Exception:
        import traceback
        traceback.print_exc()
        sys.stdout.write('Status: 500 Internal Server Error\r\nContent-Type: text/html\r\n\r\n'
                         '<pre>The request could not be answered; the log says why.</pre>\n')
    sys.stdout.flush()


main()
