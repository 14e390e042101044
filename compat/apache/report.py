"""An import as text: the commands, the nginx file, and the table of what became of each directive.

Comes in: an `Import`. Goes out: text and files by name. Nothing is decided here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .model import Import, Outcome, Service, Verdict
from .nginx import nginx

TITLES: Mapping[Verdict, str] = {
    "carried": "Carried over",
    "not needed": "Not needed",
    "not carried": "NOT carried over",
}


@dataclass(frozen=True, slots=True)
class Binding:
    """Where services listen: one port after the other from `first_port` on, or sockets in a folder."""

    first_port: int = 8001
    socket_folder: str = ""

    def bind(self, service: Service, number: int) -> str:
        """Return the address for `--bind`."""
        if self.socket_folder:
            return f"unix:{self.socket_folder}/{unit_name(service, number)}.sock"
        return f"127.0.0.1:{self.first_port + number}"


def unit_name(service: Service, number: int) -> str:
    """Return a name for a service: of its file or folder, with its number."""
    name = re.sub(r"[^\w.-]+", "-", service.path.strip("/").rpartition("/")[2]) or "root"
    return f"compat-{number + 1}-{name}"


def command(service: Service, number: int, binding: Binding) -> list[str]:
    """Return the words of one `compat serve`."""
    trusted = "unix" if binding.socket_folder else "127.0.0.1"
    return [
        *("compat", "serve", service.path, *service.words),
        *("--bind", binding.bind(service, number), "--trust-proxy", trusted),
    ]


def nginx_text(result: Import, binding: Binding) -> str:
    """Return the nginx file."""
    return nginx(result.sites, {s: binding.bind(s, n) for n, s in enumerate(result.services)})


def unit(service: Service, number: int, binding: Binding) -> str:
    """Return the systemd unit of one service."""
    words = command(service, number, binding)
    line = " ".join(_unit_word(word) for word in words[1:])
    user = [f"{key}={name}" for key, name in (("User", service.user), ("Group", service.group)) if name]
    return "\n".join(
        [
            "[Unit]",
            f"Description={service.path} behind compat",
            "After=network.target",
            "",
            "[Service]",
            f"ExecStart=/usr/bin/env compat {line}",
            "ExecReload=/bin/kill -HUP $MAINPID",
            *user,
            "Restart=on-failure",
            "TimeoutStopSec=45",
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )


def _unit_word(word: str) -> str:
    """Quote for ExecStart, in which `%` and `$` have a meaning."""
    text = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if re.search(r"[\s\"'\\;]", word) or not word else text


def files(result: Import, binding: Binding) -> dict[str, str]:
    """Return every file to write, by its name."""
    commands = "".join(f"{shlex.join(words)}\n" for words in _commands(result, binding))
    units = {f"{unit_name(s, n)}.service": unit(s, n, binding) for n, s in enumerate(result.services)}
    return {"nginx.conf": nginx_text(result, binding), "commands.txt": commands, **units}


def _commands(result: Import, binding: Binding) -> list[list[str]]:
    return [command(service, number, binding) for number, service in enumerate(result.services)]


def text(result: Import, binding: Binding) -> str:
    """Return the whole report."""
    parts = [_heading("Commands"), "\n".join(_command_lines(result, binding)), _heading("nginx")]
    return "\n".join([*parts, nginx_text(result, binding), table(result)])


def table(result: Import) -> str:
    """Return what became of each directive, what is left to do last; then how many there are of each."""
    parts = []
    for verdict, title in TITLES.items():
        found = result.of(verdict)
        if found:
            parts += [_heading(f"{title}: {len(found)}"), *_rows(found), ""]
    counts = ", ".join(f"{len(result.of(verdict))} {verdict}" for verdict in TITLES)
    return "\n".join([*parts, f"{len(result.outcomes)} directives: {counts}"])


def _heading(title: str) -> str:
    return f"== {title}"


def _command_lines(result: Import, binding: Binding) -> Iterator[str]:
    if not result.services:
        yield "# no program is served: nothing to run"
    for service, words in zip(result.services, _commands(result, binding), strict=True):
        if service.user:
            yield f"# as user {service.user}" + (f", group {service.group}" if service.group else "")
        yield shlex.join(words)


def _rows(found: Sequence[Outcome]) -> Iterator[str]:
    """Yield one row for each directive; neighbours of one name and reason share theirs."""
    groups: list[list[Outcome]] = []
    for outcome in found:
        if groups and _alike(groups[-1][-1], outcome):
            groups[-1].append(outcome)
        else:
            groups.append([outcome])
    for group in groups:
        first, last = group[0].directive, group[-1].directive
        if len(group) == 1:
            yield f"{first.place}: {_short(str(first))}"
        else:
            end = str(last.line) if first.file == last.file else last.place
            yield f"{first.place} to {end}: {first.written} ({len(group)} of them)"
        yield f"    {group[0].reason}"


def _alike(one: Outcome, other: Outcome) -> bool:
    first, second = one.directive, other.directive
    return (first.name, one.reason) == (second.name, other.reason)


def _short(line: str) -> str:
    return line if len(line) <= 100 else line[:97] + "..."
