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


def unit(service: Service, number: int, binding: Binding, folder: str) -> str:
    """Return the systemd unit of one service; what SetEnv says is in a file of its own in `folder`, for root."""
    words, secret = _without_values(command(service, number, binding))
    line = " ".join(_unit_word(word) for word in words[1:])
    named = {"User": service.user, "Group": service.group}
    user = [f"{key}={name.lstrip('#')}" for key, name in named.items() if is_account(name)]
    if not is_account(service.user):
        user = [f"# CHANGE: {UNNAMED}", f"User={ANYBODY}"]
    user += [f"EnvironmentFile={folder}/{unit_name(service, number)}.env".replace("%", "%%")] * bool(secret)
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


UNNAMED = "Apache's configuration names no user that these programs could run as"
ANYBODY = "www-data"
"""Debian's user for web servers, where none is named: systemd would take root."""
ITS_OWN = re.compile(r"PATH|HOME|TZ|TMPDIR|LANG\w*|LC_\w+|LD_\w+|PYTHON\w*|GUNICORN\w*|WEB_\w+|DOCUMENT_ROOT|AUTH_TYPE")
"""Variables that compat itself would obey, or that hold no secret: they stay on the command line."""


def is_account(name: str) -> bool:
    """Tell whether a user or group is named, and not root, by a name or as Apache's `#1000`."""
    return re.fullmatch(r"[a-zA-Z_][\w.-]*|#?[0-9]+", name) is not None and name.lstrip("#0") not in {"", "root"}


def _without_values(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return words in which the values of variables are passed by name, so that no `ps` shows them, and the values."""
    result: list[str] = []
    values: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        movable = re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) and not ITS_OWN.fullmatch(name)
        if result[-1:] == ["--env"] and movable and not re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
            result[-1:], values[name] = ["--pass-env", name], value
        else:
            result.append(word)
    return result, values


def _environment_file(values: Mapping[str, str]) -> str:
    """Return what systemd reads as EnvironmentFile: in double quotes, four characters need a backslash."""
    return "".join('{}="{}"\n'.format(name, re.sub(r'(["\\`$])', r"\\\1", text)) for name, text in values.items())


def _unit_word(word: str) -> str:
    """Quote for ExecStart, in which `%` and `$` have a meaning."""
    text = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if re.search(r"[\s\"'\\;]", word) or not word else text


def files(result: Import, binding: Binding, folder: str = "/etc/compat") -> dict[str, str]:
    """Return every file to write into a folder, by its name."""
    commands = "".join(f"{shlex.join(words)}\n" for words in _commands(result, binding))
    units = {f"{unit_name(s, n)}.service": unit(s, n, binding, folder) for n, s in enumerate(result.services)}
    values = {
        f"{unit_name(s, n)}.env": _environment_file(_without_values(command(s, n, binding))[1])
        for n, s in enumerate(result.services)
    }
    secret = {name: content for name, content in values.items() if content}
    return {"nginx.conf": nginx_text(result, binding), "commands.txt": commands, **units, **secret}


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
    if unnamed := [unit_name(s, n) for n, s in enumerate(result.services) if not is_account(s.user)]:
        parts += [_heading("Change"), f"User={ANYBODY} of {', '.join(unnamed)}", f"    {UNNAMED}", ""]
    counts = ", ".join(f"{len(result.of(verdict))} {verdict}" for verdict in TITLES)
    return "\n".join([*parts, f"{len(result.outcomes)} directives: {counts}"])


def _heading(title: str) -> str:
    return f"== {title}"


def _command_lines(result: Import, binding: Binding) -> Iterator[str]:
    if not result.services:
        yield "# no program is served: nothing to run"
    for service, words in zip(result.services, _commands(result, binding), strict=True):
        if not is_account(service.user):
            yield f"# as {ANYBODY} or another user, not as root: {UNNAMED}"
        else:
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
