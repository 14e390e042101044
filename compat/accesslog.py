"""The access log, in which a client's words cannot move the cursor of whoever reads it.

Comes in: what gunicorn knows of a request. Goes out: the same, escaped as Apache escapes it. Named in `server`, loaded
by gunicorn; needs the extra `serve`.
"""

from __future__ import annotations

from gunicorn.glogging import Logger

from .environ import encode


def escape(text: str) -> str:
    r"""Return text as Apache writes it into its logs: `\"`, `\\`, and `\xNN` for each byte that is not printable ASCII
    (gunicorn hands on C1 controls, and writes each byte of UTF-8 as a letter of Latin-1).
    """
    if not (text.isascii() and text.isprintable() and "\\" not in text):
        text = encode(text).decode("latin-1").encode("unicode_escape").decode("ascii")
    return text.replace('"', '\\"')


class Escaped(dict[str, object]):
    """A request's values by the names of gunicorn's format, in any case; `-` where there is none."""

    def __getitem__(self, name: str) -> object:
        value = self.get(name.lower() if name.startswith("{") else name, "-")
        return escape(value) if isinstance(value, str) else value


class AccessLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's logger, with its access log escaped."""

    atoms_wrapper_class = Escaped
