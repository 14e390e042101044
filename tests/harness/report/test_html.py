"""The page: whole, self-contained, readable without its script, and harmless whatever it shows."""

import builtins
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from lxml import html

from harness.difference import Difference
from harness.errors import HarnessError
from harness.exchange import Request
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Result, html_report
from harness.report.view import DETAILED


def page_of(result):
    """Return the page, parsed."""
    return html.fromstring(html_report(result))


def words(element):
    """Return all text within an element, white space made one."""
    return " ".join(element.text_content().split())


def test_the_first_page_says_it_in_sentences(full):
    """Verdict, what differs, what was judged, who is affected and what was not judged; no details."""
    (cover,) = page_of(full).find_class("cover")
    text = words(cover)
    for expected in (
        "The new version answered 407 of 420 recorded requests as the old one did; 5 differ, for 4 reasons.",
        "8 could not be judged.",
        "The header X-One of the answer is now called X-Two. 4 requests to GET /simple/{}/, from pip.",
        "1 further difference showed only after stored data had come to differ",
        "1 difference was accepted before",
        "412 of 420 requests, at 3 addresses.",
        "5 requests, from 2 of 3 kinds of client.",
        "3 requests: the old version no longer answers them as it did",
        "5 requests: they could not be sent (a body that was not recorded).",
        "accepted entry 2 expired on 2026-01-31",
    ):
        assert expected in text
    assert not list(cover.iter("article", "form", "details", "pre"))


def test_endpoints_say_what_was_judged(full):
    """Each address with its requests, how many differ, and how many were not judged; the worst first."""
    table = next(page_of(full).find_class("cover")[0].iter("table"))
    rows = [[words(cell) for cell in row] for row in table.find("tbody")]
    assert rows[:2] == [["GET /simple/{}/", "303", "4", "3"], ["POST /rpc search()", "117", "1", "5"]]


def test_a_number_that_is_not_known_is_a_bound(full):
    """Where only the groups tell how many differ, the largest of several is a lower bound."""
    table = list(page_of(replace(full, affected={})).find_class("cover")[0].iter("table"))[1]
    rows = {words(row[0]): [words(cell) for cell in row[1:]] for row in table.find("tbody")}
    assert rows["pip"] == ["300", "at least 4"]


def test_the_details_show_every_group(full):
    """Causes, what may follow, accepted: an article each, with both values, endpoints, clients and examples."""
    page = page_of(full)
    assert [article.get("id") for article in page.iter("article")] == [
        group.id for group in (*full.causes, *full.consequences, *full.accepted)
    ]
    first = words(next(page.iter("article")))
    for text in ("header X-One renamed to X-Two", "GET /simple/{}/", "pip", "a.yaml#1", "curl --include", "def test_"):
        assert text in first


def test_what_differs_inside_a_value_is_marked(full):
    """Only that part, by elements that say so without colour."""
    article = next(one for one in page_of(full).iter("article") if "@href" in words(one))
    assert [words(mark) for mark in article.iter("del")] == ["#md5=1"]
    assert not list(article.iter("ins"))
    assert words(article.find_class("new")[0]) == "new../a"


OTHERS = {
    "stale": "The recording differs from the old version now",
    "a stale group": "status 200 -> 404",
    "hidden": "1 difference of spelling, hidden by --meaning",
    "rule": "12 of 40",
    "seen once": "a.yaml#8: 5 -> 6",
    "seen once, and shown": "a difference: never noise",
    "refused rule": "(not applied: seen too rarely)",
    "noise": "date-rfc1123",
    "controls": "random: preload on old, not on new",
    "notes": "new asked for a host:",
    "verdict": "judged 412 of 420 (98.1 %)",
}


@pytest.mark.parametrize("expected", OTHERS.values(), ids=OTHERS.keys())
def test_everything_else_is_on_the_page(full, expected):
    """What is not the new version's doing is told apart from it."""
    assert expected in words(page_of(full))


def test_an_obstacle_is_no_verdict(full):
    """What could not be judged is said where the verdict stands."""
    (cover,) = page_of(replace(full, obstacles=("only 1 of 9 were judged",))).find_class("cover")
    assert "This is no verdict: only 1 of 9 were judged" in words(cover)


def test_many_endpoints_are_counted_not_listed():
    """A header seen at a hundred endpoints does not fill the page with their names."""
    added = Difference("header", "X", "added", "", "1")
    groups = group_observations(Observation(f"a#{n}", f"GET /{n}", "pip", added) for n in range(100))
    (article,) = page_of(Result("a", "b", {"exchanges": 100, "judged": 100, "different": 100}, groups)).iter("article")
    assert words(article).count("GET /") == 12
    assert "and 88 more" in words(article)


def test_thousands_of_groups_are_cut(many):
    """The first are shown side by side, the others are rows; the page says so and stays small enough to open."""
    text = html_report(many)
    page = html.fromstring(text)
    assert len(list(page.iter("article"))) == DETAILED
    assert len(page.xpath("//tr[@data-state]")) == 2000 - DETAILED
    assert f"{2000 - DETAILED:,} more differences" in words(page)
    assert len(text) < 3_000_000


def test_nothing_on_the_page_is_fetched(full):
    """One file that works offline: no address but those of its own parts."""
    text = html_report(full)
    page = html.fromstring(text)
    assert not list(page.iter("link", "img", "iframe", "object", "embed", "video", "audio"))
    assert {link[:1] for _, _, link, _ in page.iterlinks()} == {"#"}
    assert not re.search(r"url\(|@import", text)


def test_no_script_but_its_own_can_run(full):
    """There is one script, the page's policy names its digest, and nothing has a handler."""
    page = page_of(full)
    (script,) = page.iter("script")
    digest = b64encode(sha256(script.text.encode()).digest()).decode()
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert not page.xpath("//@*[starts-with(name(), 'on')]")


def test_hostile_texts_are_shown(full):
    """Markup is text; control characters and what turns a line around are escaped."""
    request = Request(b"GET /\x1b]0;x\x07 HTTP/1.1", ((b"X", b"</script>\xe2\x80\xae"),))
    text = html_report(replace(full, old="<b>", requests={"a.yaml#1": request}))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("</script>") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_links_lead_somewhere(full, many):
    """Every link is to an element of the page, and no two elements have one id."""
    for result in (full, many):
        page = page_of(result)
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids))
        assert {link.removeprefix("#") for link in page.xpath("//a/@href")} <= set(ids)


def test_it_is_accessible(full):
    """A language, one first heading, no heading level left out, a label for each field, scopes for columns."""
    page = page_of(full)
    assert page.getroottree().getroot().get("lang") == "en"
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(any(parent.tag == "label" for parent in field.iterancestors()) for field in page.iter("select", "input"))
    assert all(cell.get("scope") == "col" for cell in page.iter("th"))


def test_the_page_is_the_same_for_the_same_result(full):
    """Two pages of one result are the same bytes."""
    assert html_report(full) == html_report(full)


def test_an_empty_result_is_a_page():
    """Nothing recorded, nothing judged: said, and nothing else."""
    page = page_of(Result("a", "b", {}))
    assert words(page.find(".//h1")) == "Nothing is known: none of 0 recorded requests could be judged."
    assert not list(page.iter("article", "form"))


def test_without_jinja2_the_error_says_what_to_install(result, monkeypatch):
    """The page needs an extra, and names it."""
    real = builtins.__import__

    def no_jinja(name, *arguments, **keywords):
        if name == "jinja2":
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", no_jinja)
    with pytest.raises(HarnessError, match=r"screamtest\[report\]"):
        html_report(result)
