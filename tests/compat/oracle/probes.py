"""The probes of the oracle tests: tiny programs, each in sh and in Python, and raw requests to them.

Numbers at the head of a name are those of the conformance catalogue of which the probe is an instance.
"""

from __future__ import annotations

from dataclasses import dataclass

# name: (body in sh, body in Python). `env.cgi` ends each variable with a NUL; `say.cgi` prints the request's body.
PROGRAMS: dict[str, tuple[str, str]] = {
    "env.cgi": (
        '[ -z "$CONTENT_LENGTH" ] || cat >/dev/null\n'
        "printf 'Content-Type: application/x-environment\\n\\n'\nexec env -0",
        "import os\n"
        "while os.read(0, 65536):\n    pass\n"
        "environ = getattr(os, 'environb', os.environ)\n"
        "lines = [k + b'=' + v + b'\\0' for k, v in environ.items()]\n"
        "os.write(1, b'Content-Type: application/x-environment\\n\\n' + b''.join(lines))",
    ),
    "say.cgi": ("exec cat", "import os, shutil\nshutil.copyfileobj(os.fdopen(0, 'rb'), os.fdopen(1, 'wb'))"),
    "echo.cgi": (
        "printf 'Content-Type: text/plain\\nX-Length: %s\\n\\n' \"${CONTENT_LENGTH-unset}\"\nexec cat",
        "import os, shutil\n"
        "length = os.environ.get('CONTENT_LENGTH', 'unset')\n"
        "os.write(1, ('Content-Type: text/plain\\nX-Length: %s\\n\\n' % length).encode())\n"
        "shutil.copyfileobj(os.fdopen(0, 'rb'), os.fdopen(1, 'wb'))",
    ),
    "count.cgi": (
        "printf 'Content-Type: text/plain\\n\\n'\nwc -c | tr -d ' '",
        "import os\n"
        "size = len(os.fdopen(0, 'rb').read())\n"
        "os.write(1, ('Content-Type: text/plain\\n\\n%d\\n' % size).encode())",
    ),
    "args.cgi": (
        "printf 'Content-Type: text/plain\\n\\n'\nfor word; do printf '[%s]' \"$word\"; done",
        "import sys\n"
        "sys.stdout.write('Content-Type: text/plain\\n\\n' + ''.join('[%s]' % word for word in sys.argv[1:]))",
    ),
    "ignores.cgi": (
        "printf 'Content-Type: text/plain\\n\\nnot read'",
        "import sys\nsys.stdout.write('Content-Type: text/plain\\n\\nnot read')",
    ),
    "exit3.cgi": (
        "printf 'Content-Type: text/plain\\n\\nok'; exit 3",
        "import sys\nsys.stdout.write('Content-Type: text/plain\\n\\nok')\nsys.exit(3)",
    ),
    "silent.cgi": ("exit 0", "pass"),
    "killed.cgi": (
        "printf 'Content-Type: text/plain\\n\\npartial'; kill -9 $$",
        "import os, signal\n"
        "os.write(1, b'Content-Type: text/plain\\n\\npartial')\n"
        "os.kill(os.getpid(), signal.SIGKILL)",
    ),
    "killed-early.cgi": ("kill -9 $$", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "noisy.cgi": (
        "head -c 180000 /dev/zero | tr '\\0' e >&2\nprintf 'Content-Type: text/plain\\n\\nok'",
        "import os, sys\nsys.stderr.write('e' * 180000)\nos.write(1, b'Content-Type: text/plain\\n\\nok')",
    ),
    "closes-stderr.cgi": (
        "exec 2>&-\nsleep 0.1\nprintf 'Content-Type: text/plain\\n\\nok'",
        "import os, time\nos.close(2)\ntime.sleep(0.1)\nos.write(1, b'Content-Type: text/plain\\n\\nok')",
    ),
    "split.cgi": (
        "printf 'Content-Type: text/plain\\r\\n\\r'; sleep 0.05; printf '\\nok'",
        "import os, time\nos.write(1, b'Content-Type: text/plain\\r\\n\\r')\ntime.sleep(0.05)\nos.write(1, b'\\nok')",
    ),
    "slow.cgi": ("exec sleep 30", "import time\ntime.sleep(30)"),
    "grandchild.cgi": (
        "printf 'Content-Type: text/plain\\n\\nfirst'\n(sleep 0.5; printf ' second') &",
        "import os, time\n"
        "os.write(1, b'Content-Type: text/plain\\n\\nfirst')\n"
        "if os.fork() == 0:\n    time.sleep(0.5)\n    os.write(1, b' second')\n    os._exit(0)",
    ),
    "local.cgi": (
        "printf 'Location: /cgi-bin/env.cgi/pi?q=1\\n\\n'",
        "import os\nos.write(1, b'Location: /cgi-bin/env.cgi/pi?q=1\\n\\n')",
    ),
    "local-status.cgi": (
        "printf 'Status: 302 Found\\nLocation: /cgi-bin/env.cgi\\n\\n'",
        "import os\nos.write(1, b'Status: 302 Found\\nLocation: /cgi-bin/env.cgi\\n\\n')",
    ),
    "local-cookie.cgi": (
        "printf 'Set-Cookie: a=1\\nX-Kept: yes\\nLocation: /cgi-bin/ignores.cgi\\n\\n'",
        "import os\nos.write(1, b'Set-Cookie: a=1\\nX-Kept: yes\\nLocation: /cgi-bin/ignores.cgi\\n\\n')",
    ),
    "local-loop.cgi": (
        "printf 'Location: /cgi-bin/local-loop.cgi\\n\\n'",
        "import os\nos.write(1, b'Location: /cgi-bin/local-loop.cgi\\n\\n')",
    ),
    "local-missing.cgi": (
        "printf 'Location: /cgi-bin/missing.cgi\\n\\n'",
        "import os\nos.write(1, b'Location: /cgi-bin/missing.cgi\\n\\n')",
    ),
    "local-double.cgi": (
        "printf 'Location: //evil.test/x\\n\\n'",
        "import os\nos.write(1, b'Location: //evil.test/x\\n\\n')",
    ),
    "cached.cgi": (
        "printf 'Status: 304 Not Modified\\nETag: \"v1\"\\n\\n'",
        "import os\nos.write(1, b'Status: 304 Not Modified\\nETag: \"v1\"\\n\\n')",
    ),
    "nothing.cgi": (
        "printf 'Status: 204 No Content\\nX-A: b\\n\\n'",
        "import os\nos.write(1, b'Status: 204 No Content\\nX-A: b\\n\\n')",
    ),
    "large.cgi": (
        "printf 'Content-Type: text/plain\\n\\n'; head -c 3000000 /dev/zero | tr '\\0' x",
        "import sys\nsys.stdout.write('Content-Type: text/plain\\n\\n' + 'x' * 3000000)",
    ),
    "sub/env.cgi": (
        "printf 'Content-Type: text/plain\\n\\nsub'",
        "import os\nos.write(1, b'Content-Type: text/plain\\n\\nsub')",
    ),
    "sub/index.txt": ("printf 'no'", "pass"),
    "with-index/index.cgi": (
        "printf 'Content-Type: text/plain\\n\\n%s' \"$SCRIPT_NAME\"",
        "import os, sys\nsys.stdout.write('Content-Type: text/plain\\n\\n' + os.environ['SCRIPT_NAME'])",
    ),
    "nph-say.cgi": ("exec cat", "import os, shutil\nshutil.copyfileobj(os.fdopen(0, 'rb'), os.fdopen(1, 'wb'))"),
    "not-executable.cgi": ("printf 'Content-Type: text/plain\\n\\nrun'", "pass"),
    "flood.cgi": (
        "printf 'Content-Type: text/plain\\n\\n'; head -c 300000 /dev/zero | tr '\\0' x; wc -c | tr -d ' '",
        "import os, sys\n"
        "out = os.fdopen(1, 'wb')\n"
        "out.write(b'Content-Type: text/plain\\n\\n' + b'x' * 300000)\n"
        "out.flush()\n"
        "out.write(('%d\\n' % len(os.fdopen(0, 'rb').read())).encode())",
    ),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """A raw request; `cut` half-closes the connection after it."""

    name: str
    data: bytes
    cut: bool = False


def request(target: str, *lines: str, method: str = "GET", body: bytes = b"", version: str = "1.1") -> bytes:
    """Return a request's bytes; text becomes latin-1. A body brings its Content-Length, unless `lines` frame it."""
    head = [f"{method} {target} HTTP/{version}", "Connection: close"]
    names = {line.partition(":")[0].lower() for line in lines}
    if version == "1.1" and "host" not in names:
        head.append("Host: example.test")
    if body and not names & {"content-length", "transfer-encoding"}:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, *lines, "", ""]).encode("latin-1") + body


