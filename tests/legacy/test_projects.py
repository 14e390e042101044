"""Projects of the old index in the hands of their owners: editing, removing, roles, files, documentation, metadata."""

import io
import os
import re
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

ALICE, BOB, CAROL, DAVE = ("alice", "alicepw"), ("bob", "bobpw"), ("carol", "carol:has:colons"), ("dave.d", "davepw")
WHO = {"nobody": None, "stranger": DAVE, "maintainer": BOB, "owner": ALICE}


def docs(**members):
    """A zip of documentation."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in members.items():
            archive.writestr(re.sub("_(html|css)$", r".\1", name.replace("__", "/")), text)
    return data.getvalue()


# -- who may --


@pytest.mark.parametrize(
    ("action", "fields", "expected"),
    [
        ("pkg_edit", {"name": "demo"}, {"nobody": 401, "stranger": 403, "maintainer": 200, "owner": 200}),
        ("submit_form", {"name": "demo", "version": "1.0"},
         {"nobody": 401, "stranger": 403, "maintainer": 200, "owner": 200}),
        ("role_form", {"package_name": "demo"}, {"nobody": 401, "stranger": 401, "maintainer": 401, "owner": 200}),
        ("role_form", {}, {"nobody": 401, "stranger": 401, "maintainer": 401, "owner": 200}),
        ("files", {"name": "demo", "version": "1.0"}, dict.fromkeys(WHO, 200)),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_who_may_look(visitor, action, fields, expected):
    """Each form by who asks for it (B075, B078, B083, B246); alice is an admin besides."""
    for who, user in WHO.items():
        visitor.jar.clear()
        visitor.user = user
        assert visitor.action(action, **fields).status == expected[who], who


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({}, 400, "Invalid package name"),
        ({"name": "nosuch"}, 403, "You are not allowed to edit 'nosuch' package information"),
        ({"name": "DEMO"}, 403, "You are not allowed to edit 'DEMO' package information"),
        ({"name": "requirements.txt"}, 403, "Package name 'requirements.txt' invalid"),
    ],
)
def test_names_that_cannot_be_edited(visitor, fields, status, reason):
    """Roles are looked up by the exact spelling (B078, B244)."""
    visitor.user = BOB
    answer = visitor.action("pkg_edit", **fields)
    assert (answer.status, answer.reason) == (status, reason)


# -- editing --


def test_hide_and_describe(visitor):
    """The page shows what was before; the journal names the columns that changed (B078)."""
    visitor.user = BOB
    page = visitor.post("pkg_edit", name="demo", **{"hid_1.0": "1", "sum_1.0": "changed", "hid_1.1": "0"})
    assert page.status == 200
    assert b'value="changed"' not in page.body
    assert visitor.call("package_releases", "demo") == ["1.1"]
    assert visitor.call("release_data", "demo", "1.0")["summary"] == "changed"
    assert visitor.journal("demo")[-1] == ("1.0", "update summary, _pypi_hidden")


def test_only_a_post_hides(visitor):
    """What the server of 2008 did by GET as well (B079)."""
    visitor.user = BOB
    visitor.action("pkg_edit", name="demo", **{"hid_1.0": "1"})
    assert visitor.call("package_releases", "demo") == ["1.1", "1.0"]


def test_autohide_changes_by_get(visitor):
    """... but this does, and without a token (B079)."""
    visitor.user = BOB
    assert b'checked="checked"' not in visitor.action("pkg_edit", name="demo", submit_autohide="Change").body
    page = visitor.action("pkg_edit", name="demo", submit_autohide="Change", autohide="on")
    assert b'checked="checked"' in page.body


def test_unknown_version_breaks(visitor):
    """A mistake that was never mended (B078)."""
    visitor.user = BOB
    assert visitor.post("pkg_edit", name="demo", **{"hid_9.9": "1"}).status == 500


def test_remove_a_release(visitor):
    """Asked first; then its rows and files are gone, its journal and the names of its files are not (B080, B206)."""
    visitor.log_in(*BOB)
    stored = [file["path"] for file in visitor.call("release_urls", "demo", "1.0")]
    assert b'name="version" value="1.0"' in visitor.post("remove_pkg", name="demo", version="1.0").body
    assert visitor.post("remove_pkg", name="demo", version="1.0", submit_cancel="1").status == 200
    assert visitor.call("package_releases", "demo") == ["1.1", "1.0"]
    assert visitor.post("remove_pkg", name="demo", version="1.0", submit_ok="1").status == 200
    assert visitor.call("package_releases", "demo") == ["1.1"]
    assert visitor.journal("demo")[-1] == ("1.0", "remove")
    assert [path for path in stored if (visitor.folder / "files" / path).exists()] == []


def test_only_an_owner_removes_a_project(visitor):
    """A Maintainer may not; of the project only the journal stays (B080, B081)."""
    visitor.log_in(*BOB)
    assert visitor.post("remove_pkg", name="demo", submit_ok="1").status == 403
    before = visitor.journal("demo")
    visitor.log_in(*ALICE)
    assert visitor.post("remove_pkg", name="demo", submit_ok="1").status == 200
    assert visitor.get("/pypi/demo").status == 404
    assert visitor.call("package_roles", "demo") == []
    assert visitor.journal("demo") == [*before, (None, "remove")]


# -- roles --


def role(visitor, operation="Add Role", **changes):
    """Send the form of roles."""
    fields = {
        "package_name": "demo",
        "user_name": "carol",
        "role_name": "Maintainer",
        ":operation": operation,
        **changes,
    }
    return visitor.post("role", **{key: value for key, value in fields.items() if value})


@pytest.mark.parametrize(
    ("operation", "changes", "reason"),
    [
        ("Add Role", {"package_name": ""}, "package_name is required"),
        ("Add Role", {"user_name": ""}, "user_name is required"),
        ("Add Role", {"role_name": ""}, "role_name is required"),
        ("", {}, ":operation is required"),
        ("Add Role", {"role_name": "King"}, "role_name not Owner or Maintainer"),
        ("Add Role", {"user_name": "nosuch"}, "user doesn't exist"),
        ("Add Role", {"user_name": "bob"}, "user has that role already"),
        ("Remove Role", {}, "user doesn't have that role"),
        ("Remove Role", {"user_name": "alice", "role_name": "Owner"},
         "You can't remove yourself as the last owner; remove the package instead"),
    ],
)  # fmt: skip
def test_refused_role(visitor, operation, changes, reason):
    """The first rule that is broken, in the old order (B084, B085)."""
    visitor.log_in(*ALICE)
    answer = role(visitor, operation, **changes)
    assert (answer.status, answer.reason) == (400, reason)


def test_roles_come_and_go(visitor):
    """Any operation but `Add Role` removes; both are in the journal without a version (B085)."""
    visitor.log_in(*ALICE)
    assert role(visitor).status == 200
    assert ["Maintainer", "carol"] in visitor.call("package_roles", "demo")
    assert role(visitor, "whatever").status == 200
    assert ["Maintainer", "carol"] not in visitor.call("package_roles", "demo")
    assert visitor.journal("demo")[-2:] == [(None, "add Maintainer carol"), (None, "remove Maintainer carol")]


def test_owner_who_gives_up(visitor):
    """With another owner one may go; then comes the front page, since roles are no longer one's business (B085)."""
    visitor.log_in(*CAROL)
    assert role(visitor, package_name="markup", user_name="dave.d", role_name="Owner").status == 200
    answer = role(visitor, "Remove Role", package_name="markup", user_name="carol", role_name="Owner")
    assert answer.header("X-XRDS-Location") is not None
    assert visitor.call("package_roles", "markup") == [["Owner", "dave.d"]]


