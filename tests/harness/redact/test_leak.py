"""No secret reaches the disk: ten kinds in every position, recorded over sockets, looked for in all that is left.

What is looked for are the bytes of a secret and every usual way to write them.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from harness.exchange import Exchange
from harness.recording import open_recordings

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
SECRETS = {
    "password": "Corr3ct & h0rse/battery",
    "session cookie": "s3ss10nQ2hvY29sYXRlSXM",
    "bearer token": "eyJhbGciOi.J9xkQ0z7Tn.Vb-2_mPq81",
    "basic password": "basic:Wörd+29<q>",
    "CSRF token": "9f8a7c6e5d4b3a291807f6e5d4c3b2a1",
    "API key": "AKzz93jf82LmQ0pXr7",
    "e-mail": "anna.muster+shop@example-bank.de",
    "client address": "203.0.113.77",
    "reset link": "rSt7Lk92mmXa01Qw",
    "user rule": "QX77LMP02ZR4",
}
TOML = """
[redact]
paths = ["/reset/{secret}"]
rules = [{name = "badge", pattern = "BDG-([A-Z0-9]{12})"}]

[target.other]
app = "leaky:other"
"""
PADDING = b"<p>nothing to see</p>\n" * 5000
FORWARDED = ("X-Forwarded-For", SECRETS["client address"])
FORM = ("Content-Type", "application/x-www-form-urlencoded")
HTML = ("Content-Type", "text/html; charset=utf-8")
JSON = ("Content-Type", "application/json")
BYTES = (("Content-Type", "application/msgpack"),)
XML = ("Content-Type", "text/xml")

Header = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """A request and the answer to it."""

    name: str
    target: str = "/"
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    answered: tuple[Header, ...] = (HTML,)
    page: bytes = b"ok"
    status: str = "200 OK"


def multipart(name: str, value: bytes) -> tuple[tuple[Header, ...], bytes]:
    """Return headers and body of a form of two fields."""
    part = b'--XX\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"file", b"\x00\xff" * 20) + part % (name.encode(), value) + b"--XX--\r\n"
    return (("Content-Type", "multipart/form-data; boundary=XX"),), body


def natural() -> Iterator[Case]:
    """Each secret where it belongs, and so is known by its place."""
    value = SECRETS
    basic = base64.b64encode(b"anna:" + value["basic password"].encode()).decode()
    login = f"user=anna&pw={quote_plus(value['password'])}&csrf_token={value['CSRF token']}".encode()
    session = (("Set-Cookie", f"sid={value['session cookie']}; Path=/"), ("Location", "/home"))
    yield Case("login", "/login", (FORM,), login, session, b"", "302 Found")
    yield Case("basic", headers=(("Authorization", f"Basic {basic}"),))
    yield Case("bearer", headers=(("Authorization", f"Bearer {value['bearer token']}"),))
    yield Case("api key", headers=(("X-Api-Key", value["API key"]), ("Cookie", f"a=b; sid={value['session cookie']}")))
    yield Case("reset", f"/reset/{value['reset link']}?n=1", page=b"BDG-" + value["user rule"].encode())
    yield Case("mail", f"/find?who={quote(value['e-mail'])}", page=value["e-mail"].encode())


def planted(kind: str, value: str) -> Iterator[Case]:
    """A known secret in every position, each spelled as that position wants it."""
    raw, percent = value.encode(), quote(value, safe="")
    small = re.sub("%..", lambda found: found[0].lower(), percent)
    packed = base64.b64encode(b"x" + raw).decode()
    escaped = "".join(f"\\u{ord(character):04x}" for character in value)
    entities = "".join(f"&#{ord(character)};" for character in value)
    yield Case("path", f"/show/{percent}/now")
    yield Case("query", f"/show?note={percent}&b={small}&c={quote_plus(value)}")
    latin = value.encode().decode("latin-1")
    names = ("X-Note", "Referer", "User-Agent", "X-Forwarded-Host", "From", "If-None-Match")
    yield Case("headers", headers=tuple((name, f"http://h/?a={percent}&b={latin}") for name in names))
    yield Case("cookie", headers=(("Cookie", f"theme=dark; seen={percent}"),))
    yield Case("form", "/do", (FORM,), f"a=1&note={quote_plus(value)}&b={percent}".encode())
    headers, body = multipart("note", raw)
    yield Case("multipart", "/do", headers, body)
    document = json.dumps({"a": [{"note": value}], "b": packed}) + json.dumps({"c": value}, ensure_ascii=False)
    yield Case("json", "/do", (JSON,), f'{document}"{escaped}"'.encode(), (JSON,), document.encode())
    call = (
        f"<methodCall><params><param><value><string>{html.escape(value)}</string></value></param></params></methodCall>"
    )
    yield Case("xml-rpc", "/RPC2", (XML,), call.encode(), (XML,), call.encode())
    page = f'<a href="/x?t={percent}">{html.escape(value)}</a><input value="{html.escape(value)}"><!-- {entities} -->'
    yield Case("page", page=page.encode())
    yield Case(
        "big", "/do", (FORM,), b"pad=" + b"x" * 70_000 + b"&note=" + percent.encode(), page=PADDING + page.encode()
    )
    yield Case("gzip", page=gzip.compress(PADDING + page.encode()), answered=(HTML, ("Content-Encoding", "gzip")))
    moved = (
        ("Location", f"https://h/next?t={percent}#x"),
        ("Set-Cookie", f"last={percent}; HttpOnly"),
        ("X-Was", latin),
    )
    yield Case("redirect", answered=moved, page=b"", status="302 Found")


def fresh() -> Iterator[tuple[str, Case]]:
    """Secrets that stand once, where only the place tells of them: each with its value."""
    values = (f"Pl4nt&{number:02}xQz9 LmW" for number in range(100))

    def one(name: str, make: Callable[[str], Case]) -> tuple[str, Case]:
        value = next(values)
        return value, replace(make(value), name=name)

    def asked(headers: tuple[Header, ...], body: Callable[[str], str | bytes]) -> Callable[[str], Case]:
        return lambda value: Case("", "/do", headers, made if isinstance(made := body(value), bytes) else made.encode())

    def page(body: Callable[[str], str], *headers: Header) -> Callable[[str], Case]:
        return lambda value: Case("", page=body(value).encode(), answered=headers or (HTML,))

    member = "<struct><member><name>password</name><value><string>{}</string></value></member></struct>"
    yield one("query by name", lambda value: Case("", f"/do?token={quote(value)}"))
    yield one("referer by name", lambda value: Case("", headers=(("Referer", f"http://h/?api_key={quote(value)}"),)))
    yield one("userinfo", lambda value: Case("", headers=(("X-From", f"http://anna:{quote(value, safe='')}@h/"),)))
    yield one("own header", lambda value: Case("", headers=(("X-Auth-Token", value),)))
    yield one("cookie by place", lambda value: Case("", headers=(("Cookie", f"lang=de; PHPSESSID={quote(value)}"),)))
    yield one("form by name", asked((FORM,), lambda value: f"a=b&new_password={quote_plus(value)}"))
    yield one("multipart by name", lambda value: Case("", "/do", *multipart("passwd", value.encode())))
    yield one("json by name", asked((JSON,), lambda value: json.dumps({"a": [{"clientSecret": value}]})))
    yield one("json, broken", asked((JSON,), lambda value: json.dumps({"a": {"password": value}})[:-2]))
    yield one("xml-rpc by name", asked((XML,), lambda value: member.format(html.escape(value))))
    yield one(
        "soap", asked((XML,), lambda value: f"<s:Body><wsse:Password>{html.escape(value)}</wsse:Password></s:Body>")
    )
    gz: Header = ("Content-Encoding", "gzip")
    yield one("gzip request", asked((FORM, gz), lambda value: gzip.compress(f"pw={quote(value)}".encode())))
    yield one("json answer", page(lambda value: json.dumps({"access_token": value}), JSON))
    yield one("hidden input", page(lambda value: f'<input type=hidden name="csrf" value="{html.escape(value)}">'))
    yield one("meta", page(lambda value: f'<meta name="csrf-token" content="{html.escape(value)}">'))
    yield one("script", page(lambda value: f"<script>var apiKey = '{value}';</script>"))
    yield one("link", page(lambda value: f'<a href="/in?session={quote(value)}&amp;x=1">in</a>'))
    yield one("set-cookie", lambda value: Case("", answered=(HTML, ("Set-Cookie", f"sid={quote(value)}; Path=/"))))
    yield one("cell", page(lambda value: f"<td>Password</td><td>{html.escape(value)}</td>"))
    yield one("definition", page(lambda value: f"<dt>API token:</dt><dd>{html.escape(value)}</dd>"))
    yield one("label", page(lambda value: f"<label>Secret</label> <b>{html.escape(value)}</b>"))
    yield one("column", page(lambda value: f"user,password\r\nanna,{value}\r\n", ("Content-Type", "text/csv")))
    yield one("base64 query", lambda value: Case("", "/do?d=" + packed({"password": value})))
    yield one("base64 header", lambda value: Case("", headers=(("X-Data", packed({"password": value})),)))
    yield one("base64 attribute", page(lambda value: f"<p data-x='{packed({'password': value})}'>"))
    yield one("MessagePack", asked(BYTES, lambda value: b"\x81\xa8password\xb0" + value.encode()))
    yield one("UTF-32", asked((JSON,), lambda value: json.dumps({"password": value}).encode("utf-32-le")))
    yield one("long list", asked((JSON,), lambda value: json.dumps({"tokens": [*map(str, range(10_001)), value]})))
    yield one("across", page(lambda value: '{"p":"' + "x" * 983_000 + '","secret":"' + "a1" * 40_000 + value + '"}'))
    yield one("base64 body", asked((XML,), lambda value: base64.b64encode(f'{{"password": "{value}"}}'.encode())))


def packed(document: object) -> str:
    """Return JSON in base64."""
    return base64.b64encode(json.dumps(document).encode()).decode()


def cases() -> list[Case]:
    """All of them."""
    alone = [case for _, case in fresh()]
    return [*natural(), *(case for kind, value in SECRETS.items() for case in planted(kind, value)), *alone]


def forms(value: str) -> set[bytes]:
    """Return every usual way to write a value; in base64 what is certain of it, wherever in a longer text it begins."""
    raw = value.encode()
    percent = quote(value, safe="").encode()
    found = {
        raw,
        percent,
        re.sub(rb"%..", lambda escape: escape[0].lower(), percent),
        quote_plus(value).encode(),
        quote(value, safe="/:@!$&'()*+,;=").encode(),
        html.escape(value).encode(),
        html.escape(value, quote=False).encode(),
        json.dumps(value)[1:-1].encode(),
        json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        json.dumps(value)[1:-1].replace("/", "\\/").encode(),
        "".join(f"\\u{ord(character):04x}" for character in value).encode(),
        "".join(f"&#{ord(character)};" for character in value).encode(),
        raw.hex().encode(),
        repr(raw)[2:-1].encode(),
        raw.decode("latin-1").encode(),
    }
    for before in range(3):
        skip = (0, 2, 3)[before]
        whole = base64.b64encode(bytes(before) + raw)
        found.add(whole[skip : len(whole) // 4 * 4 - 4])
    return found


FORMS = {form: kind for kind, value in SECRETS.items() for form in forms(value)}
FORMS |= {form: case.name for value, case in fresh() for form in forms(value)}
ANY = re.compile(b"|".join(re.escape(form) for form in sorted(FORMS, key=len, reverse=True)))


def leaked(data: bytes) -> set[str]:
    """Return which secrets stand in these bytes."""
    return {FORMS[found] for found in set(ANY.findall(data))}


def test_what_looks_finds() -> None:
    """The search itself finds each secret in each request and answer as it was planted: else it would prove nothing."""
    for value, case in fresh():
        body = zlib.decompress(case.body, 47) if case.name == "gzip request" else case.body
        body += body.replace(b"\0", b"")
        assert case.name in leaked(repr(case).encode() + body + case.page), value
    for kind, value in SECRETS.items():
        for case in planted(kind, value):
            page = zlib.decompress(case.page, 47) if case.name == "gzip" else case.page
            assert kind in leaked(repr(case).encode() + case.body + page + case.target.encode()), (kind, case.name)


def sent(case: Case, number: int) -> bytes:
    """Return a request as a client sends it."""
    headers = [("Host", "shop.example"), FORWARDED, ("X-Case", str(number)), ("Connection", "close"), *case.headers]
    headers += [("Content-Length", str(len(case.body)))] if case.body else []
    line = f"{'POST' if case.body else 'GET'} {case.target} HTTP/1.1\r\n".encode()
    return line + b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers) + b"\r\n" + case.body


def ask(port: int, request: bytes) -> bytes:
    """Send a request and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


