"""The answers of another recording as a target: each request is answered as it was there.

A request's partner is the same request (method, target and body) that began at the very same time, where there is one:
what two applications answered to one request (an archive that a ShadowRecorder kept beside another has no other
partners). Else it is the one at the same number of the recording of the same name, if it is the same request; else the
next such request there that this scenario has not asked for, or of all the recordings where none has the name; else, in
the recording of the same name, the next one that differs in nothing but tokens (of forms, between parts of a body),
which are others each time. What has no partner is not sent. Only hashes and times are held in memory, 48 bytes an
exchange.
"""

from __future__ import annotations

import hashlib
import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from harness.bind.token import strength
from harness.exchange import Exchange, Request
from harness.record.paired import beside
from harness.recording import Recording
from harness.session import Indexed, indexed
from harness.targets.side import Answer, Uncontrolled, Unsent

_WORD = re.compile(rb"[A-Za-z0-9_.-]{16,}")


class Answers:
    """All that some recordings answered, found by request. Read once, when first asked; shared by threads."""

    def __init__(self, recordings: Sequence[Recording], text: str) -> None:
        self.text = text
        self._recordings = recordings
        self._read: Sequence[Found] | None = None
        self._lock = threading.Lock()

    def found_for(self, name: str) -> Sequence[Found]:
        """Return where to look for the partners of a recording called `name`: in its own name, or its twin's."""
        with self._lock:
            if self._read is None:
                self._read = [Found(recording) for recording in map(indexed, self._recordings)]
        return [found for found in self._read if found.recording.name in (name, _twin(name))] or self._read


class Found:
    """The requests of one recording, sorted by their hash; `first` to look up is the number in the recording."""

    def __init__(self, recording: Indexed) -> None:
        self.recording = recording
        self._places, self._by_number, self._started = array("q"), array("q"), array("d")
        for place, exchange in recording.heads():
            self._places.append(place)
            self._started.append(exchange.started)
            self._by_number.append(_key(exchange.request))
        order = sorted(range(len(self._by_number)), key=self._by_number.__getitem__)
        self._numbers = array("q", (index + 1 for index in order))
        self._keys = array("q", (self._by_number[index] for index in order))

    def holds(self, key: int, number: int) -> bool:
        """Whether the exchange of this number is such a request."""
        return 1 <= number <= len(self._by_number) and self._by_number[number - 1] == key

    def began(self, key: int, started: float) -> int:
        """Return the number of the one such request that began at that time (epoch seconds); 0 for none, or several."""
        first, end = bisect_left(self._keys, key), bisect_right(self._keys, key)
        at = bisect_left(self._numbers, started, first, end, key=lambda number: self._started[number - 1])
        same = [number for number in self._numbers[at : min(at + 2, end)] if self._started[number - 1] == started]
        return same[0] if len(same) == 1 and started else 0

    def numbers(self, key: int) -> Sequence[int]:
        """Return the numbers of all such requests, ascending."""
        return self._numbers[bisect_left(self._keys, key) : bisect_right(self._keys, key)]

    @cached_property
    def alike(self) -> Mapping[int, Sequence[int]]:
        """The numbers of the requests that are the same but for tokens, by their hash. Reads the recording again."""
        numbers: defaultdict[int, list[int]] = defaultdict(list)
        for number, (_, exchange) in enumerate(self.recording.heads(), 1):
            numbers[_key(exchange.request, _without_tokens)].append(number)
        return numbers

    def place(self, number: int) -> int:
        """Return where the exchange of this number stands in its file."""
        return self._places[number - 1]


def _twin(name: str) -> str:
    """Return what the archive is called that a ShadowRecorder keeps beside one of this name."""
    return beside(PurePosixPath(name)).name


def _key(request: Request, read: Callable[[bytes], bytes] = bytes) -> int:
    text = b"\0".join((request.method, read(request.target), read(request.body or b"")))
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def _without_tokens(text: bytes) -> bytes:
    return _WORD.sub(lambda word: b"\0" if _is_token(word[0]) else word[0], text)


def _is_token(word: bytes) -> bool:
    """Tell whether a word is a token, or one between dashes: a boundary of parts is written `----------1f2e...`."""
    return "strong" in (strength(word), strength(word.strip(b"-_.")))


class AnswersSide(Uncontrolled):
    """Answers requests with what other recordings have for them."""

    authority = ""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._asked: Counter[int] = Counter()
        self._partner: Exchange | None = None
        self._looked_up = ""
        self._readers: dict[int, _Reader] = {}

    @property
    def told(self) -> float | None:
        """When the answer was given that is returned now."""
        return self._partner.started + (self._partner.duration or 0) if self._partner else None

    def start(self, env: Mapping[str, str]) -> None:
        """Forget what an earlier scenario asked."""
        self._asked.clear()
        self._looked_up = ""

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """A request without a partner, or whose answer was not recorded whole, cannot be compared."""
        if exchange.id != self._looked_up:
            self._looked_up, self._partner = exchange.id, self._look_up(exchange)
        if self._partner is None:
            return Unsent(f"no such request in {self._answers.text}")
        answer = self._partner.response
        return Unsent(f"answer not recorded in {self._answers.text}") if answer is None or answer.body is None else None

    def _look_up(self, exchange: Exchange) -> Exchange | None:
        name, _, number = exchange.id.rpartition("#")
        key = _key(exchange.request)
        before = self._asked[key]
        self._asked[key] += 1
        places = self._answers.found_for(name)
        at_once = [(found, same) for found in places if (same := found.began(key, exchange.started))]
        if len(at_once) == 1:
            return self._read(*at_once[0])
        if places[0].recording.name == _twin(name):  # what was not kept has no other partner
            return None
        if len(places) == 1 and places[0].holds(key, int(number)):
            return self._read(places[0], int(number))
        for found in places:
            numbers = found.numbers(key)
            if before < len(numbers):
                return self._read(found, numbers[before])
            before -= len(numbers)
        return self._look_up_alike(places[0], exchange.request) if len(places) == 1 else None

    def _look_up_alike(self, found: Found, request: Request) -> Exchange | None:
        numbers = found.alike.get(key := _key(request, _without_tokens), ())
        before = self._asked[key]
        self._asked[key] += 1
        return self._read(found, numbers[before]) if before < len(numbers) else None

    def _read(self, found: Found, number: int) -> Exchange:
        reader = self._readers.setdefault(id(found), _Reader(found))
        return reader.read(number)

    def send(self, exchange: Exchange) -> None:
        """Look the answer up, if `refusal` has not yet."""
        self.refusal(exchange)

    def receive(self) -> Answer:
        """Return it."""
        response = self._partner.response if self._partner else None
        return response or Unsent(f"no such request in {self._answers.text}")

    def stop(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Close the files."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()


class _Reader:
    """Reads single exchanges of a recording, with its file open in between."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._wanted: deque[tuple[int, int]] = deque()
        self._exchanges = found.recording.pick(self._asked())

    def _asked(self) -> Iterator[tuple[int, int]]:
        while self._wanted:
            yield self._wanted.popleft()

    def read(self, number: int) -> Exchange:
        self._wanted.append((number, self._found.place(number)))
        return next(self._exchanges)

    def close(self) -> None:
        for _ in self._exchanges:  # its last request was answered: an end, not a wait
            pass
