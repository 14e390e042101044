"""How Python 2 printed things: clients have matched on the texts of faults and error pages."""

from __future__ import annotations

_MODULES = {"builtins": "exceptions", "xmlrpc.client": "xmlrpclib"}


def u_repr(value: object) -> str:
    """repr() as Python 2 gave it: texts, also those in lists, carry a `u` and escape what is not ASCII."""
    if isinstance(value, list):
        return f"[{', '.join(u_repr(item) for item in value)}]"
    return "u" + ascii(value) if isinstance(value, str) else repr(value)


def old_type(error: BaseException) -> str:
    """How Python 2 printed the type of an exception."""
    named: str | None = getattr(error, "old_type", None)
    if named is not None:
        return named
    kind = type(error)
    module = _MODULES.get(kind.__module__, kind.__module__)
    return f"<{'type' if module == 'exceptions' else 'class'} '{module}.{kind.__name__}'>"
