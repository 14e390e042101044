"""Carrying out one login: requests come out, answers go in, credentials are the result. Nothing is sent from here.

It behaves as a browser does: cookies that answers set go with the next request, a form's hidden fields with the form.
"""

from __future__ import annotations

import html
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from harness.bind.learn import cookies_set
from harness.bind.logins import Login, Step, encoded
from harness.bind.place import attribute
from harness.errors import TargetError
from harness.exchange import Exchange, Request, Response

_FORM = re.compile(rb"(?is)<form\b[^<>]*>.*?(?:</form>|\Z)")
_HIDDEN = re.compile(rb"(?is)<(?:input\b(?=[^<>]*\btype\s*=\s*[\"']?hidden\b)|meta\b)[^<>]*>")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a side's requests of one principal carry: cookies and hidden fields by name, a header, a user."""

    cookies: Mapping[bytes, bytes] = field(default_factory=dict)
    fields: Mapping[bytes, bytes] = field(default_factory=dict)
    authorization: bytes = b""
    remote_user: str = ""


class LoginError(TargetError):
    """A login was not successful; the message says at which request."""


def known(login: Login) -> Credentials | None:
    """Return the credentials of a login that needs nobody to be asked, else None."""
    if login.steps or login.command:
        return None
    name, _, value = login.cookie.encode().partition(b"=")
    return Credentials(
        {name: value} if name else {}, authorization=login.authorization.encode(), remote_user=login.remote_user
    )


def carried_out(login: Login, like: Exchange) -> Generator[Exchange, Response, Credentials]:
    """Yield the requests of a login and take their answers; return the credentials.

    `like` is the request that needs them: it lends Host, scheme, peer and time. Raises LoginError.
    """
    cookies: dict[bytes, bytes] = {}
    fields: dict[bytes, bytes] = {}
    page = b""
    for number, step in enumerate(login.steps, 1):
        answer = yield _exchange(step, like, cookies, page)
        _check(answer, step, f"request {number}, {step.method} {step.path}")
        for name, value, gone in cookies_set(answer.headers):
            cookies.pop(name, None)
            if not gone:
                cookies[name] = value
        page = answer.body or b""
        fields.update(hidden_fields(page))
    if not cookies and not fields:
        raise LoginError("no answer set a cookie")
    return Credentials(cookies, fields)


def _check(answer: Response, step: Step, where: str) -> None:
    if step.expect and answer.status != step.expect:
        raise LoginError(f"{where}: answered {answer.status}, expected {step.expect}")
    if not step.expect and answer.status >= 400:
        raise LoginError(f"{where}: answered {answer.status}")


def _exchange(step: Step, like: Exchange, cookies: Mapping[bytes, bytes], page: bytes) -> Exchange:
    body = step.body
    given = {name.lower() for name, _ in step.headers}
    headers = [(name.encode(), value.encode()) for name, value in step.headers]
    if "host" not in given:
        headers.insert(0, (b"Host", (like.host or "localhost").encode("latin-1")))
    if cookies and "cookie" not in given:
        headers.append((b"Cookie", b"; ".join(name + b"=" + value for name, value in cookies.items())))
    if step.form is not None:
        hidden = {name.decode(): value.decode() for name, value in form_fields(page, step.path.encode()).items()}
        body = encoded({**hidden, **dict(step.form)})
        if "content-type" not in given:
            headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
    if body or step.method not in ("GET", "HEAD"):
        headers.append((b"Content-Length", str(len(body)).encode()))
    line = f"{step.method} {step.path} HTTP/1.1".encode()
    request = Request(line, tuple(headers), body, "length" if body else "none")
    return Exchange(f"{like.id} (login)", request, None, like.started, None, like.scheme, like.peer)


def form_fields(page: bytes, path: bytes) -> dict[bytes, bytes]:
    """Return the hidden fields of the form that a page sends to `path`, else of the one that asks for a password."""
    forms = _FORM.findall(page)
    plain = path.partition(b"?")[0]
    sent_there = (form for form in forms if (attribute(form, b"action").partition(b"?")[0] or plain).endswith(plain))
    with_password = (form for form in forms if re.search(rb"(?i)type\s*=\s*[\"']?password", form))
    chosen = next((*sent_there, *with_password).__iter__(), b"")
    return hidden_fields(chosen)


def hidden_fields(page: bytes) -> dict[bytes, bytes]:
    """Return what a page hands out to come back: hidden fields, and meta elements with a name."""
    found = {}
    for tag in _HIDDEN.findall(page):
        name, value = attribute(tag, b"name"), attribute(tag, b"value") or attribute(tag, b"content")
        if name and value:
            found[name] = html.unescape(value.decode("utf-8", "replace")).encode()
    return found
