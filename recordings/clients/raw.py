"""Raw requests: bytes written to a socket by hand, each naming the behaviours of the catalogue that it shows.

A request says its numbers in a header of its own, `X-Behaviour: B030 B031`, so that a cassette tells them by itself.
What an answer gives for later (cookie, token of a form, nonce, mailed key) is remembered under a name and put in
where a later request has `{cookie}`, `{token}`, `{nonce}` or `{key}`; `{expired}` is a key of a day before.
"""

from __future__ import annotations

import functools
import re
import socket
import time
from collections.abc import Iterable

from recordings.clients.raw_calls import CALLS
from recordings.clients.raw_edges import EDGES, reset_key
from recordings.clients.raw_files import FILES
from recordings.clients.raw_forms import FORMS
from recordings.clients.raw_installations import EARLY, LATE, OTHER
from recordings.clients.raw_pages import PAGES
from recordings.clients.raw_people import PEOPLE
from recordings.clients.raw_requests import REQUESTS
from recordings.clients.raw_rows import Row
from recordings.clients.raw_rules import RULES
from recordings.session import ClientError, Scenario, Session

TIMEOUT = 30  # seconds for an answer
YESTERDAY = 30 * 3600  # seconds
LEARNT = {
    b"cookie": rb"(?mi)^Set-Cookie: pypi=(\w+)",
    b"nonce": rb"(?mi)^Set-Cookie: login_nonce=(\w+)",
    b"token": rb'name="CSRFToken" value="([^"]+)"',
    b"file": rb'href="\.\./\.\.(/packages/[^"#]+)#md5=',
    b"digest": rb'href="\.\./\.\./packages/[^"#]+#md5=(\w+)',
    b"etag": rb'(?mi)^ETag: "?([^"\r]+)',
    b"modified": rb"(?mi)^Last-Modified: ([^\r]+)",
}


def ask(session: Session, row: Row, known: dict[bytes, bytes]) -> bytes:
    """Send one request and return the whole answer. Raises ClientError for another status than the row's."""
    host, _, port = session.host.partition(":")
    with socket.create_connection((host, int(port)), TIMEOUT) as connection:
        connection.sendall(request(session, row, known))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    if not status or int(status[1]) != row.status:
        raise ClientError(f"{row} was answered (expected {row.status}):\n{answer[:1500].decode('latin-1')}")
    return answer


def request(session: Session, row: Row, known: dict[bytes, bytes]) -> bytes:
    """Return the request's bytes. A length is said only where there is a body, and where the row does not say one."""
    head, body = _filled(row.head, known), _filled(row.body, known)
    first, _, rest = head.partition(b"\r\n")
    lines = [first + b" HTTP/1.1"]
    if b"\r\nHost:" not in head:
        lines.append(b"Host: " + session.host.encode())
    lines += [b"User-Agent: raw-requests/1"] if b"\r\nUser-Agent:" not in head else []
    lines += [f"X-Behaviour: {' '.join(f'B{number:03}' for number in row.numbers)}".encode(), b"Connection: close"]
    lines += [rest] if rest else []
    if body and b"\r\nTransfer-Encoding:" not in head:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _filled(text: bytes, known: dict[bytes, bytes]) -> bytes:
    for name, value in known.items():
        text = text.replace(b"{" + name + b"}", value)
    return text


def _play(session: Session, rows: Iterable[Row]) -> None:
    known = {b"expired": reset_key(int(time.time()) - YESTERDAY).encode()}  # nobody waits a day for one
    for row in rows:
        time.sleep(row.pause)
        answer = ask(session, row, known)
        for name, pattern in LEARNT.items():
            found = re.search(pattern, answer)
            if found:
                known[name] = found[1]
        if session.mail.exists():
            keys = re.findall(rb"otk=(\S+)", session.mail.read_bytes())
            known.update({b"key": keys[-1]} if keys else {})


SCENARIOS = tuple(
    Scenario(name, None, functools.partial(_play, rows=rows), about, *state)
    for name, rows, about, *state in (
        ("raw-requests", REQUESTS, "bytes by hand: methods, paths, pages, downloads, credentials"),
        ("raw-forms", FORMS, "bytes by hand: accounts, publishing, uploads, roles, removals"),
        ("raw-calls", CALLS, "bytes by hand: every method of XML-RPC, and what is no call"),
        ("raw-files", FILES, "bytes by hand: files of every kind, signatures, documentation, ranges and conditions"),
        ("raw-pages", PAGES, "bytes by hand: searches, lists, feeds, descriptions, more than a list has room for"),
        ("raw-rules", RULES, "bytes by hand: the rules of metadata, odd forms, odd calls, the order of releases"),
        ("raw-people", PEOPLE, "bytes by hand: credentials, accounts, forgotten passwords, roles, editing, removing"),
        ("raw-edges", EDGES, "bytes by hand: what lies just beyond the limits of the others"),
        ("raw-late", LATE, "bytes by hand: the rules of late 2016", "late"),
        ("raw-early", EARLY, "bytes by hand: names to the letter, as in 2008", "early"),
        ("raw-other", OTHER, "bytes by hand: an installation where nearly everything is set otherwise", "other"),
    )
)
