"""Cassettes: what is written is what is read, by us, by vcrpy, and after a person edited it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import jsonserializer, yamlserializer

from harness.errors import RecordingError
from harness.exchange import Exchange, Redaction, Request, Response
from harness.store.cassette import Cassette, write_cassette

PAGE = b"<html>\n <head>\n\t<title>caf\xc3\xa9</title> \n</head>\n</html>\n"
USUAL = Exchange(
    "usual.yaml#1",
    Request(
        b"GET /simple/?a=b HTTP/1.1",
        ((b"Host", b"localhost:18000"), (b"Accept", b"text/html, */*"), (b"If-None-Match", b'"it\'s"')),
    ),
    Response(200, b"OK", ((b"Content-Type", b"text/html"), (b"Content-Length", b"61")), PAGE),
    started=1463400000.25,
    peer="127.0.0.1",
)

NASTY = " \t\r\n'\"\\:#-|>%@`!&*?{}[],ab\x00\x7f\x85\u2028\ufeff\uffff\U0001f600"
texts = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(str.encode),
    st.text(NASTY, max_size=30).map(str.encode),
)
headers = st.lists(st.tuples(texts, texts), max_size=4).map(tuple)
seconds = st.floats(min_value=-1e18, max_value=1e18)
requests = st.builds(
    Request,
    start_line=texts,
    headers=headers,
    body=st.none() | texts,
    framing=st.sampled_from(["none", "length", "chunked"]),
    raw_head=st.none() | texts,
)
responses = st.builds(
    Response,
    status=st.integers(0, 999),
    reason=texts,
    headers=headers,
    body=st.none() | texts,
    version=texts,
    framing=st.sampled_from(["none", "length", "chunked", "close"]),
    raw_head=st.none() | texts,
    complete=st.booleans(),
    size=st.none() | st.integers(0, 2**40),
)
words = texts.map(lambda value: value.decode("latin-1"))
exchanges = st.builds(
    Exchange,
    id=st.just(""),
    request=requests,
    response=st.none() | responses,
    started=seconds,
    duration=st.none() | seconds,
    scheme=st.sampled_from(["http", "https", ""]),
    peer=words,
    user=words,
    user_by=words,
    redactions=st.lists(st.builds(Redaction, place=words, kind=words, token=words), max_size=3).map(tuple),
)
FILES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", ["any.yaml", "any.json"])
@FILES
@given(st.lists(exchanges, max_size=3))
def test_any_bytes_survive(tmp_path: Path, name: str, recorded: list[Exchange]) -> None:
    """Writing and reading gives the same exchanges, whatever bytes stand in them."""
    path = tmp_path / name
    write_cassette(path, recorded)
    assert list(Cassette(path)) == [replace(one, id=f"{name}#{n}") for n, one in enumerate(recorded, 1)]


@FILES
@given(st.lists(exchanges, min_size=1, max_size=3))
def test_both_yaml_loaders_agree(tmp_path: Path, recorded: list[Exchange]) -> None:
    """libYAML and PyYAML's own scanner read the same data from what we write."""
    path = tmp_path / "any.yaml"
    write_cassette(path, recorded)
    text = path.read_text(encoding="utf-8")
    assert yaml.load(text, yaml.CSafeLoader) == yaml.safe_load(text)


@FILES
@given(st.lists(exchanges, min_size=1, max_size=3))
def test_vcrpy_reads_bodies_right(tmp_path: Path, recorded: list[Exchange]) -> None:
    """vcrpy loads every cassette we write, with each body and status as recorded."""
    path = tmp_path / "any.yaml"
    write_cassette(path, recorded)
    loaded, answers = FilesystemPersister.load_cassette(path, yamlserializer)
    assert [one.body or b"" for one in loaded] == [one.request.body or b"" for one in recorded]
    for answer, one in zip(answers, recorded, strict=True):
        wanted = one.response or Response(0, b"")
        assert (answer["status"]["code"], answer["body"]["string"]) == (wanted.status, wanted.body or b"")


