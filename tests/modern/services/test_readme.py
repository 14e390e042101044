"""Descriptions as HTML."""

import pytest
from markupsafe import Markup

from modern.services import readme
from modern.services.readme import Readme, below_title, lines_of_text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*word*", "<p><em>word</em></p>\n"),
        ("not `ended", "not `ended"),
        ("a < b\nc `d", "a &lt; b<br/>\nc `d"),
        ("", ""),
        (".. a comment", ".. a comment"),
        (".. raw:: html\n\n   <script>x</script>", ".. raw:: html<br/>\n<br/>\n   &lt;script&gt;x&lt;/script&gt;"),
        (".. include:: /etc/passwd", ".. include:: /etc/passwd"),
    ],
    ids=["markup", "invalid", "escaped", "empty", "nothing to show", "raw markup", "a file of ours"],
)
def test_what_is_no_markup_is_shown_as_lines_of_text(text, html):
    """And nothing of it reaches files or scripts (B071)."""
    assert Readme().html(text) == Markup(html)


def test_links_to_scripts_are_dropped():
    """Whatever docutils makes of them."""
    assert "javascript" not in Readme().html("`x <javascript:alert(1)>`_").split(">", 1)[0]
    assert 'href="javascript' not in Readme().html("`x <javascript:alert(1)>`_")


def test_what_breaks_docutils_is_text():
    """Its directives raise whatever they like."""
    assert readme.rendered_rst(".. code-block:: python\n   :number-lines: x\n\n   y") is None
    assert Readme(lambda text: "  ").html("a") == "a"


def test_errors_of_the_renderer_are_no_errors_of_the_page(monkeypatch):
    """The text is shown all the same."""
    from readme_renderer import rst

    def breaks(text):
        raise IndexError

    monkeypatch.setattr(rst, "render", breaks)
    assert Readme().html("*a*") == "*a*"


def test_headings_stand_below_the_title_of_the_page():
    """However deep they begin, none deeper than six."""
    assert below_title("<h1>a</h1><h3>b</h3>") == "<h2>a</h2><h4>b</h4>"
    assert below_title("<h3>a</h3><h6>b</h6>") == "<h2>a</h2><h5>b</h5>"
    assert below_title("<h1>a</h1><h6>b</h6>") == "<h2>a</h2><h6>b</h6>"
    assert below_title("<p>a</p>") == "<p>a</p>"


def test_headings_hold_no_empty_links():
    """Docutils puts one into each."""
    html = Readme().html("Title\n=====\n\nText\n")
    assert "Title</h2>" in html
    assert "link to this section" not in html


def test_a_description_is_rendered_once(monkeypatch):
    """And again only when others came in between."""
    monkeypatch.setattr(readme, "KEPT", 2)
    asked = []
    found = Readme(lambda text: asked.append(text) or f"<p>{text}</p>")
    for text in ("a", "a", "b", "a", "c", "a", "b"):
        assert found.html(text) == f"<p>{text}</p>"
    assert asked == ["a", "b", "c", "b"]


def test_very_long_descriptions_are_not_rendered(monkeypatch):
    """Docutils' time grows faster than its text."""
    monkeypatch.setattr(readme, "LONGEST", 3)
    assert Readme().html("*a*") == "<p><em>a</em></p>\n"
    assert Readme().html("*ab*") == "*ab*"


def test_text_is_escaped():
    """Line by line."""
    assert lines_of_text("<a>\n&") == "&lt;a&gt;<br/>\n&amp;"
