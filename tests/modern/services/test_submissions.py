"""modern.services: what is submitted and uploaded is stored, or refused in the old words, and small things beside."""

import io
import zipfile
from pathlib import Path

import pytest
from psycopg2 import OperationalError as DriverError
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError
from transaction import TransactionManager

from modern.database import Database
from modern.errors import NotFound
from modern.models import File, Project
from modern.request import IndexRequest
from modern.services import distributions, simple
from modern.services.distributions import Refused
from modern.services.following import Follower
from modern.services.keys import EVERYTHING
from modern.services.mail import Mail
from modern.services.purging import Purger
from modern.services.python2 import old_type, u_repr
from modern.traversal import action_of
from modern.views import upload


def submit(person, **fields):
    """Send a form of metadata as tools do."""
    return person.post("submit", token=False, **{"version": "1.0", **fields})


def test_a_release_is_described_twice(person, named):
    """The second time only what differs is written, and named in the journal; what is alike writes nothing."""
    name, person.user = named("submitted"), ("bob", "bobpw")
    classifiers = ["Programming Language :: Python :: 2.7", "Programming Language :: Python"]
    assert submit(person, name=name, summary="One", classifiers=classifiers, requires="x").status_int == 200
    for fields in (
        {"summary": "Two", "requires": ["y", "z"]},
        {"summary": "Two"},
        *[{"classifiers": classifiers[:1]}] * 2,
    ):
        assert submit(person, name=name, **fields).status_int == 200
    page = person.get(f"/pypi/{name}/1.0").text
    assert "Two" in page
    info = person.get(f"/pypi/{name}/1.0/json").json["info"]
    assert info["classifiers"] == classifiers[:1]


REFUSED = [
    ("demo", "frankpw", 403, "You are not allowed to store 'demo' package information"),
    ("De.mo-x_x", "frankpw", 200, ""),
    ("de-mo.x.x", "frankpw", 403, "Package name conflicts with existing package 'De.mo-x_x'"),
    ("requirements.txt", "frankpw", 403, "Package name 'requirements.txt' invalid"),
]


def test_names_are_refused(person):
    """Others' projects, another spelling of a name, and the names that nothing may have."""
    for name, password, status, text in REFUSED:
        person.user = ("frank", password)
        answer = submit(person, name=name)
        assert (answer.status_int, text in answer.text) == (status, True), name


UPLOADS = [
    ({"protocol_version": "2"}, 500, "Unsupported file upload protocol (u&#x27;2&#x27;)"),
    ({"version": ""}, 400, "Name and version are required"),
    ({"name": ["demo", "demo"]}, 400, "Name and version must be given once"),
    ({"filetype": ""}, 400, "Both content and filetype are required"),
]


@pytest.mark.parametrize(("fields", "status", "text"), UPLOADS, ids=[str(fields) for fields, *_ in UPLOADS])
def test_uploads_are_refused(person, fields, status, text):
    """For what the form says, before anything is stored."""
    person.user = ("bob", "bobpw")
    given = {"name": "demo", "version": "1.1", "filetype": "sdist"} | fields
    parts = [(name, text) for name, texts in given.items() for text in ([texts] if isinstance(texts, str) else texts)]
    body = "".join(f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts)
    body += '--B\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n'
    body += '--B\r\nContent-Disposition: form-data; name="content"; filename="demo-1.1.tgz"\r\n\r\nx\r\n--B--\r\n'
    answer = person.ask("POST", "/pypi", body.encode(), Content_Type="multipart/form-data; boundary=B")
    assert answer.status_int == status
    assert text.replace("&#x27;", "'") in answer.text


def test_a_release_of_a_form_with_blanks_around_its_version(person, named):
    """Is the one without them: a file that it has is not replaced."""
    name, person.user = named("blanks"), ("bob", "bobpw")
    submit(person, name=name)
    sent = {"name": name, "filetype": "sdist"}
    file = {"content": (f"{name}-1.0.tgz", name.encode())}
    assert person.send("file_upload", file, version="1.0", **sent).status_int == 200
    assert "already exists" in person.send("file_upload", file, version="1.0 ", **sent).text


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (("demo.tgz", b"x", "image/png"), "invalid distribution file"),
        (("demo.tgz", b"x" * (distributions.MAX_FILE + 1), None), "distribution file too large"),
    ],
    ids=["an image", "too large"],
)
def test_files_are_refused(file, message):
    """Whatever their name says."""
    from modern.forms import Upload

    with pytest.raises(Refused, match=message):
        distributions.check_file(Upload(*file), "sdist", "demo", None)