# -- files --


def test_remove_files(visitor):
    """By their digests, without a token; the file on disk goes with its row, its name stays taken (B075, B077)."""
    digests = {file["filename"]: file for file in visitor.call("release_urls", "demo", "1.1")}
    wheel = digests["demo-1.1-py2.py3-none-any.whl"]
    for user, left in ((DAVE, 3), (BOB, 2)):
        visitor.user = user
        visitor.post("files", token=False, name="demo", version="1.1", submit_remove="1",
                     **{"file-ids": [wheel["md5_digest"]]})  # fmt: skip
        assert len(visitor.call("release_urls", "demo", "1.1")) == left
    assert not (visitor.folder / "files" / wheel["path"]).exists()
    assert visitor.journal("demo")[-1] == ("1.1", "remove file demo-1.1-py2.py3-none-any.whl")


def test_upload_by_form(visitor):
    """The same rules as by distutils; the page comes back with the file (B075)."""
    visitor.log_in(*BOB)
    page = visitor.send("files", {"content": ("demo-1.1.tar.bz2", b"BZh")}, name="demo", version="1.1",
                        submit_upload="1", filetype="sdist", comment="by hand")  # fmt: skip
    assert page.status == 200
    assert b"demo-1.1.tar.bz2" in page.body
    assert visitor.journal("demo")[-1] == ("1.1", "add source file demo-1.1.tar.bz2")


