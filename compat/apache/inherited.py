"""Settings that nginx inherits from a server: each field of `Settings`, and its lines.

Comes in: the value of one field. Goes out: lines for a `server` or a `location`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .redirect import in_quotes, quoted

ALWAYS = frozenset({"max_body"})


def _max_body(value: int) -> Iterator[str]:
    yield f"client_max_body_size {value};"


def _charset(value: str) -> Iterator[str]:
    yield f"charset {quoted(value) if value else 'off'};"
    if value:
        yield "charset_types text/plain;"


def _gzip(value: tuple[str, ...]) -> Iterator[str]:
    yield from ("gzip on;", "gzip_vary on;", "gzip_proxied any;")
    if others := [quoted(kind) for kind in value if kind != "text/html"]:
        yield f"gzip_types {' '.join(others)};"


def _types(value: Mapping[str, str]) -> Iterator[str]:
    yield from ("include mime.types;", "types {")
    yield from (f"{quoted(kind)} {quoted(extension[1:])};" for extension, kind in value.items())
    yield "}"


def _headers(value: Mapping[str, str]) -> Iterator[str]:
    yield from (f"add_header {quoted(name)} {in_quotes(text)} always;" for name, text in value.items())


WRITTEN: Mapping[str, Callable[..., Iterator[str]]] = {
    "max_body": _max_body,
    "charset": _charset,
    "gzip": _gzip,
    "types": _types,
    "headers": _headers,
}
"""Settings that nginx inherits from the server: each field and its lines."""
