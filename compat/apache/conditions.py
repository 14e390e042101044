"""`RewriteCond` as the condition of nginx's `if`: variables, patterns, files.

Comes in: one directive. Goes out: a `Condition`, or a `Refusal` for what nginx cannot ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .model import Directive, Refusal
from .redirect import check_pattern, pattern, quoted

VARIABLES = {
    "HTTP_HOST": "$http_host",
    "HTTP_USER_AGENT": "$http_user_agent",
    "HTTP_REFERER": "$http_referer",
    "HTTP_COOKIE": "$http_cookie",
    "HTTP_ACCEPT": "$http_accept",
    "REQUEST_URI": "$uri",
    "REQUEST_METHOD": "$request_method",
    "REQUEST_SCHEME": "$scheme",
    "QUERY_STRING": "$args",
    "REMOTE_ADDR": "$remote_addr",
    "REMOTE_PORT": "$remote_port",
    "SERVER_PORT": "$server_port",
    "SERVER_ADDR": "$server_addr",
    "SERVER_PROTOCOL": "$server_protocol",
    "THE_REQUEST": "$request",
    "DOCUMENT_ROOT": "$document_root",
    "HTTPS": "$https",
}
FLAG_NAMES = {
    "last": "l",
    "nocase": "nc",
    "redirect": "r",
    "forbidden": "f",
    "gone": "g",
    "passthrough": "pt",
    "qsappend": "qsa",
    "qsdiscard": "qsd",
    "noescape": "ne",
    "nosubreq": "ns",
    "discardpath": "dpi",
    "env": "e",
    "proxy": "p",
    "ornext": "or",
    "novary": "nv",
}
FILE_TESTS = frozenset({"-f", "-d", "-x"})
SPARES_FILES = "!-f $request_filename"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where rules stand: `folder` is the URL of their folder, None for a server; `base` is RewriteBase; `in_root` tells
    whether the folder lies below the server's root, where nginx's $request_filename is right; `extensions` are those of
    programs; `patterns` all rules' patterns; `alone` tells that no other redirect of the server follows. Where
    `folder` is a path on disk, URLs that match `where` are the files `file`, of which some are in it.
    """

    folder: str | None = None
    base: str | None = None
    in_root: bool = True
    extensions: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    alone: bool = True
    where: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One `if` of nginx, whether it is joined to the next by OR, and whether `%1` means a group of it: False where it
    would in Apache and cannot here, None where it is no pattern.
    """

    test: str
    joined: bool
    groups: bool | None


def split_rule(text: str) -> list[str]:
    """Split as mod_rewrite does: in quotes or up to a blank; a blank after a backslash is none, backslashes stay."""
    return [
        found[1] if found[1] is not None else found[2] if found[2] is not None else found[3]
        for found in re.finditer(r'"([^"]*)"?|\'([^\']*)\'?|((?:\\\s|\S)+)', text)
    ]


def flags_of(text: str) -> list[str]:
    """Return the flags between square brackets."""
    return [flag.strip() for flag in text.strip("[] ").split(",") if flag.strip()]


def condition(directive: Directive, scope: Scope) -> Condition:
    """Translate one `RewriteCond`. Raises Refusal."""
    words = split_rule(directive.raw)
    if len(words) not in {2, 3}:
        raise Refusal("a condition must have a test and a pattern")
    flags = {FLAG_NAMES.get(flag.lower(), flag.lower()) for flag in flags_of(words[2] if len(words) == 3 else "")}
    if not flags <= {"nc", "or", "nv"}:
        raise Refusal(f"nginx has nothing like the flag {', '.join(sorted(flags - {'nc', 'or', 'nv'}))} of a condition")
    negated, wanted = words[1].startswith("!"), words[1].removeprefix("!")
    if wanted in FILE_TESTS:
        return Condition(f"{'!' if negated else ''}{wanted} {_file(words[0], scope)}", "or" in flags, None)
    if re.fullmatch(r"-[a-zA-Z]{1,3}|-[a-z]+.*|[<>].*", wanted):
        raise Refusal(f"nginx has no test {wanted}")
    if words[0] == "%{HTTPS}":
        return Condition(_https(wanted, negated, "nc" in flags), "or" in flags, None if wanted[:1] == "=" else False)
    return _compared(_variable(words[0]), wanted, negated, flags)


def _compared(variable: str, wanted: str, negated: bool, flags: set[str]) -> Condition:
    sign = "!" if negated else ""
    if wanted.startswith("="):
        if "nc" in flags:
            wanted = "^" + re.escape(wanted[1:].strip('"')) + "$"
        else:
            return Condition(f"{variable} {sign}= {quoted(wanted[1:].strip(chr(34)))}", "or" in flags, None)
    return Condition(
        f"{variable} {sign}~{'*' if 'nc' in flags else ''} {pattern(wanted)}", "or" in flags, None if negated else True
    )


def _file(text: str, scope: Scope) -> str:
    known = {"%{DOCUMENT_ROOT}%{REQUEST_URI}"}
    known.add("%{REQUEST_FILENAME}" if scope.folder is not None else "%{DOCUMENT_ROOT}%{REQUEST_FILENAME}")
    if text not in known or not scope.in_root:
        raise Refusal(f"nginx cannot test the file {text} here; it has $request_filename below the server's root")
    return "$request_filename"


def _https(wanted: str, negated: bool, nocase: bool) -> str:
    """`%{HTTPS}` is on or off in Apache: see which of the two is meant."""
    word = wanted.removeprefix("=").strip('"')
    expression = rf"\A{re.escape(word)}\Z" if wanted.startswith("=") else word
    check_pattern(expression)
    meant = [re.search(expression, value, re.I if nocase else re.NOFLAG) is not None for value in ("on", "off")]
    if meant[0] == meant[1]:
        raise Refusal(f"{wanted!r} does not tell on from off")
    return f"$scheme = {'https' if meant[0] != negated else 'http'}"


def _variable(text: str) -> str:
    found = re.fullmatch(r"%\{(\w+)\}", text)
    header = re.fullmatch(r"%\{HTTP:([\w-]+)\}", text)
    if header:
        return "$http_" + header[1].lower().replace("-", "_")
    if found and found[1] in VARIABLES:
        return VARIABLES[found[1]]
    raise Refusal(f"nginx has no variable for {text}")