def open_files(folder: Path) -> Iterator[Path]:
    """Yield the open files, on a disk, of all processes whose environment or folder is that of the test."""
    for process in Path("/proc").iterdir():
        try:
            if not process.name.isdigit() or str(folder).encode() not in (process / "environ").read_bytes():
                continue
            for link in (process / "fd").iterdir():
                target = os.readlink(link)
                if stat.S_ISREG(link.stat().st_mode) and not target.startswith(("/memfd:", "/usr/", str(ROOT))):
                    yield link
        except OSError:
            continue


def on_disk(folder: Path) -> dict[str, set[str]]:
    """Return what has leaked into files of a folder, named or not."""
    found = {}
    for path in (*folder.rglob("*"), *open_files(folder)):
        try:
            leaks = leaked(path.read_bytes()) if path.is_file() and path.name not in ("cases.json",) else set()
        except OSError:
            continue
        if leaks:
            found[str(path)] = leaks
    return found


@pytest.fixture(params=["proxy", "middleware"], scope="module")
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record all cases; return the folder of all that came of it, a list of what was on the disk meanwhile in it."""
    folder = tmp_path_factory.mktemp(request.param)
    todo = cases()
    answers = [(case.status, case.answered, base64.b64encode(case.page).decode()) for case in todo]
    (folder / "harness.toml").write_text(TOML)
    (folder / "cases.json").write_text(json.dumps(answers))
    env = {key: value for key, value in os.environ.items() if key != "HARNESS_KEY"} | {
        "PYTHONPATH": f"{ROOT}:{HERE}",
        "CASES": str(folder / "cases.json"),
        "ARCHIVE": str(folder / "x.archive"),
        "TMPDIR": str(folder),
    }
    record = ["harness.cli", "record", "--app", "leaky:application", "-o", "x.archive"]
    serve = ["gunicorn", "-b", "127.0.0.1:0", "--threads", "4", "--no-control-socket", "leaky:recorded"]
    command = [sys.executable, "-m", *(record if request.param == "proxy" else serve)]
    log = (folder / "log").open("wb")
    with subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log) as process, log:
        try:
            port = _port(folder / "log")
            meanwhile = []
            for number, case in enumerate(todo):
                assert ask(port, sent(case, number)).startswith(b"HTTP/1.")
                if case.name == "big":
                    meanwhile.append(on_disk(folder))
            meanwhile.append(_half_sent(port, folder))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    (folder / "meanwhile.json").write_text(json.dumps([sorted(found) for found in meanwhile]))
    return folder


def _port(log: Path) -> int:
    for _ in range(400):
        found = re.search(rb"(?:Recording|Listening at:) http://[\d.]+:(\d+)", log.read_bytes())
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def _half_sent(port: int, folder: Path) -> dict[str, set[str]]:
    """Look at the disk while a long body has come half."""
    secrets = b"".join(f"f{number}={quote(value)}&".encode() for number, value in enumerate(SECRETS.values()))
    body = (secrets + b"pad=" + b"x" * 20_000 + b"&") * 120  # half of it is more than is kept in memory
    case = Case("half", "/do", (FORM,), body)
    request = sent(case, 0)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(request[: len(request) // 2])
        time.sleep(0.5)
        found = on_disk(folder)
        client.sendall(request[len(request) // 2 :])
        while client.recv(1 << 16):
            pass
    return found


def gunzipped(body: bytes) -> bytes:
    """Return a body, unpacked where it is packed."""
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def exchanges(folder: Path) -> list[Exchange]:
    """Return what was recorded."""
    return [exchange for recording in open_recordings([folder / "x.archive"]) for exchange in recording]


def test_everything_was_recorded(recording: Path) -> None:
    """A recorder that recorded nothing would leak nothing."""
    found = exchanges(recording)
    assert len(found) == len(cases()) + 1
    assert {exchange.response.status for exchange in found if exchange.response} == {200, 302}


def test_nothing_on_the_disk(recording: Path) -> None:
    """Not in the archive, its journal, unnamed temporary files, or the log; not while it was recorded either."""
    assert not on_disk(recording)
    assert all(not found for found in json.loads((recording / "meanwhile.json").read_text()))


def test_nothing_in_any_exchange(recording: Path) -> None:
    """Not in what is read back, packed bodies included."""
    found = []
    for exchange in exchanges(recording):
        body = gunzipped(exchange.response.body or b"") if exchange.response else b""
        case = exchange.request.header(b"x-case") or b"0"
        whole = repr(exchange).encode() + body + (exchange.request.body or b"") + exchange.request.start_line
        body += gunzipped(exchange.request.body or b"") + (exchange.request.body or b"").replace(b"\0", b"")
        headers = b"\n".join(value for _, value in exchange.request.headers)
        if leaks := leaked(whole + headers):
            found.append((cases()[int(case)].name, sorted(leaks)))
    assert not found


def test_redactions_are_told(recording: Path) -> None:
    """Each exchange says that there were secrets in it, of which kinds, and where."""
    kinds = {redaction.kind for exchange in exchanges(recording) for redaction in exchange.redactions}
    assert {"password", "cookie", "token", "email", "address", "badge"} <= kinds


@pytest.mark.parametrize("recording", ["proxy"], indirect=True, scope="module")
def test_nothing_in_cassettes_and_reports(recording: Path) -> None:
    """What is made of the recording has none either: it is all made of what was recorded."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}"}
    run = [sys.executable, "-m", "harness.cli"]
    reports = ["--json", "r.json", "--html", "r.html", "--junit", "r.xml"]
    commands = [
        ["export", "x.archive", "-o", "x.yaml"],
        ["show", "x.archive"],
        ["diff", "x.archive", "--old", "recorded", "--new", "other", *reports],
    ]
    for number, command in enumerate(commands):
        with (recording / f"said{number}").open("wb") as said:
            subprocess.run([*run, *command], cwd=recording, env=env, stdout=said, stderr=said, timeout=120, check=False)
    made = {path.name for path in recording.iterdir()}
    assert {"x.yaml", "r.json", "r.html", "r.xml"} <= made, (recording / "said2").read_text()
    assert not on_disk(recording)
