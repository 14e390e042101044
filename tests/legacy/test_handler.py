"""The old index as WebUI answers, over our own seed: also where the recordings of 2016 are absent."""

import io
import json
import os
import subprocess
import sys
import xmlrpc.client
from pathlib import Path

import psycopg2
import pytest

from legacy.wsgi import application, cgi, warm

SEED = Path(__file__).parents[2] / "recordings" / "seed.json"
ALICE, BOB, CAROL, FRANK = ("alice", "alicepw"), ("bob", "bobpw"), ("carol", "carol:has:colons"), ("frank", "frankpw")
REALM = 'Basic realm="pypi"'


class Index:
    """An index to ask; `files` is where its uploads go."""

    def __init__(self, ask, files):
        self.ask = ask
        self.files = files

    def __call__(self, method, target, headers=(), body=b"", user=None, app=application):
        """Ask one of the applications."""
        return self.ask(app, method, target, headers, body, user)


def settings(monkeypatch, url, files):
    """Point the applications at a database and a folder."""
    monkeypatch.setenv("PYPI_DATABASE_URL", url)
    monkeypatch.setenv("PYPI_FILES", str(files))
    monkeypatch.setenv("PYPI_BASE_URL", "http://index.example/pypi")


@pytest.fixture(scope="module")
def shared_database(server, seeded, database_names):
    """One database for the tests that only read."""
    name = next(database_names)
    yield server.create_database(name, seeded(SEED)[0])
    server.drop_database(name)


@pytest.fixture
def index(shared_database, tmp_path, monkeypatch, ask):
    """An index for reading."""
    settings(monkeypatch, shared_database, tmp_path / "new")
    return Index(ask, tmp_path / "new")


@pytest.fixture
def fresh(server, seeded, database_names, tmp_path, monkeypatch, ask):
    """An index of one's own, for writing."""
    name = next(database_names)
    settings(monkeypatch, server.create_database(name, seeded(SEED)[0]), tmp_path / "new")
    yield Index(ask, tmp_path / "new")
    server.drop_database(name)


def get(index, target, **more):
    """GET."""
    return index("GET", target, **more)


def post(index, fields, user=None, target="/pypi", files=()):
    """POST as distutils did: multipart, bare LF, an empty line in front."""
    lines = []
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            lines.append(f'\n--B\nContent-Disposition: form-data; name="{name}"\n\n{item}'.encode())
    for name, filename, content in files:
        lines.append(
            f'\n--B\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\n\n'.encode() + content
        )
    body = b"".join(lines) + b"\n--B--\n"
    headers = [("Content-Type", "multipart/form-data; boundary=B"), ("Content-Length", str(len(body)))]
    return index("POST", target, headers, body, user)


def rpc(index, method, *args):
    """The value of an XML-RPC call."""
    body = xmlrpc.client.dumps(args, method).encode()
    answer = index("POST", "/pypi", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))], body)
    assert answer.status == 200
    return xmlrpc.client.loads(answer.body, use_builtin_types=True)[0][0]


# -- the simple index --


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/simple", 301, "/simple/"),
        ("/simple/demo", 301, "/simple/demo/"),
        ("/simple/Demo/", 301, "/simple/demo"),
        ("/simple/Under_Score/", 301, "/simple/under-score"),
        ("/simple/dotted.name/", 200, None),
        ("/simple/dotted-name/", 200, None),
        ("/simple/secretive/", 200, None),
        ("/simple/nosuch/", 404, None),
        ("/simple/a/b/", 404, None),
        ("/simple/%ff/", 404, None),
    ],
)
def test_simple_paths(index, target, status, location):
    """Each spelling leads to the one page (B104-B113)."""
    answer = get(index, target)
    assert (answer.status, answer.header("location")) == (status, location)


def test_simple_page(index):
    """Files of all releases, hidden ones too, sorted by where they are stored, with the serial for mirrors."""
    answer = get(index, "/simple/demo/")
    links = [line.split('"')[1] for line in answer.body.decode().split("<a ")[1:]]
    assert len(links) == 8
    assert links == sorted(links)
    assert all(link.startswith("../../packages/") and "#md5=" in link for link in links)
    assert answer.header("content-length") == str(len(answer.body))
    assert answer.header("x-pypi-last-serial") == "16"
    assert answer.header("surrogate-key") == "simple pkg~demo"


# -- pages and formats --


