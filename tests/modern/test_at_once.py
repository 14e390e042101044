"""Two who do the same, or change the same, at one time: one after the other, and neither fails for it."""

import io
import re
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

ROWS = ("releases", "release_files", "roles")


@pytest.fixture
def project(bob, named):
    """A project of bob's with a release that has a file."""
    name = named("atonce")
    bob.post("submit", name=name, version="1.0")
    fields = {"name": name, "version": "1.0", "filetype": "sdist"}
    page = bob.send("files", {"content": (f"{name}-1.0.tgz", name.encode())}, submit_upload="Upload", **fields).text
    return name, re.search(r'name="file-ids" value="([0-9a-f]{32})"', page)[1]


@pytest.fixture
def other(seeded_site):
    """The connection of somebody else, in a transaction."""
    connection = psycopg2.connect(seeded_site[0].database_url)
    yield connection.cursor()
    connection.close()


def wait_for(cursor, count):
    """Until so many wait for a row."""
    wanted = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 30
    while True:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(wanted)
        if cursor.fetchone() == (count,):
            return
        assert time.monotonic() < until
        time.sleep(0.01)


CHANGES = [
    ("pkg_edit", {"sum_1.0": "anew"}), ("pkg_edit", {"submit_autohide": "Change"}),
    ("remove_pkg", {"version": "1.0", "submit_ok": "OK"}), ("remove_pkg", {"submit_ok": "OK"}),
    ("files", {"version": "1.0", "submit_remove": "Remove", "file-ids": ""}),
    ("role", {"user_name": "carol", "role_name": "Maintainer", ":operation": "Add Role"}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "fields"), CHANGES)
def test_who_changes_a_project_waits_for_an_upload(bob, project, other, action, fields):
    """With no row of it taken that the upload may want: each would wait for the other otherwise."""
    name, digest = project
    given = {"name": name, "package_name": name, **fields} | ({"file-ids": digest} if action == "files" else {})
    other.execute("SELECT 1 FROM packages WHERE name = %s FOR NO KEY UPDATE", (name,))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(bob.post, action, **given)
        wait_for(other, 1)
        for table in ROWS:
            column = "package_name" if table == "roles" else "name"
            other.execute(f"SELECT 1 FROM {table} WHERE {column} = %s FOR UPDATE NOWAIT", (name,))
        other.connection.commit()
        assert answer.result().status_int == 200


@pytest.mark.parametrize("change", ["the release went", "the file came"])
def test_an_upload_that_waited_sees_what_became_of_the_project(bob, project, other, change):
    """As it is now, not as it was when the upload came: the release is made anew, a file that is there is told."""
    name, _ = project
    sent = {"content": (f"{name}-1.0.zip", zipped(name))}
    other.execute("SELECT 1 FROM packages WHERE name = %s FOR NO KEY UPDATE", (name,))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(bob.send, "file_upload", sent, name=name, version="1.0", filetype="sdist")
        wait_for(other, 1)
        if change == "the release went":
            other.execute("DELETE FROM release_files WHERE name = %s", (name,))
            other.execute("DELETE FROM releases WHERE name = %s", (name,))
        else:
            other.execute(
                "INSERT INTO release_files (name, version, filename) VALUES (%s, '1.0', %s || '-1.0.zip')", (name,) * 2
            )
        other.execute("INSERT INTO journals (name, action) VALUES (%s, 'something')", (name,))
        other.connection.commit()
        told = answer.result()
    if change == "the release went":
        assert told.body == b"OK\n"
        assert [file["filename"] for file in bob.get(f"/pypi/{name}/1.0/json").json["urls"]] == [f"{name}-1.0.zip"]
    else:
        assert (told.status_int, "already exists for" in told.text) == (400, True)


