"""pytest's side of characterization: recordings are collected as tests, one an exchange, and tests replay cassettes.

Loaded by every pytest where the harness is installed, so it imports nothing of it before it is used. What is collected:
the recordings that `[pytest] recordings` of harness.toml lists, and with `--harness-target` those in the files and
folders named on the command line. A recording is replayed once at a target, when the first of its tests runs, as far
as the last test that was chosen; what an exchange shows, `harness.characterize.check` says. One process rewrites
recordings, at the end: where xdist's workers ran the tests, these hand over what they saw.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.characterize.check import Check
    from harness.characterize.seen import Seen

SUFFIXES = (".yaml", ".yml", ".json", ".archive")
KEYS = ("target", "recordings")
MOST = 10
"""Exchanges whose differences one test shows."""
OUTPUT = "harness"
"""Under which name a worker of xdist hands over what it saw."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("harness", "characterization tests")
    group.addoption("--harness-target", metavar="TARGET", help="what recordings are replayed at (docs/targets.md)")
    group.addoption(
        "--harness-update", action="store_true", help="rewrite the recorded answers of the tests that fail, and say so"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the options and harness.toml say for this run."""
    config.stash[SETTING] = Setting(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a recording, where it is to be."""
    if file_path.suffix not in SUFFIXES or not parent.config.stash[SETTING].wants(file_path):
        return None
    return RecordingFile.from_parent(parent, path=file_path)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note how far each recording is replayed."""
    limits = session.config.stash[SETTING].limits
    for item in session.items:
        if isinstance(item, ExchangeTest):
            limits[item.path] = max(item.number, limits.get(item.path, 0))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist saw."""
    setting = node.config.stash[SETTING]
    if setting.is_updating:
        setting.take(getattr(node, "workeroutput", {}).get(OUTPUT))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Rewrite what failed, where that is wanted; a worker of xdist leaves it to whoever started it."""
    setting, output = session.config.stash[SETTING], getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OUTPUT] = setting.seen.packed() if setting.is_updating else b""
    else:
        setting.update()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which recordings were rewritten."""
    for line in terminalreporter.config.stash[SETTING].updated:
        terminalreporter.write_line(line)


@pytest.fixture
def harness_target(request: pytest.FixtureRequest) -> str:
    """The target that recordings are replayed at."""
    return request.config.stash[SETTING].target()


@pytest.fixture
def harness_replay(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`harness_replay(PATH, NUMBER..., target=T)`: fail unless these exchanges (none: all) are answered as recorded.

    `target` is what is asked where neither `--harness-target` nor harness.toml says anything else.
    """
    setting = request.config.stash[SETTING]

    def replay(path: str | Path, *numbers: int, target: str = "") -> None:
        __tracebackhide__ = True
        check = setting.replayed(request.path.parent / path, target)
        if unknown := [number for number in numbers if number not in check.shown]:
            pytest.fail(f"{check.path}: has no exchange {unknown[0]}, but 1 to {len(check.recording)}", pytrace=False)
        failed = [number for number in numbers or check.shown if setting.fails(check, number)]
        more = [f"and {len(failed) - MOST:,} more exchanges of {check.path}"] if len(failed) > MOST else []
        if failed:
            pytest.fail("\n\n".join([*map(check.failure, failed[:MOST]), *more]), pytrace=False)

    return replay


class Setting:
    """What is collected and replayed in one run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._root, self._table = configured(config.rootpath)
        self._option: str | None = config.getoption("--harness-target")
        self._replayed: dict[tuple[Path, str, int | None], Check | str] = {}
        self.limits: dict[Path, int] = {}
        self.updated: list[str] = []
        for place in self._listed():
            if not place.exists():
                warning = pytest.PytestConfigWarning(f"[pytest] recordings: there is no {place}")
                config.issue_config_time_warning(warning, stacklevel=2)

    def _listed(self) -> list[Path]:
        return [self._root / text for text in self._table.get("recordings", [])]

    def wants(self, path: Path) -> bool:
        """Whether a file is collected: a recording in a listed place, or named with a target on the command line."""
        places = self._listed()
        if self._option:
            directory = self._config.invocation_params.dir
            places += [directory / text.partition("::")[0] for text in self._config.args]
        if not any(place in (path, *path.parents) for place in map(_normal, places)):
            return False
        from harness.errors import RecordingError
        from harness.recording import is_recording

        try:
            return is_recording(path)
        except RecordingError:
            return True  # damaged: said when it is collected

    def target(self, otherwise: str = "") -> str:
        """Return the target. Raises UsageError of pytest where none is given."""
        found = self._option or self._table.get("target") or otherwise
        if not found:
            raise pytest.UsageError("no target: give --harness-target TARGET, or target under [pytest] of harness.toml")
        return str(found)

    def replayed(self, path: Path, target: str = "", limit: int | None = None) -> Check:
        """Return a recording that was replayed, once however many ask; `target` where nothing else is given.

        Fails the test where it cannot be: what could not be started is not started anew for the next test.
        """
        key = path.resolve(), self.target(target), limit
        if key not in self._replayed:
            self._replayed[key] = self._check(path, key[1], limit)
        check = self._replayed[key]
        if isinstance(check, str):
            pytest.fail(check, pytrace=False)
        return check

    def _check(self, path: Path, target: str, limit: int | None) -> Check | str:
        """Replay a recording, or say why that cannot be."""
        from harness.characterize.check import Check
        from harness.config import find_config
        from harness.errors import HarnessError

        try:
            check = Check(path, target, find_config(self._config.rootpath), limit)
            return check if check.shown else f"{path}: nothing was replayed"
        except HarnessError as error:
            return f"{path}: {error}"

    def fails(self, check: Check, number: int) -> bool:
        """Whether an exchange was not proved to be as recorded; what it showed is noted."""
        self.seen.note(check, number)
        return not check.shown[number].proved

    @cached_property
    def seen(self) -> Seen:
        """What the tests saw."""
        from harness.characterize.seen import Seen

        return Seen()

    def take(self, seen: bytes | None) -> None:
        """Add what a worker saw; None: it ended before it could tell."""
        if seen is None:
            self.updated.append("a worker ended early: of what failed in it, nothing is rewritten")
        else:
            self.seen.add(seen)

    @property
    def is_updating(self) -> bool:
        """Whether `--harness-update` was given."""
        return bool(self._config.getoption("--harness-update"))

    def update(self) -> None:
        """Rewrite the recorded answers of what failed, if that is wanted."""
        if self.is_updating:
            from harness.config import find_config

            self.updated += self.seen.update(find_config(self._config.rootpath))


SETTING = pytest.StashKey[Setting]()


class RecordingFile(pytest.File):
    """A recording: a test for each of its exchanges."""

    count = 0
    """How many tests there are, chosen or not."""

    def collect(self) -> Iterable[ExchangeTest]:
        """Yield the tests."""
        from harness.errors import RecordingError
        from harness.recording import open_recordings

        try:
            for number, exchange in enumerate(open_recordings([self.path])[0], 1):
                self.count = number
                yield ExchangeTest.from_parent(self, name=_name(number, exchange.request.start_line))
        except RecordingError as error:
            raise self.CollectError(str(error)) from None


class ExchangeTest(pytest.Item):
    """Passes where the target answers an exchange as recorded; is skipped where that could not be judged."""

    @property
    def number(self) -> int:
        """The exchange's, from 1."""
        return int(self.name.partition(" ")[0])

    def runtest(self) -> None:
        """Replay the recording, if nobody did, and look."""
        assert isinstance(self.parent, RecordingFile)
        setting = self.config.stash[SETTING]
        limit = setting.limits[self.path]
        check = setting.replayed(self.path, limit=limit if limit < self.parent.count else None)
        fails = setting.fails(check, self.number)
        if fails and check.shown[self.number].kind == "unreplayable":
            pytest.skip(check.shown[self.number].reason)
        if fails:
            raise Differs(check.failure(self.number))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show how it differs, in the words of the report."""
        return str(excinfo.value) if isinstance(excinfo.value, Differs) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is."""
        return self.path, None, self.name


class Differs(Exception):
    """An exchange is not as recorded."""


def _name(number: int, start_line: bytes) -> str:
    method, _, rest = start_line.decode("latin-1").partition(" ")
    shown = re.sub(r"[^!-~]", "?", rest.rpartition(" ")[0] or rest).replace("::", ":?")
    return f"{number} {method} {shown[:100]}"


def configured(root: Path) -> tuple[Path, dict[str, Any]]:
    """Return the folder of the nearest configuration, and its `[pytest]`; the rest of it is read when it is used."""
    for place in (root, *root.parents):
        if (file := place / "harness.toml").is_file():
            return place, _checked(_read(file), file)
        if (file := place / "pyproject.toml").is_file() and "harness" in (tools := _read(file).get("tool", {})):
            return place, _checked(tools["harness"], file)
    return root, {}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise pytest.UsageError(f"{file}: cannot be read: {error}") from None


def _checked(document: Any, file: Path) -> dict[str, Any]:
    table = document.get("pytest", {}) if isinstance(document, dict) else None
    if not isinstance(table, dict) or set(table) - set(KEYS):
        raise pytest.UsageError(f"{file}: [pytest] may have {' and '.join(KEYS)}")
    listed = table.get("recordings", [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise pytest.UsageError(f"{file}: [pytest] recordings must be a list of paths, not {listed!r}")
    if not isinstance(table.get("target", ""), str):
        raise pytest.UsageError(f"{file}: [pytest] target must be a string, not {table['target']!r}")
    return table


def _normal(path: Path) -> Path:
    return Path(path).resolve()
