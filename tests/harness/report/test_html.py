"""The page: whole, self-contained, and harmless whatever it shows."""

import builtins

import pytest
from lxml import html

from harness.difference import Difference
from harness.errors import HarnessError
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Result, html_report
from harness.report.html import Side, cut


def test_the_page_shows_every_group(result):
    """Verdict, groups by count, values, endpoints, clients, commands, stale and noise are on it."""
    page = html.fromstring(html_report(result))
    assert page.findtext(".//h1").strip() == "5 of 412 answers differ, for 3 reasons"
    assert [article.get("id") for article in page.iter("article")] == [group.id for group in result.groups]
    first = next(page.iter("article")).text_content()
    for text in ("header X-One renamed to X-Two", "GET /simple/{}/", "pip", "a.yaml#1", "curl --include"):
        assert text in first
    assert "status 200 -> 404" in page.text_content()
    assert "date-rfc1123" in page.text_content()


def test_many_endpoints_are_counted_not_listed():
    """A header seen at a hundred endpoints does not fill the page with their names."""
    added = Difference("header", "X", "added", "", "1")
    groups = group_observations(Observation(f"a#{n}", f"GET /{n}", "pip", added) for n in range(100))
    page = html.fromstring(html_report(Result("a", "b", {"judged": 100, "different": 100}, groups)))
    assert page.text_content().count("GET /") == 12
    assert "and 88 more" in page.text_content()


def test_nothing_on_the_page_is_fetched_or_run(result):
    """One file that works offline: no script, no link to anything outside."""
    page = html.fromstring(html_report(result))
    assert not list(page.iter("script", "link", "img", "iframe"))
    assert "<script>alert" not in html_report(result)
    assert "&lt;script&gt;alert" in html_report(result)


def test_the_page_is_the_same_for_the_same_result(result):
    """Two pages of one result are the same bytes."""
    assert html_report(result) == html_report(result)


HEADLINES = {
    "none": ({"judged": 7}, "No difference in 7 answers"),
    "nothing": ({}, "Nothing was judged"),
}


@pytest.mark.parametrize(("counts", "expected"), HEADLINES.values(), ids=HEADLINES.keys())
def test_the_headline_says_what_was_found(counts, expected):
    """Agreement and ignorance are not the same headline."""
    assert html.fromstring(html_report(Result("a", "b", counts))).findtext(".//h1").strip() == expected


def test_values_are_cut_around_what_differs():
    """Both sides share beginning and end."""
    assert cut("../a#1.tgz", "../b.tgz") == (Side("../", "a#1", ".tgz"), Side("../", "b", ".tgz"))
    assert cut("aa", "aaa") == (Side("aa", "", ""), Side("aa", "a", ""))


def test_without_jinja2_the_message_says_what_to_install(result, monkeypatch):
    """A missing optional package is an error of ours with a way out."""
    real = builtins.__import__

    def no_jinja(name, *arguments, **keywords):
        if name.startswith("jinja2"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", no_jinja)
    with pytest.raises(HarnessError, match=r"screamtest\[report\]"):
        html_report(result)