def test_vcrpy_reads_json(tmp_path: Path) -> None:
    """A JSON cassette of text is one vcrpy reads as well."""
    write_cassette(tmp_path / "a.json", [USUAL])
    (request,), (response,) = FilesystemPersister.load_cassette(tmp_path / "a.json", jsonserializer)
    assert (request.uri, request.method) == ("http://localhost:18000/simple/?a=b", "GET")
    assert response["body"]["string"] == PAGE


def test_reads_for_people(tmp_path: Path) -> None:
    """The file is laid out for review: block text, short headers, and beside vcrpy's fields only the rest."""
    write_cassette(tmp_path / "usual.yaml", [USUAL], state="seed", scenario="browse")
    assert (tmp_path / "usual.yaml").read_text(encoding="utf-8").splitlines() == [
        "harness:",
        "  format: harness-cassette",
        "  version: 1",
        "  state: seed",
        "  scenario: browse",
        "interactions:",
        "- request:",
        "    method: GET",
        "    uri: http://localhost:18000/simple/?a=b",
        "    headers:",
        '      Host: ["localhost:18000"]',
        '      Accept: ["text/html, */*"]',
        "      If-None-Match: ['\"it''s\"']",
        "    body: null",
        "  response:",
        "    status:",
        "      code: 200",
        "      message: OK",
        "    headers:",
        "      Content-Type: [text/html]",
        '      Content-Length: ["61"]',
        "    body:",
        "      string: |",
        "        <html>",
        "         <head>",
        "        \t<title>café</title> ",
        "        </head>",
        "        </html>",
        "  harness:",
        "    started: 1463400000.25",
        '    peer: "127.0.0.1"',
        "version: 1",
    ]


def test_redactions_stand_beside_what_vcrpy_reads(tmp_path: Path) -> None:
    """Place, kind and token of each redaction are one line, apart from vcrpy's fields, and survive edits of these."""
    redactions = (Redaction("request.query sid", "cookie", "zq81"), Redaction("response.body", "email", "a@b.invalid"))
    write_cassette(tmp_path / "a.yaml", [replace(USUAL, redactions=redactions)])
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    assert "    redactions:\n    - [request.query sid, cookie, zq81]\n" in text
    (tmp_path / "a.yaml").write_text(text.replace("?a=b", "?a=c"), encoding="utf-8")
    (read,) = Cassette(tmp_path / "a.yaml")
    assert (read.redactions, read.request.query) == (redactions, b"a=c")


def test_names_state_and_scenario(tmp_path: Path) -> None:
    """The starting state and the scenario stand at the top of the file."""
    write_cassette(tmp_path / "a.yaml", [USUAL], state="seed", scenario="browse")
    cassette = Cassette(tmp_path / "a.yaml")
    assert (cassette.name, cassette.state, cassette.scenario, len(cassette)) == ("a.yaml", "seed", "browse", 1)


def test_same_exchanges_same_bytes(tmp_path: Path) -> None:
    """Writing what was read gives the same file."""
    write_cassette(tmp_path / "a.yaml", [USUAL, replace(USUAL, response=None)], state="seed")
    write_cassette(tmp_path / "b.yaml", Cassette(tmp_path / "a.yaml"), state="seed")
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


ODD = replace(
    USUAL,
    request=Request(b"get /a b HTTP/1.0", ((b"B", b"1"), (b"A", b"2"), (b"b", b"3")), raw_head=b"get /a b\n\n"),
    response=Response(200, b"OK", ((b"X", b"1"), (b"Y", b"2"), (b"X", b"3")), b"body", b"HTTP/1.0", "close"),
)


def edited(tmp_path: Path, change: tuple[str, str]) -> Exchange:
    """Return the odd exchange as read after a person replaced one text in its cassette by another."""
    path = tmp_path / "odd.yaml"
    write_cassette(path, [ODD])
    text = path.read_text(encoding="utf-8")
    assert text.count(change[0]) == 1
    path.write_text(text.replace(*change), encoding="utf-8")
    return next(iter(Cassette(path)))


