"""modern.services.objects: the promises of the file store, kept by objects in memory and by a real server of S3; and
the index with its files there.
"""

import base64
import io
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from webob import Request

from modern.services import objects
from modern.services.objects import ObjectStore
from modern.services.storage import StoreUnavailable
from modern.services.stores import file_store

ROOT = Path(__file__).parents[3]
ALICE = "Basic " + base64.b64encode(b"alice:alicepw").decode()
KILLED = """
import sys, time
from modern.services.objects import ObjectStore
store = ObjectStore(sys.argv[1])
note = store.place({"aa/one": b"1", "aa/one.asc": b"s"}, 0, lambda path: False)
print("placed", flush=True)
store.place({"bb/two": b"2" * 40_000_000}, 0, lambda path: False)
time.sleep(60)
"""


def unknown(path):
    """The database of an index that knows no file."""
    return False


@pytest.fixture(params=["memory", "s3"])
def store(request, tmp_path):
    """An empty store."""
    if request.param == "memory":
        return ObjectStore(f"memory://{tmp_path.name}")
    return ObjectStore(request.getfixturevalue("s3"))


def names(store):
    """All objects, notes as `note`."""
    return sorted("note" if path.startswith(".incoming") else path for path in store._below(""))


def test_a_settled_file_stays(store):
    """What was placed is read back, whole and in parts; the note of it is gone."""
    began = time.time()
    placed = store.place({"aa/x": b"0123456789", "aa/x.asc": b"s"}, 0, unknown)
    assert names(store) == ["aa/x", "aa/x.asc", "note"]
    placed.settle()
    assert names(store) == ["aa/x", "aa/x.asc"]
    assert store.stat("aa/x").size == 10
    assert began - 100 < store.stat("aa/x").mtime_ns / 10**9 < time.time() + 100
    assert b"".join(store.read("aa/x", 0, 10)) == b"0123456789"
    assert b"".join(store.read("aa/x", 3, 5)) == b"34"
    assert b"".join(store.read("aa/x", 3, 99)) == b"3456789"


def test_a_big_file_is_read_in_pieces(store, monkeypatch):
    """All of it, in order."""
    monkeypatch.setattr(objects, "PIECE", 1000)
    content = bytes(range(256)) * 10
    store.place({"aa/x": content}, 0, unknown).settle()
    pieces = list(store.read("aa/x", 10, 2560))
    assert b"".join(pieces) == content[10:]
    assert {len(piece) for piece in pieces} == {1000, 550}


def test_a_file_whose_transaction_is_dropped_goes(store):
    """With its note."""
    store.place({"aa/x": b"1"}, 0, unknown).undo()
    assert names(store) == []


def test_nothing_outside_and_no_folder_is_a_file(store):
    """Paths that lead out, folders, notes."""
    store.place({"aa/x": b"1"}, 0, unknown).settle()
    paths = ["", "..", "../x", "aa//x", "/etc/passwd", "aa", "bb/x", ".incoming/x", "aa/x"]
    assert [path for path in paths if store.stat(path)] == ["aa/x"]


def test_removing_is_no_error_where_nothing_is(store):
    """Twice is as good as once."""
    store.place({"aa/x": b"1"}, 0, unknown).settle()
    store.condemn(["aa/x", "aa/y"]).settle()
    store.condemn(["aa/x"]).settle()
    assert names(store) == []


def test_a_failure_between_two_files_leaves_neither(store, monkeypatch):
    """The second could not be written: the first goes, and the note."""
    real = type(store).write

    def write(self, path, content):
        if path.endswith(".asc"):
            raise StoreUnavailable("no more")
        real(self, path, content)

    monkeypatch.setattr(ObjectStore, "write", write)
    with pytest.raises(StoreUnavailable):
        store.place({"aa/x": b"1", "aa/x.asc": b"s"}, 0, unknown)
    assert names(store) == []


def test_old_notes_are_followed_up(store, monkeypatch):
    """What nobody has a row of goes; what the database has stays; young notes are somebody's."""
    store.place({"aa/lost": b"1", "aa/lost.asc": b"s"}, 0, unknown).abandon()
    store.place({"bb/kept": b"2"}, 0, unknown).abandon()
    store._looked = 0.0
    store.place({"cc/x": b"3"}, 0, unknown).settle()
    assert len(names(store)) == 6
    monkeypatch.setattr(objects, "OLD", -100.0)
    store._looked = 0.0
    store.place({"dd/x": b"4"}, 0, lambda path: path == "bb/kept").settle()
    assert names(store) == ["bb/kept", "cc/x", "dd/x"]


