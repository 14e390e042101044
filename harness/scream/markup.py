"""Changes to bodies that are text or markup: HTML, feeds, other XML; and those that any body can suffer.

The bodies of an endpoint's answers come in, operators go out, the small ones of each place first. Edits are made to
the text as it stands, so that nothing but the one thing changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from harness.exchange import Response
from harness.scream.operators import GRAVE, MILD, SUSPECT, Operator, with_body

TextEdit = Callable[[str], str]

_RAW = frozenset({"title", "script", "style", "textarea"})
"""Elements that, not closed, swallow all that follows."""
MOST = 24
"""Elements, and attributes, of a page that are each changed."""
_TAG = re.compile(r"<([A-Za-z][\w:.-]*)((?:\s+[^<>]*?)?)\s*(/?)>")
_ATTRIBUTE = re.compile(r"""\s([\w:.-]+)=("[^"]*"|'[^']*')""")
_LINK = re.compile(r"<a\s[^>]*>.*?</a>(?:\s*<br\s*/?>)?", re.DOTALL)
_HREF = re.compile(r"""(<a\s[^>]*?href=["'])([^"']*)(["'])""")
_FRAGMENT = re.compile(r"(?<!&)#.*")  # not the # of a character reference
_REPEATED = re.compile(r"<(item|entry)[ >].*?</\1>", re.DOTALL)


def markup_operators(bodies: Iterable[str], html: bool) -> Iterator[Operator]:
    """Yield what can be done to these documents."""
    names, attributes = _parts(bodies)
    usual = MILD if html else GRAVE
    yield from map(_operator, _SPELLING, _SPELLING.values())
    if html:
        yield from map(_operator, _LINKS, _LINKS.values())
    for name in names:
        yield _operator(f"<{name}> in upper case", partial(_respelt, name=name), usual)
        yield _operator(f"<{name}> with an attribute more", partial(_described, name=name), usual)
        yield _operator(f"</{name} > with a blank", partial(_spaced, name=name))
        yield _operator(f"<{name}> not closed", partial(_unclosed, name=name), GRAVE if name in _RAW else MILD)
        yield _operator(f"<{name}> empty", partial(_emptied, name=name), usual)
    if html:
        yield from (_operator(name, edit, SUSPECT) for name, edit in _LINK_SHIFTS.items())
        yield from (_operator(name, edit, GRAVE) for name, edit in _LINK_LOSSES.items())
    else:
        yield _operator("entries in reverse order", partial(_reversed, pattern=_REPEATED))
        yield _operator("control character", lambda text: re.sub(r">([^<\s])", ">\x0b\\1", text, count=1), GRAVE)
    for name in names:
        yield _operator(f"<{name}> missing", partial(_dropped, name=name), GRAVE if name == "a" else MILD)
    for name, attribute in attributes:
        yield _operator(
            f"{attribute} of <{name}> missing",
            partial(_stripped, name=name, attribute=attribute),
            GRAVE if (name, attribute) == ("a", "href") else MILD,
        )