def test_home(index):
    """The front page names where OpenID is described (B054)."""
    answer = get(index, "/pypi")
    assert (answer.status, answer.header("x-xrds-location")) == (200, "http://index.example/id")
    assert b"<strong>12</strong>" in answer.body


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/pypi/DEMO", "http://index.example/pypi/demo"),
        ("/pypi/under.score/0.5", "http://index.example/pypi/Under_Score/0.5"),
        ("/pypi/DEMO/json", "/pypi/demo/json"),
    ],
)
def test_other_spellings(index, target, location):
    """Pages redirect to the whole URL, JSON to a path (B067, B166)."""
    answer = get(index, target)
    assert (answer.status, answer.header("location")) == (301, location)


@pytest.mark.parametrize(
    ("target", "detail"),
    [
        ("/pypi/nosuch", ""),
        ("/pypi/secretive", ""),
        ("/pypi/demo/9", ""),
        ("/pypi/nosuch/json", "no releases"),
        ("/pypi/demo/9/json", "invalid name/version"),
        ("/pypi/secretive/doap", "no releases"),
        ("/pypi?:action=nosuch", ""),
        ("/pypi?:action=run", ""),
        ("/pypi?:action=__init__", ""),
        ("/pypi?:action=show_md5&digest=x", ""),
    ],
)
def test_not_found(index, target, detail):
    """404 with the old detail; other methods of the handler are no actions."""
    answer = get(index, target)
    assert (answer.status, answer.reason) == (404, f"Not Found ({detail})")
    assert answer.body.decode() == f"Not Found ({detail})\n\n"


def test_json_prefers_ordering_over_date_and_shows_hidden_releases(index):
    """dotted.name: 1.10 is above 1.9; all releases are listed."""
    document = json.loads(get(index, "/pypi/dotted.name/json").body)
    assert document["info"]["version"] == "1.10"
    assert set(document["releases"]) == {"1.0", "1.9", "1.10"}
    assert document["info"]["package_url"] == "http://index.example/pypi/dotted.name"


def test_markup_in_metadata_is_text(index):
    """What authors write is escaped in the page, in the feed and in DOAP."""
    for target in ("/pypi/markup/1.0", "/pypi/markup/1.0/doap", "/pypi?:action=rss"):
        body = get(index, target).body.decode()
        assert "&lt;b&gt;bold&lt;/b&gt; &amp;" in body, target
        assert "<b>bold" not in body, target


def test_the_scraper_of_setuptools_finds_its_cells(index):
    """The comments in front of the links (I02)."""
    body = get(index, "/pypi/demo/1.0").body.decode()
    assert '<!-- <th>Home Page -->\n<a href="http://demo.example.org/?a=1&amp;b=2">' in body


def test_list_classifiers(index):
    """One a line, by code point, with a final newline."""
    lines = get(index, "/pypi?:action=list_classifiers").body.decode().split("\n")
    assert lines == [*sorted(lines[:-1]), ""]
    assert len(lines) == 15


@pytest.mark.parametrize("target", ["/pypi?:action=rss", "/pypi?%3Aaction=rss"])
def test_the_key_of_the_action_may_be_quoted(index, target):
    """Half of the feed readers quote the colon (L16)."""
    assert get(index, target).header("content-type") == "text/xml; charset=utf-8"


def test_search(index):
    """One hit is a redirect, several are a page (B095)."""
    assert get(index, "/pypi?:action=search&term=Gr%C3%BC%C3%9Fe+gruesse").status == 200
    one = get(index, "/pypi?:action=search&term=underscore")
    assert (one.status, one.header("location")) == (307, "http://index.example/pypi/Under_Score/0.5")
    assert get(index, "/pypi?:action=search").body == b"Error processing form\n\nYou need to supply a search term\n\n"


def test_a_mistake_is_a_500_without_a_traceback(index, capsys):
    """Unless debug mode asks for one; the log has it."""
    answer = get(index, "/pypi?:action=rss&:action=rss")
    assert answer.reason == "There's been a problem with your request"
    assert answer.body.decode().endswith("<type 'exceptions.RuntimeError'>: Multiple actions: [u'rss', u'rss']")
    assert b"Traceback" not in answer.body
    assert "Traceback" in capsys.readouterr().err