def test_a_note_that_cannot_be_followed_up_stops_nobody(store, monkeypatch, caplog):
    """It stays, with a word in the log, and so does what it names: bytes that are no text, names that are none."""

    def has_row(path):
        if "\0" in path:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return False

    store.write(".incoming/bytes", b"\xff\xfe")
    store.write(".incoming/zeros", b"\0" * 20)
    store.place({"aa/lost\u2028\x0b": b"1"}, 0, unknown).abandon()
    monkeypatch.setattr(objects, "OLD", -100.0)
    store._looked = 0.0
    store.place({"bb/x": b"1"}, 0, has_row).settle()
    assert names(store) == ["bb/x", "note", "note"]
    assert len(caplog.records) == 2


def test_documentation_takes_the_place_of_the_last_one(store):
    """Members are below the folder whatever they are called; the rest goes."""
    for members in ({"index.html": "1", "old/x.html": "2"}, {"index.html": "3", "../../up.html": "4", "deep/": ""}):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        store.replace_folder("documentation/demo", zipfile.ZipFile(content))
    assert names(store) == ["documentation/demo/index.html", "documentation/demo/up.html"]
    assert b"".join(store.read("documentation/demo/index.html", 0, 9)) == b"3"


def test_half_an_upload_is_no_object(s3, s3_server):
    """The connection breaks in the middle of a body."""
    store = file_store(s3)
    address = urlsplit(store._files.sign(f"{s3}/torn", client_method="put_object"))
    for sent in (500, 1000):
        with socket.create_connection(("127.0.0.1", s3_server[0]), timeout=10) as client:
            head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            client.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + b"x" * sent)
            client.shutdown(socket.SHUT_WR)
            client.makefile("rb").readline()
        assert names(store) == (["torn"] if sent == 1000 else [])


def test_who_is_killed_while_placing_is_cleared_up_after(s3, s3_server, monkeypatch):
    """Between a file and its row, and in the middle of a file: nothing of either is left after a sweep."""
    words = [sys.executable, "-c", KILLED, s3]
    environment = {**os.environ, **s3_server[1]}
    child = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"placed\n"
    time.sleep(0.15)
    child.kill()
    child.communicate(timeout=10)
    store = ObjectStore(s3)
    assert {"aa/one", "aa/one.asc", "note"} <= set(names(store))
    monkeypatch.setattr(objects, "OLD", -100.0)
    store.place({"cc/x": b"3"}, 0, unknown).settle()
    assert names(store) == ["cc/x"]


def test_a_server_that_is_not_there_is_told(s3, monkeypatch):
    """By an error of its own, within seconds."""
    clients = pytest.importorskip("s3fs").S3FileSystem
    monkeypatch.setattr(clients, "_cache", {})  # those of other tests know another server
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        store = ObjectStore("s3://nowhere/x")
        with pytest.raises(StoreUnavailable, match="Could not connect"):
            store.stat("aa/x")


def file_form(name, content, **fields):
    """The request of a tool that uploads a file."""
    texts = {":action": "file_upload", "name": "demo", "version": "1.1", "filetype": "sdist", **fields}
    parts = [f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in texts.items()]
    head = f'--B\r\nContent-Disposition: form-data; name="content"; filename="{name}"\r\n\r\n'
    body = "".join([*parts, head]).encode() + content + b"\r\n--B--\r\n"
    headers = {"Authorization": ALICE, "Content-Type": "multipart/form-data; boundary=B"}
    return Request.blank("/pypi", method="POST", body=body, headers=headers)


def test_an_index_has_its_files_there(seeded_site, s3, s3_server):
    """Upload, download of all and of a part, removal with the row; without a server 503 and no row."""
    from modern.app import make_app

    app = make_app(replace(seeded_site[0], files=s3))
    store = app.registry["installation"].store
    content = b"objects " * 1000
    assert file_form("demo-objects.tar.gz", content).get_response(app).body == b"OK\n"
    (path,) = names(store)
    whole = Request.blank("/packages/" + path).get_response(app)
    part = Request.blank("/packages/" + path, headers={"Range": "bytes=8-15"}).get_response(app)
    assert (whole.status_int, whole.body) == (200, content)
    assert (part.status_int, part.body, part.headers["Content-Range"]) == (206, b"objects ", "bytes 8-15/8000")
    installation = app.registry["installation"]
    installation.__dict__["store"] = ObjectStore("s3://no-such-bucket/x")
    failed = file_form("demo-nowhere.tar.gz", b"x").get_response(app)
    assert (failed.status_int, failed.headers["Retry-After"]) == (503, "60")
    assert "demo-nowhere" not in Request.blank("/simple/demo/").get_response(app).text
    installation.__dict__["store"] = store
    removal = {":action": "files", "name": "demo", "version": "1.1", "submit_remove": "x",
               "file-ids": md5_of(app, "demo-objects.tar.gz")}  # fmt: skip
    answer = Request.blank("/pypi", POST=removal, headers={"Authorization": ALICE}).get_response(app)
    assert answer.status_int == 200
    assert names(store) == []
    installation.close()


def md5_of(app, filename):
    """The digest in a link of the simple page."""
    page = Request.blank("/simple/demo/").get_response(app).text
    return re.search(rf"{re.escape(filename)}#md5=(\w+)", page)[1]
