"""The accidents of the old index (numbers as in its history: I02 ...), each made again by a WSGI middleware around it.

`incidents:application` is the index with the accident that a request's header `X-Incident` names. What each must be
reported as stands in `test_incidents`, which does not import this module: it runs in the target's process.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import xmlrpc.client
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import parse_qsl

import psycopg2

from legacy.wsgi import application as index


class Answer:
    """An answer of the index, to be changed."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def type(self) -> str:
        """The Content-Type."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")

    def set(self, name: str, value: str) -> None:
        """Put a header in the place of one that is there, or at the end."""
        names = [key.lower() for key, _ in self.headers]
        if name.lower() in names:
            self.headers[names.index(name.lower())] = (name, value)
        else:
            self.headers.append((name, value))

    def drop(self, name: str) -> None:
        """Take a header away."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def text(self, status: str, body: bytes, kind: str = "text/plain; charset=utf-8") -> Answer:
        """Return another answer in place of this one."""
        return Answer(status, [("Content-Type", kind)], body)


class Asked:
    """What an incident may know of a request."""

    def __init__(self, environ: dict) -> None:
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = environ["PATH_INFO"]
        self.body = environ["wsgi.input"].read()
        found = re.search(rb"<methodName>([\w.]+)</methodName>", self.body)
        self.call = found[1].decode() if found else ""
        action = re.search(rb'(?:^|[&;])(?::|%3[Aa])action=(\w+)|name=":action"\r?\n\r?\n(\w+)', self.body)
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.action = query.get(":action") or (action and (action[1] or action[2]).decode()) or ""

    @property
    def simple(self) -> bool:
        """Whether a page of one project of the simple index is asked for."""
        return self.path.startswith("/simple/") and self.path != "/simple/"

    @property
    def json(self) -> bool:
        """Whether a JSON document is asked for."""
        return self.path.endswith("/json") or self.action == "json"


Change = Callable[[Asked, Answer], Answer | None]
AFTER: dict[str, Change] = {}
BEFORE: dict[str, Callable[[Asked], None]] = {}


def after(change: Change) -> Change:
    """Register what is done to an answer."""
    AFTER[change.__name__] = change
    return change


def before(change: Callable[[Asked], None]) -> Callable[[Asked], None]:
    """Register what is done to a request."""
    BEFORE[change.__name__] = change
    return change


def application(environ, start_response):
    """The index with the incident that the request's header `X-Incident` names."""
    name = environ.pop("HTTP_X_INCIDENT")
    asked = Asked(environ)
    if name in BEFORE:
        BEFORE[name](asked)
    environ["wsgi.input"] = io.BytesIO(asked.body)
    answer = called(asked.environ)
    if name in AFTER:
        answer = AFTER[name](asked, answer) or answer
        if any(key.lower() == "content-length" for key, _ in answer.headers) and asked.method != "HEAD":
            answer.set("Content-Length", str(len(answer.body)))
    start_response(answer.status, answer.headers)
    return [answer.body]