def test_documentation_must_be_a_file(person):
    """A text is none."""
    person.user = ("bob", "bobpw")
    answer = person.post("doc_upload", token=False, name="demo", content="text")
    assert (answer.status_int, "No file uploaded" in answer.text) == (400, True)


def test_a_journal_that_cannot_be_read_is_asked_again(caplog):
    """Nothing is purged meanwhile; then everything."""
    purged = []

    class Engine:
        disposed = 0

        def connect(self):
            raise OperationalError("SELECT", {}, DriverError("the server went away"))

        def dispose(self):
            self.disposed += 1

    engine = Engine()
    follower = Follower(engine, purged.extend)
    assert follower.step() == 0
    assert (engine.disposed, purged) == (1, [])
    assert "the server went away" in caplog.text
    assert EVERYTHING


def test_without_a_mailbox_nobody_is_written_to():
    """And nothing fails."""
    Mail("").send("x@example.org", "Hello", "text")


def test_texts_in_lists_are_shown_as_python_2_did():
    """An action that comes twice is quoted."""
    assert u_repr(["a", "ü"]) == "[u'a', u'\\xfc']"


def test_a_file_of_the_first_years_has_one_digest():
    """Those without SHA-256 are shown with MD5."""
    found = simple.json_file("a/b.zip", "b.zip", "0" * 32, None, ">=3")
    assert (found["hashes"], found["requires-python"]) == ({"md5": "0" * 32}, ">=3")


def test_a_long_page_is_written_in_portions():
    """And is the same."""
    lines = [f"{number}\n" for number in range(simple.LINES * 2 + 1)]
    page = simple.KeptPage(lines)
    assert b"".join(page) == "".join(lines).encode()


@pytest.mark.parametrize(("target", "action"), [("/pypi/demo//json", "json"), ("/pypi/demo/", "display")])
def test_empty_names_in_a_path_are_none(target, action):
    """So the newest release is meant."""
    request = IndexRequest.blank(target)
    assert action_of(request) == action
    assert request.form == {"name": "demo"}


def test_an_action_must_be_one(person):
    """What is sent as a file is none."""
    request = IndexRequest.blank("/pypi", POST={})
    request.form[":action"] = object()
    with pytest.raises(NotFound):
        action_of(request)


CALLED = [
    ("/pypi?:action=show_md5&digest=" + "0" * 32, 404, "Not Found"),
    ("/pypi?:action=doap&name=demo&name=x", 500, "TypeError"),
    ("/packages/documentation/demo/none.html", 404, ""),
]


@pytest.mark.parametrize(("target", "status", "text"), CALLED)
def test_what_is_not_there_is_told(person, target, status, text):
    """In the old words."""
    answer = person.get(target)
    assert answer.status_int == status
    assert text in answer.text


def test_the_key_of_documentation_is_its_projects(person):
    """So a cache forgets it with the project."""
    from modern.views.files import keys_of

    assert keys_of(IndexRequest.blank("/packages/documentation/De_mo/index.html")) == ("pkg~de-mo",)


def test_a_call_that_says_no_length_is_a_fault(person):
    """Unless the server ends the body; a name that is none is a fault as well."""
    call = b"<methodCall><methodName>nothing</methodName><params></params></methodCall>"
    environ = IndexRequest.blank("/pypi", method="POST", body=call, content_type="text/xml").environ
    for changed, text in (
        ({"CONTENT_LENGTH": ""}, "KeyError('CONTENT_LENGTH',)"),
        ({"CONTENT_LENGTH": str(10**8)}, "10 MiB or more"),
        ({}, 'method "nothing" is not supported'),
    ):
        answer = IndexRequest(environ | changed).get_response(person.app)
        assert text in answer.text.replace("&#x27;", "'")


