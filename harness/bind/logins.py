"""`[[login]]` of harness.toml: how each recorded principal gets credentials that the targets know.

The tables come in, checked Logins go out; a wrong one is a UsageError that says what is wrong. Carrying a login out is
`login`'s affair.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from harness.bind.fixed import from_environment
from harness.bind.principal import Principal, is_principal
from harness.errors import UsageError, nearest

WAYS = ("request", "cookie", "remote_user", "basic", "basic_env", "command")
KEYS = frozenset({"principal", "expect", "env", *WAYS})
REQUEST_KEYS = frozenset({"method", "path", "headers", "form", "body", "expect"})
EXAMPLES = "basic:alice, remote:alice, cookie:NAME=VALUE, cookie:NAME, *"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a login. `form` is None where the body is given as it is.

    `expect` is the status it must be answered with; 0: any but an error.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    body: bytes = b""
    expect: int = 0


@dataclass(frozen=True, slots=True)
class Login:
    """How one principal gets in: `steps` to be asked, or a `command` to be run, or credentials that are known.

    `cookie` is `NAME=VALUE`, `authorization` a header's value; `env` names the variables that the command sees,
    `folder` is where it runs.
    """

    principal: Principal
    steps: tuple[Step, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    cookie: str = ""
    authorization: str = ""
    remote_user: str = ""
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Logins:
    """All of `[[login]]`; the first whose principal fits is meant."""

    entries: tuple[Login, ...] = field(default=())


NO_LOGINS = Logins()


def read_logins(tables: Sequence[Mapping[str, Any]], path: Path, environ: Mapping[str, str]) -> Logins:
    """Check `[[login]]` tables; secrets may come from the environment. Raises UsageError."""
    logins = (_login(table, f"{path}: [[login]] {number}", environ) for number, table in enumerate(tables, 1))
    return Logins(tuple(replace(login, folder=path.parent) for login in logins))


def _login(table: Mapping[str, Any], where: str, environ: Mapping[str, str]) -> Login:
    _known(table, KEYS, where)
    principal = table.get("principal")
    if not isinstance(principal, str) or not is_principal(principal):
        raise UsageError(f"{where}: principal must be one of {EXAMPLES}, not {principal!r}")
    where = f"{where} ({principal})"
    ways = [way for way in WAYS if way in table]
    if len(ways) != 1:
        raise UsageError(f"{where} needs exactly one of {', '.join(WAYS)}, not {', '.join(ways) or 'none'}")
    way, who = ways[0], Principal(principal)
    value = table[way]
    if way != "request" and "expect" in table:
        raise UsageError(f"{where}: expect is for logins by request")
    if way != "command" and "env" in table:
        raise UsageError(f"{where}: env is for logins by command")
    if way == "request":
        return Login(who, steps=_steps(value, table.get("expect", 0), where))
    if way == "command":
        env = _texts(table.get("env", []), f"{where}: env", empty=True)
        return Login(who, command=_texts(value, f"{where}: command"), env=env)
    if not isinstance(value, str) or not value:
        raise UsageError(f"{where}: {way} must be a text, not {value!r}")
    if way == "cookie":
        if not re.fullmatch(r"[^=;\s]+=[^;\r\n]*", value):
            raise UsageError(f'{where}: cookie must be "NAME=VALUE"')
        return Login(who, cookie=value)
    if way == "remote_user":
        return Login(who, remote_user=value)
    credentials = from_environment(value, where, environ) if way == "basic_env" else value
    if ":" not in credentials:
        raise UsageError(f"{where}: {way} must give USER:PASSWORD")
    return Login(who, authorization="Basic " + b64encode(credentials.encode()).decode())


def _steps(value: Any, expect: Any, where: str) -> tuple[Step, ...]:
    tables = [value] if isinstance(value, dict) else value
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f'{where}: request must be a list of tables: [{{path = "/login", form = {{...}}}}]')
    steps = [_step(table, f"{where}: request {number}") for number, table in enumerate(tables, 1)]
    status = _status(expect, where)
    if status and not steps[-1].expect:
        last = steps[-1]
        steps[-1] = Step(last.method, last.path, last.headers, last.form, last.body, status)
    return tuple(steps)


def _step(table: Mapping[str, Any], where: str) -> Step:
    _known(table, REQUEST_KEYS, where)
    path = table.get("path")
    if not isinstance(path, str) or not re.fullmatch(r"/[^\s]*", path):
        raise UsageError(f"{where}: path must begin with / and have no blanks, not {path!r}")
    if "form" in table and "body" in table:
        raise UsageError(f"{where}: either form or body")
    headers = _pairs(table.get("headers", {}), f"{where}: headers")
    if not all(TOKEN.match(name) and not re.search(r"[\r\n]", content) for name, content in headers.items()):
        raise UsageError(f"{where}: headers are not names and values of one line: {headers!r}")
    form = tuple(_pairs(table["form"], f"{where}: form").items()) if "form" in table else None
    body = table.get("body", "")
    if not isinstance(body, str):
        raise UsageError(f"{where}: body must be a text, not {body!r}")
    method = table.get("method", "GET" if form is None and not body else "POST")
    if not isinstance(method, str) or not TOKEN.match(method):
        raise UsageError(f"{where}: method must be a word like POST, not {method!r}")
    return Step(method, path, tuple(headers.items()), form, body.encode(), _status(table.get("expect", 0), where))


def encoded(form: Mapping[str, str]) -> bytes:
    """Return a form as a body (application/x-www-form-urlencoded)."""
    return urlencode(form).encode()


def _known(table: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    unknown = set(table) - keys
    if unknown:
        first = sorted(unknown)[0]
        raise UsageError(f"{where}: unknown key {first!r}; known are {', '.join(sorted(keys))}{nearest(first, keys)}")


def _status(value: Any, where: str) -> int:
    if type(value) is not int or not (value == 0 or 100 <= value <= 599):
        raise UsageError(f"{where}: expect must be a status like 302, not {value!r}")
    return value


def _texts(value: Any, where: str, empty: bool = False) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or not (value or empty):
        raise UsageError(f"{where} must be a list of texts, not {value!r}")
    return tuple(value)


def _pairs(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise UsageError(f"{where} must be a table of texts, not {value!r}")
    return dict(value)
