"""Applications of one field each, told by name: what a program may put there, and what its successor may."""

import hashlib
import os
import random
import secrets
import time
from itertools import count

STEADY = "0123456789abcdef"
UNCONTROLLED = "/proc/sys/kernel/random/uuid"
_numbers = count(2**60)


def number(environ):
    """Return the number of the page that is asked for."""
    return int(environ["PATH_INFO"].rsplit("/", 1)[1])


def token(environ):
    """Return a random token."""
    return secrets.token_hex(8)


def later(environ):
    """Return a random token, but the second one: another program's random numbers."""
    secrets.token_hex(8)
    return secrets.token_hex(8)


def uncontrolled(environ):
    """Return a random token that is another on each side."""
    with open(UNCONTROLLED) as file:
        return file.read().strip().replace("-", "")[-16:]


def at_times(make, share):
    """Return a field that is drawn anew in a share of the requests, by chance, and else stays."""

    def field(environ):
        with open(UNCONTROLLED) as file:
            return make(environ) if int(file.read()[:6], 16) < share * 0x1000000 else STEADY

    return field


def now_and_then(make, share):
    """Return a field like that, but by numbers that the harness hands out: the same in each run of the same test."""
    return lambda environ: make(environ) if random.random() < share else STEADY


def on_some(make, share):
    """Return a field that is drawn anew on a share of the pages, and else stays."""
    return lambda environ: make(environ) if number(environ) * 7919 % 1000 < 1000 * share else STEADY


FIELDS = {
    "constant": lambda environ: STEADY,
    "token": token,
    "another token": later,
    "uncontrolled token": uncontrolled,
    "token on half of the pages": on_some(token, 0.5),
    "token in half of the answers": at_times(uncontrolled, 0.5),
    "token now and then": now_and_then(uncontrolled, 0.5),
    "token once in a while": now_and_then(uncontrolled, 0.05),
    "token on 5 % of the pages": on_some(token, 0.05),
    "token in 5 % of the answers": at_times(uncontrolled, 0.05),
    "process": lambda environ: str(os.getpid()),
    "number": lambda environ: "4242",
    "counter": lambda environ: f"{next(_numbers):016x}",
    "time": lambda environ: f"{int(time.time() * 1e9):016x}",
    "prefix": lambda environ: "deadbeef" + secrets.token_hex(4),
    "digest": lambda environ: hashlib.md5(environ["PATH_INFO"].encode()).hexdigest()[:16],
}


def answering(name):
    """Return the application that answers with a field."""

    def application(environ, start_response):
        body = f'{{"title": "a page", "value": "{FIELDS[name](environ)}"}}'.encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return application
