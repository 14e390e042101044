"""The arguments of a directive, read: a switch, a number, or the one word that says what we do anyway.

Comes in: one directive. Goes out: a value, or a `Refusal`.
"""

from __future__ import annotations

import re

from .model import Directive, Refusal, Setter, Settings


def on(directive: Directive) -> bool:
    """Read On or Off. Raises Refusal for anything else."""
    word = directive.arguments[0].lower() if directive.arguments else ""
    if word not in {"on", "off"}:
        raise Refusal(f"{word or 'nothing'} is neither On nor Off")
    return word == "on"


def first(directive: Directive) -> str:
    """Return the first argument. Raises Refusal where there is none."""
    if not directive.arguments:
        raise Refusal("it has no argument")
    return directive.arguments[0]


def number(directive: Directive, text: str | None = None) -> int:
    """Read a number, of the first argument unless another is given. Raises Refusal for anything else."""
    text = first(directive) if text is None else text
    if not re.fullmatch("[0-9]{1,18}", text):
        raise Refusal(f"{text} is not a number")
    return int(text)


def only(word: str, why: str) -> Setter:
    """Return a setter for a directive of which one value is what we do anyway."""

    def check(settings: Settings, directive: Directive) -> Settings:
        if first(directive).lower() != word:
            raise Refusal(why)
        return settings

    return check
