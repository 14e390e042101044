"""A file of tests and its cassette: exchanges with names and sentences come in, two files go out, never over others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.characterize.names import distinct, name_of_test, sentence
from harness.characterize.own_rules import rules_of
from harness.characterize.own_seed import seed_of
from harness.errors import UsageError
from harness.exchange import Exchange
from harness.naming import Names
from harness.recording import replacing
from harness.seed.source import SUFFIXES

HEAD = '''"""What clients get, pinned as recorded beside it; run at another target by --harness-target TARGET."""

CASSETTE = {cassette}
TARGET = {target}
'''
TEST = """

def {name}(harness_replay):
    {sentence}
    harness_replay(CASSETTE, {number}, target=TARGET)
"""


def check_places(tests: Path) -> Path:
    """Return where the cassette of a file of tests goes. Raises UsageError for a name pytest passes over, or taken."""
    if tests.suffix != ".py" or not tests.name.startswith("test_"):
        raise UsageError(f"{tests}: pytest collects test_*.py: give such a name")
    cassette = tests.with_suffix(".yaml")
    for place in (tests, cassette, *beside(cassette)):
        if place.exists():
            raise UsageError(f"{place}: exists, and is not written over; give another name, or remove it")
    return cassette


def beside(cassette: Path) -> list[Path]:
    """Return where a cassette's own rules and seed may stand."""
    return [rules_of(cassette), *(seed_of(cassette, suffix) for suffix in SUFFIXES)]


def write(
    tests: Path, exchanges: Sequence[Exchange], chosen: Sequence[str], state: str | None, target: str, names: Names
) -> Path:
    """Write the tests, one for each of the `chosen` ids, and the cassette of all `exchanges`; return its path.

    A folder for them is made where there is none. Raises UsageError and RecordingError: then neither is left.
    """
    cassette = check_places(tests)
    try:
        tests.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{tests.parent}: the folder for the tests cannot be made: {error.strerror}") from None
    with replacing(cassette, state) as writer:
        for exchange in exchanges:
            writer.add(exchange)
    pinned = [(number, exchange) for number, exchange in enumerate(exchanges, 1) if exchange.id in chosen]
    called = distinct(name_of_test(exchange, names) for _, exchange in pinned)
    text = HEAD.format(cassette=_literal(cassette.name), target=_literal(target))
    for name, (number, exchange) in zip(called, pinned, strict=True):
        text += TEST.format(name=name, sentence=_docstring(sentence(exchange, names)), number=number)
    tests.write_text(text, encoding="utf-8")
    return cassette


def _literal(text: str) -> str:
    return f'"{text}"' if text.isascii() and not set(text) & set('"\\\n') else ascii(text)


def _docstring(text: str) -> str:
    return f'"""{text}"""' if not set(text) & set('"\\') else ascii(text)
