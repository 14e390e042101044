"""The expression of an `<If>` as the condition of nginx's `if`: one comparison of one variable.

Comes in: the text between the angle brackets. Goes out: what stands between nginx's parentheses, or a `Refusal`.
"""

from __future__ import annotations

import re

from .conditions import VARIABLES
from .model import Refusal
from .redirect import pattern, quoted

SIGNS = {"==": "=", "=": "=", "!=": "!=", "-eq": "=", "-ne": "!="}
_PARSED = re.compile(
    r"""\s*(?:%\{(?P<name>\w+)\}|(?P<kind>req|http|%\{HTTP:)\s*\(?\s*['"]?(?P<header>[\w-]+)['"]?\s*[)}])
    \s*(?:(?P<sign>==?|!=|-eq|-ne)\s*(?P<quote>['"])(?P<text>[^'"%$]*)(?P=quote)
    |(?P<like>=~|!~)\s*(?:/(?P<slashed>(?:[^/\\]|\\.)*)/|m\#(?P<hashed>[^#]*)\#)(?P<flags>i?))\s*""",
    re.VERBOSE,
)


def condition(text: str) -> str:
    """Translate an expression. Raises Refusal for anything but one comparison with a text or a pattern."""
    found = _PARSED.fullmatch(_unquoted(text))
    if found is None:
        raise Refusal(f"nginx has no expressions; only one comparison of a variable has a translation, not {text}")
    variable = VARIABLES.get(found["name"]) if found["name"] else "$http_" + found["header"].lower().replace("-", "_")
    if variable is None or found["name"] == "HTTPS":
        raise Refusal(f"nginx has no variable for %{{{found['name']}}}")
    if found["sign"]:
        return f"{variable} {SIGNS[found['sign']]} {quoted(found['text'])}"
    expression = found["hashed"] if found["slashed"] is None else found["slashed"].replace(r"\/", "/")
    return f"{variable} {'!' if found['like'] == '!~' else ''}~{'*' if found['flags'] else ''} {pattern(expression)}"


def _unquoted(text: str) -> str:
    """Take off the quotes that Apache wants around an expression with blanks."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace("\\" + text[0], text[0])
    return text
