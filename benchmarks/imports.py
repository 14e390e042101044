"""What an import costs: a day of an access log, whole, in seconds, memory and bytes; and each stage's share of it.

The log is the real one where it lies beside the checkout, else one made of the same number of lines. Each import is a
process of its own, once with secrets replaced by tokens and once in clear; `read` is the same lines only read. Figures
of the process that reads and of the one that writes stand beside each other.
"""

from __future__ import annotations

import bz2
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness.commands.import_ import import_files
from harness.config import find_config
from harness.redact.options import redactor_for
from harness.sources.clf import read_log
from harness.sources.text import open_text

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "traffic" / "pypi-access-2008-11-18.log.bz2"
LINES = 289_600
_LINE = '10.%d.%d.%d - - [18/Nov/2008:%02d:%02d:%02d +0100] "GET /simple/%s/ HTTP/1.1" %d %d "-" "%s"\n'
_AGENTS = ("Python-urllib/2.5 setuptools/0.6c9", "Mozilla/5.0 (X11; Linux)", "xmlrpclib.py/1.0.1")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        log = REAL if REAL.exists() else made(Path(folder) / "made.log.bz2")
        print(f"{log.name}: {log.stat().st_size / 1e6:.1f} MB packed")
        for kind in ("read", "clear", "redacted"):
            archive = Path(folder) / f"{kind}.archive"
            command = [sys.executable, "-m", "benchmarks.imports", kind, str(log), str(archive)]
            print(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout, end="")


def made(path: Path) -> Path:
    """Write a log of as many lines, with pages and clients as unevenly frequent as real ones."""
    chance = random.Random(1)

    def lines() -> Iterator[str]:
        for number in range(LINES):
            second = number * 86_400 // LINES
            client, page = int(chance.paretovariate(0.5)), int(chance.paretovariate(0.7))
            yield _LINE % (
                client >> 16 & 255, client >> 8 & 255, client & 255, second // 3600, second // 60 % 60, second % 60,
                f"package{page}", chance.choice((200, 200, 200, 301, 404)), chance.randrange(20_000),
                chance.choice(_AGENTS),
            )  # fmt: skip

    with bz2.open(path, "wt") as file:
        file.writelines(lines())
    return path


def measured(kind: str, log: Path, archive: Path) -> str:
    """Import, or only read, in this process, and return what it took."""
    started = time.monotonic()
    if kind == "read":
        with open_text(log) as (lines, _):
            count = sum(1 for _ in read_log(lines, "combined"))
    else:
        redact = redactor_for(find_config(ROOT), None, kind == "clear")
        count = import_files((log,), archive, redact=redact).imported
    wall = time.monotonic() - started
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = " + ".join(f"{each.ru_utime + each.ru_stime:.1f}" for each in used)
    memory = " + ".join(f"{each.ru_maxrss / 1024:.0f}" for each in used)
    size = f"   archive {archive.stat().st_size / 1e6:.1f} MB" if archive.exists() else ""
    return f"{kind:9} {count:,} exchanges   {wall:.1f} s ({cpu} s of a core)   peak {memory} MiB{size}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(measured(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        main()