def test_edited_request_wins(tmp_path: Path) -> None:
    """Where vcrpy's request was edited, our start line and pairs no longer count; those of the response still do."""
    read = edited(tmp_path, ("%20b", "c"))
    pairs = ((b"Host", b"localhost"), (b"B", b"1"), (b"B", b"3"), (b"A", b"2"))
    assert read.request == Request(b"get /ac HTTP/1.1", pairs)
    assert read.response == ODD.response


def test_edited_response_wins(tmp_path: Path) -> None:
    """Where vcrpy's response was edited, it is read as vcrpy would; the request stays exact."""
    read = edited(tmp_path, ("string: body", "string: changed"))
    pairs = ((b"X", b"1"), (b"X", b"3"), (b"Y", b"2"))
    assert read.response == Response(200, b"OK", pairs, b"changed", framing="close")
    assert read.request == ODD.request


def test_edited_body_gets_its_length(tmp_path: Path) -> None:
    """A request body that was edited is sent whole: its Content-Length follows."""
    request = Request(b"POST / HTTP/1.1", ((b"Host", b"h"), (b"Content-Length", b"4")), b"four", "length")
    write_cassette(tmp_path / "a.yaml", [replace(USUAL, request=request)])
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(text.replace("body: four", "body: eleven"), encoding="utf-8")
    read = next(iter(Cassette(tmp_path / "a.yaml"))).request
    assert (read.body, read.header(b"content-length")) == (b"eleven", b"6")


VCRPY = """interactions:
- request:
    body: name=x
    headers:
      Content-Type: [application/x-www-form-urlencoded]
    method: POST
    uri: https://example.org/pypi?:action=submit
  response:
    body: {string: !!binary "H4sI/w=="}
    headers:
      Set-Cookie: [a=1, b=2]
    status: {code: 302, message: Found}
version: 1
"""