def test_no_database(index, monkeypatch):
    """500 with a message that can stand in a status line (B252)."""
    monkeypatch.setenv("PYPI_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    answer = get(index, "/pypi")
    assert answer.status == 500
    assert answer.body.startswith(b"Database connection failed\n\nPlease try again later.\n<!--")
    assert "\n" not in answer.reason


def test_https_behind_a_front_end(index):
    """X-Forwarded-Proto turns the URLs of that one request (B008)."""
    assert get(index, "/pypi/DEMO", headers=[("X-Forwarded-Proto", "https")]).header("location").startswith("https://")
    assert get(index, "/pypi/DEMO").header("location").startswith("http://")


@pytest.mark.parametrize("app", [application, cgi, warm], ids=["wsgi", "cgi", "warm"])
@pytest.mark.parametrize(
    "target", ["/pypi/DEMO/1%0d%0aX-Evil:%201", "/simple/DEMO%0aX-Evil:1/", "/simple/a%0d%0aX-Evil:%201/b/"]
)
def test_nothing_echoed_becomes_a_header(index, target, app):
    """Line ends in paths stay within the line."""
    answer = get(index, target, app=app)
    assert answer.status in (301, 404)
    assert answer.header("x-evil") is None


# -- XML-RPC --


def test_rpc_reads(index):
    """Names, versions, data, files."""
    assert rpc(index, "list_packages")[:2] == ["CamelCase", "Under_Score"]
    assert rpc(index, "list_packages_with_serial")["demo"] == 16
    assert rpc(index, "package_releases", "demo") == ["1.1", "1.0"]
    assert rpc(index, "package_releases", "demo", True) == ["1.1", "1.0", "0.9", "0.1"]
    assert rpc(index, "release_data", "gruesse", "1.0")["summary"] == "Grüße aus Köln — приве́т"
    assert [file["filename"] for file in rpc(index, "release_urls", "demo", "1.0")] == [
        "demo-1.0-py2.py3-none-any.whl",
        "demo-1.0.tar.gz",
    ]
    assert rpc(index, "user_packages", "frank") == []
    assert rpc(index, "user_packages", "alice") == [["Admin", None], ["Owner", "demo"], ["Owner", "lone-wheel"]]


def test_rpc_changelog(index):
    """Items of four, or of five with the serial at the end (I36); nothing is lost (I08)."""
    last = rpc(index, "changelog_last_serial")
    events = rpc(index, "changelog_since_serial", 0)
    assert [event[4] for event in events] == list(range(1, last + 1))
    assert rpc(index, "changelog", 0) == [event[:4] for event in events]
    assert rpc(index, "changelog", 0, True) == events
    assert rpc(index, "changelog", 1463325315) == []  # strictly newer: the last one has just this time
    assert rpc(index, "updated_releases", 1463000000) == [["lone-wheel", "4.1"]]
    assert rpc(index, "changed_packages", 1463000000) == ["lone-wheel"]


def test_rpc_search_operators(index):
    """OR within a field, `operator` between fields; anything but `or` means and (B145)."""
    spec = {"name": ["demo", "camel"], "summary": "capitals"}
    assert {hit["name"] for hit in rpc(index, "search", spec)} == {"CamelCase"}
    assert {hit["name"] for hit in rpc(index, "search", spec, "or")} == {
        "CamelCase",
        "Under_Score",
        "demo",
        "demo-extras",
    }
    assert {hit["name"] for hit in rpc(index, "search", spec, "xor")} == {"CamelCase"}


@pytest.mark.parametrize(
    ("method", "args", "text"),
    [
        ("nosuch", (), "<type 'exceptions.Exception'>:method \"nosuch\" is not supported"),
        ("updated_releases", ("x",), "<type 'exceptions.AssertionError'>:"),
        (
            "system.multicall",
            ([{"methodName": "list_packages", "params": []}] * 101,),
            "<type 'exceptions.NameError'>:global name 'Fault' is not defined",
        ),
    ],
)
def test_rpc_faults(index, method, args, text):
    """Faults are 200 and speak Python 2 (B126)."""
    with pytest.raises(xmlrpc.client.Fault) as raised:
        rpc(index, method, *args)
    assert (raised.value.faultCode, raised.value.faultString) == (1, text)


def test_rpc_multicall(index):
    """Results in arrays of one; a fault is a struct among them."""
    calls = [{"methodName": "changelog_last_serial", "params": []}, {"methodName": "nosuch", "params": []}]
    [one], fault = rpc(index, "system.multicall", calls)
    assert isinstance(one, int)
    assert fault["faultCode"] == 1


def test_rpc_head(index):
    """The stray header, and the type without a charset (B126)."""
    answer = index("POST", "/pypi", [("Content-Type", "text/xml"), ("Content-Length", "0")])
    assert (answer.header("content-type"), answer.header("charset")) == ("text/xml", "UTF-8")


def test_rpc_refuses_entities(index):
    """Expansion bombs are not expanded (B133)."""
    body = b'<!DOCTYPE x [<!ENTITY a "b">]><methodCall><methodName>list_packages</methodName></methodCall>'
    answer = index("POST", "/pypi", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))], body)
    assert b"EntitiesForbidden(name='a', system_id=None, public_id=None)" in answer.body


