"""Links that a side mails: a request that follows one in the recording follows this side's own in the replay."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.bind import Bindings
from harness.bind.mailed import Mailed
from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

HERE = Path(__file__).parent
Diff = Callable[..., tuple[int, str, dict[str, Any]]]
THEN, NOW = b"b7QcDkW0pZ1rT8xM2vNs", b"a1B2c3D4e5F6g7H8i9J0"
STATE = f"""
default_state = "start"
[state.start]
load = [{json.dumps(sys.executable)}, "-c", "import sys; sys.path.insert(0, {json.dumps(str(HERE))[1:-1]!r}); \
import forgetful; forgetful.create(sys.argv[1] + '/site.db')", "{{files}}"]
database = "sqlite"
[state.start.env]
DB = "{{files}}/site.db"
MAIL = "{{mail}}"
[target.site]
app = "forgetful:application"
cwd = {json.dumps(str(HERE))}
[target.hi]
app = "forgetful:application"
cwd = {json.dumps(str(HERE))}
env = {{BROKEN = "1"}}
[redact]
paths = ["/reset/{{secret}}"]
"""


@pytest.mark.parametrize(
    ("mail", "target", "bound"),
    [
        (b"see http://h/reset/%s." % NOW, b"/reset/%s" % THEN, True),
        (b"see <https://h:8/reset?a=1&t=%s>" % NOW, b"/reset?a=1&t=%s" % THEN, True),
        (b'<a href="http://h/x?a=1&amp;t=%s">' % NOW, b"/x?a=1&t=%s" % THEN, True),
        (b"http://h/reset/%s/go" % NOW, b"/reset/%s" % THEN, False),
        (b"http://h/confirm/%s" % NOW, b"/reset/%s" % THEN, False),
        (b"http://h/reset/%s" % NOW.lower()[:16], b"/reset/%s" % THEN, False),
        (b"http://h/reset/1", b"/reset/2", False),
    ],
    ids=["path", "query", "html", "longer path", "another link", "another shape", "no token"],
)
def test_links_of_one_kind_are_one(mail: bytes, target: bytes, bound: bool) -> None:
    """All but the token is the same, and both tokens are of one make."""
    mailed = Mailed()
    mailed.note(b"From x\nTo: a@b\n\n" + mail + b"\n")
    assert [(pair.recorded, pair.own) for pair in mailed.pairs(target)] == ([(THEN, NOW)] if bound else [])


def test_a_link_s_token_without_digits_is_one() -> None:
    """By chance some are; a word in its place is none."""
    for own, bound in ((b"kwQzvTrhdBXmnLpcsFgj", True), (b"internationalization", False)):
        mailed = Mailed()
        mailed.note(b"From x\nTo: a@b\n\nhttp://h/reset/%s\n" % own)
        assert [pair.own for pair in mailed.pairs(b"/reset/%s" % THEN)] == ([own] if bound else [])


def test_encoded_mails_are_read() -> None:
    """Quoted-printable breaks links in two."""
    mailed = Mailed()
    mailed.note(b"To: a@b\nContent-Transfer-Encoding: quoted-printable\n\nhttp://h/r?t=3D" + NOW[:9] + b"=\n" + NOW[9:])
    assert [pair.own for pair in mailed.pairs(b"/r?t=" + THEN)] == [NOW]


def test_what_is_known_already_stays() -> None:
    """A token that an answer has taught is not bound to a mail's."""
    bindings = Bindings()
    before, after = (Response(200, body=b"<a href='/reset/%s'>" % token) for token in (THEN, b"zZ9yY8xX7wW6vV5uU4tT"))
    bindings.learn(Exchange("", Request(b"GET / HTTP/1.1"), before), after)
    bindings.mailed.note(b"To: a\n\nhttp://h/reset/" + NOW)
    asked = bindings.bind(Exchange("", Request(b"GET /reset/" + THEN + b" HTTP/1.1")))
    assert asked.request.path == b"/reset/zZ9yY8xX7wW6vV5uU4tT"


def call(app: Any, line: str, body: str = "") -> Exchange:
    """Ask an application of this process, and return what a recorder would have seen."""
    method, path = line.split(" ")
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body))}
    heads: list[Any] = []
    page = b"".join(app({**environ, "wsgi.input": io.BytesIO(body.encode())}, lambda *head: heads.append(head)))
    answered = tuple((name.encode(), value.encode()) for name, value in heads[0][1])
    headers = [(b"Host", b"site.example")]
    headers += [
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Length", str(len(body)).encode()),
    ] * bool(body)
    request = Request(f"{line} HTTP/1.1".encode(), tuple(headers), body.encode(), "length" if body else "none")
    return Exchange("site.archive#1", request, Response(int(heads[0][0][:3]), heads[0][0][4:].encode(), answered, page))


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    """A user logs in, forgets the password, follows the link of the mail, and logs in with the new one: redacted."""
    spec = importlib.util.spec_from_file_location("forgetful_here", HERE / "forgetful.py")
    assert spec is not None
    assert spec.loader is not None
    site = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(site)
    monkeypatch.setenv("DB", str(tmp_path / "recorded.db"))
    monkeypatch.setenv("MAIL", str(tmp_path / "mail"))
    site.create(tmp_path / "recorded.db")
    exchanges = [call(site.application, "POST /login", "user=alice&password=wonderland-1865")]
    exchanges.append(call(site.application, "POST /forgot", "user=alice"))
    link = re.findall(r"/reset/[\w-]+", (tmp_path / "mail").read_text())[0]
    exchanges.append(call(site.application, f"GET {link}"))
    exchanges.append(call(site.application, f"POST {link}", "password=looking-glass-1871"))
    exchanges.append(call(site.application, "POST /login", "user=alice&password=looking-glass-1871"))
    made = redactor({"paths": ["/reset/{secret}"]}, b"k" * 32)
    return [made.redact(exchange) for exchange in exchanges]


BIND = '[bind.secret]\n"password of alice" = {env = "ALICE"}\n'


def test_nobody_s_secrets_are_recorded(recorded: list[Exchange]) -> None:
    """Neither passwords, nor the address of the mail, nor the link."""
    whole = repr(recorded)
    assert not any(word in whole for word in ("wonderland", "looking-glass", "liddell"))


def test_a_forgotten_password_is_judged_whole(recorded: list[Exchange], diff: Diff, tmp_path: Path) -> None:
    """Given the one password: the link is each side's own, the new password a token, the mail address no other data."""
    bind = "[bind.secret]\n" + BIND.partition("\n")[2]
    status, said, report = diff(recorded, STATE + bind, "site", "site", ALICE="wonderland-1865")
    assert status == 0, said
    assert (report["counts"]["judged"], report["counts"]["exchanges"], report["stale"]) == (5, 5, []), said


def test_a_change_is_found_and_a_missing_password_told(recorded: list[Exchange], diff: Diff) -> None:
    """Another greeting is one group; without the password the field is named."""
    status, said, report = diff(recorded, STATE + BIND, "hi", "site", ALICE="wonderland-1865")
    assert (status, [group["count"] for group in report["groups"]]) == (1, [2]), said
    status, said, report = diff(recorded, STATE, "site", "site")
    assert status == 2, said
    assert "a redacted password (field `password` of POST /login)" in said