def test_reads_a_cassette_of_vcrpy(tmp_path: Path) -> None:
    """A cassette without anything of ours gives whole exchanges: Host from the URI, the length from the body."""
    (tmp_path / "v.yaml").write_text(VCRPY, encoding="utf-8")
    assert list(Cassette(tmp_path / "v.yaml")) == [
        Exchange(
            "v.yaml#1",
            Request(
                b"POST /pypi?:action=submit HTTP/1.1",
                (
                    (b"Host", b"example.org"),
                    (b"Content-Type", b"application/x-www-form-urlencoded"),
                    (b"Content-Length", b"6"),
                ),
                b"name=x",
                "length",
            ),
            Response(
                302, b"Found", ((b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")), b"\x1f\x8b\x08\xff", framing="close"
            ),
            scheme="https",
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "body"),
    [
        ("body: name=x", "body: !!python/object/new:_io.BytesIO {state: !!python/tuple [file, 0, null]}", b"file"),
        ("body: name=x", "body: [a, b]", b"ab"),
        ("body: name=x", "body: !!python/unicode x", b"x"),
    ],
    ids=["BytesIO", "iterator", "unicode"],
)
def test_reads_old_forms_of_bodies(tmp_path: Path, old: str, new: str, body: bytes) -> None:
    """Request bodies in the forms that earlier vcrpy versions wrote are read as their bytes."""
    (tmp_path / "v.yaml").write_text(VCRPY.replace(old, new), encoding="utf-8")
    assert next(iter(Cassette(tmp_path / "v.yaml"))).request.body == body


GOOD = "harness: {format: harness-cassette, version: 1}\n" + VCRPY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (GOOD[: len(GOOD) // 2], "truncated"),
        (GOOD.removesuffix("version: 1\n"), "truncated"),
        ("a: 1\n", "not a recording"),
        ("harness: x\n" + VCRPY, "this harness reads"),
        ("[" * 5000, "neither a cassette"),
        ("interactions: [1]\nversion: 1\n", "interaction 1"),
        ("just words", "not a recording"),
        ("- request: {}\n", "before vcrpy 1.0"),
        (GOOD.replace("harness-cassette, version: 1", "harness-cassette, version: 2"), "version 1"),
        (VCRPY.replace("uri: https", "url: https"), "interaction 1"),
        (VCRPY.replace("https://example.org", "nowhere"), "interaction 1"),
        (VCRPY.replace("name=x", "!!python/object/apply:os.getcwd []"), "neither a cassette"),
    ],
    ids=[
        "empty",
        "blank",
        "half",
        "no end",
        "other yaml",
        "our key",
        "deep",
        "number",
        "text",
        "old",
        "newer",
        "no uri",
        "bad uri",
        "python tag",
    ],
)
def test_refuses_what_it_cannot_read(tmp_path: Path, text: str, reason: str) -> None:
    """A file that is no whole cassette raises an error with its name and the reason."""
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=reason) as caught:
        Cassette(path)
    assert str(path) in str(caught.value)


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    """A missing cassette is an error, not an empty recording."""
    with pytest.raises(RecordingError, match=r"nowhere\.yaml"):
        Cassette(tmp_path / "nowhere.yaml")


def test_truncated_anywhere_is_noticed(tmp_path: Path) -> None:
    """Wherever a cassette of ours is cut off, it is refused (but for the last newline)."""
    whole = tmp_path / "whole.yaml"
    write_cassette(whole, [USUAL, ODD])
    data, cut = whole.read_bytes(), tmp_path / "cut.yaml"
    for length in range(0, len(data) - 1, 7):
        cut.write_bytes(data[:length])
        with pytest.raises(RecordingError):
            Cassette(cut)


def test_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """A cassette is replaced only by a whole one."""
    path = tmp_path / "a.yaml"
    write_cassette(path, [USUAL])
    before = path.read_bytes()

    def broken() -> object:
        yield ODD
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_cassette(path, broken())  # type: ignore[arg-type]
    assert (path.read_bytes(), [one.name for one in tmp_path.iterdir()]) == (before, ["a.yaml"])


def test_json_marks_binary_bodies(tmp_path: Path) -> None:
    """JSON has no bytes: a binary body stands as base64 and says so."""
    binary = replace(USUAL, response=replace(USUAL.response, body=b"\xff\x00"))  # type: ignore[type-var]
    write_cassette(tmp_path / "a.json", [binary])
    item = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["interactions"][0]
    assert (item["response"]["body"]["string"], item["harness"]["response"]["body"]) == ("/wA=", "base64")


@pytest.mark.parametrize(
    ("line", "host", "uri"),
    [
        (b"GET /a HTTP/1.1", b"h:65535", "http://h:65535/a"),
        (b"GET /a HTTP/1.1", b"h:65536", "http://localhost/a"),
        (b"GET /a HTTP/1.1", b"[::1]:8", "http://[::1]:8/a"),
        (b"GET /a HTTP/1.1", b"[bad", "http://localhost/a"),
        (b"GET /a b\xff HTTP/1.1", b"h", "http://h/a%20b%FF"),
        (b"GET http://other:8/x HTTP/1.1", b"h", "http://other:8/x"),
        (b"GET http://[bad/x HTTP/1.1", b"h", "http://h/http://[bad/x"),
        (b"OPTIONS * HTTP/1.1", b"h", "http://h/*"),
        (b"-", b"h", "http://h/"),
    ],
)
def test_uri_is_one_everybody_can_parse(tmp_path: Path, line: bytes, host: bytes, uri: str) -> None:
    """vcrpy gets a well-formed URI whatever was sent; what was sent is kept all the same."""
    exchange = replace(USUAL, request=Request(line, ((b"Host", host),)))
    write_cassette(tmp_path / "a.yaml", [exchange])
    (request,), _ = FilesystemPersister.load_cassette(tmp_path / "a.yaml", yamlserializer)
    assert request.uri == uri
    assert next(iter(Cassette(tmp_path / "a.yaml"))).request == exchange.request