def body_operators() -> Iterator[Operator]:
    """Yield what any body can suffer."""
    yield Operator("line end added", lambda one: with_body(one, one.body + b"\n") if one.body else one)
    yield Operator("body cut in two", partial(_bytes, edit=lambda body: body[: len(body) // 2]), GRAVE)
    yield Operator("body empty", partial(_bytes, edit=lambda body: b""), GRAVE)


def text_operators() -> Iterator[Operator]:
    """Yield what any text can suffer."""
    yield _operator("byte order mark", lambda text: "\ufeff" + text if text else text)
    yield _operator("lines end in CRLF", lambda text: re.sub(r"\r?\n", "\r\n", text))
    yield _operator("no white space at the end of lines", lambda text: re.sub(r"[ \t]+\n", "\n", text))


def _bytes(response: Response, edit: Callable[[bytes], bytes]) -> Response:
    return with_body(response, edit(response.body)) if response.body else response


def _operator(name: str, edit: TextEdit, gravity: int = MILD) -> Operator:
    return Operator(name, partial(in_text, edit=edit), gravity)


def in_text(response: Response, edit: TextEdit) -> Response:
    """Return an answer with its text edited; bytes that are no UTF-8 stay."""
    if not response.body or response.header(b"content-encoding") is not None or response.status >= 300:
        return response
    text = response.body.decode("utf-8", "surrogateescape")
    after = edit(text)
    return response if after == text else with_body(response, after.encode("utf-8", "surrogateescape"))


def _parts(bodies: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the elements and the attributes of documents, each once, in order."""
    names: dict[str, None] = {}
    attributes: dict[tuple[str, str], None] = {}
    for body in bodies:
        for tag in _TAG.finditer(body):
            names[tag[1]] = None
            attributes |= dict.fromkeys((tag[1], found[1]) for found in _ATTRIBUTE.finditer(tag[2]))
    return list(names)[:MOST], list(attributes)[:MOST]


def _respelt(text: str, name: str) -> str:
    return re.sub(rf"(</?){re.escape(name)}(?=[\s/>])", lambda tag: tag[1] + name.upper(), text)


def _unclosed(text: str, name: str) -> str:
    open_ended = re.sub(rf"</{re.escape(name)}\s*>", "", text)
    return re.sub(rf"(<{re.escape(name)}(?:\s[^<>]*?)?)\s*/>", r"\1>", open_ended)


def _described(text: str, name: str) -> str:
    return re.sub(rf"<{re.escape(name)}(?=[\s/>])", lambda tag: tag[0] + ' data-more="1"', text)


def _spaced(text: str, name: str) -> str:
    return re.sub(rf"</{re.escape(name)}>", f"</{name} >", text)


def _emptied(text: str, name: str) -> str:
    """Return a text without what stands in an element, where that is text."""
    return re.sub(rf"(<{re.escape(name)}(?:\s[^<>]*)?>)[^<]+(</{re.escape(name)}\s*>)", r"\1\2", text)


def _dropped(text: str, name: str) -> str:
    """Return a text without an element that holds text alone, or nothing."""
    whole = rf"<{re.escape(name)}(?:\s[^<>]*)?>[^<]*</{re.escape(name)}\s*>|<{re.escape(name)}(?:\s[^<>]*?)?/>"
    return re.sub(whole, "", text)


def _stripped(text: str, name: str, attribute: str) -> str:
    def without(tag: re.Match[str]) -> str:
        return re.sub(rf"""\s{re.escape(attribute)}=("[^"]*"|'[^']*')""", "", tag[0], count=1)

    return re.sub(rf"<{re.escape(name)}\s[^<>]*>", without, text)


def _reversed(text: str, pattern: re.Pattern[str]) -> str:
    found = [match[0] for match in pattern.finditer(text)]
    back = iter(found[::-1])
    return pattern.sub(lambda match: next(back), text)


def _hrefs(text: str, edit: TextEdit) -> str:
    return _HREF.sub(lambda link: link[1] + edit(link[2]) + link[3], text)


def _wrong_digest(url: str) -> str:
    return re.sub(r"(#\w+=)[0-9a-fA-F]{8}", r"\g<1>00000000", url)


_SPELLING: dict[str, TextEdit] = {
    "comments missing": lambda text: re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL),
    "comment added": lambda text: re.sub(r"(<(?:body|channel|feed)[^>]*>)", r"\1<!-- here -->", text, count=1),
    "document type missing": lambda text: re.sub(r"<!DOCTYPE[^>]*>\s*", "", text, flags=re.IGNORECASE),
    "no white space between elements": lambda text: re.sub(r">\s+<", "><", text),
    "more white space between elements": lambda text: re.sub(r">\s*\n<", ">\n\n    <", text),
    "quotes the other way": lambda text: _TAG.sub(
        lambda tag: tag[0].translate({34: 39, 39: 34}) if "'" not in tag[0] or '"' not in tag[0] else tag[0], text
    ),
    "attributes in reverse order": lambda text: _TAG.sub(
        lambda tag: (
            "<"
            + tag[1]
            + "".join(one[0] for one in [*_ATTRIBUTE.finditer(tag[2])][::-1])
            + (f" {tag[3]}" if tag[3] else "")
            + ">"
            if len(_ATTRIBUTE.findall(tag[2])) > 1
            else tag[0]
        ),
        text,
    ),
    "white space within tags": lambda text: re.sub(r"<([A-Za-z]\w*)\s+([^<>/]+[^<>/\s])>", r"<\1  \2 >", text),
    "text in brackets": lambda text: re.sub(r"\((<a [^>]*>[^<]*</a>[^()]*)\)", r"[\1]", text),
}
_LINKS: dict[str, TextEdit] = {
    "links: slash as entity": lambda text: _hrefs(text, lambda url: url.replace("/", "&#47;", 1)),
    "links: text changed": lambda text: re.sub(r"(<a\s[^>]*>)([^<]+)(</a>)", r"\1\2 (file)\3", text),
    "links: text missing": lambda text: re.sub(r"(<a\s[^>]*>)([^<]+)(</a>)", r"\1\3", text),
    "links: fragment missing": lambda text: _hrefs(text, lambda url: _FRAGMENT.sub("", url)),
    "links: fragment without its name": lambda text: _hrefs(text, lambda url: re.sub(r"#\w+=", "#", url)),
    "links: fragment in upper case": lambda text: _hrefs(
        text, lambda url: _FRAGMENT.sub(lambda found: found[0].upper(), url)
    ),
    "links in reverse order": partial(_reversed, pattern=_LINK),
}
_LINK_SHIFTS: dict[str, TextEdit] = {
    "links: query added": lambda text: _hrefs(
        text, lambda url: re.sub(r"(\?.*?)?((?<!&)#|$)", r"?x=1\2", url, count=1)
    ),
    "links: one level up": lambda text: _hrefs(text, lambda url: url if "//" in url[:8] else "../" + url),
    "links: path in lower case": lambda text: _hrefs(text, str.lower),
    "links: the last missing": lambda text: (
        text[: found[-1].start()] + text[found[-1].end() :] if (found := list(_LINK.finditer(text))) else text
    ),
}
_LINK_LOSSES: dict[str, TextEdit] = {
    "links: fragment wrong": lambda text: _hrefs(text, _wrong_digest),
    "links: all missing": lambda text: re.sub(r"<a\s[^>]*>(.*?)</a>", r"\1", text, flags=re.DOTALL),
}
