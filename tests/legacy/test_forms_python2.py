"""Forms against the FieldStorage of a real Python 2.7, where there is one: the same of odd bodies."""

import base64
import io
import json
import random
import subprocess

import pytest

from legacy import forms
from recordings.environments import MissingError, find_interpreter

PROGRAM = """
import base64, cgi, json, sys
from StringIO import StringIO

def text(value):
    return value if value is None else value.decode('latin-1')

for line in sys.stdin:
    env, body = json.loads(line)
    env = dict((str(key), value.encode('latin-1')) for key, value in env.items())
    try:
        fields = cgi.FieldStorage(StringIO(base64.b64decode(body)), environ=env).list or []
        found = [[text(one.name), text(getattr(one, 'filename', None)), text(one.value)]
                 for one in fields if one.name is not None]
    except ValueError:
        found = 'ValueError'
    sys.stdout.write(json.dumps(found) + '\\n')
"""
URLENCODED, MULTIPART = forms.URLENCODED, "multipart/form-data; boundary=B"
DISPOSITION = "Content-Disposition: form-data; "
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "post")
TYPES = (
    None, URLENCODED, URLENCODED + "; charset=utf-8", URLENCODED.upper(), " " + URLENCODED, "text/plain",
    "application/json", MULTIPART, "multipart/mixed; boundary=B", 'multipart/related; boundary="B"; type=x',
    "multipart/form-data", "multipart/form-data; boundary=\xe9", "Multipart/form-data; boundary=B",
    "multipart/form-data; BOUNDARY=B",
)  # fmt: skip
HEADS = (
    'name="a"', "name=a", 'name="a b"', "name=a b", 'name="a;b"', 'name="a\\"b"', 'name="a\\\\b"', "name='a'",
    'NAME="a"', 'name = "a"', 'name="a"; filename="f"', 'name="a"; filename=""', 'name="a"; filename="f;g"',
    'filename="f"', 'name=""', "name", "", 'name="a"; filename="f"; filename="g"', 'name="a', 'name=a"',
    'name="a"; filename="C:\\x\\f"', 'name="a"; filename="x\\"y".zip"', "name=\"a\"; filename*=utf-8''f",
)  # fmt: skip
LINES = ("Content-Length: 1", "Content-Length: 99", "Content-Length: x", "X-Foo: bar", "no header", "X:\r\n folded")
QUERIES = ("a=1&&b=2;c", "a=%", "a=%zz", "a=1&a=", "=v", "a==", "a=+%2B", "&amp;b=2", "a=\xe9", "%ff=1", "a b=1")
TOKENS = (
    "--B", "--B--", "\r\n", "\n", "\r", DISPOSITION, 'name="a"', '; filename="f"', "\r\n\r\n", "v", " ",
    "Content-Length: 2", "x: y", '"', ";", "--", "\xff",
)  # fmt: skip


def request(body, kind=MULTIPART, method="POST", query=""):
    """Variables and body of a request."""
    data = body.encode("latin-1")
    env = {"REQUEST_METHOD": method, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(data))}
    return env | ({"CONTENT_TYPE": kind} if kind else {}), data


def one_part(head, end="\r\n"):
    """A body of the part with this head, and another one."""
    parts = (f"{DISPOSITION}{head}{end}{end}value", f'{DISPOSITION}name="z"{end}{end}w')
    return f"--B{end}" + f"{end}--B{end}".join(parts) + f"{end}--B--{end}"


def requests():
    """All that is compared: by hand, and by chance, the same chance each time."""
    for method in METHODS:
        for kind in TYPES:
            body = one_part('name="a"') if "boundary" in (kind or "").lower() else "a=1&b=2"
            yield request(body, kind, method, "q=3&a=4")
    for end in ("\r\n", "\n", "\r"):
        yield from (request(one_part(head, end)) for head in HEADS)
    yield from (request(one_part(f'name="a"\r\n{line}')) for line in LINES)
    yield from (request(query, URLENCODED) for query in QUERIES)
    yield from (request("", None, "GET", query) for query in QUERIES)
    chance = random.Random(8)
    for _ in range(1000):
        body = "--B\r\n" + "".join(chance.choice(TOKENS) for _ in range(chance.randint(1, 25)))
        yield request(body + chance.choice(("", "\r\n--B--\r\n", "\n--B--")))


def parsed(env, body):
    """The pairs that ours finds, before they are gathered."""
    try:
        fields = forms.parse_form(env, io.BytesIO(body))
    except ValueError:
        return "ValueError"
    return [
        [name.decode("latin-1"), value.filename, value.value.decode("latin-1")]
        if isinstance(value, forms.FileUpload)
        else [name.decode("latin-1"), None, value.decode("latin-1")]
        for name, value in fields
    ]


def test_the_pairs_are_those_of_python_2(monkeypatch):
    """Names, file names and values in their order, bytes as they were; what had no boundary was an error."""
    try:
        python = find_interpreter("2.7")
    except MissingError as missing:
        pytest.skip(str(missing))
    asked = list(requests())
    lines = "".join(json.dumps((env, base64.b64encode(body).decode())) + "\n" for env, body in asked)
    done = subprocess.run([python, "-c", PROGRAM], input=lines.encode(), stdout=subprocess.PIPE, check=True, timeout=60)
    monkeypatch.setattr(forms, "gather", lambda fields: fields)
    for (env, body), line in zip(asked, done.stdout.splitlines(), strict=True):
        assert parsed(env, body) == json.loads(line), (env, body)