def _get(name: str, target: str, *lines: str, method: str = "GET", version: str = "1.1") -> Probe:
    return Probe(name, request("/cgi-bin" + target, *lines, method=method, version=version))


def _post(name: str, target: str, body: bytes, *lines: str, cut: bool = False) -> Probe:
    return Probe(name, request("/cgi-bin" + target, *lines, method="POST", body=body), cut)


def _says(name: str, output: bytes, program: str = "say.cgi") -> Probe:
    return Probe(name, request("/cgi-bin/" + program, method="POST", body=output))


VARIABLES = (
    _get("1-query", "/env.cgi?foo=bar&a=b"),
    _get("2-no-query", "/env.cgi"),
    _get("3-empty-query", "/env.cgi?"),
    _get("4-encoded-query", "/env.cgi?a=%41%20b&c=%3D"),
    _get("5-two-question-marks", "/env.cgi?a=b?c=d"),
    _get("7-raw-bytes-in-query", "/env.cgi?q=\xc3\xa9"),
    _get("8-host-with-port", "/env.cgi", "Host: example.com:80"),
    _get("8-host-with-other-port", "/env.cgi", "Host: example.com:9999"),
    _get("9-host-upper-case", "/env.cgi", "Host: EXAMPLE.Com"),
    _get("10-host-ipv6", "/env.cgi", "Host: [::1]:9999"),
    _get("11-no-host", "/env.cgi", version="1.0"),
    _get("12-host-1.0", "/env.cgi", "Host: example.test", version="1.0"),
    _get("15-no-body", "/env.cgi"),
    _post("16-length-0", "/env.cgi", b"", "Content-Length: 0"),
    _post("17-type-and-length", "/env.cgi", b"abc", "Content-Type: text/x-a; charset=b"),
    _get("18-type-without-body", "/env.cgi", "Content-Type: text/x-a"),
    _get("19-two-cookies", "/env.cgi", "Cookie: a=1", "Cookie: b=2"),
    _get("19-one-cookie", "/env.cgi", "Cookie: a=1; b=2"),
    _get("19-two-accepts", "/env.cgi", "Accept: text/html", "Accept: text/plain;q=0.5"),
    _get("20-digits-in-name", "/env.cgi", "xx-yy123: foo"),
    _get("21-empty-value", "/env.cgi", "X-Empty:"),
    _get("21-spaces-around-value", "/env.cgi", "X-Spaces:    a  b   "),
    _get("22-proxy", "/env.cgi", "Proxy: http://evil.test/", "X-Other: kept"),
    _get("25-underscore", "/env.cgi", "X_Und: u"),
    _get("26-underscore-beside-dash", "/env.cgi", "X-Forwarded-For: 192.0.2.1", "X_Forwarded_For: evil"),
    _get("27-dot-in-name", "/env.cgi", "X.Dot: d"),
    _get("28-equals-in-name", "/env.cgi", "X=Y: d"),
    _get("29-authorization", "/env.cgi", "Authorization: Basic YTpi"),
    _get("29-proxy-authorization", "/env.cgi", "Proxy-Authorization: Basic YTpi"),
    _get("32-remote-user", "/env.cgi", "Remote-User: admin"),
    _get("33-utf8-value", "/env.cgi", "X-U: \xc3\xa9\xff"),
    _get("36-upgrade", "/env.cgi", "Upgrade: websocket"),
    _get("38-te", "/env.cgi", "TE: trailers"),
    _get("39-range", "/env.cgi", "Range: bytes=0-3"),
    _get("39-conditional", "/env.cgi", 'If-None-Match: "v1"', "If-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT"),
    _get("42-method-put", "/env.cgi", "Content-Length: 0", method="PUT"),
    _get("42-method-delete", "/env.cgi", method="DELETE"),
    _get("42-method-options", "/env.cgi", method="OPTIONS"),
    _get("42-method-patch", "/env.cgi", "Content-Length: 0", method="PATCH"),
    _get("42-method-propfind", "/env.cgi", "Content-Length: 0", method="PROPFIND"),
    _get("42-method-unknown", "/env.cgi", method="FROB"),
    _get("42-method-trace", "/env.cgi", method="TRACE"),
)

