"""What machines ask of the index: old and new, each on a clone of one database, must answer the same bytes and leave
the same rows. The old index is the specification.
"""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from shutil import copytree
from urllib.parse import unquote_to_bytes

import psycopg2
import pytest

ALICE = ("alice", "alicepw")
# What is ours on purpose: caches must keep both forms of the simple index (docs/modern.md).
ADDED = {"Vary"}
TARGETS = [
    "/", "/nothing", "/nothing/%FF", "/simple", "/simple/", "/simple/demo", "/simple/demo/", "/simple/Demo/",
    "/simple/dotted.name/", "/simple/dotted-name/", "/simple/Under_Score/", "/simple/under-score/", "/simple/nobody/",
    "/simple/No_Body/", "/simple/demo/1.0/", "/simple/%FF/", "/serial", "/serversig/demo", "/oauth", "/id",
    "/id/", "/id/alice", "/packages", "/packages/", "/packages/../etc/passwd", "/pypi/demo/json",
    "/pypi/Demo/json", "/pypi/demo/1.0/json", "/pypi/demo/9.9/json", "/pypi/nobody/json",
    "/pypi/demo/json?callback=f.x", "/pypi/demo/json?callback=a(b)", "/pypi/demo/doap", "/pypi/demo/1.0/doap",
    "/pypi/CamelCase/doap", "/pypi?:action=display_pkginfo&name=demo&version=1.1", "/pypi?:action=rss",
    "/pypi?:action=display_pkginfo&name=nobody", "/pypi?:action=packages_rss", "/pypi?:action=lasthour",
    "/pypi?:action=list_classifiers", "/pypi?:action=show_md5&digest=x", "/pypi?:action=purge",
    "/pypi?:action=rss_regen", "/pypi?:action=exception", "/pypi?:action=nothing",
    "/pypi?:action=rss&:action=rss", "/pypi/%FF", "/pypi?name=%FF",
    "/pypi?:action=gae_file", "/pypi/%00", "/pypi/demo/%00/json", "/simple/%00", "/simple/%00/", "/packages/a%00",
    "/packages/documentation/demo/%00", "/id/%00", "/mirrors/%00", "/oauth/%00", "/nothing/%00", "/static%00",
    "/pypi/%00/%FF", "/pypi?:action=file_upload", "/pypi?:action=doc_upload",
    "/pypi?:action=rss;x=1", "/pypi/nobody", "/pypi/demo/9",
]  # fmt: skip
CALLS = [
    ("list_packages",), ("list_packages_with_serial",), ("package_releases", "demo"),
    ("package_releases", "demo", True),
    ("package_releases", "nobody"), ("release_data", "demo", "1.1"), ("release_data", "demo", "9"),
    ("package_data", "demo", "1.0"), ("release_urls", "demo", "1.1"), ("package_urls", "demo", "9"),
    ("release_downloads", "demo", "1.1"), ("search", {"name": "demo"}),
    ("search", {"name": ["demo", "x"], "odd": "x"}),
    ("search", {"name": "demo", "summary": "a", "_pypi_hidden": "1"}, "or"), ("search", {}), ("search", "text"),
    ("updated_releases", 0), ("changelog", 0), ("changelog", 0, True), ("changelog", "x"),
    ("changelog_since_serial", 0), ("changelog_since_serial", None), ("changelog_since_serial", 1.5),
    ("top_packages", None), ("top_packages", 1.5), ("top_packages", float("inf")), ("top_packages", {}),
    ("changelog_last_serial",), ("changed_packages", 0), ("user_packages", "alice"),
    ("package_roles", "demo"), ("package_hosting_mode", "demo"), ("package_hosting_mode", "nobody"),
    ("top_packages", 3),
    ("top_packages",), ("browse", ["Programming Language :: Python"]), ("browse", ["No :: Such"]), ("browse", "text"),
    ("post_cheesecake_for_release", "demo", "1.1", {}, "x"), ("system.listMethods",), ("system.methodHelp", "search"),
    ("system.methodHelp", "nothing"), ("system.methodSignature", "search"), ("nothing",), ("list_packages", 1),
    ("system.multicall", []),
]  # fmt: skip


