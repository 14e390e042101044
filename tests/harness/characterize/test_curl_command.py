"""curl commands read as the requests that curl would send."""

import pytest

from harness.characterize.curl_command import curl_request
from harness.errors import UsageError

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
}


@pytest.mark.parametrize(("text", "headers"), HEADERS.items(), ids=HEADERS.keys())
def test_the_headers(text, headers):
    """curl's own, unless the command gives others, and those of its options."""
    assert list(curl_request(text).headers) == headers


BODIES = {
    "curl http://x/ -d a=1 --data b=2": b"a=1&b=2",
    "curl http://x/ --data-raw '@a'": b"@a",
    "curl http://x/ --data-urlencode 'a=b c&d'": b"a=b+c%26d",
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
}


@pytest.mark.parametrize(("text", "reason"), WRONG.items(), ids=WRONG.keys())
def test_what_is_not_understood_is_refused(text, reason):
    """Nothing is left out in silence."""
    with pytest.raises(UsageError, match=reason):
        curl_request(text)
