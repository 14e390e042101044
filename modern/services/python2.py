"""How Python 2 printed things: clients have matched on the texts of faults and error pages."""

from __future__ import annotations

from typing import Any

import sqlalchemy.exc

_MODULES = {"builtins": "exceptions", "xmlrpc.client": "xmlrpclib"}


def u_repr(value: object) -> str:
    """repr() as Python 2 gave it: texts, also those in lists, carry a `u` and escape what is not ASCII."""
    if isinstance(value, list):
        return f"[{', '.join(u_repr(item) for item in value)}]"
    return "u" + ascii(value) if isinstance(value, str) else repr(value)


def of_driver(error: Exception) -> Exception:
    """What the database's driver raised, where SQLAlchemy wraps that: clients were told of the driver's."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and isinstance(error.orig, Exception):
        return error.orig
    return error


def told(error: BaseException) -> str:
    """The text of an exception, without the name of a file of this machine."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"[Errno {error.errno}] {error.strerror}"
    return str(error)


def check_count(function: Any, name: str, given: int) -> None:
    """Refuse too few or too many arguments in the words of Python 2. Raises TypeError."""
    most = function.__code__.co_argcount
    least = most - len(function.__defaults__ or ())
    if not least <= given <= most:
        wanted = least if given < least else most
        limit = "exactly" if least == most else "at least" if given < least else "at most"
        raise TypeError(f"{name}() takes {limit} {wanted} argument{'s' if wanted > 1 else ''} ({given} given)")


def old_type(error: BaseException) -> str:
    """How Python 2 printed the type of an exception."""
    named: str | None = getattr(error, "old_type", None)
    if named is not None:
        return named
    kind = type(error)
    module = _MODULES.get(kind.__module__, kind.__module__)
    return f"<{'type' if module == 'exceptions' else 'class'} '{module}.{kind.__name__}'>"