def ask(app, method, target, headers=(), body=b"", user=None):
    """(status line, headers, body) of an answer."""
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "QUERY_STRING": query, "SERVER_NAME": "index", "SERVER_PORT": "80",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "10.0.0.9",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False, "REQUEST_URI": target,
    }  # fmt: skip
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers:
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    if user:
        environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
    seen, written = [], []

    def start_response(status, headers, exc_info=None):
        seen[:] = [status, headers]
        return written.append

    result = app(environ, start_response)
    written += result
    getattr(result, "close", lambda: None)()
    return seen[0], [pair for pair in seen[1] if pair[0] not in ADDED], b"".join(written)


@pytest.fixture(scope="module")
def both(modern_server, tmp_path_factory):
    """[(name, application, database URL)] of old and new, which start equal."""
    from legacy import wsgi
    from legacy.load import load
    from modern.app import make_app
    from modern.settings import Settings

    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("both")
    template = modern_server.create_database("both")
    load(str(Path(__file__).parents[2] / "recordings" / "seed.json"), template, str(folder / "old"))
    copytree(folder / "old", folder / "new")
    urls = {side: modern_server.create_database(f"both_{side}", "both") for side in ("old", "new")}
    base = "http://index.example/pypi"
    patch.setenv("PYPI_DATABASE_URL", urls["old"])
    patch.setenv("PYPI_FILES", str(folder / "old"))
    patch.setenv("PYPI_BASE_URL", base)
    new = make_app(Settings(database_url=urls["new"], files=str(folder / "new"), base_url=base))
    yield [("old", wsgi.application, urls["old"]), ("new", new, urls["new"])]
    patch.undo()


def answers(both, *request, **more):
    """What old and new answer."""
    return [ask(app, *request, **more) for _, app, _ in both]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_answered_alike(both, target, capfd):
    """Status line, headers in order and body of a GET are equal, and so are those of a HEAD."""
    old, new = answers(both, "GET", target)
    assert new == old
    old, new = answers(both, "HEAD", target)
    assert new == old


@pytest.mark.parametrize("words", CALLS, ids=lambda words: "-".join(map(str, words)))
def test_a_call_is_answered_alike(both, words):
    """XML-RPC's documents are equal, faults included."""
    from xmlrpc.client import dumps

    body = dumps(words[1:], words[0], allow_none=True).encode()
    old, new = answers(both, "POST", "/pypi", [("Content-Type", "text/xml")], body)
    assert new == old


LONG = b"<params><param><value><int>9223372036854775808</int></value></param></params>"


@pytest.mark.parametrize(
    "body",
    [b"", b"<", b"<methodCall/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall>&a;</methodCall>",
     b"<methodCall><methodName>changelog</methodName>" + LONG + b"</methodCall>"],
    ids=["empty", "cut off", "no name", "entities", "a long number"],
)  # fmt: skip
def test_what_is_no_call_is_answered_alike(both, body):
    """A body that is no call is a fault with the old text."""
    old, new = answers(both, "POST", "/pypi", [("Content-Type", "text/xml")], body)
    assert new == old


def test_many_calls_in_one_are_answered_alike(both):
    """system.multicall: a result, a fault, and too many."""
    from xmlrpc.client import dumps

    good, bad = {"methodName": "package_releases", "params": ["demo"]}, {"methodName": "nothing", "params": []}
    for calls in ([good, bad], [good] * 101):
        body = dumps((calls,), "system.multicall").encode()
        old, new = answers(both, "POST", "/pypi", [("Content-Type", "text/xml")], body)
        assert new == old


@pytest.mark.parametrize(
    "header",
    ["bytes=0-9", "bytes=-5", "bytes=5-", "bytes=0-1,4-5", "bytes=999999-", "bytes=9-1", "lines=1", "bytes=0-99999999"],
)
def test_parts_of_a_file_are_answered_alike(both, header):
    """Ranges of a stored file, those that there are and those that there are not."""
    path = "/packages/" + column(both[0][2], "SELECT path FROM release_files ORDER BY id LIMIT 1")[0]
    old, new = answers(both, "GET", path, [("Range", header)])
    assert new == old