def test_a_login_of_yesterday_is_noted(bob, seeded_site):
    """The cookie's row says when it was seen last, at most once a minute."""
    import psycopg2

    connection = psycopg2.connect(seeded_site[0].database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE cookies SET last_seen = '2016-01-01' WHERE cookie = %s", (bob.jar["pypi"],))
    assert bob.act("user_form").status_int == 200
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT last_seen > '2020-01-01' FROM cookies WHERE cookie = %s", (bob.jar["pypi"],))
        assert cursor.fetchone() == (True,)
    connection.close()


def test_a_release_hides_no_other_where_its_project_says_so(person, named, seeded_site):
    """Both are listed."""
    name, person.user = named("unhidden"), ("bob", "bobpw")
    submit(person, name=name)
    database = Database(seeded_site[0].database_url)
    with database.engine.begin() as connection:
        connection.execute(update(Project).where(Project.name == name).values(autohide=False))
    database.close()
    submit(person, name=name, version="2.0")
    assert f"/pypi/{name}/1.0" in person.get(f"/pypi/{name}").text


def test_a_name_of_a_file_is_never_given_twice(person, named, seeded_site):
    """Nor to the owner of the first."""
    name, person.user = named("again"), ("bob", "bobpw")
    submit(person, name=name)
    fields = {"name": name, "version": "1.0", "filetype": "sdist"}
    filename = f"{name}-1.0.tgz"
    assert person.send("file_upload", {"content": (filename, name.encode())}, **fields).status_int == 200
    database = Database(seeded_site[0].database_url)
    with database.engine.begin() as connection:
        connection.execute(delete(File).where(File.filename == filename))
    database.close()
    answer = person.send("file_upload", {"content": (filename, b"other " + name.encode())}, **fields)
    assert (answer.status_int, "has previously been used" in answer.text) == (400, True)


def test_files_of_others_projects_are_refused(person):
    """By any spelling of the name."""
    person.user = ("frank", "frankpw")
    answer = person.send("file_upload", {"content": ("x.tgz", b"x")}, name="Lone.Wheel", version="4.0")
    assert (answer.status_int, "You are not allowed to edit 'lone-wheel'" in answer.text) == (403, True)


def test_a_broken_archive_of_documentation_is_refused(person, monkeypatch):
    """Nothing of it stays; one that is too large is not opened."""
    person.user = ("bob", "bobpw")
    with io.BytesIO() as made:
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("index.html", "documentation")
        broken = made.getvalue().replace(b"documentation", b"Documentation")
    answer = person.send("doc_upload", {"content": ("docs.zip", broken)}, name="demo")
    assert (answer.status_int, "Bad CRC-32" in answer.text) == (400, True)
    assert not list(Path(person.settings.files).glob("documentation/demo*"))
    monkeypatch.setattr(upload, "MAX_DOCS", 10)
    answer = person.send("doc_upload", {"content": ("docs.zip", broken)}, name="demo")
    assert (answer.status_int, "too large" in answer.text) == (400, True)


def test_a_digest_is_told_where_there_is_a_file(person):
    """Old tools look so whether a file is known."""
    digest = person.get("/pypi/demo/1.1/json").json["urls"][0]["md5_digest"]
    assert person.act("show_md5", digest=digest).text == digest


def test_an_error_may_say_how_python_2_called_it():
    """Where the type is another one now."""

    class Other(Exception):
        old_type = "<type 'exceptions.Old'>"

    assert old_type(Other()) == "<type 'exceptions.Old'>"


def test_an_error_of_the_database_is_told_as_the_driver_tells_it(person):
    """A version given twice is compared with a list: what SQLAlchemy adds to that is none of a client's business."""
    page = person.get("/pypi?:action=files&name=demo&version=1.0&version=1.1", status=500).text
    assert "psycopg2.errors.UndefinedFunction" in page
    assert "sqlalchemy" not in page


FAULTS = [
    (
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>7</int></value></member>"
        "<member><name>faultString</name><value>mine</value></member></struct></value></fault></methodResponse>",
        "mine",
    ),
    (
        "<methodCall><methodName>package_roles</methodName><params><param><value><array><data><value>x</value></data>"
        "</array></value></param></params></methodCall>",
        "psycopg2",
    ),
]


@pytest.mark.parametrize(("body", "text"), FAULTS, ids=["a fault instead of a call", "the driver's error"])
def test_faults_are_told(person, body, text):
    """As they are."""
    answer = person.ask("POST", "/pypi", body.encode(), Content_Type="text/xml")
    assert "<fault>" in answer.text
    assert text in answer.text


def test_a_purger_that_had_nothing_to_do_ends(seeded_site):
    """It has no thread."""
    Purger("http://127.0.0.1:1/").close()


def test_who_logs_in_meanwhile_is_who_writes(seeded_site):
    """Entries of the journal carry the user that a form has just logged in."""
    settings, app = seeded_site
    services = app.registry["installation"].services(TransactionManager(explicit=True), settings.urls(https=False))
    assert services.journal.actor.username is None
    services.act_as("bob", "192.0.2.7")
    assert (services.journal.actor.username, services.journal.actor.address) == ("bob", "192.0.2.7")


def test_an_administrator_registers_nothing_by_the_way(person, named):
    """May change every project, but a file does not make one: the database says so, as it did to the old code."""
    person.user, name = ("alice", "alicepw"), named("unregistered")
    fields = {"name": name, "version": "1.0", "filetype": "sdist"}
    answer = person.send("file_upload", {"content": (f"{name}-1.0.tgz", b"x")}, **fields)
    assert answer.status_int == 500
    assert "releases_name_fkey" in answer.text
    assert person.get(f"/simple/{name}/").status_int == 404
