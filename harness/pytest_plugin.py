"""pytest's side of characterization: recordings are collected as tests, one an exchange, and tests replay cassettes.

Loaded by every pytest where the harness is installed, so it imports nothing of it before it is used. What is collected:
the recordings that `[pytest] recordings` of harness.toml lists, and with `--harness-target` those in the files and
folders named on the command line. A recording is replayed once, when the first of its tests runs, as far as the last
test that was chosen; what an exchange shows, `harness.characterize.check` says.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.characterize.check import Check

SUFFIXES = (".yaml", ".yml", ".json", ".archive")
KEYS = ("target", "recordings")


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Rewrite what failed, where that is wanted."""
    session.config.stash[SETTING].update()


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
        check = setting.check(request.path.parent / path, target)
        for number in numbers or range(1, len(check.recording) + 1):
            if failure := setting.failure(check, number):
                pytest.fail(failure, pytrace=False)

    return replay


class Setting:
    """What is collected and replayed in one run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._file = next((path for path in _above(config.rootpath) if path.is_file()), None)
        self._table = _table(self._file) if self._file else {}
        self._option: str | None = config.getoption("--harness-target")
        self._checks: dict[Path, Check] = {}
        self._failed: dict[Path, set[int]] = {}
        self.updated: list[str] = []

    def wants(self, path: Path) -> bool:
        """Whether a file is collected: a recording in a listed place, or named with a target on the command line."""
        root = self._file.parent if self._file else self._config.rootpath
        places = [root / text for text in self._table.get("recordings", [])]
        if self._option:
            directory = self._config.invocation_params.dir
            places += [directory / text.partition("::")[0] for text in self._config.args]
        if not any(place in (path, *path.parents) for place in map(_normal, places)):
            return False
        from harness.recording import is_recording

        return is_recording(path)

    def target(self, otherwise: str = "") -> str:
        """Return the target. Raises UsageError of pytest where none is given."""
        found = self._option or self._table.get("target") or otherwise
        if not found:
            raise pytest.UsageError("no target: give --harness-target TARGET, or target under [pytest] of harness.toml")
        return str(found)

    def check(self, path: Path, target: str = "", limit: int | None = None) -> Check:
        """Return the check of a recording, the same one each time; `target` is asked where nothing else is given."""
        if path not in self._checks:
            from harness.characterize.check import Check
            from harness.config import find_config

            self._checks[path] = Check(path, self.target(target), find_config(self._config.rootpath), limit)
        return self._checks[path]

    def failure(self, check: Check, number: int) -> str:
        """Say how an exchange differs from what was recorded; empty where it does not."""
        from harness.errors import HarnessError

        try:
            failure = check.failure(number)
        except HarnessError as error:
            pytest.fail(f"{check.path}: {error}", pytrace=False)
        if failure and check.shown[number].answer is not None:
            self._failed.setdefault(check.path, set()).add(number)
        return failure

    def update(self) -> None:
        """Rewrite the recorded answers of what failed, if `--harness-update` was given."""
        if not self._config.getoption("--harness-update"):
            return
        from harness.characterize.update import update

        for path, numbers in self._failed.items():
            count = update(self._checks[path], numbers)
            self.updated.append(f"{path}: {count} recorded answers rewritten; look at the change before you commit it")


SETTING = pytest.StashKey[Setting]()


class RecordingFile(pytest.File):
    """A recording: a test for each of its exchanges."""

    def collect(self) -> Iterable[ExchangeTest]:
        """Yield the tests."""
        from harness.errors import RecordingError
        from harness.recording import open_recordings

        try:
            for number, exchange in enumerate(open_recordings([self.path])[0], 1):
                yield ExchangeTest.from_parent(self, name=_name(number, exchange.request.start_line))
        except RecordingError as error:
            raise self.CollectError(str(error)) from None

    @property
    def limit(self) -> int:
        """The last exchange that any chosen test is about."""
        return max(item.number for item in self.session.items if isinstance(item, ExchangeTest) and item.parent is self)


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
        check = setting.check(self.path, limit=self.parent.limit)
        failure = setting.failure(check, self.number)
        if failure and check.shown[self.number].kind == "unreplayable":
            pytest.skip(check.shown[self.number].reason)
        if failure:
            raise Differs(failure)

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


def _above(root: Path) -> Iterator[Path]:
    return (place / "harness.toml" for place in (root, *root.parents))


def _table(file: Path) -> dict[str, Any]:
    """Read `[pytest]` alone: what else the file holds is read when it is used."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("pytest", {})
    except (OSError, ValueError):
        return {}  # said by whoever uses the file
    if not isinstance(table, dict) or set(table) - set(KEYS):
        raise pytest.UsageError(f"{file}: [pytest] may have {' and '.join(KEYS)}")
    return table


def _normal(path: Path) -> Path:
    return Path(path).resolve()
