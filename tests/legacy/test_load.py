"""Loading a seed: always the same rows, or nothing at all."""

import copy
import json
from pathlib import Path

import pytest

from legacy import load

CONTENT = "aGVsbG8="  # hello
SEED = {
    "users": [
        {"name": "alice", "password": "pw", "email": "a@example.org", "admin": True},
        {"name": "bob", "password": "p:w", "email": "b@example.org", "admin": False},
    ],
    "classifiers": ["A", "B :: C"],
    "projects": [
        {
            "name": "Demo",
            "owner": "bob",
            "maintainers": ["alice"],
            "releases": [
                {
                    "version": version,
                    "summary": "s",
                    "description": "",
                    "home_page": "",
                    "license": "",
                    "author": "",
                    "author_email": "",
                    "keywords": "",
                    "platform": "",
                    "requires_python": "",
                    "classifiers": ["B :: C"],
                    "hidden": hidden,
                    "submitted": submitted,
                    "files": files,
                }
                for version, hidden, submitted, files in (
                    (
                        "1.10",
                        False,
                        "2016-01-02T03:04:05",
                        [
                            {
                                "filename": "Demo-1.10.tar.gz",
                                "packagetype": "sdist",
                                "python_version": "source",
                                "comment": "c",
                                "content_base64": CONTENT,
                            },
                        ],
                    ),
                    ("1.9", True, "2015-01-02T03:04:05", []),
                    ("ancient", False, "2015-06-02T03:04:05", []),
                )
            ],
        },
        {"name": "empty & odd", "owner": "alice", "maintainers": [], "releases": []},
    ],
}


def changed(path, value):
    """SEED with one value changed; `del` removes it."""
    seed = copy.deepcopy(SEED)
    target = seed
    for key in path[:-1]:
        target = target[key]
    if value is del_:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return seed


del_ = object()
RELEASE = ("projects", 0, "releases", 0)
FILE = (*RELEASE, "files", 0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("users", 1, "password"), 7, "users[1].password: must be text, is 7"),
        (("users", 1, "admin"), "no", 'users[1].admin: must be true or false, is "no"'),
        (("users", 1, "name"), "alice", "users[1].name: stands there twice"),
        (("classifiers", 1), 1, "classifiers[1]: must be text"),
        (("projects",), {}, "projects: must be a list, is {}"),
        (("projects", 0), [], "projects[0]: must be an object"),
        (("projects", 1, "owner"), "carol", "projects[1].owner: no such user: 'carol'"),
        (("projects", 0, "maintainers", 0), "x", "projects[0].maintainers[0]: no such user: 'x'"),
        (("projects", 1, "name"), "Demo", "projects[1].name: stands there twice"),
        (("projects", 1, "extra"), 1, "projects[1].extra: is not a known key"),
        ((*RELEASE, "version"), del_, "projects[0].releases[0].version: is missing"),
        ((*RELEASE, "summary"), "a\0b", 'projects[0].releases[0].summary: must be text, is "a\\u0000b"'),
        ((*RELEASE, "version"), "1.9", "projects[0].releases[1].version: stands there twice"),
        ((*RELEASE, "classifiers", 0), "D", "projects[0].releases[0].classifiers[0]: not in the list: 'D'"),
        ((*RELEASE, "submitted"), "2016-01-02", "projects[0].releases[0].submitted: must be a time like "),
        ((*FILE, "filename"), "../x", "projects[0].releases[0].files[0].filename: not the name of a file: '../x'"),
        ((*FILE, "content_base64"), "a", "projects[0].releases[0].files[0].content_base64: must be base64"),
    ],
)
def test_a_bad_seed_is_refused_by_its_first_wrong_value(path, value, message):
    """The message begins with the path of it."""
    with pytest.raises(load.BadSeed) as raised:
        load.check_seed(changed(path, value))
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"users": []}'], ids=["empty", "cut off", "list", "incomplete"])
def test_a_file_that_is_no_seed(tmp_path, text):
    """Is refused in words."""
    (tmp_path / "seed.json").write_text(text)
    with pytest.raises(load.BadSeed):
        load.read_seed(str(tmp_path / "seed.json"))