def zipped(name):
    """A zip as `sdist` makes it, unlike any other."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}-1.0/PKG-INFO", f"Name: {name}")
    return buffer.getvalue()


def test_who_only_looks_waits_for_nobody(bob, project, other):
    """An upload may take its time."""
    other.execute("SELECT 1 FROM packages WHERE name = %s FOR NO KEY UPDATE", (project[0],))
    assert bob.act("pkg_edit", name=project[0]).status_int == 200
    assert bob.act("files", name=project[0], version="1.0").status_int == 200


def test_of_two_owners_who_leave_at_once_one_stays(bob, another, project, other):
    """The second is told that he is the last."""
    name, _ = project
    leaving = {"package_name": name, "role_name": "Owner", ":operation": "Remove Role"}
    bob.post("role", **leaving | {"user_name": "carol", ":operation": "Add Role"})
    another.log_in("carol", "carol:has:colons")
    other.execute("SELECT 1 FROM packages WHERE name = %s FOR NO KEY UPDATE", (name,))
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(bob.post, "role", user_name="bob", **leaving)
        two = pool.submit(another.post, "role", user_name="carol", **leaving)
        wait_for(other, 2)
        other.connection.commit()
        assert sorted((one.result().status_int, two.result().status_int)) == [200, 400]


def test_whose_transaction_is_dropped_for_anothers_sake_may_try_again(bob, project, other):
    """A program of somebody's takes rows in another order: the database ends one of the two transactions."""
    name, _ = project
    other.execute("SELECT 1 FROM releases WHERE name = %s FOR UPDATE", (name,))
    other.execute("SET deadlock_timeout = '1min'")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(bob.post, "pkg_edit", name=name, **{"sum_1.0": "anew"})
        wait_for(other, 1)
        other.execute("SELECT 1 FROM packages WHERE name = %s FOR UPDATE", (name,))
        other.connection.commit()
        refused = answer.result()
    assert (refused.status_int, refused.headers["Retry-After"]) == (503, "1")
    assert refused.text == "Somebody else changes the same\n\nPlease try again.\n\n"
    assert bob.post("pkg_edit", name=name, **{"sum_1.0": "anew"}).status_int == 200


SPELLINGS = [
    ("race_two", "frank", 403, "Package name conflicts with existing package 'race_two'"),
    ("Race-Two", "frank", 403, "You are not allowed to store 'Race-Two' package information"),
    ("Race-Two", "bob", 200, ""),
]


@pytest.mark.parametrize(("first", "user", "status", "text"), SPELLINGS)
def test_of_two_who_register_a_name_at_once_the_second_is_told(person, other, first, user, status, text):
    """By whatever spelling: nobody owns a name that looks like another's."""
    other.execute("SELECT pg_advisory_xact_lock(hashtext(normalize_pep426_name(%s)))", (first,))
    other.execute("INSERT INTO packages (name, autohide) VALUES (%s, true)", (first,))
    other.execute("INSERT INTO roles (package_name, user_name, role_name) VALUES (%s, 'bob', 'Owner')", (first,))
    person.user = (user, f"{user}pw")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(person.post, "submit", name="Race-Two", version="1.0")
        wait_for(other, 1)
        other.connection.commit()
        assert (answer.result().status_int, text in answer.result().text) == (status, True)
    for table, column in (("releases", "name"), ("roles", "package_name"), ("packages", "name")):
        other.execute(f"DELETE FROM {table} WHERE {column} = %s", (first,))
    other.connection.commit()


def test_a_registration_sent_twice_makes_one_account(person, another, other, named):
    """The second is told so."""
    name = named("twice")
    password = "Abcd1234efgh5678"
    form = {"name": name, "email": f"{name}@example.org", "password": password, "confirm": password}
    other.execute("SELECT pg_advisory_xact_lock(hashtext('accounts_user'))")
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(who.post, "user", **form) for who in (person, another)]
        wait_for(other, 2)
        other.connection.commit()
        texts = sorted(answer.result().text for answer in answers)
    assert "Registration OK" in texts[0]
    assert texts[1] == f'User registration\n\nuser "{name}" already exists\n\n'


def test_two_first_pages_carry_one_token(person, other):
    """Whichever was made first."""
    other.execute("DELETE FROM csrf_tokens WHERE name = 'frank'")
    other.connection.commit()
    other.execute("INSERT INTO csrf_tokens (name, token, end_date) VALUES ('frank', 'made first', now())")
    person.user = ("frank", "frankpw")
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(person.act, "user_form")
        wait_for(other, 1)
        other.connection.commit()
        assert (page.result().status_int, person.token) == (200, "made first")
