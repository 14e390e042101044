"""Cassettes: recordings as vcrpy version 1 files (YAML or JSON), for people to read, review and edit.

Exchanges come in and a file goes out, or the reverse; how one exchange is written is `interaction`'s. Nothing is
redacted here: what an exchange holds is what the file holds, with what was redacted before told beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import yaml

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.store import yaml_text
from harness.store.interaction import as_bytes, exchange_from, interaction

FORMAT = "harness-cassette"
VERSION = 1
SUFFIXES = frozenset({".yaml", ".yml", ".json"})


class Cassette:
    """One cassette file, read whole: it is meant for at most some thousands of exchanges.

    A file that is missing, empty, truncated or not a cassette raises `RecordingError`.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        document = load(path)
        header = {name: str(value) for name, value in (document.get("harness") or {}).items() if value is not None}
        self.state: str | None = header.get("state")
        self.scenario: str | None = header.get("scenario")
        self._exchanges = tuple(_exchanges(document["interactions"], path, self.name))

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)


class CassetteWriter:
    """Write exchanges into a cassette one by one, in the order given; JSON where the name ends in `.json`.

    The file appears under its own name when the writer is closed without an error; until then it stands beside it with
    `.part` at its end, so that an earlier cassette is never half replaced.
    """

    def __init__(self, path: Path, state: str | None = None, scenario: str | None = None) -> None:
        self.path = path
        self.count = 0
        self._part = path.with_name(path.name + ".part")
        self._head: dict[str, yaml_text.Plain] = {"format": FORMAT, "version": VERSION}
        self._head |= {key: value for key, value in (("state", state), ("scenario", scenario)) if value is not None}
        self._style = _JsonStyle() if path.suffix == ".json" else _YamlStyle()
        self._file: TextIO | None = None

    def open(self) -> None:
        """Create the file beside its later place; raises OSError where that cannot be."""
        if self._file is None:
            self._file = self._part.open("w", encoding="utf-8", newline="\n")
            self._file.write(self._style.opening(self._head))

    def add(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self.open()
        if self._file is not None:
            self._file.write(self._style.item(interaction(exchange, text_only=self._style.text_only), self.count))
            self.count += 1

    def flush(self) -> None:
        """Hand what was added to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Finish the file and give it its name. A second call does nothing."""
        self.open()
        if self._file is not None and not self._file.closed:
            self._file.write(self._style.closing(self.count))
            self._file.close()
            os.replace(self._part, self.path)

    def abandon(self) -> None:
        """Nothing: what was added is in the file as far as it could be written."""

    def discard(self) -> None:
        """Remove what was written and not finished; does nothing after `close`."""
        if self._file is not None and not self._file.closed:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.close()
        self.discard()


def write_cassette(
    path: Path, exchanges: Iterable[Exchange], state: str | None = None, scenario: str | None = None
) -> int:
    """Write a whole cassette and return how many exchanges it holds."""
    with CassetteWriter(path, state, scenario) as writer:
        for exchange in exchanges:
            writer.add(exchange)
    return writer.count


class _YamlStyle:
    text_only = False

    def opening(self, head: Mapping[str, yaml_text.Plain]) -> str:
        return "".join(yaml_text.dump({"harness": head})) + "interactions:"

    def item(self, value: Mapping[str, Any], number: int) -> str:
        return ("" if number else "\n") + "".join(yaml_text.dump_item(value))

    def closing(self, count: int) -> str:
        # vcrpy's own order: a file that was cut off has no version.
        return ("" if count else " []\n") + f"version: {VERSION}\n"


class _JsonStyle:
    text_only = True

    def opening(self, head: Mapping[str, yaml_text.Plain]) -> str:
        return f'{{"harness": {json.dumps(head)},\n"interactions": ['

    def item(self, value: Mapping[str, Any], number: int) -> str:
        return (",\n" if number else "\n") + json.dumps(value, indent=1, ensure_ascii=False)

    def closing(self, count: int) -> str:
        return ("\n" if count else "") + f'],\n"version": {VERSION}}}\n'


def _exchanges(interactions: Iterable[Any], path: Path, name: str) -> Iterator[Exchange]:
    for number, item in enumerate(interactions, 1):
        try:
            yield exchange_from(item, f"{name}#{number}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RecordingError(
                f"{path}: interaction {number} is not one of a vcrpy cassette ({type(error).__name__}: {error})"
            ) from error


def load(path: Path) -> dict[str, Any]:
    """Read a cassette file into plain data, checked so far that it has the shape of a cassette of a known version."""
    document = load_document(path)
    if not looks_like_cassette(document):
        raise RecordingError(f"{path}: not a recording: it has no `interactions`")
    if isinstance(document, list):
        raise RecordingError(f"{path}: a cassette from before vcrpy 1.0; convert it with `python -m vcr.migration`")
    header = document.get("harness") or {"format": FORMAT, "version": VERSION}
    if not isinstance(header, dict) or (header.get("format"), header.get("version")) != (FORMAT, VERSION):
        raise RecordingError(f"{path}: written as {header}; this harness reads {FORMAT} version {VERSION}")
    if document.get("version") != 1 or not isinstance(document.get("interactions"), list):
        raise RecordingError(f"{path}: truncated, or no vcrpy cassette of version 1: it does not end with `version: 1`")
    return dict(document)


def looks_like_cassette(document: object) -> bool:
    """Tell a cassette, even a damaged or an ancient one, from other YAML or JSON."""
    if isinstance(document, list) and document:
        return isinstance(document[0], dict) and "request" in document[0]
    return isinstance(document, dict) and ("interactions" in document or isinstance(document.get("harness"), dict))


def load_document(path: Path) -> Any:
    """Parse a YAML or JSON file safely; raises `RecordingError` where it is missing, empty or cannot be parsed."""
    parse: Callable[[str], Any] = json.loads if path.suffix == ".json" else lambda text: yaml.load(text, _loader())  # noqa: S506
    try:
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            raise RecordingError(f"{path}: empty file, not a recording")
        return parse(text)
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise RecordingError(f"{path}: truncated, or neither a cassette nor an archive: {reason}") from error


def _loader() -> type[Any]:
    """Return a safe loader, libYAML's where there is one, that also reads the harmless Python tags vcrpy writes."""
    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("CassetteLoader", (base,), {})
    prefix = "tag:yaml.org,2002:python/"
    loader.add_constructor("!binary", base.construct_yaml_binary)  # as Ruby writes it
    loader.add_constructor(prefix + "str", base.construct_yaml_str)
    loader.add_constructor(prefix + "unicode", base.construct_yaml_str)
    loader.add_constructor(prefix + "tuple", base.construct_yaml_seq)
    loader.add_constructor(prefix + "object/new:_io.BytesIO", _bytes_io)
    return loader  # type: ignore[no-any-return]


def _bytes_io(loader: Any, node: Any) -> bytes:
    state = loader.construct_mapping(node, deep=True).get("state") or [b""]
    return as_bytes(state[0])