PATHS = (
    _get("46-path-info", "/env.cgi/extrapath?a=b"),
    _get("47-slash-only", "/env.cgi/"),
    _get("52-encoded-bytes", "/env.cgi/caf%C3%A9/%E9"),
    _get("52-raw-bytes", "/env.cgi/caf\xc3\xa9"),
    _get("54-double-slash-in-info", "/env.cgi/a//b"),
    _get("55-double-slash", "//env.cgi/x"),
    _get("56-encoded-name", "/%65nv.cgi/x"),
    _get("57-encoded-info", "/env.cgi/%41%20b%3F"),
    _get("58-dot-segments", "/env.cgi/a/../b/./c"),
    _get("58-dot-at-end", "/env.cgi/a/."),
    _get("59-encoded-dots", "/env.cgi/%2e%2e/x"),
    _get("59-encoded-dots-out", "/%2e%2e/%2e%2e/etc/passwd"),
    _get("59-dots-out", "/../../etc/passwd"),
    _get("60-encoded-slash", "/env.cgi/a%2Fb"),
    _get("60-encoded-backslash", "/env.cgi/a%5Cb"),
    _get("61-symlink", "/link.cgi"),
    _get("62-nul", "/env.cgi/a%00b"),
    _get("63-bad-escape", "/env.cgi/a%zz"),
    _get("63-short-escape", "/env.cgi/a%4"),
    _get("64-parameter", "/env.cgi;v=1/x"),
    _get("65-plus", "/env.cgi/a+b"),
    _get("66-other-case", "/ENV.CGI"),
    _get("67-space", "/env.cgi%20"),
    _get("67-dot", "/env.cgi."),
    _get("67-tilde", "/env.cgi~"),
    _get("68-nested", "/sub/env.cgi/p"),
    _get("69-missing", "/missing.cgi"),
    _get("69-missing-deep", "/missing/deep/x.cgi"),
    _get("70-directory", "/sub/"),
    _get("70-directory-without-slash", "/sub"),
    _get("71-index", "/with-index/"),
    _get("72-index-without-slash", "/with-index"),
    _get("73-not-executable", "/not-executable.cgi"),
    _get("78-fragment", "/env.cgi/a%23b"),
    Probe("80-absolute-form", request("http://other.test/cgi-bin/env.cgi?x=1")),
    _get("83-isindex", "/args.cgi?one+two%20x"),
    _get("85-no-isindex", "/args.cgi?a=1+2"),
    _get("46-tilde", "/env.cgi/~user/x"),
    _get("46-long", "/env.cgi/" + "a" * 3000),
)

