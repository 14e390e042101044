"""The committed recordings are whole: every client is there, writes included, small enough, no path of a machine."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

FOLDER = Path(__file__).resolve().parents[2] / "recordings"
CASSETTES = sorted(FOLDER.glob("*.yaml"))
ELSEWHERE = sorted((FOLDER.parent / "installations").glob("*.yaml"))
CLIENTS = (
    "pip/9.0.3", "pip/18.1", "pip/20.3.4", "pip/23.2.1", "pip/26.3",
    "setuptools/18.8.1", "setuptools/36.8.0", "setuptools/40.6.2", "setuptools/44.1.1",
    "twine/1.9.1", "twine/1.15.0", "twine/6.1.0", "twine/7.0.0",
    "python-requests/", "pdm/2.10.4", "uv/0.13.9",
    "Python-urllib/2.7", "Python-urllib/3.6", "Python-urllib/3.11",
    "xmlrpclib.py", "Python-xmlrpc/3.11", "pep381client/1.5", "bandersnatch/6.8.0",
    "feedparser/6.0.14", "UniversalFeedParser/5.2.1", "curl/",
)  # fmt: skip


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, object]]:
    """Each cassette as YAML gives it: not read by the harness, whose reading is judged elsewhere."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {path.name: yaml.load(path.read_text(encoding="utf-8"), Loader=loader) for path in CASSETTES}


def interactions(documents: dict[str, dict[str, object]]) -> list[dict[str, dict[str, object]]]:
    """All interactions of all cassettes."""
    return [one for document in documents.values() for one in document["interactions"]]  # type: ignore[attr-defined]


def test_each_names_the_seed_as_its_state(documents: dict[str, dict[str, object]]) -> None:
    """A replay must know what to start from."""
    assert {document["harness"]["state"] for document in documents.values()} == {"seed"}  # type: ignore[index]


def test_those_of_other_installations_name_a_state_of_their_own() -> None:
    """Nothing but the state tells a replay which settings they were recorded under."""
    found = {path.name: re.search(r"(?m)^  state: (\w+)", path.read_text(encoding="utf-8")) for path in ELSEWHERE}
    assert {name: state and state[1] for name, state in found.items()} == {
        "raw-early.yaml": "early",
        "raw-late.yaml": "late",
        "raw-other.yaml": "other",
    }


def test_every_client_is_in_them(documents: dict[str, dict[str, object]]) -> None:
    """Each client of the list sent something, by its own User-Agent."""
    agents = [str(one["request"]["headers"].get("User-Agent")) for one in interactions(documents)]  # type: ignore[attr-defined]
    assert [client for client in CLIENTS if not any(client in agent for agent in agents)] == []


def test_there_are_hundreds_and_writes_among_them(documents: dict[str, dict[str, object]]) -> None:
    """Enough to be worth replaying; uploads that were taken and uploads that were refused."""
    every = interactions(documents)
    statuses = Counter(
        one["response"]["status"]["code"]  # type: ignore[index]
        for one in every
        if one["request"]["method"] == "POST"
    )
    assert len(every) > 300
    assert statuses[200] > 100
    assert {400, 401, 403} <= set(statuses)


def test_they_are_small() -> None:
    """A clone of the repository must not be slow for their sake."""
    sizes = [path.stat().st_size for path in CASSETTES]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 6_500_000


@pytest.mark.parametrize("path", [*CASSETTES, *ELSEWHERE], ids=lambda path: path.stem)
def test_no_path_of_a_machine_is_in_them(path: Path) -> None:
    """What stands in a cassette holds on every machine."""
    assert re.findall(r"/root/|/home/\w+/|/tmp/|\.pyenv", path.read_text(encoding="utf-8")) == []
