"""The report as JUnit XML: a failed test for each difference, a passed one for each endpoint that shows none.

A `Result` comes in, XML goes out: without times, so that the same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.compare.excerpt import printable
from harness.group import Group
from harness.report.model import Result, heard, verdict
from harness.report.sentence import affected, sentence
from harness.report.terminal import scream_in_words


def junit_report(result: Result) -> str:
    """Return the report for a CI server's list of tests; accepted differences and what was not judged are skipped."""
    root = Element("testsuites", name="harness diff")
    for name, cases in (("differences", _differences(result)), ("endpoints", _endpoints(result))):
        suite = SubElement(root, "testsuite", name=name)
        suite.extend(cases)
        _count(suite)
    SubElement(root[0], "system-out").text = printable(verdict(result))
    _count(root)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _differences(result: Result) -> Iterator[Element]:
    """Yield a case for all that makes the exit status other than 0, and for what was accepted."""
    for number, text in enumerate(result.obstacles, 1):
        yield _case("harness.verdict", f"could not judge ({number})", "error", text)
    for number, text in enumerate(result.warnings, 1):
        yield _case("harness.accepted", f"accepted entry ({number})", "failure", text)
    for group in result.groups:
        yield _case(f"harness.{group.aspect}", _name(group), "failure", f"{sentence(group)}.", _details(group, result))
    for group in result.accepted:
        yield _case(f"harness.{group.aspect}", _name(group), "skipped", f"accepted: {affected(group)}")


def _endpoints(result: Result) -> Iterator[Element]:
    """Yield a passed case for each endpoint without a difference, a skipped one where nothing was judged."""
    differing = {endpoint for group in result.groups for endpoint in group.endpoints}
    for endpoint, counts in sorted(result.endpoints.items()):
        if endpoint in differing:
            continue
        judged = counts.get("judged", 0)
        why = "" if judged else "not judged"
        yield _case("harness.endpoints", endpoint, "skipped" if why else "", why)
    if not result.endpoints and not result.groups and result.count("judged"):
        yield _case("harness.endpoints", f"{result.count('judged')} exchanges", "", "")


def _name(group: Group) -> str:
    return f"{group.title} [{group.id}]"


def _details(group: Group, result: Result) -> str:
    lines = [affected(group), f"old: {group.old}", f"new: {group.new}"]
    lines += [f"would scream: {scream_in_words(each)}" for each in heard(group, result)]
    lines += [f"example: {example.exchange}" for example in group.examples]
    return "\n".join(map(printable, lines))


def _case(classname: str, name: str, outcome: str, message: str, details: str = "") -> Element:
    case = Element("testcase", classname=classname, name=printable(name))
    if outcome:
        SubElement(case, outcome, message=printable(message)).text = details or None
    return case


def _count(suite: Element) -> None:
    """Write the numbers of cases, by outcome, into a suite or into the root."""
    suite.set("tests", str(len(list(suite.iter("testcase")))))
    for outcome, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(name, str(len(list(suite.iter(outcome)))))
