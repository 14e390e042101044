"""The map for people: the table, and the page of details by clients."""

from __future__ import annotations

import lxml.html
import pytest

from harness.scream.map import Break, ClientMap, Map
from harness.scream.outcome import Evidence
from harness.scream.report import matrix, table
from harness.screams import Place

STATUS = Place("GET /", "status", "")
LINK = Place("GET /", "body", "a/@href")
ETAG = Place("GET /<b>", "header", "ETag")
SEEN = Evidence((0, 1), "ERROR: <none>", ("- a.txt",), ())
BROKEN = Break("GET /", "status", "", "changed", "status 404", "200 OK", "404 Not Found", SEEN)
FOUND = Map(
    "old",
    (
        ClientMap("fetch", "curl", False, "", 9, 20, ("GET /", "GET /file"), (LINK, STATUS), (ETAG,), (BROKEN,)),
        ClientMap("<i>list</i>", "", False, "", 5, 10, ("GET /",), (), (LINK, STATUS), ()),
        ClientMap("coin", "", True, "exit status 0 or 1", 3, 0, ("GET /",)),
    ),
)


def rows(found: Map) -> list[list[str]]:
    """Return the cells of the page's table as text."""
    page = lxml.html.fromstring(matrix(found))
    return [[cell.text_content() for cell in row.xpath("th|td")] for row in page.xpath("//tr")]


def test_a_row_for_each_detail_a_column_for_each_client() -> None:
    """Breaks, reads, ignores, and nothing where a client was not tried."""
    assert rows(FOUND) == [
        ["endpoint", "detail", "fetch", "<i>list</i>", "coinflaky"],
        ["GET /", "body a/@href", "reads", "ignores", ""],
        ["GET /", "status", "breaksstatus 404exit 0 -> 1; - a.txt; ERROR: <none>", "ignores", ""],
        ["GET /<b>", "header ETag", "ignores", "", ""],
    ]


def test_what_clients_say_is_no_markup() -> None:
    """Names, endpoints and lines are shown as text."""
    page = lxml.html.fromstring(matrix(FOUND))
    assert page.xpath("//i | //b") == []


def test_what_is_merely_asked_for_is_listed() -> None:
    """Below the table: endpoints of which nothing is read; of a client that was not judged that is not said."""
    page = lxml.html.fromstring(matrix(FOUND))
    assert [one.text_content() for one in page.xpath("//li")] == [
        "fetch: GET /file",
        "<i>list</i>: GET /",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "3 clients · would scream: fetch · flaky: coin",
        "fetch (curl): 20 changes in 9 runs",
        "  breaks   GET / · status: status 404",
        "           exit 0 -> 1; - a.txt; ERROR: <none>",
        "  reads    GET / · body a/@href",
        "  asks     GET /file",
        "  ignores  1 other places",
        "coin: flaky, not judged: exit status 0 or 1",
    ],
)
def test_the_table_says_it_in_lines(line: str) -> None:
    """Who screams first, then client by client."""
    assert line in list(table(FOUND))


def test_nobody_screams() -> None:
    """Is said too."""
    assert next(table(Map("old", FOUND.clients[1:2]))) == "1 clients · would scream: none"
