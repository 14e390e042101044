r"""Reads one command of a shell, as people copy it: the words of it, and what is piped into it.

Of what a shell can do, that is understood by which browsers (`$'a\nb'`) and reports (`"$(printf '\303\266')"`,
`printf %s BASE64 | base64 -d | curl`) carry any bytes unharmed. Text comes in, words go out, in which bytes that are
not UTF-8 are surrogates. Nothing is run.
"""

from __future__ import annotations

import re
import shlex
from base64 import b64decode

from harness.errors import UsageError

_PIPED = re.compile(r"printf %s (\S+) \| base64 -d \| (?=curl )")
_REMARK = re.compile(r"  # a body of \d+ bytes, not shown\s*\Z")
_SPECIAL = re.compile(
    r"""'[^']*' | \\. | "\$\(printf\ '(?P<printf>(?:[A-Za-z0-9]|\\[0-7]{3})*)'\)"
      | (?<!\S)\$'(?P<ansi>(?:[^'\\]|\\.)*)' | "(?:[^"\\]|\\.)*" """,
    re.DOTALL | re.VERBOSE,
)
"""Quoted stretches, which stay as they are, but for the two that make bytes."""
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def is_curl(text: str) -> bool:
    """Tell a curl command from the name of a file."""
    return text.startswith("curl ") or bool(_PIPED.match(text))


def words_of(text: str) -> tuple[list[str], bytes]:
    """Return the words of a command, and what it reads from the pipe. Raises UsageError."""
    piped = _PIPED.match(text)
    command = text[piped.end() :] if piped else text
    plain = _SPECIAL.sub(_made, _REMARK.sub("", command.replace("\\\n", " ")))
    try:
        return shlex.split(plain), b64decode(shlex.split(piped[1])[0], validate=True) if piped else b""
    except ValueError as error:
        raise UsageError(f"the curl command cannot be read: {error}") from None


def _made(found: re.Match[str]) -> str:
    coded = found["printf"] if found["printf"] is not None else found["ansi"]
    if coded is None:
        return found[0]
    whole = _ESCAPE.sub(_character, coded).encode("utf-8", "surrogateescape")
    return shlex.quote(whole.decode("utf-8", "surrogateescape"))


def _character(found: re.Match[str]) -> str:
    octal, hexadecimal, short, long, letter = found.groups()
    if octal or hexadecimal:
        return bytes([int(octal, 8) & 255 if octal else int(hexadecimal, 16)]).decode("utf-8", "surrogateescape")
    if short or long:
        return chr(int(short or long, 16))
    return _LETTERS.get(letter, letter)
