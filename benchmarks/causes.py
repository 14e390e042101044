"""Mistakes that people make when they write an application again, as functions that make them in an old answer.

A `Case` (request, answer, what it wrote) goes in and comes out, unchanged where the mistake does not show. `KNOWN` were
at hand while grouping was written; `HELD_OUT` were written down afterwards, before any result with them was seen
(three were then made to do only what their names say).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.effects import NO_EFFECTS, Effects, Row
from harness.exchange import Headers, Request, Response


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange: what was asked, answered, and written."""

    request: Request
    response: Response
    effects: Effects = NO_EFFECTS


Cause = Callable[[Case], Case]
ChangeOfHeaders = Callable[[Headers], Headers]


def headers(change: Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]) -> Cause:
    """Return the cause that changes header pairs."""
    return lambda case: replace(
        case, response=replace(case.response, headers=tuple(change(list(case.response.headers))))
    )


def body(kind: bytes, change: Callable[[str], str], path: str = "", statuses: tuple[int, ...] = (200,)) -> Cause:
    """Return the cause that changes the text of a content type, where the request matches `path`."""

    def cause(case: Case) -> Case:
        response = case.response
        declared = response.header(b"content-type") or b""
        asked = (case.request.target + b" " + (case.request.body or b"")[:2000]).decode("latin-1")
        fits = declared.startswith(kind) and response.status in statuses and re.search(path, asked)
        if not fits or not response.body or response.header(b"content-encoding"):
            return case
        text = response.body.decode("utf-8", "surrogateescape")
        return replace(case, response=_with_body(response, change(text).encode("utf-8", "surrogateescape")))

    return cause


def _with_body(response: Response, content: bytes) -> Response:
    pairs = tuple(
        (name, str(len(content)).encode() if name.lower() == b"content-length" else value)
        for name, value in response.headers
    )
    return replace(response, headers=pairs, body=content)


def document(change: Callable[[Any], Any], path: str = "") -> Cause:
    """Return the cause that changes a JSON document."""

    def changed(text: str) -> str:
        value = json.loads(text)
        again = change(json.loads(text))
        return text if again == value and repr(again) == repr(value) else json.dumps(again, indent=4)

    return body(b"application/json", changed, path)


def rows(change: Callable[[str, dict[str, str | None]], dict[str, str | None] | None]) -> Cause:
    """Return the cause that changes each row written (table, columns), or does not write it."""

    def cause(case: Case) -> Case:
        tables: dict[str, dict[Row, int]] = {}
        for table, counted in case.effects.rows.items():
            for row, count in counted.items():
                again = change(table, dict(row))
                if again is not None:
                    tables.setdefault(table, {})[tuple(again.items())] = count
        return replace(case, effects=replace(case.effects, rows=tables))

    return cause


def files(change: Callable[[str, str | None], tuple[str, str | None] | None]) -> Cause:
    """Return the cause that changes each file written (path, mode and digest), or does not write it."""

    def cause(case: Case) -> Case:
        found = [pair for entry in case.effects.files.items() if (pair := change(*entry)) is not None]
        return replace(case, effects=replace(case.effects, files=dict(found)))

    return cause


def mail(change: Callable[[str], str]) -> Cause:
    """Return the cause that changes the mail sent."""
    return lambda case: replace(case, effects=replace(case.effects, mail=change(case.effects.mail.decode()).encode()))


def status(number: int, reason: bytes, path: str, content: bytes = b"Not Found", only: int = 200) -> Cause:
    """Return the cause that answers another status where the request matches `path`."""

    def cause(case: Case) -> Case:
        asked = (case.request.target + b" " + (case.request.body or b"")[:2000]).decode("latin-1")
        if case.response.status != only or not re.search(path, asked):
            return case
        plain = ((b"Content-Type", b"text/plain"),)
        return Case(case.request, replace(case.response, status=number, reason=reason, headers=plain, body=content))

    return cause


def without(*names: bytes) -> Cause:
    """Return the cause that leaves headers out."""
    return headers(lambda pairs: [pair for pair in pairs if pair[0].lower() not in names])


