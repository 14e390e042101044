"""The old index against the recorded answers of the real server of May 2016, where those are at hand.

Each scenario starts from the recordings' own seed. Compared are status, reason, headers, redirects, rows, mails and
machine formats; of human pages the links and the form fields. Cookies, tokens and keys of the recording are replaced by
those that our answers gave. KNOWN says what differs, and why.
"""

import base64
import collections
import json
import os
import re
import xmlrpc.client
from pathlib import Path
from urllib.parse import quote

import psycopg2
import psycopg2.extras
import pytest

lxml_html = pytest.importorskip("lxml.html")

RECORDED = Path(__file__).parents[3] / "shared" / "traffic" / "index-2016"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not beside the checkout")

BASE = "http://127.0.0.1:8016"
FRONT_END = {"server", "date", "connection", "transfer-encoding", "content-length", "vary", "keep-alive"}
SHELL = {"x-clacks-overhead", "x-frame-options", "x-xss-protection", "x-content-type-options"}  # tested in test_wsgi

# What is drawn by chance: columns that only have to be there.
RANDOM = {"cookie", "token", "otk", "date", "end_date", "password"}

NO_REASON = "CGI sends an empty reason phrase; compat writes the usual one, as servers refused such heads (I14)"

# (scenario, number): why our answer differs, in words for docs/legacy.md. Anything else that differs is a failure.
KNOWN = {
    ("reads-files", 25): "the front end resolved the dot segments of the URL before the program saw it",
    ("reads-json", 35): "an error out of run(): pypi.cgi has a page for it, compat another",
    ("reads-misc", 7): NO_REASON,
    ("reads-misc", 8): NO_REASON,
    ("reads-misc", 9): NO_REASON,
    ("reads-misc", 48): "two answers to one request: compat drops the second head, CGI has it in the body",
    ("reads-misc", 49): "two answers to one request: compat drops the second head, CGI has it in the body",
    ("reads-misc", 63): NO_REASON,
}


