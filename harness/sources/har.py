"""HAR 1.2 files of browsers, proxies and test tools: read entry by entry, written so that nothing of ours is lost.

A file of any size comes in, exchanges and remarks go out, or the reverse; what one entry means is `har_entry`'s. What
never reached the server (a page from the cache, a `data:` URL) is no exchange and counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.exchange import Exchange
from harness.sources.har_entry import EXACT, har_entry, read_entry
from harness.sources.json_stream import Damaged, elements
from harness.sources.sink import Sink
from harness.sources.source import MALFORMED, Input, Item, Note, Options, Read, Skipped, Source, starting_state

_LOG = re.compile(rb'[\s\xef\xbb\xbf]*\{.*?"log"\s*:\s*\{', re.DOTALL)
_SECRETS = ("cookie", "set-cookie", "authorization")
_SANITISED = (
    "a sanitised export: no entry has a Cookie, Set-Cookie or Authorization header, so nobody is logged in. To keep "
    'cookies: DevTools, Settings, Preferences, Network, "Allow to generate HAR with sensitive data"; then hold the '
    'export button down and take "Export HAR (with sensitive data)"'
)


def _detect(start: bytes, _: Path) -> bool:
    return _LOG.match(start) is not None and (b'"entries"' in start or b'"creator"' in start or b'"version"' in start)


def _read(opened: Input, _: Options) -> Iterator[Item]:
    beside: dict[str, Any] = {}
    remarks: Counter[str] = Counter()
    secrets = entries = 0
    try:
        for number, (offset, entry) in enumerate(elements(opened.stream, ("log", "entries"), beside.__setitem__), 1):
            try:
                reason = _no_exchange(entry)
                if reason:
                    yield Skipped(reason)
                    continue
                read = read_entry(entry)
                secrets += _has_secrets(entry)
            except MALFORMED as error:
                opened.bad(offset, f"entry {number} is not one of a HAR file ({type(error).__name__}: {error})")
            entries += 1
            remarks.update(read.remarks)
            yield Read(read.exchange, read.guesses)
    except Damaged as error:
        opened.bad(error.offset, f"truncated, or no HAR file: {error}")
    yield from _notes(remarks)
    own = beside.get(EXACT)
    if isinstance(own, Mapping) and own.get("state") is not None:
        yield starting_state(str(own["state"]))
    creator = beside.get("creator")
    if entries and not secrets and isinstance(creator, Mapping) and creator.get("name") == "WebInspector":
        yield Note(_SANITISED)


def _notes(remarks: Counter[str]) -> Iterator[Note]:
    for remark, count in remarks.most_common():
        yield Note(f"{count} {remark}")


def _no_exchange(entry: Mapping[str, Any]) -> str:
    """Say why an entry is nothing that a server was asked and answered, or nothing."""
    scheme = entry["request"]["url"].partition(":")[0].lower()
    if scheme in ("ws", "wss") or entry.get("_resourceType") == "websocket" or entry.get("_webSocketMessages"):
        return "WebSocket"
    if scheme not in ("http", "https"):
        return f"{scheme[:20]}: URL"
    answer = entry["response"]
    if entry.get("_fromCache") or entry.get("_fetchedViaServiceWorker") or _came_from_nowhere(answer):
        return "from the browser's cache or a service worker"
    if (answer.get("status") or 0) <= 0 and EXACT not in entry:
        return "blocked or aborted, no answer"
    return ""


def _came_from_nowhere(answer: Mapping[str, Any]) -> bool:
    """Tell an answer that came without anything over the network, as Playwright shows cached ones."""
    size = (answer.get("content") or {}).get("size")
    return answer.get("_transferSize") == 0 and isinstance(size, int) and size > 0


def _has_secrets(entry: Mapping[str, Any]) -> bool:
    messages = (entry["request"], entry["response"])
    return any(message.get("cookies") for message in messages) or any(
        header["name"].lower() in _SECRETS
        for message in messages
        for header in message.get("headers") or ()
        if isinstance(header, Mapping)
    )


class _Har:
    """`sink.Style` of HAR."""

    def __init__(self, state: str | None) -> None:
        self.lost: Counter[str] = Counter()
        self._state = state

    def opening(self) -> bytes:
        """Return the beginning of the log."""
        creator = {"name": "harness", "version": "1"}
        own = {EXACT: {"state": self._state}} if self._state is not None else {}
        head = json.dumps({"version": "1.2", "creator": creator, **own, "pages": []})
        return f'{{"log": {head[:-1]}, "entries": ['.encode("ascii")

    def item(self, exchange: Exchange, number: int) -> bytes:
        """Return one entry."""
        return (",\n" if number else "\n").encode() + json.dumps(har_entry(exchange)).encode("ascii")

    def closing(self, count: int) -> bytes:
        """Return the end of the log."""
        return b"\n]}}\n"


HAR = Source(
    "har",
    "HAR 1.2 of browsers, proxies and test tools",
    _detect,
    _read,
    loses={
        "request lines": "method, URL and version; of HTTP/2 and 3 as HTTP/1.1 would write them",
        "request headers": "order as the tool shows it; of HTTP/2 and 3 in lower case",
        "request bodies": "texts; binary uploads are unknown",
        "answer bodies": "unpacked, as text; packed again, other charsets by the declared one",
        "framing": "by the headers",
        "identity": "no client address; cookies and Authorization only where the tool exports them",
        "times": "to the millisecond",
    },
)
HAR_SINK = Sink("har", "HAR 1.2", (".har",), _Har, loses={"all": "nothing: what HAR has no field for is in `_harness`"})