# -- at the same time as an upload --


@pytest.fixture
def upload_of_another(visitor):
    """A cursor in a transaction that has demo for itself, as an upload has it."""
    connection = psycopg2.connect(os.environ["PYPI_DATABASE_URL"])
    cursor = connection.cursor()
    cursor.execute("SELECT 1 FROM packages WHERE name = 'demo' FOR NO KEY UPDATE")
    yield cursor
    connection.close()


def wait_for_somebody(cursor):
    """Until a request waits for a row."""
    wanted = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 30
    while time.monotonic() < until:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(wanted)
        if cursor.fetchone():
            return
        time.sleep(0.01)
    raise TimeoutError


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("pkg_edit", {"sum_1.0": "anew"}), ("pkg_edit", {"submit_autohide": "Change"}),
        ("remove_pkg", {"version": "1.0", "submit_ok": "1"}), ("remove_pkg", {"submit_ok": "1"}),
        ("files", {"version": "1.1", "submit_remove": "1", "file-ids": ""}),
        ("role", {"package_name": "demo", "user_name": "carol", "role_name": "Owner", ":operation": "Add Role"}),
    ],
)  # fmt: skip
def test_who_changes_a_project_waits_for_an_upload(visitor, upload_of_another, action, fields):
    """With no row of it taken that the upload may want: each would wait for the other, and one be refused."""
    visitor.log_in(*ALICE)
    if "file-ids" in fields:
        fields = fields | {"file-ids": visitor.call("release_urls", "demo", "1.1")[0]["md5_digest"]}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(visitor.post, action, name="demo", **fields)
        wait_for_somebody(upload_of_another)
        for wanted in ("releases WHERE name", "release_files WHERE name", "roles WHERE package_name"):
            upload_of_another.execute(f"SELECT 1 FROM {wanted} = 'demo' FOR UPDATE NOWAIT")
        upload_of_another.connection.commit()
        assert answer.result().status == 200


def test_who_only_looks_waits_for_nobody(visitor, upload_of_another):
    """An upload may take its time."""
    visitor.user = BOB
    assert visitor.action("pkg_edit", name="demo").status == 200


# -- metadata by hand --


def test_submit_form_logs_in(visitor):
    """Whoever comes by Basic authentication leaves with a cookie (B246)."""
    visitor.user = BOB
    page = visitor.action("submit_form", name="demo", version="1.0")
    assert visitor.jar["pypi"]
    assert b'<option value="License :: OSI Approved :: MIT License" selected="selected">' in page.body
    assert visitor.action("submit_form", name="demo", version="9").status == 500


def test_pkg_info(visitor):
    """A PKG-INFO file registers like a form; the description loses its indent (B197)."""
    text = (b"Metadata-Version: 1.0\nName: by-file\nVersion: 1.0\nPlatform: a\nPlatform: b\n"
            b"Classifier: Framework :: Pyramid\nDescription: one\n        two\n")  # fmt: skip
    assert visitor.send("submit_pkg_info", {"pkginfo": ("PKG-INFO", text)}).status == 401
    visitor.log_in(*CAROL)
    assert visitor.post("submit_pkg_info").reason == "You must supply the PKG-INFO file"
    assert visitor.send("submit_pkg_info", {"pkginfo": ("PKG-INFO", text)}).status == 200
    data = visitor.call("release_data", "by-file", "1.0")
    assert (data["description"], data["platform"]) == ("one\ntwo", "a,b")
    assert data["classifiers"] == ["Framework :: Pyramid"]
    assert visitor.post("submit_pkg_info", pkginfo="Name: x\nVersion: zzz\n").status == 400


def test_display_pkginfo(visitor):
    """Metadata 1.1, empty fields left out, one blank line at the end (B179)."""
    text = visitor.action("display_pkginfo", name="demo", version="1.0").body.decode()
    assert text.startswith("Metadata-Version: 1.1\nName: demo\nVersion: 1.0\n")
    assert text.endswith("Classifier: Programming Language :: Python :: 2.7\n\n")
    assert visitor.action("display_pkginfo", name="demo").body.decode().splitlines()[2] == "Version: 1.1"
    assert visitor.action("display_pkginfo", name="demo", version="9").status == 404


