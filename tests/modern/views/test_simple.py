"""modern.views.simple: HTML for who asks for nothing, JSON (PEP 691) for who asks for it; kept until a change."""

from contextlib import closing

import psycopg2
import pytest
from sqlalchemy import text

HTML, JSON = "text/html; charset=utf-8", "application/vnd.pypi.simple.v1+json"
PIP = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, HTML), ("", HTML), ("*/*", HTML), ("text/html", HTML), (JSON, JSON), (PIP, JSON),
        ("application/vnd.pypi.simple.latest+json", JSON), (JSON + ";q=0.5, text/html", HTML), (JSON + ";q=0", HTML),
        ("application/json", HTML), (JSON + ", */*", JSON), (JSON.upper(), JSON), (JSON + ";Q=0", HTML),
        (JSON + ";q=bad", HTML), (JSON + "; q=bad, " + JSON + "; q=.1", JSON),
        (JSON + ";q=0.3;x=1, text/html;q=.2", JSON),
        (JSON + ";q=", HTML), (JSON + ";q=nan", HTML), (JSON + ";q=0.12345", JSON),
    ],
)  # fmt: skip
def test_what_is_most_welcome_is_sent(person, accept, kind):
    """By the qualities of Accept (RFC 9110 section 12.5.1); caches are told."""
    headers = {} if accept is None else {"Accept": accept}
    for target in ("/simple/", "/simple/demo/"):
        answer = person.get(target, **headers)
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Vary"] == "Accept"
        assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_the_json_of_a_project_lists_its_files(person):
    """Names, links that lead to the bytes, digests that are theirs, and the serial."""
    import hashlib
    from urllib.parse import urljoin

    answer = person.get("/simple/demo/", Accept=JSON)
    document = answer.json
    assert document["name"] == "demo"
    assert document["meta"] == {"api-version": "1.0", "_last-serial": int(answer.headers["X-PYPI-LAST-SERIAL"])}
    assert document["files"]
    for file in document["files"]:
        content = person.get(urljoin("/simple/demo/", file["url"])).body
        assert hashlib.sha256(content).hexdigest() == file["hashes"]["sha256"]
        assert file["filename"] in file["url"]


def test_the_json_of_a_project_names_it_as_installers_do(person, another):
    """Normalised (PEP 503), also where the URL keeps the dots."""
    another.user = ("alice", "alicepw")
    another.post("submit", name="Dot.Ted", version="1.0", summary="one")
    found = [person.get(f"/simple/{name}/", Accept=JSON).json["name"] for name in ("dot.ted", "dot-ted")]
    assert found == ["dot-ted", "dot-ted"]


def test_a_file_without_a_digest_has_none(person, alice, named, seeded_site):
    """Not one called null, which no file fits (PEP 691: its values are texts), nor None."""
    name = named("undigested")
    alice.post("submit", name=name, version="1")
    alice.send(
        "file_upload", {"content": (f"{name}-1.tar.gz", name.encode())}, name=name, version="1", filetype="sdist"
    )
    engine = seeded_site[1].registry["installation"].database.engine
    for column, left in (("sha256_digest", {"md5"}), ("md5_digest", set())):
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE release_files SET {column} = NULL WHERE name = :name"), {"name": name})
            connection.execute(text("UPDATE packages SET last_serial = last_serial + 1 WHERE name = :n"), {"n": name})
        file = person.get(f"/simple/{name}/", Accept=JSON).json["files"][0]
        assert set(file["hashes"]) == left
        assert ("#md5=" in person.get(f"/simple/{name}/").text) is bool(left)


def test_the_json_of_all_projects_lists_their_names(person):
    """The same that the HTML links to."""
    import re

    names = [project["name"] for project in person.get("/simple/", Accept=JSON).json["projects"]]
    assert names == re.findall("'>([^<]+)</a>", person.get("/simple/").text)


def test_a_kept_page_is_never_older_than_the_rows(person, another):
    """An upload is seen at once, on the simple page, in JSON and on the project's page; a new project in the index."""
    targets = ("/simple/kept/", "/pypi/kept/1.0", "/pypi/kept/json")
    another.user = ("alice", "alicepw")
    assert person.get("/simple/kept/").status_int == 404
    another.post("submit", name="kept", version="1.0", summary="one")
    before = [person.get(target).text for target in targets]
    assert [person.get(target).text for target in targets] == before
    assert "<a href='kept'>kept</a>" in person.get("/simple/").text
    another.send("file_upload", {"content": ("kept-1.0.tar.gz", b"kept")}, name="kept", version="1.0", filetype="sdist")
    after = [person.get(target).text for target in targets]
    assert all("kept-1.0.tar.gz" in text for text in after)
    another.post("submit", name="kept", version="1.0", summary="two")
    assert "two" in person.get("/pypi/kept/1.0").text


def test_a_kept_index_shows_what_was_committed_out_of_order(person, another, named, seeded_site):
    """A removal and a creation together, after a later entry of the journal: newest serial and number are as before."""
    gone, made, later = named("gone"), named("made"), named("later")
    another.user = ("alice", "alicepw")
    for name in (gone, later):
        another.post("submit", name=name, version="1.0")
    with closing(psycopg2.connect(seeded_site[0].database_url)) as connection, connection.cursor() as cursor:
        for table, column in (("releases", "name"), ("roles", "package_name")):
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", (gone,))
        cursor.execute("INSERT INTO journals (name, action) VALUES (%s, 'remove')", (gone,))
        cursor.execute("DELETE FROM packages WHERE name = %s", (gone,))
        cursor.execute("INSERT INTO packages (name) VALUES (%s)", (made,))
        cursor.execute("INSERT INTO journals (name, action) VALUES (%s, 'create')", (made,))
        another.post("submit", name=later, version="2.0")
        before = person.get("/simple/")
        connection.commit()
    after = person.get("/simple/")
    assert before.headers["X-PYPI-LAST-SERIAL"] == after.headers["X-PYPI-LAST-SERIAL"]
    assert [gone in page.text for page in (before, after)] == [True, False]
    assert [made in page.text for page in (before, after)] == [False, True]


@pytest.mark.parametrize(
    ("path", "location"),
    [("/simple", "/simple/"), ("/simple/demo", "/simple/demo/"), ("/simple/Under_Score/", "/simple/under-score")],
)
def test_other_spellings_are_redirected(person, path, location):
    """One step at a time, as the old index did."""
    answer = person.get(path)
    assert (answer.status, answer.headers["Location"]) == ("301 Moved Permanently", location)
