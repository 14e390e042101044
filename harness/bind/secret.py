"""What people know of redacted secrets: `[bind.secret]` names them by field and user, `secrets` gives test values.

The tables, the environment and the recorded exchanges come in, pairs for `Bindings` go out: nobody has to copy tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bind.fixed import from_environment
from harness.bind.learn import Pair
from harness.bind.principal import basic_user
from harness.bind.spelling import DOCUMENT, Values
from harness.errors import UsageError, nearest
from harness.exchange import Exchange, Redaction

OF = " of "
NEARLY = 0.8
"""How alike a name is to one for which it is taken as a slip."""
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Entry:
    """`"pw of alice" = VALUE`: what was redacted in the field, header or cookie `name`, or as this kind, of `who`.

    An empty `who` is anybody.
    """

    name: str
    who: str
    value: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """`[bind.secret]`, the most particular entries first, and the values of `[bind] secrets`."""

    entries: tuple[Entry, ...] = ()
    values: tuple[str, ...] = ()


def read_secrets(table: Mapping[str, Any], path: Path, environ: Mapping[str, str]) -> Secrets:
    """Check `secret` and `secrets` of `[bind]`. Raises UsageError that names the entry."""
    named, listed = table.get("secret", {}), table.get("secrets", [])
    if not isinstance(named, dict):
        raise UsageError(f'{path}: [bind] secret must be a table: [bind.secret] with "FIELD of USER" = VALUE')
    if not isinstance(listed, list):
        raise UsageError(f'{path}: [bind] secrets must be a list of texts and {{env = "VARIABLE"}}')
    entries = [_entry(name, _value(value, f"{path}: [bind.secret] {name!r}", environ)) for name, value in named.items()]
    values = [_value(value, f"{path}: [bind] secrets", environ) for value in listed]
    return Secrets(tuple(sorted(entries, key=lambda entry: not entry.who)), tuple(values))


def _entry(text: str, value: str) -> Entry:
    name, _, who = text.partition(OF)
    return Entry(name.strip().lower(), who.strip(), value)


def _value(value: Any, where: str, environ: Mapping[str, str]) -> str:
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        value = from_environment(value["env"], where, environ)
    if not isinstance(value, str) or not value:
        raise UsageError(f'{where} must be a text or {{env = "VARIABLE"}}, not {value!r}')
    return value


def bound(secrets: Secrets, token: Callable[[str], str] | None, exchanges: Iterable[Exchange]) -> Iterator[Pair]:
    """Yield what stands in the place of which recorded token, each token once; wrong passwords stay as they are.

    `token` makes tokens with the key of the recording; without it, `values` cannot be recognised: UsageError.
    """
    if secrets.values and token is None:
        raise UsageError("[bind] secrets needs the key that the recording was made with: set HARNESS_KEY")
    given = {token(value): value for value in secrets.values if token is not None}
    sent = _sent(secrets.entries, exchanges) if secrets.entries else {}
    right = {use.entry for use in sent.values() if use.statuses - _REFUSED}
    led_on = {(use.entry, path) for use in sent.values() for path, status in use.answers if 300 <= status < 400}
    for each, use in sent.items():
        if not use.was_wrong(use.entry in right) and not use.was_asked_again(led_on):
            given.setdefault(each, use.entry.value)
    for recorded, own in given.items():
        yield Pair("token", b"", recorded.encode("utf-8", "surrogatepass"), own.encode("utf-8", "surrogateescape"))


@dataclass(slots=True)
class _Use:
    """The entry for a token, and how the requests that sent it were answered, by their path (0: not at all)."""

    entry: Entry
    answers: set[tuple[bytes, int]]

    @property
    def statuses(self) -> set[int]:
        """How they were answered."""
        return {status for _, status in self.answers}

    def was_wrong(self, another_was_right: bool) -> bool:
        """Tell whether it was refused as a wrong password is: then it stays, and is wrong today, too.

        403 may also be what somebody is told whose password is right, unless another one was accepted.
        """
        return self.statuses == {401} or (another_was_right and self.statuses <= _REFUSED)

    def was_asked_again(self, led_on: set[tuple[Entry, bytes]]) -> bool:
        """Tell whether each answer was a page where another password of the entry was led on: the form once more."""
        return all((self.entry, path) in led_on and not 300 <= status < 400 for path, status in self.answers)


def _sent(entries: tuple[Entry, ...], exchanges: Iterable[Exchange]) -> dict[str, _Use]:
    """Return the tokens for which there is an entry, the first that fits."""
    found: dict[str, _Use] = {}
    names: set[str] = set()
    for exchange in exchanges:
        for redaction in exchange.redactions:
            if redaction.place.startswith("request."):
                names |= {name_of(redaction).lower(), redaction.kind.lower()}
            entry = _entry_for(redaction, exchange, entries)
            if entry is not None and redaction.token:
                use = found.setdefault(redaction.token, _Use(entry, set()))
                status = exchange.response.status if exchange.response else 0
                use.answers.add((exchange.request.path, status))
    _check(entries, names)
    return found


def _check(entries: tuple[Entry, ...], names: set[str]) -> None:
    """Raise UsageError for an entry whose name nothing has, but nearly: the other entries and other recordings stay."""
    named = {entry.name for entry in entries}
    for entry in entries:
        if names and entry.name not in names and (meant := nearest(entry.name, names - named, NEARLY)):
            raise UsageError(f"[bind.secret] {entry.name!r}: no redacted field, header or cookie has this name{meant}")


def _entry_for(redaction: Redaction, exchange: Exchange, entries: tuple[Entry, ...]) -> Entry | None:
    if not redaction.place.startswith("request."):
        return None
    known = (name_of(redaction).lower(), redaction.kind.lower())
    fitting = (entry for entry in entries if entry.name in known)
    return next((entry for entry in fitting if not entry.who or speaks_of(exchange, entry.who)), None)


def name_of(redaction: Redaction) -> str:
    """Return the name of the field, header or cookie that a secret stood in; empty where nothing names it.

    A place is `SIDE.PART`, the name of a header, how the value was written, its name: the last is the nearest.
    """
    names = redaction.place.split(" ")[1:]
    return next((name for name in reversed(names) if name != "?"), "")


def speaks_of(exchange: Exchange, who: str) -> bool:
    """Tell whether a request is that of a user: by HTTP, by its front end, or as the whole of a value in it."""
    if who in (basic_user(exchange), exchange.user):
        return True
    values = Values()
    values.add(who.encode())
    request = exchange.request
    return any(next(values.spots(text, DOCUMENT), None) for text in (request.target, request.body or b""))