def called(environ) -> Answer:
    """Ask the index, which must not see more of a request's body than there is."""
    parts: list[bytes] = []
    begun: list = []

    def start_response(status, headers, exc_info=None):
        begun[:] = [status, list(headers)]
        return parts.append

    result = index(environ, start_response)
    try:
        parts.extend(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return Answer(*begun, b"".join(parts))


def rpc(answer: Answer, change: Callable[[object], object]) -> None:
    """Change the value that an XML-RPC answer holds; faults stay."""
    if b"<fault>" in answer.body:
        return
    (value,), _ = xmlrpc.client.loads(answer.body)
    dumped = xmlrpc.client.dumps((change(value),), methodresponse=True, allow_none=True)
    answer.body = dumped.encode()


def document(answer: Answer, change: Callable[[dict], object]) -> None:
    """Change a JSON document, kept in its spelling."""
    loaded = json.loads(answer.body)
    change(loaded)
    answer.body = json.dumps(loaded, indent=4, separators=(", ", ": ")).encode()


def links(body: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Change the list of anchors of a simple page."""
    found = re.findall(rb"<a .*?</a><br/>\n", body, re.DOTALL)
    return body if not found else body.replace(b"".join(found), b"".join(change(found)))


# What clients scrape from pages


@after
def I02(asked, answer):
    """The page lost the comments with the table cells that setuptools scraped."""
    answer.body = re.sub(rb"<!--.*?-->", b"", answer.body, flags=re.DOTALL)


@after
def I03(asked, answer):
    """Parentheses around the md5 link became square brackets."""
    answer.body = re.sub(rb"\((<a [^>]*>md5</a>[^()]*)\)", rb"[\1]", answer.body)


@after
def I05(asked, answer):
    """Links got #HEX where #md5=HEX is wanted."""
    if asked.simple:
        answer.body = answer.body.replace(b"#md5=", b"#")


@after
def I09(asked, answer):
    """Links to projects get the slash that they had lost."""
    if asked.path == "/simple/":
        answer.body = re.sub(rb'(<a href=["\'][^"\']*[^/"\'])(["\'])', rb"\1/\2", answer.body)


@after
def I17(asked, answer):
    """URLs in XML-RPC answers are escaped as for HTML."""
    if asked.call == "release_data":
        rpc(answer, lambda value: _escaped_urls(value))


def _escaped_urls(value):
    return {k: v.replace("&", "&amp;") if isinstance(v, str) and "://" in v else v for k, v in value.items()}


@after
def I41(asked, answer):
    """The meta element of a simple page is not closed."""
    if asked.simple:
        answer.body = answer.body.replace(b'value="2" />', b'value="2">')


@after
def I47(asked, answer):
    """The list of all projects lost its links."""
    if asked.path == "/simple/":
        answer.body = re.sub(rb"<a [^>]*>(.*?)</a>", rb"\1", answer.body)


@after
def I48(asked, answer):
    """Files of a project come in another order."""
    if asked.simple:
        answer.body = links(answer.body, lambda found: found[1:] + found[:1])


@after
def I62(asked, answer):
    """The list of everything is replaced by a notice."""
    if asked.action == "index":
        answer.body = re.sub(rb"<table.*?</table>", b"<p>Use the simple index.</p>", answer.body, flags=re.DOTALL)


# Headers and status


@after
def I06(asked, answer):
    """Pages of the simple index lost their Content-Type."""
    if asked.simple:
        answer.drop("Content-Type")


@after
def I14_location(asked, answer):
    """Redirects point at the text of an exception object."""
    if answer.status.startswith("301"):
        for name, value in answer.headers:
            if name.lower() == "location":
                answer.set("Location", f"Redirect({value!r})")


@after
def I14_reason(asked, answer):
    """The reason phrase is empty."""
    answer.status = answer.status.split(" ")[0] + " "


@after
def I15(asked, answer):
    """Names in the wrong case are not found."""
    if asked.path.startswith("/simple/") and asked.path.endswith("/") and answer.status.startswith("301"):
        return answer.text("404 Not Found", b"Not Found\n\n\n")
    return None


@after
def I24(asked, answer):
    """Pages without a slash at the end are redirected."""
    if re.fullmatch(r"/pypi/[^/]+", asked.path) and answer.status.startswith("200"):
        redirect = answer.text("301 Moved Permanently", b"")
        redirect.set("Location", asked.path + "/")
        return redirect
    return None


@after
def I26(asked, answer):
    """JSON answers with a page of releases."""
    if asked.json and answer.status.startswith("200"):
        return answer.text("200 OK", b"<html><body><ul><li>1.0</li></ul></body></html>", "text/html; charset=utf-8")
    return None


@after
def I29_gzip(asked, answer):
    """Everything is compressed, asked for or not."""
    if asked.simple and answer.body:
        answer.body = gzip.compress(answer.body, mtime=0)
        answer.set("Content-Encoding", "gzip")


@after
def I29_length(asked, answer):
    """Pages of the simple index lost their Content-Length."""
    if asked.simple:
        answer.drop("Content-Length")


@after
def I33(asked, answer):
    """302 in place of 301."""
    if answer.status.startswith("301"):
        answer.status = "302 Found"


@after
def I42(asked, answer):
    """The redirect to the right spelling of a name points at itself."""
    if asked.path.startswith("/simple/") and answer.status.startswith("301"):
        answer.set("Location", asked.path)


@after
def I44(asked, answer):
    """Files that are not there crash for want of a serial."""
    if asked.path.startswith("/packages/") and answer.status.startswith("404"):
        return answer.text("500 Internal Server Error", b"Traceback (most recent call last): ...")
    return None


@after
def I50(asked, answer):
    """JSON of a name in the wrong case crashes."""
    if asked.json and answer.status.startswith("301"):
        return answer.text("500 Internal Server Error", b"NameError: name 'names' is not defined")
    return None


@after
def I54_gone(asked, answer):
    """What is not there any more is 410."""
    if asked.path.startswith("/packages/") and answer.status.startswith("404"):
        answer.status = "410 Gone"


@after
def I54_cached(asked, answer):
    """That something is not there may be kept for a year."""
    if asked.path.startswith("/packages/") and answer.status.startswith("404"):
        answer.set("Cache-Control", "max-age=31536000")


@after
def I56(asked, answer):
    """Files end after 4096 bytes."""
    if asked.path.startswith("/packages/") and answer.status.startswith("200"):
        answer.body = answer.body[:4096] if len(answer.body) > 4096 else answer.body[: len(answer.body) // 2]


# XML-RPC, JSON and feeds


@after
def I08_local(asked, answer):
    """Timestamps of the changelog are local time."""
    if asked.call in ("changelog", "changelog_since_serial"):
        rpc(answer, lambda rows: [[*row[:2], row[2] - 7200, *row[3:]] for row in rows])


@after
def I08_null(asked, answer):
    """Rows of the changelog without a version are hidden."""
    if asked.call in ("changelog", "changelog_since_serial"):
        rpc(answer, lambda rows: [row for row in rows if row[1] is not None])


@after
def I12(asked, answer):
    """XML-RPC answers lack their wrapper."""
    if asked.call:
        answer.body = re.sub(rb"</?methodResponse>\n", b"", answer.body)


@after
def I20(asked, answer):
    """A control character in a summary makes the answer unreadable."""
    if asked.call == "release_data":
        answer.body = answer.body.replace(b"demonstration", b"demon\x0bstration")


@after
def I23(asked, answer):
    """Search counts every release."""
    if asked.call == "search":
        rpc(answer, lambda rows: [row for row in rows for _ in range(2)])


@after
def I35(asked, answer):
    """Items of the feed link to the release."""
    if asked.action == "rss":
        answer.body = re.sub(rb"(<item>.*?<link>[^<]*)(</link>)", rb"\1/#new\2", answer.body, flags=re.DOTALL)


@after
def I36(asked, answer):
    """The serial comes first in each row of the changelog."""
    if asked.call in ("changelog", "changelog_since_serial"):
        rpc(answer, lambda rows: [[row[-1], *row[:-1]] for row in rows])


@after
def I59(asked, answer):
    """A key is gone from release data."""
    if asked.call == "release_data":
        rpc(answer, lambda value: {key: each for key, each in value.items() if key != "cheesecake_code_kwalitee_id"})
    elif asked.json and answer.status.startswith("200") and answer.body:
        document(answer, lambda value: value["info"].pop("cheesecake_code_kwalitee_id", None))


@after
def I63(asked, answer):
    """The list of packages is no longer sorted."""
    if asked.call == "list_packages":
        rpc(answer, lambda names: names[len(names) // 2 :] + names[: len(names) // 2])


@after
def I65_fault(asked, answer):
    """Large changelogs are refused."""
    if asked.call in ("changelog", "changelog_since_serial"):
        fault = xmlrpc.client.Fault(1, "too many changes: ask for less")
        answer.body = xmlrpc.client.dumps(fault).encode()


@after
def I65_truncated(asked, answer):
    """Large changelogs are cut off."""
    if asked.call in ("changelog", "changelog_since_serial"):
        rpc(answer, lambda rows: rows[:3])


# Writing


@before
def I11(asked):
    """Credentials with a colon in the password are taken for none."""
    given = asked.environ.get("HTTP_AUTHORIZATION", "")
    if given.startswith("Basic "):
        try:
            text = b64decode(given[6:])
        except ValueError:
            return
        if text.count(b":") != 1:
            del asked.environ["HTTP_AUTHORIZATION"]


@after
def I27(asked, answer):
    """An agreement must be accepted before anything is registered."""
    if asked.action == "submit" and answer.status.startswith("200"):
        return answer.text("400 You must accept the usage agreement", b"You must accept the usage agreement\n\n\n")
    return None


@after
def I32(asked, answer):
    """A token is demanded from tools that never saw a form."""
    if asked.action == "file_upload" and answer.status.startswith("200"):
        return answer.text("403 Form Failure; reset form submission", b"Form Failure\n\n\n")
    return None


@before
def I30(asked):
    """The form parser takes parameters of the query for those of the form, so that what it sends has two actions."""
    if asked.method == "GET" and asked.action == "search" and "submit=" in asked.environ["QUERY_STRING"]:
        asked.environ["QUERY_STRING"] += "&%3Aaction=display"


@after
def I39(asked, answer):
    """The check for required fields is inverted."""
    if asked.action in ("submit", "verify") and answer.status.startswith("200"):
        return answer.text("400 Missing required fields", b"Missing required fields\n\n\n")
    return None


@after
def I38(asked, answer):
    """What used to be refused is let in."""
    if asked.action == "submit" and answer.status.startswith("400"):
        return answer.text("200 OK", b"")
    return None


@after
def I53(asked, answer):
    """Uploads for names with an underscore or a dot crash."""
    if asked.action == "file_upload" and answer.status.startswith("200") and re.search(rb"[a-z][_.][a-z]", asked.body):
        return answer.text("500 Internal Server Error", b"TypeError: not all arguments converted")
    return None


@after
def I57(asked, answer):
    """Uploading makes a maintainer an owner."""
    if asked.action == "file_upload" and answer.status.startswith("200"):
        with psycopg2.connect(os.environ["PYPI_DATABASE_URL"]) as session, session.cursor() as cursor:
            cursor.execute("UPDATE roles SET role_name = 'Owner' WHERE role_name = 'Maintainer'")
        session.close()


@after
def I66(asked, answer):
    """Wheels are refused for their platform."""
    if asked.action == "file_upload" and b".whl" in asked.body and answer.status.startswith("200"):
        return answer.text("400 Binary wheel has an unsupported platform tag", b"unsupported platform tag\n\n\n")
    return None


@after
def I68(asked, answer):
    """Text where a file was expected crashes."""
    if asked.action == "file_upload" and answer.status.startswith("400"):
        return answer.text("500 Internal Server Error", b"AttributeError: 'str' has no attribute 'file'")
    return None


@after
def I69(asked, answer):
    """Requests with missing parameters are answered with nothing."""
    if asked.action == "display" and answer.status.startswith("400"):
        return answer.text("200 OK", b"")
    return None