def load_scenario(name):
    """Exchanges of a scenario in order."""
    with open(RECORDED / f"{name}.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


SCENARIOS = sorted(path.stem for path in RECORDED.glob("*.jsonl")) if RECORDED.is_dir() else []


def body_of(message, by_number):
    """The bytes of a recorded request or answer."""
    if "body_same_as" in message:
        return body_of(by_number[message["body_same_as"]]["response"], by_number)
    return base64.b64decode(message.get("body_base64") or "")


def header(message, name):
    """The first header of a recorded message, or an empty text."""
    return next((value for key, value in message["headers"] if key.lower() == name), "")


def dechunked(body):
    """The content of a chunked body."""
    content, rest = b"", body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        content, rest = content + rest[:length], rest[length + 2 :]
        if not length:
            break
    return content


def front_end(exchange):
    """Why an answer is not the program's own: it came from Apache."""
    if exchange["response"]["status"] == 416 or "iso-8859-1" in header(exchange["response"], "content-type"):
        return "an error page of the web server"
    return ""


# -- what is compared --


def dated(text):
    """Times of the run are all one time."""
    text = re.sub(r"20(?:2[6-9]|[3-9]\d)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?", "NOW", text)
    text = re.sub(r"20(?:2[6-9]|[3-9]\d)\d{4}T\d\d:\d\d:\d\d", "NOW", text)
    text = re.sub(r"(?<=--)(?:5b9bf0c4927e200|part-of-a-distribution)", "BOUNDARY", text)
    text = re.sub(r"(pypi|login_nonce)=(?:[0-9a-f]{32}|[A-Z0-9]{30})(?=;|$)", r"\1=SECRET", text)
    return re.sub(r"(?:\w{3}, )?\d\d \w{3} 20(?:2[6-9]|[3-9]\d) \d\d:\d\d:\d\d GMT", "NOW", text)


def rpc_value(body):
    """The value or fault of a methodResponse, times as text, times of the run as one."""
    try:
        value = xmlrpc.client.loads(body)[0][0]
    except xmlrpc.client.Fault as fault:
        return {"fault": fault.faultCode, "text": fault.faultString}
    return plain(value)


def plain(value):
    """A value without xmlrpc's classes; epoch times of the run are one."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, xmlrpc.client.DateTime):
        return dated(str(value))
    if type(value) is int and value > 1_780_000_000:
        return "NOW"
    return value


UNORDERED = {"changelog", "changelog_since_serial", "changed_packages", "user_packages", "browse"}


def rpc_document(body, method):
    """An XML-RPC answer as something comparable; lists without an order in the old SQL are sorted."""
    value = rpc_value(body)
    return sorted(value, key=repr) if method in UNORDERED and isinstance(value, list) else value


def page_facts(body, furniture):
    """Links and form fields of a human page: those to releases in order, the others as a multiset."""
    document = lxml_html.fromstring(body, parser=lxml_html.HTMLParser(encoding="utf-8"))
    links = [a.get("href") for a in document.iter("a") if a.get("href") and a.get("rel") != "nofollow"]
    links = [link for link in links if link not in furniture and (not link.startswith("#") or link == "#downloads")]
    ordered = [link for link in links if link.startswith("/pypi/")]
    others = collections.Counter(link for link in links if not link.startswith("/pypi/"))
    forms = [
        (
            form.get("method"),
            form.get("action"),
            [
                (field.tag, field.get("type"), field.get("name"), secret(field.get("name")) or field.get("value"))
                for field in form.xpath(".//input|.//select|.//textarea")
            ],
        )
        for form in document.iter("form")
    ]
    feeds = [
        link.get("href")
        for link in document.iter("link")
        if link.get("rel") in ("alternate", "meta") and "css" not in link.get("href")
    ]
    return {"releases": ordered, "links": dict(others), "forms": forms, "feeds": feeds}


def secret(name):
    """What stands for the value of a field that is drawn by chance; None for others."""
    return "SECRET" if name in ("CSRFToken", "nonce", "otk") else None


# Human pages whose links to other sites belong to the old frame and to its explanations: not ours to copy.
EXPLAINED = {
    "reads-search-browse": (7,),
    "reads-project": (1,),
    "reads-misc": (10, 11, 13, 14, 17),
    "register-accepted": (29,),
}


def furniture_links():
    """Links to other sites that are not ours to copy."""
    found = set()
    for name, number in ((name, number) for name, numbers in EXPLAINED.items() for number in numbers):
        exchanges = {exchange["n"]: exchange for exchange in load_scenario(name)}
        document = lxml_html.fromstring(body_of(exchanges[number]["response"], exchanges))
        found |= {a.get("href") for a in document.iter("a") if a.get("href", "").startswith("http")}
    return {link for link in found if not link.startswith(BASE)}


def comparable(request, status, content_type, body, furniture):
    """What of a body must be equal."""
    if header(request, "content-type") == "text/xml":
        method = re.search(rb"<methodName>(.*?)<", base64.b64decode(request.get("body_base64") or ""))
        return rpc_document(body, method.group(1).decode() if method else "")
    if status == 500:
        return dated(body.decode("utf-8", "replace")).strip().splitlines()[0]  # the rest is a traceback
    if content_type.startswith("application/json"):
        return json.loads(dated(body.decode()))
    if status == 401:
        return set(re.findall(r'href="(/[^"]*)"', body.decode()))
    if content_type.startswith("text/html") and not request["target"].startswith("/simple"):
        facts = page_facts(body, furniture)
        if ":action=browse" in request["target"]:
            facts["releases"].sort()
        return facts
    if ":action=lasthour" in request["target"]:
        return sorted(dated(body.decode()).split("<item>"))
    if content_type.startswith(("text/", "application/x")):
        return dated(body.decode("utf-8", "replace"))
    return dated(body.decode("latin-1"))


def header_facts(headers):
    """Headers that are the program's, as a multiset without regard to case of names."""
    # The host of uploaded documentation was written anew in recorded headers.
    kept = [
        (name.lower(), re.sub("^https://(?!127)[^/]+/", "https://docs.example.org/", dated(value)))
        for name, value in headers
    ]
    if ("last-modified", "NOW") in [(name, value[-3:]) for name, value in kept]:
        kept = [(name, value.partition("-")[0] if name == "etag" else value) for name, value in kept]
    return collections.Counter((name, value) for name, value in kept if name not in FRONT_END | SHELL)


def shell_headers(request, headers):
    """Our headers without those that the WSGI shell adds to some names."""
    script = request["target"].split("/")[1]
    added = {
        "simple": {"surrogate-control", "cache-control"},
        "packages": {"cache-control"},
        "mirrors": {"cache-control"},
        "security": {"cache-control"},
    }.get(script, set())
    return [(name, value) for name, value in headers if name.lower() not in added]


def differences(exchange, by_number, answer, furniture):
    """Lines that say how an answer differs from the recorded one; none if it does not."""
    request, recorded = exchange["request"], exchange["response"]
    lines = []
    if (answer.status, answer.reason) != (recorded["status"], recorded["reason"]):
        lines.append(f"status {recorded['status']} {recorded['reason']!r} became {answer.status} {answer.reason!r}")
    ours, theirs = header_facts(shell_headers(request, answer.headers)), header_facts(recorded["headers"])
    if request["target"].startswith("/packages"):
        for facts in (ours, theirs):  # by what media type a kind of file goes is the front end's table
            for key in [key for key in facts if key[0] == "content-type" and "gzip" not in key[1]]:
                del facts[key]
    if ours != theirs:
        lines.append(f"headers: lost {dict(theirs - ours)}, gained {dict(ours - theirs)}")
    if request["method"] == "HEAD" or lines:
        return lines
    content_type = header(recorded, "content-type")
    old = comparable(request, recorded["status"], content_type, body_of(recorded, by_number), furniture)
    new = comparable(request, answer.status, content_type, answer.body, furniture)
    if old != new:
        lines.append(f"body: {first_difference(old, new)}")
    return lines


def first_difference(old, new):
    """The place where two values part, shortly."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *new]:
            if old.get(key, "(none)") != new.get(key, "(none)"):
                return f"{key}: {first_difference(old.get(key, '(none)'), new.get(key, '(none)'))}"
    if isinstance(old, list) and isinstance(new, list):
        for number, (one, other) in enumerate(zip(old, new, strict=False)):
            if one != other:
                return f"[{number}]: {first_difference(one, other)}"
        return f"length {len(old)} became {len(new)}: {old[len(new) :][:3]} / {new[len(old) :][:3]}"
    if isinstance(old, str | bytes) and isinstance(new, str | bytes) and type(old) is type(new):
        at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        start = max(at - 20, 0)
        return f"at {at}: {old[start : at + 60]!r} became {new[start : at + 60]!r}"
    return f"{old!r} became {new!r}"


@pytest.fixture(scope="module")
def furniture():
    """Links that belong to the old frame."""
    return furniture_links()


@pytest.fixture(scope="module")
def public_url():
    """The public name that the old server wrote into feeds, read from one."""
    feed = body_of(load_scenario("reads-feeds")[0]["response"], {})
    return re.search(rb"<item>.*?<link>(http://[^/]+)/", feed, re.DOTALL).group(1).decode()


@pytest.fixture(scope="module")
def docs_url():
    """The public name of uploaded documentation, read from a form that links to it."""
    page = body_of(load_scenario("pkg-edit")[0]["response"], {}).decode()
    return re.search(r'href="(http://[^"/]+)/snake_case_kit"', page).group(1)


@pytest.fixture
def index(server, seeded, database_names, tmp_path, monkeypatch, public_url, docs_url):
    """A freshly seeded index, its settings in the environment; returns a function that queries its database."""
    from shutil import copytree

    template, files = seeded(RECORDED / "seed.json")
    name = next(database_names)
    monkeypatch.setenv("PYPI_DATABASE_URL", server.create_database(name, template))
    copytree(files, tmp_path / "files")
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            os.utime(path, (1463443200, 1463443200))
    monkeypatch.setenv("PYPI_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("PYPI_BASE_URL", BASE + "/pypi")
    monkeypatch.setenv("PYPI_PUBLIC_URL", public_url)
    monkeypatch.setenv("PYPI_MAIL", str(tmp_path / "mail"))
    monkeypatch.setenv("PYPI_DOCS_URL", docs_url)
    connection = psycopg2.connect(os.environ["PYPI_DATABASE_URL"])
    connection.autocommit = True

    def query(sql, *args):
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql, args)
            return cursor.fetchall()

    yield query
    connection.close()
    server.drop_database(name)


def row_differences(exchange, query, serial):
    """Lines that say how what an exchange wrote differs from the recorded rows; `serial` is the newest one expected."""
    lines = []
    for row in exchange.get("rows") or []:
        key = {column: value for column, value in row["key"].items() if column not in RANDOM}
        key = key or {"name": row["values"]["name"]}
        where = " AND ".join(f'"{column}" IS NOT DISTINCT FROM %s' for column in key)
        found = query(f"SELECT * FROM {row['table']} WHERE {where}", *key.values())
        if row["op"] == "delete" or not found:
            if bool(found) == (row["op"] == "delete"):
                lines.append(f"rows: {row['op']} {row['table']} {row['key']} was not done")
            continue
        wanted = {key: dated(str(value)) for key, value in row["values"].items() if key not in RANDOM}
        ours = {key: dated(str(getattr(value, "isoformat", lambda v=value: v)())) for key, value in found[0].items()}
        lines += [
            f"rows: {row['table']} {row['key']} {key}: {value!r} became {ours.get(key, '(none)')!r}"
            for key, value in wanted.items()
            if ours.get(key, "(none)") != value
        ]
    [newest] = query("SELECT coalesce(max(id), 0) AS id FROM journals")
    if newest["id"] != serial:
        lines.append(f"rows: the newest serial is {newest['id']}, not {serial}")
    return lines


def newest_serial(exchange, before):
    """The newest serial after an exchange."""
    ids = [row["key"]["id"] for row in exchange.get("rows") or [] if row["table"] == "journals"]
    return max([before, *ids])


def bound(exchange, answer, mails):
    """{recorded value: ours} of what an answer draws by chance and later requests carry."""
    ours = {
        "cookie": lambda value: set_cookie(answer, "login_nonce" if value.isupper() else "pypi"),
        "body": lambda value: re.search(r'name="(?:CSRFToken|nonce)" value="([^"]*)"', answer.body.decode()).group(1),
        "mail": lambda value: re.search(r"otk=(\S+)", mails).group(1),
        "etag": lambda value: answer.header("ETag"),
    }
    return {bind["value"]: ours[bind["from"]](bind["value"]) for bind in (exchange.get("binds") or {}).values()}


def set_cookie(answer, name):
    """The value that an answer sets a cookie to."""
    values = [value for key, value in answer.headers if key.lower() == "set-cookie"]
    return next(match.group(1) for value in values if (match := re.match(rf"{name}=([^;]*)", value)))


def with_bound(values, request, body):
    """Target, headers and body of a request with our values in the place of the recorded ones."""
    pairs = [(old, new) for old, new in values.items()]
    pairs += [(quote(old, safe=""), quote(new, safe="")) for old, new in values.items()]
    target, headers = request["target"], request["headers"]
    for old, new in pairs:
        target = target.replace(old, new)
        headers = [(name, value.replace(old, new)) for name, value in headers]
        body = body.replace(old.encode(), new.encode())
    length = str(len(body))
    return target, [(name, length if name.lower() == "content-length" else value) for name, value in headers], body


def mail_facts(text):
    """[(subject, addressee, action of the link)] of mails."""
    found = re.findall(r"^Subject: (.*)\n(?:From: .*\n)?To: (.*)\n(?:.*\n)*?.*(https?://\S+?):action=(\w+)", text, re.M)
    return [tuple(fields) for fields in found]


def replay(name, ask, app, furniture, query, mail_file):
    """Replay a scenario; yield (number, why it is not ours to answer, differences)."""
    serial = query("SELECT max(id) AS id FROM journals")[0]["id"]
    exchanges = load_scenario(name)
    by_number = {exchange["n"]: exchange for exchange in exchanges}
    values, mailed = {}, 0
    for exchange in exchanges:
        request = exchange["request"]
        if reason := front_end(exchange):
            yield exchange["n"], reason, []
            continue
        body = body_of(request, by_number)
        if header(request, "transfer-encoding") == "chunked":
            body = dechunked(body)
            headers = [*request["headers"], ("Content-Length", str(len(body)))]
            request = {**request, "headers": [pair for pair in headers if pair[0].lower() != "transfer-encoding"]}
        target, headers, body = with_bound(values, request, body)
        answer = ask(app, request["method"], target, headers, body)
        mails = mail_file.read_text()[mailed:] if mail_file.exists() else ""
        mailed += len(mails)
        serial = newest_serial(exchange, serial)
        lines = differences(exchange, by_number, answer, furniture) + row_differences(exchange, query, serial)
        recorded = mail_facts("\n".join(exchange.get("mails") or []))
        if mail_facts(mails) != recorded:
            lines.append(f"mails: {recorded} became {mail_facts(mails)}")
        if answer.status == exchange["response"]["status"]:
            values |= bound(exchange, answer, mails)
        yield exchange["n"], "", lines


tally = collections.Counter()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_is_answered_as_recorded(name, ask, index, monkeypatch, furniture, tmp_path):
    """Every exchange in scope is equal, but for those that KNOWN explains."""
    from legacy.wsgi import application

    monkeypatch.setenv("PYPI_DEBUG", "no" if name == "errors-debug-off" else "yes")
    found = {}
    for number, reason, lines in replay(name, ask, application, furniture, index, tmp_path / "mail"):
        tally["front end" if reason else "different" if lines else "equal"] += 1
        if lines:
            found[name, number] = lines
    unexpected = [f"{key}: {line}" for key, lines in found.items() if key not in KNOWN for line in lines]
    stale = [key for key in KNOWN if key[0] == name and key not in found]
    assert not unexpected, "\n" + "\n".join(unexpected)
    assert not stale, f"equal by now, take out of KNOWN: {stale}"


def test_figure(capsys):
    """Say how many of the exchanges in scope are equal (only after a whole run)."""
    judged = tally["equal"] + tally["different"]
    if judged + tally["front end"] < 1000:
        pytest.skip("the scenarios did not all run here")
    with capsys.disabled():
        print(f"\n{tally['equal']} of {judged} in-scope exchanges equal; {tally['front end']} are the web server's own")
    assert tally["different"] == len(KNOWN)
