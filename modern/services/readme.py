"""Descriptions of releases as HTML: reStructuredText in, cleaned markup out, or lines of text where it is none (B071).

Nobody said in 2016 what a description is written in, so it is tried. What was rendered is kept in memory: docutils
takes some ten milliseconds a page. No request and no database here.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from markupsafe import Markup
from readme_renderer import rst  # loaded before a server forks: docutils takes longer to load than to render

LONGEST = 200_000
"""Characters from which on a description is not rendered: docutils' time grows faster than its text."""
KEPT = 512
"""Descriptions that are kept rendered."""
_SELF_LINK = re.compile(r'<a [^>]*title="link to this section"[^>]*></a>')
"""What docutils puts into headings for those who point at them: a link without a text."""
_HEADING = re.compile(r"<(/?)h([1-6])\b")


class Readme:
    """Renders descriptions, and remembers the last `KEPT` of them. One for all requests of a process."""

    def __init__(self, render: Callable[[str], str | None] | None = None) -> None:
        self._render = render or rendered_rst
        self._kept: OrderedDict[str, Markup] = OrderedDict()
        self._lock = Lock()

    def html(self, description: str) -> Markup:
        """Return the markup of a description, safe to be shown."""
        with self._lock:
            if description in self._kept:
                self._kept.move_to_end(description)
                return self._kept[description]
        markup = self._fresh(description)
        with self._lock:
            self._kept[description] = markup
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return markup

    def _fresh(self, description: str) -> Markup:
        rendered = self._render(description) if len(description) <= LONGEST else None
        if not rendered or not rendered.strip():
            return lines_of_text(description)
        return Markup(below_title(rendered))  # noqa: S704 - readme_renderer has cleaned it


def rendered_rst(description: str) -> str | None:
    """Return cleaned HTML of reStructuredText without files, raw markup or scripts; None where it is not valid."""
    try:
        return rst.render(description)
    except Exception:  # docutils raises whatever its directives do with what they are given
        return None


def lines_of_text(description: str) -> Markup:
    """Return the HTML of a text that is no markup."""
    return Markup("<br/>\n").join(description.split("\n"))


def below_title(html: str) -> str:
    """Move the headings below the page's own `h1`, so that the outermost of them is an `h2`; drop their empty links."""
    html = _SELF_LINK.sub("", html)
    levels = [int(level) for _, level in _HEADING.findall(html)]
    down = 2 - min(levels, default=2)
    return _HEADING.sub(lambda found: f"<{found[1]}h{min(6, int(found[2]) + down)}", html)
