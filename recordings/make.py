"""Make the recordings again: each scenario's real client against a fresh old index behind `harness record`.

`python -m recordings.make [--only NAME ...] [--into FOLDER] [--list] [--try [INDEX]]`. A cassette is replaced only when
its client did its whole job; `--try` replaces none, and runs the clients against the index in one server process
instead of as CGI: `--try modern` against the new one. Ends with 1 when one did not, and names the clients that cannot
run on this machine.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from recordings.clients import (
    bandersnatch,
    browser,
    buildout,
    curl,
    distutils,
    easy_install,
    feedparser,
    flit,
    pdm,
    pep381client,
    pip,
    raw,
    setuptools,
    twine,
    uv,
    xmlrpc,
)
from recordings.environments import MissingError, python_of
from recordings.index import ServerError, recorded_index
from recordings.installations import FOLDER as INSTALLATIONS
from recordings.session import ClientError, Scenario, Session

FOLDER = Path(__file__).resolve().parent
SCENARIOS = (
    *pip.SCENARIOS,
    *easy_install.SCENARIOS,
    *buildout.SCENARIOS,
    *setuptools.SCENARIOS,
    *twine.SCENARIOS,
    *flit.SCENARIOS,
    *pdm.SCENARIOS,
    *uv.SCENARIOS,
    *distutils.SCENARIOS,
    *xmlrpc.SCENARIOS,
    *pep381client.SCENARIOS,
    *bandersnatch.SCENARIOS,
    *feedparser.SCENARIOS,
    *curl.SCENARIOS,
    *browser.SCENARIOS,
    *raw.SCENARIOS,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    chosen = [one for one in SCENARIOS if not options.only or one.name in options.only]
    if options.tried == "modern":  # which has no such settings
        chosen = [one for one in chosen if one.state == "seed"]
    if options.list:
        print("\n".join(f"{one.name:22} {one.about}" for one in chosen))
        return 0
    signal.signal(signal.SIGTERM, _end)
    failed, missing = [], []
    for scenario in chosen:
        try:
            make(scenario, None if options.tried else options.into or folder_of(scenario), options.tried or "legacy")
        except MissingError as error:
            missing.append(f"{scenario.name}: {error}")
        except (ClientError, ServerError) as error:
            failed.append(f"{scenario.name}: {error}")
            print(f"{scenario.name}: FAILED\n{error}", flush=True)
    for line in missing:
        print(f"left out {line}")
    print(f"{len(chosen) - len(failed) - len(missing)} made, {len(failed)} failed, {len(missing)} left out")
    return 1 if failed else 0


def _end(number: int, frame: FrameType | None) -> None:
    """End as an exception does, so that the servers and the client are stopped and temporary files removed."""
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recordings.make", description="Make the recordings again.")
    names = [one.name for one in SCENARIOS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help="these scenarios instead of all")
    parser.add_argument(
        "--into", type=_folder, metavar="FOLDER", help="where cassettes go; default: recordings/ and installations/"
    )
    parser.add_argument(
        "--try",
        nargs="?",
        const="legacy",
        choices=("legacy", "modern"),
        dest="tried",
        help="keep nothing, and have the index in one process, no CGI: the old one, or the new one",
    )
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    return parser


def _folder(path: str) -> Path:
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder_of(scenario: Scenario) -> Path:
    """Where a cassette belongs: those of other installations than the seed's have a folder of their own."""
    return FOLDER if scenario.state == "seed" else INSTALLATIONS


def make(scenario: Scenario, into: Path | None = FOLDER, index: str = "legacy") -> None:
    """Record one scenario, as CGI if it is to be kept (`into` a folder).

    Raises MissingError, ServerError or ClientError, and then leaves the old cassette.
    """
    python = _client_of(scenario)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="client-") as folder:
        work = Path(folder)
        for name in ("client", "index"):
            (work / name).mkdir()
        cassette = work / f"{scenario.name}.yaml"
        with recorded_index(cassette, work / "index", into is not None, index, scenario.state) as base:
            scenario.play(Session(base, work / "client", python))
        size = cassette.stat().st_size
        if into:
            shutil.move(cassette, into / cassette.name)
    print(f"{scenario.name}: {size / 1000:.0f} kB in {time.monotonic() - began:.1f} s", flush=True)


def _client_of(scenario: Scenario) -> Path:
    if scenario.environment is not None:
        return python_of(scenario.environment)
    curl_program = shutil.which("curl")
    if curl_program is None:
        raise MissingError("no curl on PATH")
    return Path(curl_program)


if __name__ == "__main__":
    sys.exit(main())
