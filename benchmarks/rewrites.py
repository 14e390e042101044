"""Thirty and more equivalent rewrites of an answer, and as many that only look like it: what the comparison calls each.

Each row: a content type (or nothing), what old and new answer. Prints each row with the kinds it got, and how many rows
came out as they should: a rewrite as `spelling` and nothing else, a near miss as anything else, neither as nothing.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping

from harness.compare import compare
from harness.exchange import Framing, Headers, Response

HTML, XML, JSON, FORM, TEXT, SCRIPT = (
    b"text/html; charset=utf-8",
    b"text/xml",
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"text/plain; charset=utf-8",
    b"application/javascript",
)
PAGE = b"<html><head><title>T</title></head><body>%s</body></html>"
CALL = b"<?xml version='1.0'?><methodResponse><params><param>%s</param></params></methodResponse>"
PARTS = b'--%s\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--%s--\r\n'


def answer(kind: bytes, body: bytes, *headers: tuple[bytes, bytes], framing: Framing = "length") -> Response:
    """Return an answer with those headers after its content type."""
    pairs: Headers = (*(((b"Content-Type", kind),) if kind else ()), *headers)
    return Response(200, b"OK", pairs, body, framing=framing)


def head(*headers: tuple[bytes, bytes]) -> Response:
    """Return an answer of which only the headers matter."""
    return answer(b"", b"", *headers)


def _pairs(
    rows: Mapping[str, tuple[bytes, bytes | Response, bytes | Response]],
) -> dict[str, tuple[Response, Response]]:
    """Return rows of (content type, old, new) as answers; what is an answer already stays it."""

    def made(kind: bytes, side: bytes | Response) -> Response:
        return side if isinstance(side, Response) else answer(kind, side)

    return {name: (made(kind, old), made(kind, new)) for name, (kind, old, new) in rows.items()}


LENGTH, CHUNKED = (b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")
GZIP = (b"Content-Encoding", b"gzip")
A, B = (b"X-A", b"1"), (b"X-B", b"2")

REWRITES = _pairs(
    {
        "header: case of a name": (b"", head((b"ETag", b"x")), head((b"Etag", b"x"))),
        "header: order of names": (b"", head(A, B), head(B, A)),
        "header: white space at the ends of a value": (b"", head((b"X", b" a")), head((b"X", b"a\t"))),
        "header: white space in a list": (b"", head((b"Vary", b"A,B")), head((b"Vary", b"A , B"))),
        "header: order in a set": (b"", head((b"Allow", b"GET, POST")), head((b"Allow", b"POST, GET"))),
        "header: case of words": (
            b"",
            head((b"Cache-Control", b"No-Cache")),
            head((b"Cache-Control", b"no-cache")),
        ),
        "header: a list in two lines": (
            b"",
            head((b"Vary", b"A"), (b"Vary", b"B")),
            head((b"Vary", b"A, B")),
        ),
        "header: chunks for a length": (
            b"",
            answer(TEXT, b"a", LENGTH),
            answer(TEXT, b"a", CHUNKED, framing="chunked"),
        ),
        "header: no length beside no body (HEAD)": (
            b"",
            answer(TEXT, b"", LENGTH, framing="none"),
            answer(TEXT, b"", framing="none"),
        ),
        "header: charset in quotes and capitals": (
            b"",
            answer(b"text/html; charset=utf-8", b""),
            answer(b'Text/HTML;charset="UTF-8"', b""),
        ),
        "header: order of parameters": (
            b"",
            answer(b"text/html; level=1; charset=utf-8", b""),
            answer(b"text/html; charset=utf-8; level=1", b""),
        ),
        "header: quotes that need not be": (
            b"",
            head((b"Content-Disposition", b"attachment; filename=a.zip")),
            head((b"Content-Disposition", b'attachment;filename="a.zip"')),
        ),
        "cookie: case of attributes": (
            b"",
            head((b"Set-Cookie", b"a=1; path=/; httponly")),
            head((b"Set-Cookie", b"a=1; Path=/; HttpOnly")),
        ),
        "cookie: order of attributes": (
            b"",
            head((b"Set-Cookie", b"a=1; Path=/; Secure")),
            head((b"Set-Cookie", b"a=1;Secure;Path=/")),
        ),
        "cookie: form of its date": (
            b"",
            head((b"Set-Cookie", b"a=1; Expires=Sun, 06-Nov-1994 08:49:37 GMT")),
            head((b"Set-Cookie", b"a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT")),
        ),
        "date: as in RFC 850": (
            b"",
            head((b"Last-Modified", b"Sun, 06 Nov 1994 08:49:37 GMT")),
            head((b"Last-Modified", b"Sunday, 06-Nov-94 08:49:37 GMT")),
        ),
        "date: as asctime() writes it": (
            b"",
            head((b"Expires", b"Sun, 06 Nov 1994 08:49:37 GMT")),
            head((b"Expires", b"Sun Nov  6 08:49:37 1994")),
        ),
        "reason: its case": (b"", Response(200, b"OK"), Response(200, b"Ok")),
        "html: order of attributes": (
            HTML,
            PAGE % b'<a href="x" id="y" rel="z">a</a>',
            PAGE % b'<a id="y" rel="z" href="x">a</a>',
        ),
        "html: quotes": (HTML, PAGE % b"<a href='x'>a</a>", PAGE % b'<a href="x">a</a>'),
        "html: no quotes": (HTML, PAGE % b"<a href=x>a</a>", PAGE % b'<a href="x">a</a>'),
        "html: entities": (HTML, PAGE % b"<p>a &amp; &quot;b&quot;", PAGE % b'<p>a &#38; "b"'),
        "html: letters as entities": (HTML, PAGE % b"<p>&eacute;&#x20ac;", PAGE % "<p>é€".encode()),
        "html: ampersand in an address": (HTML, PAGE % b'<a href="?a=1&amp;b">a</a>', PAGE % b'<a href="?a=1&b">a</a>'),
        "html: slash of a void tag": (HTML, PAGE % b"a<br/>b", PAGE % b"a<br>b"),
        "html: indentation": (HTML, PAGE % b"<ul><li>a</li><li>b</li></ul>", PAGE % b"<ul>\n <li>a\n <li>b\n</ul>\n"),
        "html: lines broken": (HTML, PAGE % b"<p>a b <b>c</b></p>", PAGE % b"<p>a\r\n  b\n<b>c</b></p>"),
        "html: optional end tags": (HTML, PAGE % b"<p>a</p><p>b</p>", PAGE % b"<p>a<p>b"),
        "html: optional start tags": (HTML, PAGE % b"<p>a</p>", b"<title>T</title><p>a</p>"),
        "html: case of tags and attributes": (HTML, PAGE % b'<A HREF="x">a</A>', PAGE % b'<a href="x">a</a>'),
        "html: case of the doctype": (HTML, b"<!DOCTYPE html><p>a", b"<!doctype HTML><p>a"),
        "html: attribute that is its name": (HTML, PAGE % b"<input checked>", PAGE % b'<input checked="checked">'),
        "html: empty attribute": (HTML, PAGE % b"<a id>a</a>", PAGE % b'<a id="">a</a>'),
        "html: rows in a body": (
            HTML,
            PAGE % b"<table><tr><td>a</table>",
            PAGE % b"<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
        "html: a comment less": (HTML, PAGE % b"<p>a</p><!-- made by x -->", PAGE % b"<p>a</p>"),
        "xml: quotes": (XML, b'<r a="1"/>', b"<r a='1'/>"),
        "xml: empty element": (XML, b"<r><a/></r>", b"<r><a></a ></r>"),
        "xml: CDATA": (XML, b"<r>a &lt; b</r>", b"<r><![CDATA[a < b]]></r>"),
        "xml: character references": (XML, "<r>é</r>".encode(), b"<r>&#233;</r>"),
        "xml: prefixes": (XML, b'<r xmlns="u"><a/></r>', b'<x:r xmlns:x="u"><x:a/></x:r>'),
        "xml: declaration": (XML, b'<?xml version="1.0" encoding="UTF-8"?>\n<r/>', b"<r/>"),
        "xml: order of attributes": (XML, b'<r a="1" b="2"/>', b'<r b="2" a="1"/>'),
        "xml: indentation": (XML, b"<r><a>1</a><b/></r>", b"<r>\n  <a>1</a>\n  <b/>\n</r>\n"),
        "xml-rpc: names of integers": (
            XML,
            CALL % b"<value><int>1</int></value>",
            CALL % b"<value><i4>1</i4></value>",
        ),
        "xml-rpc: implied string": (
            XML,
            CALL % b"<value><string>a</string></value>",
            CALL % b"<value>a</value>",
        ),
        "xml-rpc: indentation": (
            XML,
            CALL % b"<value><boolean>1</boolean></value>",
            CALL % b"\n<value>\n <boolean>1</boolean>\n</value>\n",
        ),
        "xml-rpc: order of members": (
            XML,
            CALL % b"<value><struct><member><name>a</name><value>1</value></member>"
            b"<member><name>b</name><value>2</value></member></struct></value>",
            CALL % b"<value><struct><member><name>b</name><value>2</value></member>"
            b"<member><name>a</name><value>1</value></member></struct></value>",
        ),
        "xml-rpc: lines of base64": (
            XML,
            CALL % b"<value><base64>YWJjZGVm</base64></value>",
            CALL % b"<value><base64>YWJj\nZGVm\n</base64></value>",
        ),
        "json: order of members": (JSON, b'{"a": 1, "b": {"c": 2, "d": 3}}', b'{"b": {"d": 3, "c": 2}, "a": 1}'),
        "json: spacing": (JSON, b'{"a": [1, 2]}', b'{\n  "a": [1,2]\n}\n'),
        "json: escapes": (JSON, '{"a": "é😀/"}'.encode(), b'{"a": "\\u00e9\\ud83d\\ude00\\/"}'),
        "json: spelling of numbers": (JSON, b"[1e2, 1.50, -0.0]", b"[100.0, 1.5, -0.00]"),
        "jsonp: spacing": (SCRIPT, b'f({"a": 1});', b'f({"a":1})\n'),
        "form: space as plus": (FORM, b"a=b%20c", b"a=b+c"),
        "form: case of escapes": (FORM, b"a=%c3%a9", b"a=%C3%A9"),
        "form: escapes that need not be": (FORM, b"a=%7Eb&c", b"a=~b&c="),
        "multipart: its boundary": (
            b"",
            answer(b"multipart/form-data; boundary=x1", PARTS % (b"x1", b"x1")),
            answer(b"multipart/form-data; boundary=y2", PARTS % (b"y2", b"y2")),
        ),
        "multipart: case of a part's header": (
            b"multipart/mixed; boundary=x",
            b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x--",
            b"--x\r\ncontent-type: text/plain\r\n\r\na\r\n--x--",
        ),
        "compression: another level": (
            b"",
            answer(TEXT, gzip.compress(b"a" * 99, 1, mtime=0), GZIP),
            answer(TEXT, gzip.compress(b"a" * 99, 9, mtime=0), GZIP),
        ),
        "text: ends of lines": (TEXT, b"a\r\nb\r\n", b"a\nb\n"),
    }
)
"""Equal meaning, other bytes, by name."""

NEAR_MISSES = _pairs(
    {
        "header: two lines of a name in another order": (
            b"",
            head((b"X", b"1"), (b"X", b"2")),
            head((b"X", b"2"), (b"X", b"1")),
        ),
        "header: cookies in another order": (
            b"",
            head((b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")),
            head((b"Set-Cookie", b"b=2"), (b"Set-Cookie", b"a=1")),
        ),
        "header: a comma's space in no list": (b"", head((b"Location", b"/a, b")), head((b"Location", b"/a,b"))),
        "header: an unknown one in two lines": (b"", head((b"X", b"1"), (b"X", b"2")), head((b"X", b"1, 2"))),
        "header: space in quotes": (b"", head((b"Link", b'<x>; title="a, b"')), head((b"Link", b'<x>; title="a,b"'))),
        "header: case of a value": (b"", head((b"X", b"Yes")), head((b"X", b"yes"))),
        "header: case of methods": (b"", head((b"Allow", b"GET")), head((b"Allow", b"get"))),
        "header: order in a list": (
            b"",
            head((b"WWW-Authenticate", b"Basic, Digest")),
            head((b"WWW-Authenticate", b"Digest, Basic")),
        ),
        "header: weak tag": (b"", head((b"ETag", b'"x"')), head((b"ETag", b'W/"x"'))),
        "header: another second": (
            b"",
            head((b"Last-Modified", b"Sun, 06 Nov 1994 08:49:37 GMT")),
            head((b"Last-Modified", b"Sunday, 06-Nov-94 08:49:38 GMT")),
        ),
        "header: a date's form where nobody defines it": (
            b"",
            head((b"X-When", b"Sun, 06 Nov 1994 08:49:37 GMT")),
            head((b"X-When", b"Sunday, 06-Nov-94 08:49:37 GMT")),
        ),
        "header: no charset": (b"", answer(b"text/html; charset=utf-8", b""), answer(b"text/html", b"")),
        "header: a length that is wrong": (
            b"",
            answer(TEXT, b"a", (b"Content-Length", b"9")),
            answer(TEXT, b"a", CHUNKED, framing="chunked"),
        ),
        "header: until the connection closes": (b"", answer(TEXT, b"a", LENGTH), answer(TEXT, b"a", framing="close")),
        "cookie: its path": (
            b"",
            head((b"Set-Cookie", b"a=1; Path=/A")),
            head((b"Set-Cookie", b"a=1; Path=/a")),
        ),
        "cookie: quotes": (b"", head((b"Set-Cookie", b'a="1"')), head((b"Set-Cookie", b"a=1"))),
        "reason: none": (b"", Response(200, b"OK"), Response(200, b"")),
        "reason: another": (b"", Response(302, b"Found"), Response(302, b"Moved Temporarily")),
        "html: space in pre": (HTML, PAGE % b"<pre>a  b</pre>", PAGE % b"<pre>a b</pre>"),
        "html: line in textarea": (HTML, PAGE % b"<textarea>a\nb</textarea>", PAGE % b"<textarea>a b</textarea>"),
        "html: space in a script": (HTML, PAGE % b"<script>a  = 1</script>", PAGE % b"<script>a = 1</script>"),
        "html: space between words": (HTML, PAGE % b"<p>a<b>b</b></p>", PAGE % b"<p>a <b>b</b></p>"),
        "html: space between links": (
            HTML,
            PAGE % b"<p><a>a</a> <a>b</a></p>",
            PAGE % b"<p><a>a</a><a>b</a></p>",
        ),
        "html: space that does not break": (HTML, PAGE % b"<p>a&nbsp;b", PAGE % b"<p>a b"),
        "html: case of an attribute's value": (HTML, PAGE % b'<a href="X">a</a>', PAGE % b'<a href="x">a</a>'),
        "html: space in an attribute": (HTML, PAGE % b'<a title="a  b">a</a>', PAGE % b'<a title="a b">a</a>'),
        "html: case of text": (HTML, PAGE % b"<p>Home", PAGE % b"<p>home"),
        "html: escaped twice": (HTML, PAGE % b"<p>a &amp; b", PAGE % b"<p>a &amp;amp; b"),
        "html: another doctype": (
            HTML,
            b'<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN"><p>a',
            b"<!DOCTYPE html><p>a",
        ),
        "html: an empty value": (HTML, PAGE % b"<input value=''>", PAGE % b"<input>"),
        "html: two bodies of a table": (
            HTML,
            PAGE % b"<table><tbody><tr><td>a</tbody><tbody><tr><td>b</tbody></table>",
            PAGE % b"<table><tbody><tr><td>a<tr><td>b</tbody></table>",
        ),
        "html: fragment": (HTML, PAGE % b'<a href="x#md5=1">a</a>', PAGE % b'<a href="x#1">a</a>'),
        "html: a bracket": (HTML, PAGE % b"(<a>md5</a>)", PAGE % b"[<a>md5</a>]"),
        "xml: space in an attribute": (XML, b'<r a="x  y"/>', b'<r a="x y"/>'),
        "xml: space at the end of a text": (XML, b"<r><a>1 </a></r>", b"<r><a>1</a></r>"),
        "xml: space between words": (XML, b"<r>a <b>b</b> <c>c</c></r>", b"<r>a <b>b</b><c>c</c></r>"),
        "xml: space to be kept": (
            XML,
            b'<r xml:space="preserve"> <a/></r>',
            b'<r xml:space="preserve"><a/></r>',
        ),
        "xml: order of elements": (XML, b"<r><a/><b/></r>", b"<r><b/><a/></r>"),
        "xml: case of names": (XML, b"<r><a/></r>", b"<r><A/></r>"),
        "xml: an empty element and none": (XML, b"<r><a/></r>", b"<r></r>"),
        "xml: another namespace": (XML, b'<r xmlns="u"/>', b'<r xmlns="U"/>'),
        "xml-rpc: integer as text": (
            XML,
            CALL % b"<value><int>1</int></value>",
            CALL % b"<value><string>1</string></value>",
        ),
        "xml-rpc: a long integer": (
            XML,
            CALL % b"<value><int>1</int></value>",
            CALL % b"<value><i8>1</i8></value>",
        ),
        "xml-rpc: integer as boolean": (
            XML,
            CALL % b"<value><int>1</int></value>",
            CALL % b"<value><boolean>1</boolean></value>",
        ),
        "xml-rpc: space in a string": (
            XML,
            CALL % b"<value><string>a</string></value>",
            CALL % b"<value><string>a </string></value>",
        ),
        "xml-rpc: a member twice": (
            XML,
            CALL % b"<value><struct><member><name>a</name><value>1</value></member></struct></value>",
            CALL % b"<value><struct><member><name>a</name><value>0</value></member>"
            b"<member><name>a</name><value>1</value></member></struct></value>",
        ),
        "json: number as text": (JSON, b'{"a": 1}', b'{"a": "1"}'),
        "json: integer as float": (JSON, b"[1, 100]", b"[1.0, 1e2]"),
        "json: minus zero": (JSON, b"[0.0, 0]", b"[-0.0, -0]"),
        "json: many digits": (JSON, b"[0.1000000000000000055]", b"[0.1]"),
        "json: large integers": (JSON, b"[9007199254740993]", b"[9007199254740992]"),
        "json: beyond every float": (JSON, b"[1e400]", b"[1e500]"),
        "json: not a number": (JSON, b"[NaN]", b"[null]"),
        "json: a name twice": (JSON, b'{"a": 1}', b'{"a": 2, "a": 1}'),
        "json: order of a list": (JSON, b"[1, 2]", b"[2, 1]"),
        "json: nothing and null": (JSON, b'{"a": null}', b"{}"),
        "json: escaped unicode as text": (JSON, '["é"]'.encode(), b'["\\\\u00e9"]'),
        "json: byte order mark": (JSON, b"[1]", b"\xef\xbb\xbf[1]"),
        "jsonp: its function": (SCRIPT, b"f([1]);", b"g([1]);"),
        "jsonp: lost": (SCRIPT, b"f([1]);", b"[1]"),
        "script: space": (SCRIPT, b"a  = 1", b"a = 1"),
        "form: order of fields": (FORM, b"a=1&b=2", b"b=2&a=1"),
        "form: case of a value": (FORM, b"a=%41", b"a=a"),
        "form: plus as such": (FORM, b"a=b%2Bc", b"a=b+c"),
        "multipart: the name of a field": (
            b"multipart/form-data; boundary=x",
            PARTS % (b"x", b"x"),
            (PARTS % (b"x", b"x")).replace(b'"a"', b'"A"'),
        ),
        "compression: none any more": (b"", answer(TEXT, gzip.compress(b"a", mtime=0), GZIP), answer(TEXT, b"a")),
        "text: end of the last line": (TEXT, b"a\nb\n", b"a\nb"),
        "text: spaces": (TEXT, b"a  b", b"a b"),
        "text: charset": (TEXT, "é".encode(), "é".encode("latin-1")),
        "bytes: packed otherwise": (
            b"application/gzip",
            gzip.compress(b"a" * 99, 1, mtime=0),
            gzip.compress(b"a" * 99, 1, mtime=1),
        ),
    }
)
"""What looks like another spelling and is none, by name."""


def kinds(old: Response, new: Response) -> list[str]:
    """Return the kinds of the differences of two answers."""
    return sorted({difference.kind for difference in compare(old, new)})


def main() -> None:
    """Compare every row, in both directions, and print what each is called."""
    for title, rows, is_spelling in (("rewrites", REWRITES, True), ("near misses", NEAR_MISSES, False)):
        right = 0
        for name, (old, new) in rows.items():
            found, back = kinds(old, new), kinds(new, old)
            fits = all(bool(one) and (one == ["spelling"]) is is_spelling for one in (found, back))
            right += fits
            print(f"{'   ' if fits else '!! '}{name:50} {', '.join(found) or 'nothing'}")
        print(f"{title}: {right} of {len(rows)} as they should be\n")


if __name__ == "__main__":
    main()
