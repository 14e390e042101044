"""Every number of the catalogue of behaviours stands in a test, or here with the reason why not."""

import re
from pathlib import Path

# Runs of numbers, those only of 2008 left out.
CATALOGUE = (
    "1-4 6 8-14 16-18 20-21 23-24 26-28 30-31 33-34 36-38 40-42 46 48-49 51-56 58-60 62-65 67-69 71-73 75 77-81"
    " 83-85 87-89 91-93 95-96 98 100 102-106 108-110 112-114 116 119 122-123 125-130 133-142 145-147 149-150"
    " 152-154 158-159 161-162 164-166 168 170-172 174-176 178-179 181-185 187-191 193 195-200 202-204 206-210"
    " 212-213 215 217-218 220 222-227 229-230 232-238 241 244-248 250-254 256-258 260-262 264-270 273-274 276"
    " 278-279 281"
)
NOT_TESTED = {
    11: "where the configuration is named is a matter of the shell; ours has one name for it",
    12: "FastCGI: a shell of its own, gone with Python 2",
    13: "mod_python: a shell of its own, gone with Python 2",
    21: "the development wrapper: `legacy.wsgi.Front` is written after it, and tested in test_wsgi",
    23: "the stand-alone server: a shell of its own; `python -m legacy serve` takes its place",
    28: "nothing writes under these names",
    119: "there are no external links since 2015",
    136: "the database refuses text that is not UTF-8; that requests and answers are is B274",
    158: "a cache in Redis, which the reference installation had none of",
    174: "a cache, in Redis or in files: ours makes feeds for each request, and no recorded one differs",
    256: "an error after output began: HandlerApp's own tests; B052 is one case",
    266: "the schema of ours is whole",
}


def numbers(text):
    """The numbers of runs like `1-4 6`."""
    for run in text.split():
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)


def test_every_behaviour_has_a_test():
    """None is forgotten, and no reason is kept for one that has a test."""
    tests = [path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py")]
    source = "".join(text for text in tests if "NOT_TESTED" not in text)
    tested = {int(number) for number in re.findall(r"[Bb](\d{3})\b|_b(\d{3})_", source) for number in number if number}
    missing = [number for number in numbers(CATALOGUE) if number not in tested | set(NOT_TESTED)]
    assert missing == []
