"""What a test of an exchange is called, and the sentence that says what it pins: exchanges in, text out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.compare.excerpt import printable
from harness.exchange import Exchange, Response
from harness.naming import Names

LONGEST = 70
"""Characters of a name."""


def distinct(names: Iterable[str]) -> Iterator[str]:
    """Yield the names, numbered from the second of each on."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"


def name_of_test(exchange: Exchange, names: Names) -> str:
    """Return `test_get_simple_name_answers_200`: what is asked, without the values in it, and the status."""
    asked = names.endpoint(exchange.request).replace("{}", "name")
    words = re.findall(r"[a-z0-9]+", asked.lower())
    asked = "_".join(words)[:LONGEST].rstrip("_") or "request"
    return f"test_{asked}_answers_{exchange.response.status if exchange.response else 'nothing'}"


def sentence(exchange: Exchange, names: Names) -> str:
    """Return what is pinned, in a sentence: the request, the answer's status, type and size, and who asked."""
    request = exchange.request
    line = printable(request.start_line.decode("latin-1")).rpartition(" HTTP/")[0] or "The request"
    client = names.client(request)
    who = " ".join(filter(None, (client.family, client.version)))
    return f"{line} is answered by {_answer(exchange.response)}, as {who} was."


def _answer(response: Response | None) -> str:
    if response is None:
        return "nothing"
    kind = next((value.decode("latin-1") for name, value in response.headers if name.lower() == b"content-type"), "")
    status = f"{response.status} {response.reason.decode('latin-1')}".rstrip()
    size = f"{len(response.body)} bytes" if response.body else ""
    return printable(", ".join(filter(None, (status, kind, size))))
