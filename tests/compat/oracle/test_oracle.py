"""The same programs and raw requests at Apache httpd, at lighttpd and at compat: every difference is in
`differences.toml`, with its reason, and nothing in there is out of date.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.compat.oracle.answers import Answer, differences
from tests.compat.oracle.probes import PROBES

FILE = Path(__file__).with_name("differences.toml")
SERVERS = ("apache", "lighttpd")


@dataclass(frozen=True)
class Difference:
    """One entry of the file: what `server` answers and what compat answers, `*` for anything and `-` for nothing, for
    the probes whose names match. `sometimes`: that server does not always answer alike.
    """

    server: str
    probes: tuple[str, ...]
    aspects: tuple[str, ...]
    theirs: str
    ours: str
    reason: str
    sometimes: bool

    def explains(self, probe: str, aspect: str, ours: str, theirs: str) -> bool:
        """Tell whether this entry accounts for a difference."""
        return (
            any(fnmatchcase(probe, pattern) for pattern in self.probes)
            and any(fnmatchcase(aspect, pattern) for pattern in self.aspects)
            and self.ours in ("*", ours)
            and self.theirs in ("*", theirs)
        )


def reviewed(server: str) -> list[Difference]:
    """Return the entries of the file for one server."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["difference"]
    return [
        Difference(
            server,
            tuple(entry.get("probes", ["*"])),
            tuple(entry["aspects"]),
            entry[server],
            entry["compat"],
            entry["reason"],
            entry.get("sometimes", False),
        )
        for entry in entries
        if server in entry
    ]


def test_enough_probes() -> None:
    """Each probe has a name of its own, and there are as many as agreed."""
    names = [probe.name for probe in PROBES]
    assert len(set(names)) == len(names) >= 120


@pytest.mark.parametrize("runner", ["exec", "warm"])
@pytest.mark.parametrize("server", SERVERS)
def test_every_difference_is_reviewed(asked: Callable[[str], dict[str, Answer]], server: str, runner: str) -> None:
    """What differs from a real server is in the file with its reason; what is in the file differs."""
    answers, ours = asked(server), asked(runner)
    entries = reviewed(server)
    unexplained: list[str] = []
    used: dict[tuple[int, str], int] = defaultdict(int)
    for probe, answer in answers.items():
        for aspect, (mine, other) in differences(ours[probe], answer).items():
            found = [number for number, entry in enumerate(entries) if entry.explains(probe, aspect, mine, other)]
            if not found:
                unexplained.append(f"{probe}: {aspect}: {server} {other!r}, compat {mine!r}")
            for number in found:
                for pattern in entries[number].probes:
                    used[number, pattern] += fnmatchcase(probe, pattern)
    stale = [
        f"{entry.probes} {entry.aspects}: no difference for {pattern!r}"
        for number, entry in enumerate(entries)
        for pattern in entry.probes
        if not entry.sometimes
        if not used[number, pattern]
    ]
    assert not unexplained, "\n".join(unexplained)
    assert not stale, "\n".join(stale)


def test_every_entry_has_a_reason() -> None:
    """A reason is a sentence, and every entry names a server."""
    for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["difference"]:
        assert len(entry["reason"]) > 20, entry
        assert any(server in entry for server in SERVERS), entry
