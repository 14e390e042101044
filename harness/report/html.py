"""The report as one self-contained page, to open in a browser, print, or attach to a ticket.

A `Result` comes in, HTML goes out: a first page for everybody, then the details. Needs `jinja2` (extra `report`).
Nothing is fetched; the one small script only filters what is there, and no other can run.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from harness.compare.excerpt import printable
from harness.errors import HarnessError
from harness.report.model import Result, heard, verdict
from harness.report.sentence import affected, headline, names, plural, sentence, unjudged
from harness.report.terminal import controls_in_words, scream_in_words
from harness.report.view import DETAILED, choices, client_rows, endpoint_rows, shares, shown_groups

BASE = "http://localhost:8000"


def html_report(result: Result, base: str = BASE) -> str:
    """Return the page; the commands in it send to `base`. Raise `HarnessError` where jinja2 is not installed."""
    try:
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup
    except ImportError:
        raise HarnessError("the HTML report needs jinja2: pip install 'screamtest[report]'") from None
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_visible
    )
    environment.globals.update(
        sentence=sentence,
        affected=affected,
        names=names,
        plural=plural,
        reason_in_words=unjudged,
        heard=heard,
        scream_in_words=scream_in_words,
    )
    script = _part("report.js")
    groups = shown_groups(result, base)
    return environment.from_string(_part("report.html")).render(
        result=result,
        verdict=verdict(result),
        headline=headline(result),
        shares=shares(result),
        groups=groups,
        detailed=groups[:DETAILED],
        brief=groups[DETAILED:],
        choices=choices(result),
        endpoints=endpoint_rows(result),
        clients=client_rows(result),
        unjudged=unjudged(result),
        reasons=sorted(result.reasons.items(), key=lambda item: (-item[1], item[0])),
        noise={name: count for name, count in sorted(result.noise.items()) if count},
        accepted_titles={group.title: group.count for group in result.accepted},
        controls=controls_in_words(result.controls),
        largest=max((group.count for group in (*result.groups, *result.accepted)), default=1),
        style=Markup(_part("report.css")),  # noqa: S704 (ours)
        script=Markup(script),  # noqa: S704 (ours)
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )


def _part(name: str) -> str:
    return files("harness.report").joinpath(name).read_text(encoding="utf-8")


def _visible(value: Any) -> Any:
    """Return a text with all but line feeds escaped that a page would not show: controls, and what turns a line."""
    if type(value) is not str:
        return value
    return "\n".join(map(printable, value.split("\n")))