# -- who asks --


def test_a_protected_action_asks_for_a_login(index):
    """With the realm that clients keep passwords under (B232)."""
    answer = post(index, {":action": "submit", "name": "new", "version": "1"})
    assert (answer.status, answer.reason) == (401, "You must login to access this feature")
    assert answer.header("www-authenticate") == REALM


@pytest.mark.parametrize("user", [("alice", "wrong"), ("nobody", "x"), ("deleted-user", ""), ("deleted-user", "!")])
def test_wrong_credentials_are_nobody(index, user):
    """A public page comes as to anybody, a protected one asks again (B226)."""
    assert get(index, "/pypi", user=user).status == 200
    assert post(index, {":action": "submit", "name": "new", "version": "1"}, user).status == 401


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Bearer x", "Basic YWxpY2U=", "", "x"])
def test_odd_authorization_is_ignored(index, value):
    """No colon, no base64, another scheme (B227)."""
    assert get(index, "/pypi", headers=[("Authorization", value)]).status == 200


def test_a_password_may_hold_colons(fresh):
    """Split at the first (B225)."""
    assert post(fresh, {":action": "submit", "name": "by-carol", "version": "1.0"}, CAROL).status == 200


def test_a_client_cannot_name_the_handed_over_header(index):
    """CGI-Authorization is the front end's to set."""
    answer = index(
        "GET", "/pypi?:action=submit&name=x&version=1", [("CGI-Authorization", "Basic YWxpY2U6YWxpY2Vwdw==")]
    )
    assert answer.status == 401


# -- registering --


def test_register_and_update(fresh):
    """create, roles, release in the journal; then only what changed, by column."""
    before = rpc(fresh, "changelog_last_serial")
    assert (
        post(
            fresh, {":action": "submit", "name": "new", "version": "1.0", "summary": "x", "keywords": ["a", "b"]}, FRANK
        ).status
        == 200
    )
    assert (
        post(
            fresh, {":action": "submit", "name": "new", "version": "1.0", "summary": "y", "license": "MIT"}, FRANK
        ).status
        == 200
    )
    assert post(fresh, {":action": "submit", "name": "new", "version": "1.0", "summary": "y"}, FRANK).status == 200
    actions = [event[3] for event in rpc(fresh, "changelog_since_serial", before)]
    assert actions == ["create", "add Owner frank", "new release", "update license, summary"]
    data = rpc(fresh, "release_data", "new", "1.0")
    assert (data["keywords"], data["summary"], data["license"], data["author"]) == ("a,b", "y", "MIT", None)


def test_a_new_release_hides_the_others(fresh):
    """Where the project hides automatically (B196); its ordering is by version."""
    assert post(fresh, {":action": "submit", "name": "demo", "version": "1.0.5"}, BOB).status == 200
    assert rpc(fresh, "package_releases", "demo") == ["1.0.5"]
    assert rpc(fresh, "package_releases", "demo", True) == ["1.1", "1.0.5", "1.0", "0.9", "0.1"]


@pytest.mark.parametrize(
    ("name", "user", "message"),
    [
        ("demo", FRANK, "You are not allowed to store 'demo' package information"),
        ("DEMO", ALICE, "Package name conflicts with existing package 'demo'"),
        ("requirements.txt", ALICE, "Package name 'requirements.txt' invalid"),
    ],
)
def test_names_that_are_taken(index, name, user, message):
    """403, and nothing is written."""
    before = rpc(index, "changelog_last_serial")
    answer = post(index, {":action": "submit", "name": name, "version": "7"}, user)
    assert (answer.status, answer.reason) == (403, message)
    assert rpc(index, "changelog_last_serial") == before


def test_an_admin_may_change_every_project(fresh):
    """The role without a project counts for all (B244)."""
    assert (
        post(fresh, {":action": "submit", "name": "CamelCase", "version": "3.0", "summary": "z"}, ALICE).status == 200
    )