def value(name: bytes, old: bytes, new: bytes) -> Cause:
    """Return the cause that replaces in the value of a header what a pattern matches."""
    return headers(lambda pairs: [(n, re.sub(old, new, v) if n.lower() == name else v) for n, v in pairs])


def renamed(old: bytes, new: bytes) -> Cause:
    """Return the cause that gives a header another name."""
    return headers(lambda pairs: [(new if n.lower() == old else n, v) for n, v in pairs])


def where(pattern: str, new: str) -> Callable[[str], str]:
    """Return a function that replaces in a text what a pattern matches."""
    return lambda text: re.sub(pattern, new, text)


def links_reversed(text: str) -> str:
    """Put the lines of links in the reverse order."""
    lines = text.split("\n")
    places = [n for n, line in enumerate(lines) if line.lstrip().startswith("<a href=")]
    turned = [lines[n] for n in reversed(places)]
    for place, line in zip(places, turned, strict=True):
        lines[place] = line
    return "\n".join(lines)


def strings_reversed(text: str) -> str:
    """Put the strings of an XML-RPC array in the reverse order."""
    item = re.compile(r"<value><string>[^<]*</string></value>\n?")
    found = item.findall(text)
    return item.sub(lambda _: found.pop(), text) if len(set(found)) > 1 and "<struct>" not in text else text


def escaped_again(text: str) -> str:
    """Escape what is escaped already."""
    return re.sub(r"&(amp|lt|gt|quot|#39);", r"&amp;\1;", text)


def each(document: Any, change: Callable[[dict[str, Any]], None]) -> Any:
    """Change each object within a document in place, the innermost first, and return the document."""
    if isinstance(document, dict):
        for inner in document.values():
            each(inner, change)
        change(document)
    elif isinstance(document, list):
        for inner in document:
            each(inner, change)
    return document


def popped(name: str) -> Callable[[Any], Any]:
    """Return a function that takes a member away wherever it stands."""
    return lambda found: each(found, lambda owner: owner.pop(name, None))