CHUNKED = "Transfer-Encoding: chunked"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
BODIES = (
    _post("86-three-bytes", "/echo.cgi", b"abc"),
    _get("88-reads-nothing", "/echo.cgi"),
    Probe("89-get-with-body", request("/cgi-bin/echo.cgi", body=b"abc")),
    _post("91-chunked", "/echo.cgi", HELLO, CHUNKED),
    _post("91-chunked-extension", "/echo.cgi", b"5;a=b\r\nhello\r\n0\r\nX-T: t\r\n\r\n", CHUNKED),
    _post("91-chunked-bad", "/echo.cgi", b"zz\r\nhello\r\n0\r\n\r\n", CHUNKED),
    _post("91-chunked-long", "/count.cgi", b"fffff\r\n" + b"z" * 0xFFFFF + b"\r\n0\r\n\r\n", CHUNKED),
    _post("92-chunked-and-length", "/echo.cgi", HELLO, CHUNKED, "Content-Length: 5"),
    _post("93-gzip-body", "/env.cgi", b"\x1f\x8b", "Content-Encoding: gzip"),
    _post("95-two-megabytes", "/count.cgi", b"z" * 2_000_000),
    _post("96-body-ignored", "/ignores.cgi", b"z" * 1000),
    _post("97-writes-before-it-reads", "/flood.cgi", b"z" * 20_000),
    _post("100-broken-off", "/echo.cgi", b"0123456789", "Content-Length: 100", cut=True),
    _post("101-expect", "/echo.cgi", b"abc", "Expect: 100-continue"),
    _post("101-expect-other", "/echo.cgi", b"abc", "Expect: tea"),
    _post("104-length-3x", "/echo.cgi", b"abc", "Content-Length: 3x"),
    _post("104-length-negative", "/echo.cgi", b"abc", "Content-Length: -1"),
    _post("104-length-plus", "/echo.cgi", b"abc", "Content-Length: +3"),
    _post("104-two-lengths", "/echo.cgi", b"abc", "Content-Length: 3", "Content-Length: 4"),
    _post("104-same-length-twice", "/echo.cgi", b"abc", "Content-Length: 3", "Content-Length: 3"),
)

