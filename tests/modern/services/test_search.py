"""The search: words, weights, order."""

import pytest
from sqlalchemy.orm import Session

from modern.database import Database
from modern.services.search import Search, words


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Django  web", ["django", "web"]), ("the a of", []), ("  ", []), ("füße", ["fe"]), ("a.b-c_d!", ["a.b-c_d"]),
        (["one", "Two"], ["one", "two"]),
    ],
    ids=["case", "stop words", "blank", "accents", "signs", "several"],
)  # fmt: skip
def test_words(term, expected):
    """Lower case, ASCII letters, digits and three signs (B091, B092)."""
    assert words(term) == expected


@pytest.fixture(scope="module")
def search(modern_server):
    """A search of a small index of its own."""
    from legacy.load import make_schema
    from modern.models import Project, Release

    url = modern_server.create_database("searched")
    make_schema(url)
    database = Database(url)
    rows = [
        ("Web", "1", False, 0, {"summary": "web things"}), ("webber", "1", False, 0, {}),
        ("other", "1", False, 0, {"description": "for the WEB", "author": "Webster", "maintainer": "web"}),
        ("older", "1", False, 0, {"keywords": "web"}), ("older", "2", False, 1, {"summary": "web", "keywords": "web"}),
        ("hidden", "1", True, 0, {"summary": "web"}), ("none", "1", False, None, {"author": "Ann"}),
    ]  # fmt: skip
    with Session(database.engine) as db:
        db.add_all(Project(name=name) for name in {row[0] for row in rows})
        db.flush()
        db.add_all(Release(name=n, version=v, hidden=h, ordering=o, **more) for n, v, h, o, more in rows)
        db.flush()
        yield Search(db)
    database.close()


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["web"], [("Web", "1", 10), ("older", "2", 4), ("webber", "1", 4), ("other", "1", 3)]),
        (["web", "things"], [("Web", "1", 12)]),
        (["ann"], [("none", "1", 1)]),
        (["%"], []),
        (["we_"], []),
    ],
    ids=["one word", "two words", "author", "a sign of SQL", "another"],
)
def test_the_weightiest_come_first(search, terms, expected):
    """The highest release of each project, hidden ones never (B093)."""
    assert [(hit.name, hit.version, hit.weight) for hit in search.find(terms)] == expected
