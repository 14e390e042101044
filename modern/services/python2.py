"""How Python 2 printed things: clients have matched on the texts of faults and error pages."""

from __future__ import annotations

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


def old_type(error: BaseException) -> str:
    """How Python 2 printed the type of an exception."""
    named: str | None = getattr(error, "old_type", None)
    if named is not None:
        return named
    kind = type(error)
    module = _MODULES.get(kind.__module__, kind.__module__)
    return f"<{'type' if module == 'exceptions' else 'class'} '{module}.{kind.__name__}'>"