A = b"Content-Type: text/plain\n"
OUTPUTS = (
    _says("107-plain", A + b"\nok"),
    _says("108-crlf", b"Content-Type: text/plain\r\n\r\nok"),
    _says("109-crlf-then-lf", b"Content-Type: text/plain\r\n\nok"),
    _says("109-lf-then-crlf", A + b"\r\nok"),
    _get("110-split", "/split.cgi"),
    _says("111-blank-lines-in-body", A + b"\n\n\nok\n\n"),
    _says("112-status", b"Status: 404 Not Here\n" + A + b"\nok"),
    _says("113-status-no-phrase", b"Status: 404\n" + A + b"\nok"),
    _says("113-status-unregistered", b"Status: 460\n" + A + b"\nok"),
    _says("115-status-lower", b"status:418\n" + A + b"\nok"),
    _says("116-status-last", A + b"Status: 403 Last\n\nok"),
    _says("117-status-twice", b"Status: 403\nStatus: 404\n" + A + b"\nok"),
    _says("118-status-word", b"Status: abc\n" + A + b"\nok"),
    _says("118-status-30", b"Status: 30 FooBar\n" + A + b"\nok"),
    _says("118-status-1000", b"Status: 1000\n" + A + b"\nok"),
    _says("118-status-http", b"Status: HTTP/1.1 404\n" + A + b"\nok"),
    _says("118-status-0", b"Status: 0\n" + A + b"\nok"),
    _says("119-status-999", b"Status: 999 Odd\n" + A + b"\nok"),
    _says("120-status-500", b"Status: 500 Mine\n" + A + b"\nmy page"),
    _says("122-http-line", b"HTTP/1.0 404 Not Found\n" + A + b"\nok"),
    _says("123-status-100", b"Status: 100 Continue\n" + A + b"\nok"),
    _says("124-status-101", b"Status: 101 Switching\n" + A + b"\nok"),
    _says("124-status-103", b"Status: 103 Early\n" + A + b"\nok"),
    _get("127-not-modified", "/cached.cgi"),
    _get("126-no-content", "/nothing.cgi"),
    _says("128-no-type", b"X-A: b\n\nbody"),
    _says("129-only-status", b"Status: 200 OK\n\nbody"),
    _get("130-no-output", "/silent.cgi"),
    _says("131-no-header", b"hello\n"),
    _says("132-html", b"<html>\n<body>hello</body>\n</html>\n"),
    _says("133-no-blank-line", A),
    _says("133-cut-in-a-line", b"Content-Ty"),
    _says("134-empty-body", A + b"\n"),
    _says("135-blank-line-first", b"\nbody"),
    _says("136-space-in-name", b"X A: b\n" + A + b"\nok"),
    _says("136-space-before-colon", b"X-A : b\n" + A + b"\nok"),
    _says("136-empty-name", b": b\n" + A + b"\nok"),
    _says("136-leading-space", A + b" X-A: b\n\nok"),
    _says("137-empty-value", b"X-A:\n" + A + b"\nok"),
    _says("138-odd-name", b"X!#$%&'*+.^_`|~9: b\n" + A + b"\nok"),
    _says("139-cr-in-value", b"X-A: a\rSet-Cookie: x\n" + A + b"\nok"),
    _says("140-nul", b"X-A: a\0b\n" + A + b"\nok"),
    _says("140-control", b"X-A: a\x01b\n" + A + b"\nok"),
    _says("141-tab", b"X-A: a\tb\n" + A + b"\nok"),
    _says("142-utf8", b"X-A: \xc3\xa9\n" + A + b"\nok"),
    _says("143-repeated", b"X-D: 1\nX-D: 2\n" + A + b"\nok"),
    _says("144-cookies", b"Set-Cookie: a=1\nSet-Cookie: b=2\n" + A + b"\nok"),
    _says("145-two-types", A + b"Content-Type: text/html\n\nok"),
    _says("145-empty-type", b"Content-Type:\n\nok"),
    _says("146-server-and-date", b"Server: mine\nDate: Thu, 01 Jan 1970 00:00:00 GMT\n" + A + b"\nok"),
    _says("147-connection", b"Connection: keep-alive\nKeep-Alive: timeout=5\n" + A + b"\nok"),
    _says("147-connection-names", b"Connection: X-Hop\nX-Hop: 1\n" + A + b"\nok"),
    _says("147-upgrade", b"Upgrade: h2c\n" + A + b"\nok"),
    _says("148-transfer-encoding", b"Transfer-Encoding: chunked\n" + A + b"\n2\r\nok\r\n0\r\n\r\n"),
    _says("149-length-small", b"Content-Length: 2\n" + A + b"\nokokokok"),
    _says("150-length-large", b"Content-Length: 20\n" + A + b"\nok"),
    _says("150-length-right", b"Content-Length: 2\n" + A + b"\nok"),
    _says("151-length-word", b"Content-Length: abc\n" + A + b"\nok"),
    _says("151-two-lengths", b"Content-Length: 2\nContent-Length: 3\n" + A + b"\nok"),
    _says("152-long-line", b"X-Long: " + b"a" * 9000 + b"\n" + A + b"\nok"),
    _says("152-line-of-8000", b"X-Long: " + b"a" * 8000 + b"\n" + A + b"\nok"),
    _says("153-many-headers", b"".join(b"X-%d: v\n" % number for number in range(90)) + A + b"\nok"),
    _says("154-endless-header", b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 40_000),
    _get("155-head", "/env.cgi", method="HEAD"),
    _get("155-head-large", "/large.cgi", method="HEAD"),
    _get("157-large", "/large.cgi"),
    _get("158-http-1.0", "/large.cgi", version="1.0"),
    _says("159-cgitb", b"<!--: spam\n" + A + b"\n-->ok"),
    _says("159-www-authenticate", b'Status: 401\nWWW-Authenticate: Basic realm="a"\n' + A + b"\nok"),
    _says("159-retry-after", b"Status: 503\nRetry-After: 9\n" + A + b"\nok"),
)