def test_verify_writes_nothing(index):
    """A dry run, for anybody (B102)."""
    before = rpc(index, "changelog_last_serial")
    assert post(index, {":action": "verify", "name": "new", "version": "1.0"}).status == 200
    bad = post(index, {":action": "verify", "name": "new", "version": "x"})
    assert bad.body.startswith(b"Package verification\n\nInvalid version,")
    assert rpc(index, "changelog_last_serial") == before


# -- uploading --

UPLOAD = {":action": "file_upload", "protocol_version": "1", "name": "demo", "version": "1.1", "filetype": "sdist"}


def upload(index, content=b"content", filename="demo-1.1.tgz", user=BOB, files=(), **fields):
    """POST a file."""
    changed = {key: value for key, value in {**UPLOAD, **fields}.items() if value is not None}
    return post(index, changed, user, files=[("content", filename, content), *files])


def test_upload(fresh):
    """OK and a newline, a row, a journal entry, the file where its URL says."""
    answer = upload(fresh, comment="a comment")
    assert (answer.status, answer.body, answer.header("content-type")) == (200, b"OK\n", "text/plain")
    [file] = [file for file in rpc(fresh, "release_urls", "demo", "1.1") if file["filename"] == "demo-1.1.tgz"]
    assert (file["comment_text"], file["python_version"], file["size"]) == ("a comment", "source", 7)
    assert get(fresh, "/packages/" + file["path"]).body == b"content"
    assert (
        rpc(fresh, "changelog_since_serial", rpc(fresh, "changelog_last_serial") - 1)[0][3]
        == "add source file demo-1.1.tgz"
    )


def test_upload_of_a_new_version_registers_it(fresh):
    """In one request, from the same fields."""
    assert upload(fresh, filename="demo-2.0.tgz", version="2.0", summary="two").status == 200
    assert rpc(fresh, "release_data", "demo", "2.0")["summary"] == "two"


def test_a_refused_upload_leaves_nothing(fresh):
    """Neither release nor journal rows nor files."""
    before = rpc(fresh, "changelog_last_serial")
    assert upload(fresh, filename="demo-2.0.tgz", version="2.0", md5_digest="0" * 32).status == 400
    assert rpc(fresh, "changelog_last_serial") == before
    assert not fresh.files.exists()


def test_upload_of_a_signature(fresh):
    """Stored beside the file."""
    signature = b"-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
    assert upload(fresh, files=[("gpg_signature", "s.asc", signature)]).status == 200
    [file] = [file for file in rpc(fresh, "release_urls", "demo", "1.1") if file["has_sig"]]
    assert get(fresh, f"/packages/{file['path']}.asc").body == signature


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"user": None}, 401, "You must be identified to edit package information"),
        ({"user": FRANK}, 403, "You are not allowed to edit 'demo' package information"),
        ({"name": "nosuch"}, 403, "You are not allowed to edit 'nosuch' package information"),
        ({"name": None}, 400, "Name and version are required"),
        ({"filetype": None}, 400, "Both content and filetype are required"),
        ({"filetype": "bdist_egg"}, 400, "Python version is required for binary distribution uploads"),
        ({"filename": "demo-1.1.txt"}, 400, "invalid distribution file"),
        ({"filename": "demo-1.1/../x.tgz"}, 400, "invalid distribution file"),
        ({"filename": "other-1.1.tgz"}, 400, 'The filename for demo must start with "demo" (any case)'),
        (
            {"filename": "demo-1.1.tar.gz"},
            400,
            'A file named "demo-1.1.tar.gz" already exists for  demo-1.1. To fix problems'
            " with that file you should create a new release.",
        ),
        ({"md5_digest": "x"}, 400, "The MD5 digest supplied does not match the content of the file."),
        ({"protocol_version": "2"}, 500, "There's been a problem with your request"),
        ({"version": "new version"}, 400, "Invalid version, cannot be parsed as a valid PEP 440 version."),
    ],
)
def test_refused_uploads(index, fields, status, reason):
    """The first rule that is broken answers (B200)."""
    answer = upload(index, **fields)
    assert (answer.status, answer.reason) == (status, reason)


def test_the_same_content_twice(fresh):
    """Whatever its name, in whatever release."""
    assert upload(fresh).status == 200
    answer = upload(fresh, filename="demo-1.0.tgz", version="1.0")
    assert (answer.status, answer.reason) == (400, "Duplicate file upload detected.")


