"""modern.services.downloads: what pages, JSON and XML-RPC say of downloads; what nobody counted is never 0."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from xmlrpc.client import dumps, loads

import psycopg2
import pytest
from sqlalchemy import create_engine
from webob import Request

from modern.database import psycopg2_url
from modern.migrations import upgrade
from modern.services import downloads
from modern.services.downloads import Feed, FeedState, feed_state, misses
from modern.statistics.feed import SPOOL
from modern.statistics.spool import segments

NOON = datetime(2016, 11, 25, 12)
HOUR = timedelta(hours=1)
LONG_AGO = datetime(2015, 1, 1)


def feed_row(**values):
    """A row of the feed: counted until noon, another count due at one."""
    return SimpleNamespace(**{"revision": 5, "until": NOON, "due": NOON + HOUR, "broken_since": None,
                              "last_loss": None, "counted_since": LONG_AGO, **values})  # fmt: skip


@pytest.mark.parametrize(
    ("row", "broken", "now", "since"),
    [
        ({}, None, NOON + HOUR, None),
        ({}, None, NOON + 2 * HOUR, NOON),
        ({"broken_since": NOON - HOUR}, None, NOON, NOON - HOUR),
        ({}, NOON + HOUR / 2, NOON + HOUR, NOON + HOUR / 2),
        ({"broken_since": NOON - HOUR}, NOON + HOUR, NOON + 2 * HOUR, NOON - HOUR),
    ],
    ids=["counted", "late", "others lose", "we lose", "all at once"],
)
def test_downloads_are_unknown_since_the_first_that_was_lost(row, broken, now, since):
    """Or since the last count, where the next one does not come."""
    state = feed_state(feed_row(**row), broken, now)
    assert (state.unknown, state.since) == (since is not None, since)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (FeedState(1, NOON), "Downloads were counted until 2016-11-25 12:00 UTC."),
        (FeedState(1, NOON, counted_since=NOON - HOUR),
         "Downloads were counted from 2016-11-25 11:00 until 2016-11-25 12:00 UTC."),
        (FeedState(1, NOON, True, NOON - HOUR), "Downloads are unknown since 2016-11-25 11:00 UTC."),
        (FeedState(unknown=True), "Downloads are unknown."),
    ],
)  # fmt: skip
def test_a_state_is_a_sentence(state, text):
    """With the time."""
    assert str(state) == text


@pytest.mark.parametrize(
    ("lost", "days", "missed"),
    [(None, 1, False), (NOON - 2 * HOUR, 1, True), (NOON - 30 * HOUR, 1, False), (NOON - 30 * HOUR, 7, True)],
)
def test_a_loss_is_known_as_long_as_it_matters(lost, days, missed):
    """The day after, the last day is known again and the last week is not."""
    assert misses(FeedState(1, NOON, last_loss=lost, counted_since=LONG_AGO), days) is missed


@pytest.mark.parametrize(
    ("since", "days", "missed"),
    [(None, 1, True), (NOON - 23 * HOUR, 1, True), (NOON - 24 * HOUR, 1, False), (NOON - 24 * HOUR, 7, True)],
)
def test_days_before_anybody_counted_are_unknown(since, days, missed):
    """A day after the first download was recorded, the last day is known."""
    assert misses(FeedState(1, NOON, counted_since=since), days) is missed


@pytest.fixture(scope="module")
def counted(modern_server, tmp_path_factory):
    """(settings, application, run) of an index with our own seed that records downloads."""
    from legacy.load import load
    from modern.app import make_app
    from modern.settings import Settings

    folder = tmp_path_factory.mktemp("counted")
    url = modern_server.create_database("counted")
    load(str(Path(__file__).parents[3] / "recordings" / "seed.json"), url, str(folder / "files"))
    upgrade(url)
    settings = Settings(url, str(folder / "files"), statistics=str(folder / "statistics"))
    connection = psycopg2.connect(url)
    connection.autocommit = True
    yield SimpleNamespace(settings=settings, app=make_app(settings), cursor=connection.cursor())
    connection.close()


@pytest.fixture
def index(counted, monkeypatch):
    """The same without counts, whose state is never kept."""
    monkeypatch.setattr(downloads, "CHECKED", -1)
    counted.cursor.execute("DELETE FROM modern_download_feed; DELETE FROM modern_project_downloads;"
                           " UPDATE release_files SET downloads = 0")  # fmt: skip
    return counted


def ask(index, target, **headers):
    """The answer to a GET."""
    request = Request.blank(target, base_url="http://index.example", **headers)
    return request.get_response(index.app)


def call(index, method, *parameters):
    """The answer to an XML-RPC call."""
    body = dumps(parameters, method, allow_none=True).encode()
    request = Request.blank("/pypi", method="POST", body=body, headers={"Content-Type": "text/xml"})
    return loads(request.get_response(index.app).body)[0][0]


def set_feed(index, until="now() AT TIME ZONE 'UTC'", late="1 day", lost="NULL", since="1 year"):
    """Counts: 12 of each file, and 1, 2 and 3 in the last days."""
    index.cursor.execute(
        f"INSERT INTO modern_download_feed VALUES ('x', {until}, {until} + INTERVAL '{late}', NULL, {lost}, 1,"
        f" {until} - INTERVAL '{since}');"
        " INSERT INTO modern_project_downloads VALUES ('demo', 1, 2, 3); UPDATE release_files SET downloads = 12"
    )


def shown(index):
    """(number of a file, numbers of the project) by JSON."""
    document = json.loads(ask(index, "/pypi/demo/json").body)
    return document["urls"][0]["downloads"], document["info"]["downloads"]


def test_counts_are_shown(index):
    """In JSON, by XML-RPC and on the page."""
    set_feed(index)
    assert shown(index) == (12, {"last_day": 1, "last_week": 2, "last_month": 3})
    assert call(index, "release_downloads", "demo", "1.1")[0][1] == 12
    assert call(index, "release_data", "demo", "1.1")["downloads"] == {"last_day": 1, "last_week": 2, "last_month": 3}
    page = ask(index, "/pypi/demo/1.1").text
    assert "<td>12</td>" in page
    assert re.search(r"Downloads were counted from \S+ \S+ until \S+ \S+ UTC\.", page)


def test_a_project_that_nobody_downloaded_has_0(index):
    """While downloads are counted that is known."""
    set_feed(index)
    info = json.loads(ask(index, "/pypi/CamelCase/json").body)["info"]
    assert info["downloads"] == {"last_day": 0, "last_week": 0, "last_month": 0}


def test_a_broken_feed_is_unknown_since_then(index):
    """What was counted before stays; what would be 0 is unknown."""
    set_feed(index, until="TIMESTAMP '2016-11-25 12:00'")
    nothing = {"last_day": -1, "last_week": -1, "last_month": -1, "unknown_since": "2016-11-25T12:00:00"}
    assert shown(index) == (12, nothing)
    assert "Downloads are unknown since 2016-11-25 12:00 UTC." in ask(index, "/pypi/demo/1.1").text
    index.cursor.execute("UPDATE release_files SET downloads = 0; UPDATE modern_download_feed SET revision = 2")
    assert shown(index) == (-1, nothing)
    assert call(index, "release_downloads", "demo", "1.1")[0][1] == -1
    assert {downloads for _, downloads in call(index, "top_packages", 5)} <= {-1, None}
    assert "<td>unknown</td>" in ask(index, "/pypi/demo/1.1").text


def test_what_was_never_counted_is_unknown(index):
    """Downloads are recorded, and nobody reads them."""
    assert shown(index) == (
        -1, {"last_day": -1, "last_week": -1, "last_month": -1, "unknown_since": None}
    )  # fmt: skip
    assert "Downloads are unknown." in ask(index, "/pypi/demo/1.1").text


def test_a_loss_within_a_window_makes_it_unknown(index):
    """The others are known."""
    set_feed(index, lost="now() AT TIME ZONE 'UTC' - INTERVAL '3 days'")
    assert shown(index)[1] == {"last_day": 1, "last_week": -1, "last_month": -1}


def test_what_nobody_counted_is_never_0(index):
    """Statistics of two days: for who was downloaded and for who was not."""
    set_feed(index, since="2 days")
    assert shown(index)[1] == {"last_day": 1, "last_week": -1, "last_month": -1}
    info = json.loads(ask(index, "/pypi/CamelCase/json").body)["info"]
    assert info["downloads"] == {"last_day": 0, "last_week": -1, "last_month": -1}
    assert "Downloads were counted from " in ask(index, "/pypi/demo/1.1").text


def test_a_count_of_who_does_not_know_since_when_is_unknown(index):
    """As an earlier version writes it into the newest tables."""
    set_feed(index)
    index.cursor.execute("UPDATE modern_download_feed SET counted_since = NULL")
    assert shown(index) == (12, {"last_day": -1, "last_week": -1, "last_month": -1})


def test_a_new_count_is_seen_in_kept_answers(index):
    """They are kept by the state of the feed too."""
    set_feed(index)
    before = shown(index), ask(index, "/pypi/demo/1.1").text
    index.cursor.execute("UPDATE release_files SET downloads = 99; UPDATE modern_download_feed SET revision = 2")
    assert before[0][0] == 12
    assert shown(index)[0] == 99
    assert "<td>99</td>" in ask(index, "/pypi/demo/1.1").text


def test_without_statistics_everything_is_as_on_the_old_index(person):
    """No number, no column."""
    assert json.loads(person.get("/pypi/demo/json").body)["info"]["downloads"] == {}
    page = person.get("/pypi/demo/1.1").text
    assert "Downloads are" not in page
    assert "counted" not in page


def test_the_state_is_asked_for_now_and_then(counted):
    """Not at each request; without a database what was known last holds until it is due."""
    clock = [0.0]
    engine = create_engine(psycopg2_url(counted.settings.database_url))
    feed = Feed(engine, None, now=lambda: clock[0])
    counted.cursor.execute("DELETE FROM modern_download_feed")
    assert feed.state() is None
    counted.cursor.execute("INSERT INTO modern_download_feed VALUES ('x', '2016-11-25', '9999-01-01', NULL, NULL, 7)")
    assert feed.state() is None
    clock[0] += 11
    assert feed.state().revision == 7
    engine.dispose()
    feed._engine = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    clock[0] += 11
    assert feed.state().revision == 7


@pytest.mark.parametrize("revision", ["base", "0003"])
def test_a_database_without_the_tables_has_no_state(modern_server, revision):
    """As the old code made it, or an earlier version of ours."""
    url = modern_server.create_database("without_counts" + revision)
    if revision != "base":
        upgrade(url, revision)
    engine = create_engine(psycopg2_url(url))
    assert Feed(engine, None).state() is None
    engine.dispose()


def written(index):
    """(path, agent) of all that was recorded."""
    lines = [line for segment in segments(Path(index.settings.statistics) / SPOOL) for line in segment.lines]
    return [(told[2], told[4], told[5]) for told in map(json.loads, lines)]


def test_a_download_is_recorded(index):
    """A whole one, with who asked; nothing that a client has already, no part, no signature, no HEAD."""
    index.cursor.execute("SELECT path FROM release_files WHERE name = 'demo' ORDER BY filename LIMIT 1")
    ((path,),) = index.cursor.fetchall()
    target = "/packages/" + path
    before = len(written(index))
    whole = ask(index, target, headers={"User-Agent": "pip/24.0 \u00c3\u00bc", "X-Forwarded-For": "192.0.2.7"})
    assert whole.status_int == 200
    assert written(index)[before:] == [(path, "192.0.2.7", "pip/24.0 \u00fc")]
    ask(index, target, headers={"If-None-Match": whole.headers["ETag"]})
    ask(index, target, headers={"Range": "bytes=0-3"})
    ask(index, target, method="HEAD")
    ask(index, target + ".asc")
    ask(index, "/packages/nothing.zip")
    assert len(written(index)) == before + 1


def test_a_recorder_that_cannot_write_fails_no_download(index, tmp_path):
    """The file comes, and the page says that downloads are unknown."""
    (tmp_path / "file").write_text("")
    from modern.app import make_app

    app = make_app(replace(index.settings, statistics=str(tmp_path / "file")))
    broken = SimpleNamespace(app=app)
    set_feed(index)
    index.cursor.execute("SELECT path FROM release_files WHERE name = 'demo' LIMIT 1")
    assert ask(broken, "/packages/" + index.cursor.fetchone()[0]).status_int == 200
    assert shown(broken)[1]["unknown_since"] is not None
    app.registry["installation"].close()