@pytest.fixture(scope="module")
def rows(server, tmp_path_factory):
    """Load SEED; return (a function that queries, the files folder, the seed file, the database URL)."""
    import psycopg2

    folder = tmp_path_factory.mktemp("load")
    (folder / "seed.json").write_text(json.dumps(SEED))
    url = server.create_database("load")
    assert load.load(str(folder / "seed.json"), url, str(folder / "files")) == 2
    connection = psycopg2.connect(url)
    connection.autocommit = True

    def query(sql):
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall()

    yield query, folder / "files", folder / "seed.json", url
    connection.close()


def test_the_journal(rows):
    """Admins first, then each project: create, roles, releases and their files; serials count from 1."""
    found = rows[0](
        "SELECT id, name, version, action, submitted_date::text, submitted_by, submitted_from FROM journals ORDER BY id"
    )
    early, here = "2015-01-02 03:04:05", "127.0.0.1"
    assert found == [
        (1, None, None, "add Admin alice", "2005-01-01 00:00:00", "alice", here),
        (2, "Demo", None, "create", early, "bob", here),
        (3, "Demo", None, "add Owner bob", early, "bob", here),
        (4, "Demo", None, "add Maintainer alice", early, "bob", here),
        (5, "Demo", "1.10", "new release", "2016-01-02 03:04:05", "bob", here),
        (6, "Demo", "1.10", "add source file Demo-1.10.tar.gz", "2016-01-02 03:04:05", "bob", here),
        (7, "Demo", "1.9", "new release", "2015-01-02 03:04:05", "bob", here),
        (8, "Demo", "ancient", "new release", "2015-06-02 03:04:05", "bob", here),
        (9, "empty & odd", None, "create", "2005-01-01 00:00:00", "alice", here),
        (10, "empty & odd", None, "add Owner alice", "2005-01-01 00:00:00", "alice", here),
    ]


def test_last_serials(rows):
    """The database keeps them."""
    assert rows[0]("SELECT name, last_serial FROM packages ORDER BY name") == [("Demo", 8), ("empty & odd", 10)]


def test_ordering_and_hiding(rows):
    """Ordering by version, unknown versions first; hidden as given; empty texts stay empty, missing ones are NULL."""
    found = rows[0]("SELECT version, _pypi_ordering, _pypi_hidden, author, maintainer FROM releases ORDER BY 2")
    assert found == [("ancient", 0, False, "", None), ("1.9", 1, True, "", None), ("1.10", 2, False, "", None)]


def test_the_stored_file(rows):
    """Below the BLAKE2b of its content, dated as submitted."""
    [(path, size, signed, md5)] = rows[0]("SELECT path, size, has_signature, md5_digest FROM release_files")
    assert path == "32/4d/cf027dd4a30a932c441f365a25e86b173defa4b8e58948253471b81b72cf/Demo-1.10.tar.gz"
    assert (size, signed, md5) == (5, False, "5d41402abc4b2a76b9719d911017c592")
    stored = rows[1] / path
    assert (stored.read_bytes(), stored.stat().st_mtime) == (b"hello", 1451703845)


def test_only_an_empty_index_is_filled(rows):
    """A second load is refused and changes nothing."""
    query, files, seed, url = rows
    with pytest.raises(ValueError, match="not empty"):
        load.load(str(seed), url, str(files))
    assert query("SELECT count(*) FROM journals") == [(10,)]


def test_our_own_seed_is_one():
    """recordings/seed.json is what its script writes, small, and loads."""
    import runpy

    root = Path(__file__).parents[2]
    made = runpy.run_path(str(root / "recordings" / "make_seed.py"))["text"]()
    stored = (root / "recordings" / "seed.json").read_text(encoding="utf-8")
    assert made == stored
    assert len(stored.encode()) < 400_000
    assert len(load.read_seed(str(root / "recordings" / "seed.json"))["projects"]) == 12
