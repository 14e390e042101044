"""The page in a real browser: it opens from a file, its script filters, and its first page prints on one sheet."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from lxml import html

from harness.report import html_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")


@pytest.fixture
def browse(tmp_path):
    """Return a function that opens a page (and a fragment) in the browser and returns what it prints."""

    def run(text, *options, fragment=""):
        page = tmp_path / "report.html"
        page.write_text(text, encoding="utf-8")
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        address = page.as_uri() + fragment
        done = subprocess.run([*command, *options, address], capture_output=True, timeout=60, check=True)
        return done.stdout.decode()

    return run


def shown(text):
    """Return the ids of the groups that are not hidden."""
    return [group.get("id") for group in html.fromstring(text).xpath("//*[@data-state][not(@hidden)]")]


def test_the_script_runs_from_a_file(full, browse):
    """The page's own policy lets its own script run: the filters appear, and everything is shown."""
    text = browse(html_report(full), "--dump-dom")
    page = html.fromstring(text)
    assert page.get_element_by_id("filters").get("hidden") is None
    assert page.get_element_by_id("shown").text == "6 of 6 shown"
    assert len(shown(text)) == 6


FILTERS = {
    "client": ("clients=pip", {0, 1, 5}),
    "endpoint and aspect": ("endpoints=GET /simple/{}/&aspect=header", {0, 5}),
    "kind": ("kind=renamed", {0}),
    "state": ("state=may follow", {4}),
    "text": ("text=USERS.NAME", {3}),
    "nothing": ("text=no such text", set()),
}


@pytest.mark.parametrize(("query", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_groups_are_filtered(full, browse, query, expected):
    """By endpoint, client, aspect, kind, state and text, together; a link can carry the filter."""
    groups = [*full.causes, *full.consequences, *full.accepted]
    text = browse(html_report(full), "--dump-dom", fragment=f"#?{query.replace(' ', '%20')}")
    assert shown(text) == [groups[number].id for number in sorted(expected)]


def test_the_first_page_is_one_sheet(many, full, browse, tmp_path):
    """Also with many long causes, endpoints and clients: the rest is on the pages that follow."""
    long = "GET /" + "long-name/" * 20
    crowded = replace(
        many,
        groups=[*full.causes, *many.groups],
        accepted=full.accepted,
        warnings=["accepted entry 2 expired on 2026-01-31, " * 10] * 5,
        obstacles=["only 1900 of 2000 exchanges were judged, fewer than 99 %, " * 3],
        endpoints={f"{long}{n}": {"judged": 10, "stale": n} for n in range(50)},
        clients={f"client-with-a-long-name-{n}": n for n in range(50)},
        reasons={f"{kind}: {'because ' * 20}{n}": n for kind in ("stale", "error") for n in range(9)},
        counts={"exchanges": 2000, "judged": 1900, "different": 1900, "stale": 36, "unreplayable": 28, "errors": 36},
        credentialed=(10, 20),
    )
    text = html_report(crowded)
    cover = text[: text.index("</section>")] + "</section></main></body></html>"
    browse(cover, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'cover.pdf'}")
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "cover.pdf").read_bytes())) == 1


def test_thousands_of_groups_open(many, browse):
    """The browser shows and filters them."""
    text = browse(html_report(many), "--dump-dom", fragment="#?text=X-0007")
    assert len(shown(text)) == 1
