"""harness.renewed: answers of now that are written are redacted, and hold together with the rest of a recording."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import Config
from harness.exchange import Exchange, Request, Response
from harness.redact import redactor
from harness.renewed import Renewing

KEY = b"k" * 32
CONFIG = Config(Path())
SECRET, OTHER = b"sk_live_51H8abcdEFGHijklMNOPqrst", b"9f8e7d6c5b4a39281706f5e4d3c2b1a0"


def exchange(*headers, body=b"<p>About us</p>", asked=(), number=1):
    """Return an exchange in clear."""
    request = Request(b"GET /about HTTP/1.1", ((b"Host", b"x"), *asked))
    length = (b"Content-Length", str(len(body)).encode())
    return Exchange(f"x.yaml#{number}", request, Response(200, b"OK", (*headers, length), body), started=1.0)


def texts(made):
    """Return all that an exchange holds, as one text."""
    return repr(made).encode()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"Set-Cookie", b"session=" + OTHER)], b""),
        ([(b"X-Api-Key", SECRET)], b""),
        ([(b"Content-Type", b"text/html")], b"<input name=password value=" + OTHER + b">"),
        ([(b"Content-Type", b"application/json")], b'{"token": "' + OTHER + b'", "n": 1}'),
        ([(b"Content-Encoding", b"gzip")], gzip.compress(b"token=" + SECRET)),
    ],
    ids=["cookie", "header", "html", "json", "packed"],
)
def test_secrets_that_nobody_recorded_are_not_written(headers, body):
    """Wherever they stand; each is told in `redactions`."""
    recorded = exchange()
    answer = exchange(*headers, body=body).response
    made = Renewing([recorded], CONFIG)(recorded, answer)
    assert made.redactions
    assert all(one.place.startswith("response.") for one in made.redactions)
    whole = texts(made) + gzip.decompress(made.response.body) if body.startswith(b"\x1f") else texts(made)
    assert SECRET not in whole
    assert OTHER not in whole
    assert made.request == recorded.request


def test_tokens_stay_where_no_more_than_redaction_differs():
    """So that later requests, which carry them, go on to fit, whatever the key was; the rest is as it is now."""
    clear = exchange((b"X-Api-Key", SECRET), (b"X-Word", b"old"), body=b"<p>About us</p>")
    recorded = redactor({}, KEY).redact(clear)
    now = exchange((b"X-Word", b"new"), (b"X-Api-Key", SECRET[::-1]), body=b"<p>About me</p>").response
    made = Renewing([recorded], CONFIG)(recorded, now)
    headers = dict(made.response.headers)
    assert headers[b"X-Api-Key"] == dict(recorded.response.headers)[b"X-Api-Key"]
    assert headers[b"X-Word"] == b"new"
    assert made.response.body == b"<p>About me</p>"
    assert made.redactions == recorded.redactions


def test_a_token_of_another_exchange_is_no_secret():
    """An answer is under the recording's names: a token in it is told of, and not made another."""
    make = redactor({}, KEY).redact
    first = make(exchange((b"Set-Cookie", b"session=" + OTHER)))
    second = exchange(number=2)
    token = first.response.headers[0][1].partition(b"=")[2]
    answer = exchange((b"Set-Cookie", b"session=" + token)).response
    made = Renewing([first, second], CONFIG)(second, answer)
    assert made.response == answer
    assert [(one.token.encode(), one.place) for one in made.redactions] == [(token, "response.header ?")]


def test_what_a_recording_holds_in_clear_stays_so():
    """It is in the file already, and requests send it: a token in the answer would fit none of them."""
    first = exchange((b"Set-Cookie", b"session=" + OTHER))
    second = exchange(asked=((b"Cookie", b"session=" + OTHER),), number=2)
    answer = exchange((b"Set-Cookie", b"session=" + OTHER), (b"X-Api-Key", SECRET)).response
    made = Renewing([first, second], CONFIG)(first, answer)
    assert made.response.headers[0] == (b"Set-Cookie", b"session=" + OTHER)
    assert SECRET not in texts(made)


def test_redaction_can_be_left_out():
    """For whoever records in clear."""
    recorded = exchange()
    answer = exchange((b"X-Api-Key", SECRET)).response
    assert Renewing([recorded], CONFIG, redacting=False)(recorded, answer) == replace(recorded, response=answer)