REDIRECTS = (
    _says("160-location", b"Location: http://a.test/x\nSet-Cookie: a=1\n" + A + b"\ngone"),
    _says("160-location-only", b"Location: http://a.test/x\n\n"),
    _says("161-status-301", b"Status: 301 Moved\nLocation: http://a.test/x\n" + A + b"\ngone"),
    _says("162-status-201", b"Status: 201 Created\nLocation: http://a.test/x\n" + A + b"\nmade"),
    _says("163-status-200", b"Status: 200 OK\nLocation: http://a.test/x\n" + A + b"\nok"),
    _get("164-local", "/local.cgi"),
    _get("165-local-query", "/local.cgi/info?old=1"),
    Probe("165-local-post", request("/cgi-bin/local.cgi", method="POST", body=b"abc")),
    _get("166-local-head", "/local.cgi", method="HEAD"),
    _get("167-local-cookie", "/local-cookie.cgi"),
    _get("168-local-missing", "/local-missing.cgi"),
    _get("169-local-loop", "/local-loop.cgi"),
    _get("170-local-with-status", "/local-status.cgi"),
    _says("171-relative", b"Location: other.cgi\n\n"),
    _get("172-double-slash", "/local-double.cgi"),
    _says("173-fragment", b"Location: http://a.test/x#part\n\n"),
    _says("174-empty-location", b"Location:\n" + A + b"\nok"),
)

NPH_AND_PROCESS = (
    _says("177-nph", b"HTTP/1.1 201 Made\r\nContent-Type: text/plain\r\n\r\nok", "nph-say.cgi"),
    _says(
        "178-nph-cookies",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: close\r\n\r\nok",
        "nph-say.cgi",
    ),
    _says("179-nph-junk", b"junk", "nph-say.cgi"),
    _says("180-nph-as-cgi", A + b"\nok", "nph-say.cgi"),
    _says(
        "182-nph-continue",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5 + b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nok",
        "nph-say.cgi",
    ),
    _get("184-noisy", "/noisy.cgi"),
    _get("185-closes-stderr", "/closes-stderr.cgi"),
    _get("191-exit-3", "/exit3.cgi"),
    _get("192-killed-early", "/killed-early.cgi"),
    _get("193-killed", "/killed.cgi"),
    _get("194-slow", "/slow.cgi"),
    _get("197-grandchild", "/grandchild.cgi"),
    _get("206-missing-interpreter", "/no-interpreter.cgi"),
    _get("206-crlf", "/crlf.cgi"),
    _get("206-empty", "/empty.cgi"),
    _get("206-no-shebang", "/no-shebang.cgi"),
)

PROBES = (*VARIABLES, *PATHS, *BODIES, *OUTPUTS, *REDIRECTS, *NPH_AND_PROCESS)
