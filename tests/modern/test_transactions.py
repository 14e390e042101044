"""An upload is there with its row or not at all, whatever fails; what must be kept of a failing request is kept."""

import hashlib
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from modern.app import make_app
from modern.services.distributions import ARMOUR
from modern.services.storage import LocalNote


def stored(settings):
    """All files of the store, notes included."""
    return {str(path.relative_to(settings.files)) for path in Path(settings.files).rglob("*") if path.is_file()}


def send(person, filename, content=b"x"):
    """Upload a file of demo 1.1 as alice."""
    person.user = ("alice", "alicepw")
    fields = {"name": "demo", "version": "1.1", "filetype": "sdist", "protocol_version": "1"}
    return person.send("file_upload", {"content": (filename, content)}, **fields)


def rows(settings, name):
    """How many rows there are of a file."""
    from sqlalchemy import create_engine

    from modern.database import psycopg2_url

    engine = create_engine(psycopg2_url(settings.database_url))
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM release_files WHERE filename = :name"), {"name": name})
    engine.dispose()
    return found


def test_an_upload_is_stored_with_its_row(person):
    """And can be downloaded; nothing waits afterwards."""
    name = "demo-transactions-1.tar.gz"
    assert send(person, name, b"transactions 1").body == b"OK\n"
    assert rows(person.settings, name) == 1
    files = [path for path in stored(person.settings) if path.endswith(name)]
    assert person.get("/packages/" + files[0]).body == b"transactions 1"
    assert not [path for path in stored(person.settings) if path.startswith(".incoming/")]


def test_a_refused_upload_leaves_nothing(person):
    """The second file of that name: the first one's bytes stay, no others appear."""
    name = "demo-transactions-2.tar.gz"
    send(person, name, b"transactions 2")
    before = stored(person.settings)
    assert send(person, name, b"transactions 2, again").status_int == 400
    assert stored(person.settings) == before


def test_a_full_disk_leaves_no_row(person, monkeypatch):
    """The file cannot be written: 500, and neither row nor file."""
    name = "demo-transactions-3.tar.gz"

    def full(*_):
        raise OSError(28, "No space left on device")

    before = stored(person.settings)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert send(person, name, b"transactions 3").status_int == 500
    assert rows(person.settings, name) == 0
    assert stored(person.settings) == before
    assert send(person, name, b"transactions 3").status_int == 200


def test_a_commit_that_fails_loses_no_file(person):
    """Nobody knows whether the row is there: the file stays until the next upload has asked the database."""
    name = "demo-transactions-4.tar.gz"

    def broken(connection):
        connection.invalidate()
        raise OperationalError("COMMIT", {}, Exception("the server went away"))

    assert send(person, "demo-transactions-0.tar.gz", b"transactions 0").status_int == 200  # its login is noted
    engine = person.app.registry["installation"].database.engine
    event.listen(engine, "commit", broken)
    try:
        answer = send(person, name, b"transactions 4")
    finally:
        event.remove(engine, "commit", broken)
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "60")
    assert any(path.endswith(name) for path in stored(person.settings))
    assert send(person, "demo-transactions-5.tar.gz", b"transactions 5").status_int == 200
    assert not any(path.endswith(name) for path in stored(person.settings))
    assert send(person, name, b"transactions 4").status_int == 200


@pytest.mark.parametrize(
    ("length", "signature", "status"), [(250, b"", 200), (251, b"", 400), (246, ARMOUR, 200), (247, ARMOUR, 400)]
)
def test_a_name_that_no_file_can_have_is_refused(person, length, signature, status):
    """By the longest form that it has while it is written; whoever uploads next notices nothing of it."""
    name = f"demo-long-{length}".ljust(length - 7, "x") + ".tar.gz"
    files = {"content": (name, name.encode())} | ({"gpg_signature": ("x.asc", signature)} if signature else {})
    person.user = ("alice", "alicepw")
    answer = person.send("file_upload", files, name="demo", version="1.1", filetype="sdist")
    assert (answer.status_int, "invalid distribution file" in answer.text) == (status, status == 400)
    person.app = make_app(person.settings)
    next_one = f"demo-after-{length}.tar.gz"
    assert send(person, next_one, next_one.encode()).status_int == 200
    assert not [path for path in stored(person.settings) if path.startswith(".incoming/")]


def test_a_removal_that_is_killed_after_its_commit_is_ended_by_the_next(person, monkeypatch):
    """Nothing that an owner removed can be downloaded for ever."""
    name = "demo-transactions-7.tar.gz"
    send(person, name, b"transactions 7")
    (path,) = [path for path in stored(person.settings) if path.endswith(name)]
    digest = hashlib.md5(b"transactions 7").hexdigest()
    removal = {"name": "demo", "version": "1.1", "submit_remove": "Remove", "file-ids": digest}
    with monkeypatch.context() as patch:
        patch.setattr(LocalNote, "undo", LocalNote.abandon)  # all that a killed process does
        assert person.post("files", **removal).status_int == 200
    assert (rows(person.settings, name), person.get("/packages/" + path).status_int) == (0, 200)
    assert send(person, "demo-transactions-8.tar.gz", b"transactions 8").status_int == 200
    assert person.get("/packages/" + path).status_int == 404
    assert not [path for path in stored(person.settings) if path.startswith(".incoming/")]


def test_a_removal_that_is_dropped_keeps_its_files(person):
    """The page after it is refused, for the bytes of its path (B049): so the files stay with their rows."""
    name = "demo-transactions-9.tar.gz"
    send(person, name, b"transactions 9")
    before = stored(person.settings)
    removal = {":action": "files", "name": "demo", "version": "1.1", "submit_remove": "Remove"}
    body = urlencode({**removal, "file-ids": hashlib.md5(b"transactions 9").hexdigest()}).encode()
    answer = person.ask("POST", "/pypi/%FF", body, Content_Type="application/x-www-form-urlencoded")
    assert answer.status_int == 404
    assert (rows(person.settings, name), stored(person.settings)) == (1, before)


def test_a_note_of_zeros_stops_no_upload(person, caplog):
    """As a power cut leaves it: the driver takes no such path, and the transaction goes on."""
    note = Path(person.settings.files, ".incoming", "zeros")
    note.parent.mkdir(exist_ok=True)
    note.write_bytes(b"\0" * 20)
    assert send(person, "demo-transactions-6.tar.gz", b"transactions 6").status_int == 200
    assert "zeros cannot be followed up" in caplog.text
    note.unlink()


def test_a_body_that_is_cut_off_is_refused(person):
    """Half an upload never looks whole."""
    answer = person.ask("POST", "/pypi", b"x=1", Content_Length="10", Content_Type="multipart/form-data; boundary=B")
    assert (answer.status_int, answer.text) == (400, "the client sent 3 of 10 bytes\n\n")


def test_without_a_database_the_answer_is_503(person):
    """Clearly, with a time to come again, and without a word of what the driver said."""
    from dataclasses import replace

    nowhere = replace(person.settings, database_url="postgresql://nobody@127.0.0.1:1/none")
    person.app = make_app(nowhere)
    answer = person.get("/pypi?:action=rss")
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "60")
    assert answer.text == "Database connection failed\n\nPlease try again later.\n\n"
    assert person.get("/simple/demo/").status_int == 503


@pytest.mark.parametrize("debug", [True, False])
def test_a_crash_says_as_much_as_it_may(person, debug):
    """The traceback only in debug mode."""
    from dataclasses import replace

    person.app = make_app(replace(person.settings, debug=debug))
    answer = person.get("/pypi?:action=exception")
    assert answer.status_int == 500
    assert ("Traceback" in answer.text) is debug