# -- documentation --


@pytest.mark.parametrize(
    ("fields", "content", "reason"),
    [
        ({}, docs(index_html="x"), "No package name given"),
        ({"name": "demo"}, None, "No file uploaded"),
        ({"name": "demo"}, b"no zip", "Error uncompressing zipfile:File is not a zip file"),
        ({"name": "demo"}, docs(sub__index_html="x"), 'Error: top-level "index.html" missing in the zipfile'),
    ],
)
def test_refused_documentation(visitor, fields, content, reason):
    """The old words (B220)."""
    visitor.user = BOB
    files = {} if content is None else {"content": ("docs.zip", content)}
    answer = visitor.send("doc_upload", files, **fields)
    assert (answer.status, answer.reason) == (400, reason)


def test_documentation(visitor):
    """A new zip takes the place of the last one; nothing leads out of its folder (B220)."""
    visitor.user = BOB
    visitor.send("doc_upload", {"content": ("docs.zip", docs(index_html="old", left_html="x"))}, name="demo")
    answer = visitor.send(
        "doc_upload", {"content": ("docs.zip", docs(index_html="new", **{"..__..__evil_html": "x"}))}, name="demo"
    )
    assert answer.status == 301
    assert answer.header("Location").endswith("/demo/")
    folder = visitor.folder / "files" / "documentation" / "demo"
    assert (folder / "index.html").read_text() == "new"
    assert not (folder / "left.html").exists()
    assert [path for path in visitor.folder.rglob("evil.html") if folder not in path.parents] == []
    assert visitor.call("release_data", "demo", "1.0")["docs_url"].endswith("/demo/")
    assert visitor.journal("demo")[-1] == (None, "docupdate")


def test_documentation_one_at_a_time(visitor):
    """While somebody else is at it an upload is refused (B220); afterwards nothing is left but the documentation."""
    from legacy import docs as module

    visitor.user = BOB
    folder = visitor.folder / "files" / "documentation"
    zips = {"content": ("docs.zip", docs(index_html="x"))}
    with module.alone(str(folder), "demo"):
        answer = visitor.send("doc_upload", zips, name="demo")
        assert (answer.status, answer.reason) == (400, "Error: Another doc modification is in progress.")
    assert visitor.send("doc_upload", zips, name="demo").status == 301
    assert [path.name for path in folder.iterdir()] == ["demo"]


@pytest.mark.parametrize(
    ("path", "status", "kind", "body"),
    [
        ("demo/", 200, "text/html", b"<p>new</p>"),
        ("demo/index.html", 200, "text/html", b"<p>new</p>"),
        ("demo/a.css", 200, "text/css", b"p {}"),
        ("demo/nosuch.html", 404, "text/plain; charset=utf-8", b"Not Found\n"),
        ("nosuch/", 404, "text/plain; charset=utf-8", b"Not Found\n"),
    ],
)
def test_documentation_is_served(docs_reader, path, status, kind, body):
    """Where the upload's redirect leads; in a sandbox, since it shares its host with the index's own forms."""
    answer = docs_reader.get("/packages/documentation/" + path)
    assert (answer.status, answer.header("Content-Type"), answer.body) == (status, kind, body)
    assert answer.header("Content-Security-Policy") == "sandbox"


def test_folder_of_documentation(docs_reader):
    """Without the slash, relative links would lead elsewhere: a redirect."""
    answer = docs_reader.get("/packages/documentation/demo")
    assert (answer.status, answer.header("Location")) == (301, "/packages/documentation/demo/")


@pytest.fixture(scope="module")
def docs_reader(ask, tmp_path_factory):
    """A visitor of an index that has documentation of one project: files need no database."""
    from types import SimpleNamespace

    from legacy.docs import store
    from legacy.wsgi import application

    folder = tmp_path_factory.mktemp("documented")
    store(str(folder / "documentation"), "demo", docs(index_html="<p>new</p>", a_css="p {}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYPI_FILES", str(folder))
        patch.setenv("PYPI_BASE_URL", "http://index.example/pypi")
        yield SimpleNamespace(get=lambda target: ask(application, "GET", target))
