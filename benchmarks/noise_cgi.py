"""Noise end to end: a Perl and a Python 2.7 CGI program through `harness diff`, against themselves and really changed.

Each writes what such programs write: a session cookie made of process number and time, a request id, how long it took,
a list in another order, a date that is tomorrow; in a share of the requests, or in all. A language that is not
installed is left out, and that is said.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.config import Config
from harness.exchange import Exchange, Request, Response
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.report.model import Result
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target

COUNT = 60
RATES = (10, 100)

PERL = """#!/usr/bin/env perl
use Digest::MD5 qw(md5_hex); use Time::HiRes qw(time); use POSIX qw(strftime);
my $began = time; my $draw = md5_hex($$ . $began); my $vary = hex(substr($draw, 0, 6)) % 100 < RATE;
my $sid = $vary ? md5_hex("s$draw") : "0123456789abcdef0123456789abcdef";
my $id = $vary ? sprintf("%d-%d", 1000 + $$, 100000 + hex(substr($draw, 6, 4))) : "1-100000";
my %shop = map { $_ => 1 } qw(apple pear plum cherry quince fig grape);
my @keys = $vary ? (sort { md5_hex("$draw$a") cmp md5_hex("$draw$b") } keys %shop) : (sort keys %shop);
my $expires = strftime("%a, %d-%b-%Y %H:%M:%S GMT", gmtime(time + 86400));
CHANGE
print "Set-Cookie: sid=$sid; path=/; expires=$expires\\r\\nContent-Type: text/html\\r\\n\\r\\n";
print "<html><body><h1>Shop</h1><p class=id>request $id</p><ul>", (map { "<li>$_</li>" } @keys), "</ul>";
printf "<p>made in %.4f seconds</p></body></html>\\n", time - $began;
"""
PYTHON = """#!PYTHON
import hashlib, os, time
began = time.time(); draw = hashlib.md5("%d%r" % (os.getpid(), began)).hexdigest()
vary = int(draw[:6], 16) % 100 < RATE
sid = vary and hashlib.md5("s" + draw).hexdigest() or "0123456789abcdef0123456789abcdef"
number = vary and "%d-%d" % (1000 + os.getpid(), 100000 + int(draw[6:10], 16)) or "1-100000"
keys = sorted(["apple", "pear", "plum", "cherry", "quince", "fig", "grape"])
if vary: keys.sort(key=lambda key: hashlib.md5(draw + key).hexdigest())
expires = time.strftime("%a, %d-%b-%Y %H:%M:%S GMT", time.gmtime(time.time() + 86400))
CHANGE
print "Set-Cookie: sid=%s; path=/; expires=%s\\r\\nContent-Type: text/html\\r\\n\\r" % (sid, expires)
print "<html><body><h1>Shop</h1><p class=id>request %s</p><ul>" % number + "".join("<li>%s</li>" % key for key in keys)
print "</ul><p>made in %.4f seconds</p></body></html>" % (time.time() - began)
"""
CHANGES = {
    "": ("", ""),
    "sid always the same": ('$sid = "fedcba98" x 4;', 'sid = "fedcba98" * 4'),
    "sid half as long": ("$sid = substr($sid, 0, 16);", "sid = sid[:16]"),
    "sid in upper case": ("$sid = uc $sid;", "sid = sid.upper()"),
    "sid without path": ('$sid .= "; x=1";', 'sid += "; x=1"'),
    "id without number": ('$id = "None";', 'number = "None"'),
    "expires a day later": (
        '$expires = strftime("%a, %d-%b-%Y %H:%M:%S GMT", gmtime(time + 172800));',
        'expires = time.strftime("%a, %d-%b-%Y %H:%M:%S GMT", time.gmtime(time.time() + 172800))',
    ),
    "an item lost": ('@keys = grep { $_ ne "plum" } @keys;', 'keys.remove("plum")'),
    "seconds as milliseconds": ("$began = time - 1000 * (time - $began) - 40;", "began = began - 40"),
}
"""What new does otherwise, in Perl and in Python."""


@dataclass(frozen=True)
class Language:
    """A language, its interpreter, a program, and which of the changes above is written in it."""

    name: str
    interpreter: str | None
    program: str
    column: int


def languages() -> Iterator[Language]:
    """The languages there are."""
    versions = sorted((Path.home() / ".pyenv" / "versions").glob("2.7.*/bin/python2.7"))
    python = str(versions[-1]) if versions else shutil.which("python2.7")
    yield Language("Perl", shutil.which("perl"), PERL, 0)
    yield Language("Python 2.7", python, PYTHON.replace("PYTHON", python or "", 1), 1)


def compared(language: Language, rate: int, change: str, folder: Path) -> Result:
    """Compare a program with itself, or with a changed one."""
    targets = []
    for side in ("", change):
        path = folder / f"{side or 'same'} {rate}.cgi".replace(" ", "-")
        path.write_text(language.program.replace("RATE", str(rate)).replace("CHANGE", CHANGES[side][language.column]))
        path.chmod(0o755)
        targets.append(f'compat:CGIScript("{path}")')
    with ArchiveWriter(folder / "requests.archive") as writer:
        for number in range(COUNT):
            writer.add(_exchange(number))
    config = Config(root=folder)
    old, new = (parse_target(target, config) for target in targets)
    result = diff(open_recordings([folder / "requests.archive"]), Options(old, new, config))
    (folder / "requests.archive").unlink()
    return result


def _exchange(number: int) -> Exchange:
    request = Request(b"GET /shop?n=%d HTTP/1.1" % number, ((b"Host", b"shop.example"),))
    return Exchange(f"requests#{number + 1}", request, Response(200, b"OK"), 1_463_392_800.0 + 7 * number)


def main() -> None:
    """Measure and print."""
    print(f"{COUNT} requests; groups shown by harness diff, and rules learned")
    for language in languages():
        if language.interpreter is None:
            print(f"{language.name:<12}not installed: left out")
            continue
        for rate in RATES:
            for change in CHANGES:
                with tempfile.TemporaryDirectory() as folder:
                    show(language.name, rate, change, compared(language, rate, change, Path(folder)))


def show(name: str, rate: int, change: str, result: Result) -> None:
    """Print one line."""
    wrong = bool(result.groups) != bool(change) or result.count("judged") < COUNT
    rules = ", ".join(sorted({f"{rule.path} {rule.type}" for rule in result.rules if not rule.refused}))
    line = f"{name:<12}{rate:>4} %  {change or '(the same)':<26}{len(result.groups):>3} groups"
    print(f"{line}{'  WRONG' if wrong else ''}   noise: {rules}", flush=True)
    if "-v" in sys.argv:
        for rule in result.rules:
            print(f"      rule {rule}")
        for group in result.groups:
            print(f"      {group.title}")


if __name__ == "__main__":
    main()