def test_the_same_name_in_another_release(fresh):
    """Is a duplicate as well."""
    answer = upload(fresh, filename="demo-1.0.tar.gz")
    assert (answer.status, answer.reason) == (400, "Duplicate file upload detected.")


def test_a_name_is_never_used_twice(fresh):
    """Not after its file was removed either (B206); each attempt takes an id, as the recordings show."""
    assert upload(fresh).status == 200
    connection = psycopg2.connect(os.environ["PYPI_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM release_files WHERE filename = 'demo-1.1.tgz' RETURNING id")
        [[removed]] = cursor.fetchall()
    answer = upload(fresh, content=b"other")
    assert answer.reason == "This filename has previously been used, you should use a different version."
    assert upload(fresh, filename="demo-1.1.deb", filetype="bdist_deb", pyversion="any").status == 200
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM release_files WHERE filename = 'demo-1.1.deb'")
        assert cursor.fetchall() == [(removed + 2,)]
    connection.close()


def test_text_instead_of_a_file(index):
    """400, not 500 (I68)."""
    answer = post(index, {**UPLOAD, "content": "text"}, BOB)
    assert (answer.status, answer.reason) == (400, "invalid upload")


# -- CGI and WSGI --

READS = [
    "/",
    "/nosuch",
    "/simple",
    "/simple/",
    "/simple/demo/",
    "/simple/Demo/",
    "/pypi",
    "/pypi/",
    "/pypi/demo",
    "/pypi/demo/1.1",
    "/pypi/gruesse/json",
    "/pypi/DEMO/json",
    "/pypi/demo/doap",
    "/pypi?:action=rss",
    "/pypi?:action=list_classifiers",
    "/pypi?:action=search&term=capitals",
    "/pypi?:action=nosuch",
    "/pypi/%ff",
    "/packages/nosuch",
]


@pytest.mark.parametrize("target", READS)
def test_cgi_and_wsgi_answer_alike(index, target):
    """Status, reason, headers but for the shell's, and body."""
    old, new = get(index, target, app=cgi), get(index, target, app=application)
    shell = {"x-clacks-overhead", "x-frame-options", "x-xss-protection", "x-content-type-options"}
    name = target.split("/")[1]
    shell |= {"simple": {"surrogate-control", "cache-control"}, "packages": {"cache-control"}}.get(name, set())
    kept = [(key, value) for key, value in new.headers if key.lower() not in shell]
    assert (old.status, old.reason, old.headers, old.body) == (new.status, new.reason, kept, new.body)


@pytest.mark.parametrize("method", ["list_packages_with_serial", "nosuch", "changelog_last_serial"])
def test_cgi_and_wsgi_answer_calls_alike(index, method):
    """XML-RPC through both; the bytes are equal."""
    body = xmlrpc.client.dumps((), method).encode()
    headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))]
    old, new = (index("POST", "/pypi", headers, body, app=app) for app in (cgi, application))
    assert (old.status, old.body) == (new.status, new.body)
    assert old.headers == new.headers[: len(old.headers)] == [("Content-type", "text/xml"), ("charset", "UTF-8")]


def test_cgi_writes_as_wsgi_does(fresh):
    """A login and an upload through pypi.cgi."""

    def through_cgi(method, target, headers=(), body=b"", user=None):
        return fresh(method, target, headers, body, user, app=cgi)

    through_cgi.files = fresh.files
    assert upload(through_cgi).body == b"OK\n"
    assert upload(through_cgi, user=("bob", "wrong")).status == 401


def test_cgi_shows_two_answers_to_one_request(index):
    """display without a name (B064): what was sent cannot be taken back; compat drops the second head instead."""
    assert b"\n\nStatus: 404 Not Found ()\r\n" in get(index, "/pypi?:action=display", app=cgi).body
    assert get(index, "/pypi?:action=display").body == b"Which package do you want to display?\n\nNot Found ()\n\n"


def test_a_missing_variable_is_a_crash_of_the_cgi():
    """REMOTE_ADDR is read without asking (B004); the shell around answers 500 (B009)."""
    from legacy.config import HERE

    env = {"REQUEST_METHOD": "GET", "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [sys.executable, os.path.join(HERE, "pypi.cgi")],
        env=env,
        input=b"",
        capture_output=True,
        timeout=30,
        check=False,
    )
    head = io.BytesIO(ran.stdout).readline()
    assert (ran.returncode, head) == (0, b"Status: 500 Internal Server Error\r\n")
    assert b"KeyError: 'REMOTE_ADDR'" in ran.stderr