def test_conditions_on_a_file_are_answered_alike(both):
    """Validators, a write to a file, If-Range and its signature."""
    path = "/packages/" + column(both[0][2], "SELECT path FROM release_files ORDER BY id LIMIT 1")[0]
    headers = dict(ask(both[0][1], "GET", path)[1])
    for method, condition in (
        ("GET", ("If-None-Match", headers["ETag"])), ("GET", ("If-None-Match", "*")), ("GET", ("If-None-Match", '"x"')),
        ("GET", ("If-Modified-Since", headers["Last-Modified"])), ("GET", ("If-Modified-Since", "no date")),
        ("POST", ("X-Nothing", "")), ("HEAD", ("Range", "bytes=0-1")),
    ):  # fmt: skip
        old, new = answers(both, method, path, [condition])
        assert new == old
    for condition in (headers["ETag"], headers["Last-Modified"], '"x"'):
        old, new = answers(both, "GET", path, [("Range", "bytes=0-1"), ("If-Range", condition)])
        assert new == old
    assert len({str(answer) for answer in answers(both, "GET", path + ".asc")}) == 1


def multipart(fields, *, end="\r\n"):
    """A body as tools send it: [(name, text or (file name, bytes))]."""
    lines = []
    for name, value in fields:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            disposition += f'; filename="{value[0]}"'
        content = value[1] if isinstance(value, tuple) else value.encode()
        lines.append(f"--B{end}{disposition}{end}{end}".encode() + content + end.encode())
    return b"".join(lines) + f"--B--{end}".encode()


