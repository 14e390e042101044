"""The stylesheet: where it is, how long it is kept, and that its colours can be read."""

import re

import pytest

from modern.views.pages.show import stylesheet, stylesheet_url

PAIRS = (
    ("ink", "paper"), ("ink", "panel"), ("faint", "paper"), ("faint", "panel"), ("link", "paper"), ("link", "panel"),
    ("on-bar", "bar"), ("on-accent", "accent"), ("danger", "paper"),
)  # fmt: skip


def test_pages_name_a_stylesheet_that_caches_may_keep_for_ever(person):
    """Its URL changes with what it contains."""
    url = re.search(r'<link rel="stylesheet" href="([^"]+)"/>', person.get("/pypi").text)[1]
    answer = person.get(url)
    assert url == stylesheet_url()
    assert (answer.status_int, answer.content_type) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "max-age=31536000, public, immutable"


def test_other_names_are_nobodys(person):
    """No file of the installation can be asked for."""
    answer = person.get("/static/../app.py")
    assert (answer.status_int, answer.body) == (404, b"Not Found: /static/../app.py")


def colours():
    """[{name: (r, g, b)}] of light and dark."""
    text = stylesheet().decode()
    themes = [
        {name: tuple(bytes.fromhex(value)) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6});", block)}
        for block in re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    ]
    return [themes[0], {**themes[0], **themes[1]}]


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(theme, one, other):
    """The ratio of two colours of a theme."""
    dark, light = sorted(luminance(theme[name]) for name in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=["-on-".join(pair) for pair in PAIRS])
def test_text_stands_out_from_its_ground(theme, text, ground):
    """A contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    assert contrast(colours()[theme], text, ground) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("rule", "grounds"),
    [(":focus-visible", ("paper", "panel")), (".brand:focus-visible, #searchform :focus-visible", ("bar",))],
    ids=["page", "head"],
)
def test_who_uses_the_keyboard_sees_where_they_are(theme, rule, grounds):
    """The ring around what has the focus: a contrast of at least 3 to 1 (WCAG 2.2, 1.4.11)."""
    ring = re.search(rf"^{re.escape(rule)} \{{ outline[^}}]*var\(--(\w+)\)", stylesheet().decode(), re.MULTILINE)[1]
    assert all(contrast(colours()[theme], ring, ground) >= 3 for ground in grounds)
