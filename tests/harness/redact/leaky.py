"""An application that answers what a file of cases says, for the leak test: `X-Case: 3` asks for the fourth.

`recorded` is the same behind the middleware, `other` another application that answers nothing of all this.
"""

import json
import os
from base64 import b64decode
from functools import cache
from pathlib import Path


@cache
def cases():
    """The answers, as status, headers and body in base64."""
    return json.loads(Path(os.environ["CASES"]).read_text())


def application(environ, start_response):
    """Read the request and answer."""
    stream = environ["wsgi.input"]
    while stream.read(1 << 16):
        pass
    status, headers, body = cases()[int(environ.get("HTTP_X_CASE", "0"))]
    start_response(status, [tuple(pair) for pair in headers])
    return [b64decode(body)]


def other(environ, start_response):
    """Answer nothing."""
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"none"]


def __getattr__(name):
    if name != "recorded":
        raise AttributeError(name)
    from harness import Recorder

    globals()["recorded"] = made = Recorder(application, os.environ["ARCHIVE"])
    return made