def zipped(name):
    """A zip that holds one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    return file.getvalue()


def upload(name="demo", version="1.1", filename="demo-1.1.post1.tar.gz", content=b"content", **more):
    """The fields of an upload."""
    fields = {
        ":action": "file_upload", "protocol_version": "1", "name": name, "version": version, "filetype": "sdist",
        "summary": "A summary", "classifiers": "Programming Language :: Python",
        # Where there is none the old index opens a tar.gz, and fails where it is none (B210); the new one does not.
        "description": "x", "content": (filename, content), **more,
    }  # fmt: skip
    return [(key, value) for key, value in fields.items() if value is not None]


SIGNED = "-----BEGIN PGP SIGNATURE-----\n\nx"
UPLOADS = [
    ("nobody asks", upload(), None),
    ("a file", upload(), ALICE),
    ("again", upload(), ALICE),
    ("its content under another name", upload(filename="demo-1.1.post2.tar.gz"), ALICE),
    ("a new release", upload(version="7.0", filename="demo-7.0.tar.gz", content=b"7"), ALICE),
    ("a signed one", upload(filename="demo-1.tar.gz", content=b"1", gpg_signature=("x", SIGNED.encode())), ALICE),
    ("signed in a text", upload(filename="demo-2.tar.gz", content=b"text", gpg_signature=SIGNED), ALICE),
    ("a bad signature", upload(filename="demo-3.tar.gz", content=b"bad", gpg_signature="x"), ALICE),
    ("a signature that is too long", upload(filename="demo-3.tar.gz", gpg_signature="x" * 200_000), ALICE),
    ("a bad digest", upload(filename="demo-3.tar.gz", content=b"3", md5_digest="0"), ALICE),
    ("a bad name", upload(filename="demo.py", content=b"4"), ALICE),
    ("another project's name", upload(filename="other-1.tar.gz", content=b"4"), ALICE),
    ("a folder", upload(filename="demo/x.tar.gz", content=b"4"), ALICE),
    ("no wheel", upload(filename="demo-1-py3-none-any.whl", content=b"4"), ALICE),
    ("no egg", upload(filename="demo.zip", content=b"PK"), ALICE),
    ("an odd MSI", upload(filename="demo.msi", content=b"4"), ALICE),
    ("an odd installer", upload(filename="demo.exe", content=b"4", filetype="bdist_wininst", pyversion="2.7"), ALICE),
    ("a binary without its Python", upload(filename="demo.egg", filetype="bdist_egg"), ALICE),
    ("another protocol", upload(protocol_version="2"), ALICE),
    ("no name", upload(name=""), ALICE),
    ("no content", upload(content=b""), ALICE),
    ("a text for a file", [*upload(content=None)[:-1], ("content", "text")], ALICE),
    ("somebody else's", upload(name="demo-extras", filename="demo-extras-1.tar.gz"), ALICE),
    ("a forbidden name", upload(name="requirements.txt"), ALICE),
    ("a bad version", upload(version="no version", filename="demo-9.tar.gz"), ALICE),
    ("a bad classifier", upload(version="9", filename="demo-9.tar.gz", classifiers="No :: Such"), ALICE),
    ("a bad home page", upload(version="9", filename="demo-9.tar.gz", home_page="ftp://x"), ALICE),
    ("a bad requirement", upload(version="9", filename="demo-9.tar.gz", requires="a (b)"), ALICE),
    ("a bad provision", upload(version="9", filename="demo-9.tar.gz", provides="a (b"), ALICE),
    ("metadata 1.2", upload(version="9", filename="demo-9.tar.gz", metadata_version="1.2"), ALICE),
    ("a local version", upload(version="9+x", filename="demo-9.tar.gz"), ALICE),
    ("a space in the version", upload(version=" 9", filename="demo-9.tar.gz"), ALICE),
    ("an empty requirement", upload(version="9", filename="demo-9.tar.gz", requires=" \n-"), ALICE),
    ("a requirement without brackets", upload(version="9", filename="demo-9.tar.gz", requires="a >=1"), ALICE),
    ("an odd number", upload(version="9", filename="demo-9.tar.gz", obsoletes="a (>1.x)"), ALICE),
    ("an odd provided number", upload(version="9", filename="demo-9.tar.gz", provides="a (1.x)"), ALICE),
    ("no URL", upload(version="9", filename="demo-9.tar.gz", home_page="x"), ALICE),
    ("an unknown URL", upload(version="9", filename="demo-9.tar.gz", home_page="UNKNOWN", requires="a", md5_digest="0"),
     ALICE),
    ("no file type", upload(filename="demo-9.tar.gz", filetype=""), ALICE),
    ("an installer", upload(filename="demo-9.exe", content=zipped("PURELIB/x"), filetype="bdist_wininst",
                            pyversion="2.7"), ALICE),
    ("an installer of another kind", upload(filename="demo-8.exe", content=zipped("PURELIB/x")), ALICE),
    ("an installer that holds more", upload(filename="demo-8.exe", content=zipped("x"), filetype="bdist_wininst",
                                            pyversion="2.7"), ALICE),
    ("an MSI", upload(filename="demo-9.msi", content=bytes.fromhex("d0cf11e0a1b11ae1"), filetype="bdist_msi",
                      pyversion="2.7"), ALICE),
    ("an egg", upload(filename="demo-9.egg", content=zipped("EGG-INFO/PKG-INFO"), filetype="bdist_egg",
                      pyversion="2.7"), ALICE),
    ("a wheel", upload(filename="demo-9-py3-none-any.whl", content=zipped("x"), filetype="bdist_wheel",
                       pyversion="py3"), ALICE),
    ("a wheel without a platform", upload(filename="demo-9.whl", content=zipped("xx")), ALICE),
    ("a wheel of Linux", upload(filename="demo-9-py3-none-linux_x86_64.whl", content=zipped("xx")), ALICE),
    ("somebody else's, by who may not", upload(filename="demo-7.tar.gz"), ("bob", "bobpw")),
    ("a comment twice", [*upload(filename="demo-20.tar.gz", content=b"20"), ("comment", "a"), ("comment", 'b "c"')],
     ALICE),
    ("its kind twice", [*upload(filename="demo-21.tar.gz", content=b"21", pyversion="2.7"), ("filetype", "sdist")],
     ALICE),
    ("its kind twice, without its Python", [*upload(filename="demo-22.tar.gz", content=b"22"), ("filetype", "sdist")],
     ALICE),
    ("its Python twice", [*upload(filename="demo-23.egg", content=zipped("EGG-INFO/PKG-INFO-2"), filetype="bdist_egg",
                                  pyversion="2.7"), ("pyversion", "3.5")], ALICE),
    ("its Python twice, stored", [*upload(filename="demo-23.rpm", content=b"23", filetype="bdist_rpm",
                                          pyversion="2.7"), ("pyversion", "3.5")], ALICE),
    ("a quote in its name", upload(filename='demo-7.7"q.tar.gz', content=b"24"), ALICE),
    ("much metadata", upload(version="8", filename="demo-8.tar.gz", content=b"8", requires="a (>=1.0, <2.0)",
                             provides="b (1.0)", obsoletes="c", project_url="Docs, http://x", author="A"), ALICE),
]  # fmt: skip


def column(url, statement):
    """The first column of all rows."""
    return [row[0] for row in rows(url, statement)]


def rows(url, statement):
    """What a database answers."""
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall()
    finally:
        connection.close()


LEFT = {
    "journals": "SELECT id, name, version, action, submitted_by, submitted_from FROM journals ORDER BY id",
    "releases": "SELECT name, version, summary, author, _pypi_ordering, _pypi_hidden FROM releases ORDER BY 1, 2",
    "files": "SELECT id, name, version, python_version, packagetype, comment_text, filename, path, size, has_signature,"
    " md5_digest, sha256_digest, blake2_256_digest, downloads FROM release_files ORDER BY id",
    "names": "SELECT id, filename FROM file_registry ORDER BY id",
    "dependencies": "SELECT * FROM release_dependencies ORDER BY ctid",
    "classifiers": "SELECT * FROM release_classifiers ORDER BY ctid",
    "projects": "SELECT name, last_serial, has_docs, autohide FROM packages ORDER BY name",
    "ids": "SELECT last_value FROM journals_id_seq UNION ALL SELECT last_value FROM release_files_id_seq",
}  # fmt: skip


def test_uploads_are_answered_alike_and_leave_the_same_rows(both, capfd):
    """Every upload, refused or not: the answer, then all rows with their ids."""
    for label, fields, user in UPLOADS:
        for end in ("\r\n", "\n") if label == "a file" else ("\r\n",):
            body = multipart(fields, end=end)
            old, new = answers(
                both, "POST", "/pypi", [("Content-Type", "multipart/form-data; boundary=B")], body, user=user
            )
            assert new == old, label
    for table, statement in LEFT.items():
        assert rows(both[1][2], statement) == rows(both[0][2], statement), table


def test_two_signatures_are_refused(both, capfd):
    """The old index crashed by two signatures; dropping both and saying OK would be worse."""
    fields = [*upload(filename="demo-30.tar.gz", content=b"30", gpg_signature=SIGNED), ("gpg_signature", SIGNED)]
    headers = [("Content-Type", "multipart/form-data; boundary=B")]
    old, new = answers(both, "POST", "/pypi", headers, multipart(fields), user=ALICE)
    assert (old[0][:3], new[0]) == ("500", "400 invalid signature")
    for table, statement in LEFT.items():
        assert rows(both[1][2], statement) == rows(both[0][2], statement), table


def test_documentation_is_answered_alike(both):
    """doc_upload: what is no zip, what has no index, and what is good."""
    for name, content in (
        ("demo", b"no zip"), ("demo", zipped("x.html")), ("demo", zipped("index.html")), ("", b"x"), ("demo", b""),
        ("demo-extras", b"x"),
    ):  # fmt: skip
        body = multipart([(":action", "doc_upload"), ("name", name), ("content", ("docs.zip", content))])
        headers = [("Content-Type", "multipart/form-data; boundary=B")]
        for user in (None, ALICE):
            old, new = answers(both, "POST", "/pypi", headers, body, user=user)
            assert new == old
    assert rows(both[1][2], LEFT["projects"]) == rows(both[0][2], LEFT["projects"])
    for page in ("", "/", "/index.html", "/x.html", "/.."):
        old, new = answers(both, "GET", "/packages/documentation/demo" + page)
        assert without_times(new) == without_times(old)


def without_times(answer):
    """An answer without the headers that are made of a file's time."""
    return answer[0], [pair for pair in answer[1] if pair[0] not in ("ETag", "Last-Modified")], answer[2]


def test_credentials_are_read_alike(both):
    """Wrong, malformed and missing passwords leave the visitor nobody; colons belong to the password."""
    for user in (("alice", "wrong"), ("nobody", "x"), ("carol", "carol:has:colons"), ("alice",)):
        old, new = answers(both, "GET", "/pypi?:action=clear_auth", user=user)
        assert new[0] == old[0]
    for value in ("Basic !!!", "Basic", "Bearer x", "Basic /w=="):
        old, new = answers(both, "GET", "/pypi?:action=file_upload", [("Authorization", value)])
        assert new == old
