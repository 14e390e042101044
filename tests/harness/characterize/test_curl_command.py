"""curl commands read as the requests that curl would send."""

import pytest

from harness.characterize.curl_command import curl_request
from harness.errors import UsageError
from harness.exchange import Request
from harness.report.curl import curl

LINES = {
    "curl http://x:8000/a?b=1": b"GET /a?b=1 HTTP/1.1",
    "curl x": b"GET / HTTP/1.1",
    "curl -I http://x/": b"HEAD / HTTP/1.1",
    "curl -XDELETE http://x/a": b"DELETE /a HTTP/1.1",
    "curl --request=PUT http://x/a": b"PUT /a HTTP/1.1",
    "curl http://x/ -d a=1": b"POST / HTTP/1.1",
    "curl -G http://x/?c=2 -d a=1": b"GET /?c=2&a=1 HTTP/1.1",
    "curl -s -i --globoff --path-as-is 'http://x/a/../b'": b"GET /a/../b HTTP/1.1",
    "curl \\\n  http://x/two": b"GET /two HTTP/1.1",
    "curl -sS http://x/": b"GET / HTTP/1.1",
    "curl -sIL http://x/": b"HEAD / HTTP/1.1",
    "curl -sXPUT http://x/": b"PUT / HTTP/1.1",
    "curl -sX PUT http://x/": b"PUT / HTTP/1.1",
    "curl -so /dev/null http://x/": b"GET / HTTP/1.1",
    "curl --http1.0 http://x/": b"GET / HTTP/1.0",
    "curl -0 http://x/": b"GET / HTTP/1.0",
    "curl --request-target '*' --request OPTIONS http://x/": b"OPTIONS * HTTP/1.1",
}


@pytest.mark.parametrize(("text", "line"), LINES.items(), ids=LINES.keys())
def test_the_first_line(text, line):
    """Method and target, as curl makes them of its options."""
    assert curl_request(text).start_line == line


HEADERS = {
    "curl http://x:8000/": [(b"Host", b"x:8000"), (b"User-Agent", b"curl"), (b"Accept", b"*/*")],
    "curl -H 'Accept: text/html' -A pip http://u:p@x/": [
        (b"Host", b"x"),
        (b"Accept", b"text/html"),
        (b"User-Agent", b"pip"),
    ],
    "curl -u me:secret -b a=1 -e http://y http://x/": [
        (b"Host", b"x"),
        (b"User-Agent", b"curl"),
        (b"Accept", b"*/*"),
        (b"Authorization", b"Basic bWU6c2VjcmV0"),
        (b"Cookie", b"a=1"),
        (b"Referer", b"http://y"),
    ],
    "curl -H 'User-Agent:' -H 'Accept: ' -H 'X-Empty;' -H 'Host:' http://x/": [(b"X-Empty", b"")],
    "curl -b '' http://x/ -H Accept: -A ''": [(b"Host", b"x")],
    "curl -d a=1 -H Content-Type: -H User-Agent: -H Accept: http://x/": [(b"Host", b"x"), (b"Content-Length", b"3")],
}


@pytest.mark.parametrize(("text", "headers"), HEADERS.items(), ids=HEADERS.keys())
def test_the_headers(text, headers):
    """curl's own, unless the command gives others, and those of its options."""
    assert list(curl_request(text).headers) == headers


BODIES = {
    "curl http://x/ -d a=1 --data b=2": b"a=1&b=2",
    "curl http://x/ --data-raw '@a'": b"@a",
    "curl http://x/ --data-urlencode 'a=b c&d'": b"a=b+c%26d",
    "curl http://x/ -d ''": b"",
    r"curl http://x/ --data-raw $'it\'s \u0021\n\xff'": b"it's !\n\xff",
    r"""curl http://x/ -d '$'\''a'""": b"$'a",
}


@pytest.mark.parametrize(("text", "body"), BODIES.items(), ids=BODIES.keys())
def test_the_body(text, body):
    """Joined by ampersands, with its length and the type of a form."""
    request = curl_request(text)
    assert request.body == body
    assert dict(request.headers)[b"Content-Length"] == str(len(body)).encode()
    assert dict(request.headers)[b"Content-Type"] == b"application/x-www-form-urlencoded"


def test_a_file_is_sent(tmp_path):
    """`--data-binary` as it is, `-d` without its line ends."""
    (tmp_path / "body").write_bytes(b"one\ntwo\n")
    assert curl_request(f"curl x --data-binary @{tmp_path}/body").body == b"one\ntwo\n"
    assert curl_request(f"curl x -d @{tmp_path}/body").body == b"onetwo"


WRONG = {
    "curl": "0 URLs",
    "curl x y": "2 URLs",
    "curl -F a=@b x": "option -F",
    "curl --proxy p x": "option --proxy",
    "curl 'x": "cannot be read",
    "curl -H nothing x": "NAME: VALUE",
    "curl -d @/nonexistent x": "No such file",
    "curl -b jar.txt x": "the file jar.txt",
    "curl -sFa=@b x": "option -F",
    "curl --data-urlencode a@b x": "the file of a@b",
}


@pytest.mark.parametrize(("text", "reason"), WRONG.items(), ids=WRONG.keys())
def test_what_is_not_understood_is_refused(text, reason):
    """Nothing is left out in silence."""
    with pytest.raises(UsageError, match=reason):
        curl_request(text)


SENT = {
    "get": Request(b"GET /a?b=%20 HTTP/1.1", ((b"Accept", b"a/b"),)),
    "of 1.0, with an empty header": Request(b"GET / HTTP/1.0", ((b"X-Empty", b""), (b"User-Agent", b"x"))),
    "head": Request(b"HEAD / HTTP/1.1", ()),
    "a form": Request(b"POST /a HTTP/1.1", ((b"Content-Type", b"a/b"),), b"a=1\nb='2'"),
    "bytes": Request(b"PUT /a HTTP/1.1", ((b"X-Name", b"Andr\xe9 \xc3\xa9"),), b"\x00\xff\r\n"),
    "an odd target": Request(b"GET http://x/ \xff#a HTTP/1.1", ()),
}


@pytest.mark.parametrize("request_", SENT.values(), ids=SENT.keys())
def test_the_command_of_a_report_is_the_request_again(request_):
    """But for what is left to curl: Host and Content-Length."""
    made = curl_request(curl(request_))
    by_curl = (b"Host", b"Content-Length")
    assert made.start_line == request_.start_line
    assert tuple(pair for pair in made.headers if pair[0] not in by_curl) == request_.headers
    assert made.body == request_.body
