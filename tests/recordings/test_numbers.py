"""Every behaviour that HTTP can show has an exchange in recordings/ or installations/, or stands here with a reason."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
RAW = sorted(path for folder in ("recordings", "installations") for path in (ROOT / folder).glob("raw-*.yaml"))
SHELL = "what the shell around the index is given or gives; no request of a client decides it"
ESCAPES = "an error that escapes the index: each shell answers with a page of its own, with a traceback in it"
DATABASE = "the schema of the database: tests/legacy/behaviours looks at it"
NOT_RECORDED = {
    1: SHELL,
    9: ESCAPES,
    10: "a switch in the program's text, off",
    11: SHELL,
    12: SHELL,
    13: SHELL,
    16: ESCAPES,
    23: SHELL,
    24: "a user that SSH has let in, on a server that nobody reaches by HTTP",
    28: "nothing writes under these names",
    52: "a transaction that fails after the answer: the page is out, and nobody can say so",
    119: "there are no external links since 2015",
    136: "the database refuses text that is not UTF-8",
    158: "a cache in Redis: there is none",
    174: "a cache in Redis: there is none",
    209: "a file of more than 60 MB is too much for a cassette",
    234: "counters in Redis: there are none",
    252: "the database is there while recordings are made",
    256: "an error after output began: no request of a client makes one",
    258: "what the log holds, not the client",
    264: DATABASE,
    265: DATABASE,
    266: DATABASE,
    273: DATABASE,
}


def catalogue():
    """The numbers that are to be shown, as the characterization tests of the old index list them."""
    source = (ROOT / "tests" / "legacy" / "behaviours" / "test_numbers.py").read_text(encoding="utf-8")
    assigned = {node.targets[0].id: node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)}
    for run in ast.literal_eval(assigned["CATALOGUE"]).split():
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)


@pytest.fixture(scope="module")
def shown():
    """{number: [cassette#exchange]}, of what each raw request says in its own header."""
    found = defaultdict(list)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in RAW:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        for position, one in enumerate(document["interactions"], 1):
            for number in re.findall(r"B(\d{3})", str(one["request"]["headers"]["X-Behaviour"])):
                found[int(number)].append(f"{path.name}#{position}")
    return found


def test_every_behaviour_has_an_exchange(shown):
    """None is forgotten."""
    assert [number for number in catalogue() if number not in shown and number not in NOT_RECORDED] == []


def test_no_reason_is_kept_for_one_that_is_shown(shown):
    """What is excused is neither recorded nor unknown."""
    assert set(NOT_RECORDED) & set(shown) == set()
    assert set(NOT_RECORDED) <= set(catalogue())