def mapped(name: str, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that changes a member wherever it stands."""
    return lambda found: each(found, lambda owner: owner.update({name: change(owner[name])}) if name in owner else None)


def transcoded(case: Case) -> Case:
    """Send pages in Latin-1 that say they are UTF-8."""
    response = case.response
    if not (response.header(b"content-type") or b"").startswith(b"text/html") or not response.body:
        return case
    try:
        return replace(case, response=_with_body(response, response.body.decode("utf-8").encode("latin-1")))
    except UnicodeError:
        return case


def packed(case: Case) -> Case:
    """Send pages packed."""
    response = case.response
    if not (response.header(b"content-type") or b"").startswith(b"text/html") or not response.body:
        return case
    content = gzip.compress(response.body, mtime=0)
    pairs = (*response.headers, (b"Content-Encoding", b"gzip"))
    return replace(case, response=_with_body(replace(response, headers=pairs), content))


KNOWN: dict[str, Cause] = {
    "header removed": without(b"x-pypi-last-serial"),
    "header renamed": renamed(b"surrogate-key", b"X-Cache-Key"),
    "header value": value(b"cache-control", rb"\d+", b"60"),
    "header added to pages": headers(
        lambda pairs: [*pairs, (b"X-Frame-Options", b"deny")] if (b"charset", b"") not in pairs else pairs
    ),
    "status on one endpoint": status(404, b"Not Found", r"^/pypi/[^/]+/[^/]+/json"),
    "reason phrase": lambda case: (
        replace(case, response=replace(case.response, reason=b"")) if case.response.status == 301 else case
    ),
    "charset no longer said": value(b"content-type", rb"(text/plain); charset=utf-8", rb"\1"),
    "wrong charset sent": transcoded,
    "integer became text (XML-RPC)": body(b"text/xml", where(r"<int>(\d+)</int>", r"<string>\1</string>")),
    "integer became text (JSON)": document(mapped("size", str)),
    "key lost (JSON)": document(popped("license")),
    "order of a list (XML-RPC)": body(b"text/xml", strings_reversed, "package_releases|list_packages"),
    "order of links": body(b"text/html", links_reversed, "^/simple/"),
    "fragment lost": body(b"text/html", where(r'(href="[^"]*)#md5=[0-9a-f]+', r"\1"), "^/simple/|^/pypi"),
    "trailing slash lost": body(b"text/html", where(r'(<a href="[^"#]+)/"', r'\1"')),
    "comment lost": body(b"text/html", where(r"<!--.*?-->", "")),
    "escaped twice": body(b"text/html", escaped_again),
    "date's form": body(b"text/html", where(r"\b(\d{4})-(\d\d)-(\d\d)\b", r"\3.\2.\1"), r"^/pypi"),
    "field cut": document(mapped("summary", lambda text: text[:20] if text else text)),
    "white space at the end": body(b"text/plain", lambda text: text + "\n", statuses=(404, 400)),
    "title's words": body(b"text/html", where(r"<title>", "<title>New: ")),
    "column of rows": rows(lambda table, row: {**row, **({"submitted_from": None} if table == "journals" else {})}),
    "row not written": rows(lambda table, row: None if table == "release_urls" else row),
    "mode of files": files(lambda path, text: (path, text and text.replace("0644", "0600"))),
    "header of mails": mail(where(r"From: .*", "From: nobody@example.org")),
    "scheme of links": body(b"text/html", where(r'(href=")http://', r"\1https://")),
    "scheme of links in machine formats": document(
        lambda found: each(
            found,
            lambda owner: owner.update(
                {k: v.replace("http://", "https://") for k, v in owner.items() if type(v) is str}
            ),
        )
    ),
    "redirects made relative": value(b"location", rb"^https?://[^/]+", b""),
    "weak tags": value(b"etag", rb'^"', b'W/"'),
    "a header twice": headers(
        lambda pairs: [*pairs, *(pair for pair in pairs if pair[0].lower() == b"content-disposition")]
    ),
    "a header's value in capitals": value(b"content-disposition", rb"attachment", b"ATTACHMENT"),
    "another status for refusals": lambda case: (
        replace(case, response=replace(case.response, status=400, reason=b"Bad Request"))
        if case.response.status == 403
        else case
    ),
    "redirect for what was answered": status(301, b"Moved Permanently", r"^/simple/[^/ ]+/ ", b""),
    "error page instead of an answer": status(500, b"Internal Server Error", r"release_urls", b"<h1>Error</h1>"),
    "link in the navigation of all pages": body(b"text/html", where(r"(<body[^>]*>)", r'\1<a href="/help">Help</a>')),
    "form gets a hidden field": body(
        b"text/html", where(r"(<form[^>]*>)", r'\1<input type="hidden" name="csrf" value="x">')
    ),
    "class renamed": body(b"text/html", where(r'class="(\w+)"', r'class="x-\1"')),
    "size in other units": body(b"text/html", where(r"\b(\d+)(KB|B|bytes)\b", r"\1 \2")),
    "non-ASCII letters lost": body(b"text/html", lambda text: text.encode("ascii", "replace").decode()),
    "member added (XML-RPC)": body(
        b"text/xml",
        where(r"<struct>", "<struct><member><name>yanked</name><value><boolean>0</boolean></value></member>"),
        ">release_",
    ),
    "boolean became integer (XML-RPC)": body(b"text/xml", where(r"boolean>", "int>")),
    "nothing became an empty text (JSON)": document(
        lambda found: each(found, lambda owner: owner.update({k: "" for k, v in owner.items() if v is None}))
    ),
    "list emptied (JSON)": document(mapped("classifiers", lambda found: [])),
    "key renamed (JSON)": document(
        lambda found: each(
            found, lambda owner: owner.update({"homepage": owner.pop("home_page")}) if "home_page" in owner else None
        )
    ),
    "dates with a zone (JSON)": document(
        mapped("upload_time", lambda text: text + "Z" if isinstance(text, str) else text)
    ),
    "last item left out (feeds)": body(
        b"text/xml", where(r"(?s)<item>(?:(?!<item>).)*</item>\s*(?=</channel>)", ""), "rss"
    ),
    "declaration lost (XML-RPC)": body(b"text/xml", where(r"^<\?xml[^>]*\?>\s*", ""), "methodCall"),
    "text of errors": body(b"text/plain", where(r"^", "Error: "), statuses=(404,)),
    "an extra blank line at the start": body(b"text/plain", lambda text: "\n" + text),
    "packed": packed,
    "name in lower case (rows)": rows(lambda table, row: {**row, "name": (row.get("name") or "").lower()}),
    "written twice (rows)": lambda case: replace(
        case,
        effects=replace(
            case.effects,
            rows={
                t: {r: n * (2 if t == "journals" else 1) for r, n in c.items()} for t, c in case.effects.rows.items()
            },
        ),
    ),
    "files elsewhere": files(lambda path, text: ("new/" + path, text)),
    "subject of mails": mail(where(r"Subject: ", "Subject: [index] ")),
    "mail not sent": mail(lambda text: ""),
}

HELD_OUT: dict[str, Cause] = {
    "cookies and redirects of another host": value(b"location", rb"127\.0\.0\.1", b"localhost"),
    "challenge gone": without(b"www-authenticate"),
    "disposition inline": value(b"content-disposition", rb"attachment", b"inline"),
    "caching forbidden on pages": headers(
        lambda pairs: (
            [*pairs, (b"Pragma", b"no-cache")] if any(value.startswith(b"text/html") for _, value in pairs) else pairs
        )
    ),
    "permanent redirects became temporary": lambda case: (
        replace(case, response=replace(case.response, status=302, reason=b"Found"))
        if case.response.status == 301
        else case
    ),
    "not found became gone": lambda case: (
        replace(case, response=replace(case.response, status=410, reason=b"Gone"))
        if case.response.status == 404
        else case
    ),
    "headings one level lower": body(b"text/html", where(r"<(/?)h1\b", r"<\1h2")),
    "links open elsewhere": body(b"text/html", where(r"(?<!')(?<!<li>)<a href", '<a target="_blank" href')),
    "attributes in single quotes": body(
        b"text/html",
        lambda text: re.sub(r"(<[a-z][^<>]*>)", lambda tag: re.sub(r'="([^"\']*)"', r"='\1'", tag[0]), text),
    ),
    "spaces between tags gone": body(b"text/html", where(r">\s*\n\s*<", "><"), "^/simple/"),
    "footer of all pages": body(b"text/html", where(r"</body>", "<hr></body>")),
    "names normalised in links": body(
        b"text/html", lambda text: re.sub(r'href="/pypi/([^"/]+)"', lambda found: found[0].lower(), text)
    ),
    "dots became dashes in titles": body(b"text/html", where(r"(<title>[^<]*) : ", r"\1 - ")),
    "serials as text (XML-RPC)": body(b"text/xml", where(r"<int>(\d+)</int>", r"<double>\1.0</double>")),
    "faults with another code": body(b"text/xml", where(r"(faultCode</name>\n<value><int>)\d+", r"\g<1>500")),
    "keys in another order, no spaces (JSON)": body(
        b"application/json", lambda text: json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    ),
    "addresses of files elsewhere (JSON)": document(
        mapped("url", lambda text: text.replace("/packages/", "/files/") if isinstance(text, str) else text)
    ),
    "key lost in files (JSON)": document(popped("md5_digest")),
    "texts end with a dot (JSON)": document(
        mapped("description", lambda text: text + "." if text and isinstance(text, str) else text)
    ),
    "version of rows": rows(lambda table, row: {**row, **({"version": "1"} if "version" in row else {})}),
    "summary lost in rows": rows(lambda table, row: {**row, **({"summary": ""} if "summary" in row else {})}),
    "digest of files": files(lambda path, text: (path, text and text.replace("sha256:0", "sha256:f"))),
    "files not written": files(lambda path, text: None),
    "greeting of mails": mail(where(r"hello", "Hello,")),
}
