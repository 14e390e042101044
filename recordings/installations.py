"""Installations of the old index that are no seed alone: the `[state.NAME]` of harness.toml that cassettes of
`installations/` start from.

`python -m recordings.installations --database URL --files DIR` fills the one called `other`: the seed, then other.sql;
its settings, other.ini, end in the folder of files, where each replay finds its copy.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "installations"
SEED = ROOT / "recordings" / "seed.json"


def main(arguments: list[str] | None = None) -> None:
    """Fill the installation called `other`."""
    parser = argparse.ArgumentParser(prog="python -m recordings.installations", description=main.__doc__)
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--files", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    fill(options.database, options.files)


def fill(database: str, files: Path) -> None:
    """Fill an empty database and folder. Raises what `legacy.load` and psycopg2 raise."""
    import psycopg2

    from legacy.load import load

    load(str(SEED), database, str(files))
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute((FOLDER / "other.sql").read_text(encoding="utf-8"))
    shutil.copy(FOLDER / "other.ini", files / "settings.ini")


@contextmanager
def installed(state: str, files: Path, host: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Make the installation that `[state.NAME]` describes: yields its database and what its programs find set.

    Raises CalledProcessError where its `load` fails.
    """
    from harness import postgres

    table: dict[str, Any] = tomllib.loads((ROOT / "harness.toml").read_text(encoding="utf-8"))["state"][state]
    with postgres.start() as server:
        url = server.create_database("legacy")
        values = {"python": sys.executable, "database": url, "files": str(files), "mail": "", "host": host}
        files.mkdir(parents=True, exist_ok=True)
        subprocess.run([_filled(word, values) for word in table["load"]], cwd=ROOT, env=os.environ, check=True)
        env = {name: _filled(text, values) for name, text in table["env"].items()}
        ini = env.get("PYPI_CONFIG")  # `legacy serve` says where it listens, unless it is told what to say
        told = re.search(r"(?m)^base_url = (\S+)", Path(ini).read_text(encoding="utf-8")) if ini else None
        yield url, {**env, "PYPI_BASE_URL": told[1]} if told else env


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


if __name__ == "__main__":
    main()
