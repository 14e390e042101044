"""From a WSGI environ to the meta-variables of CGI (RFC 3875 section 4.1).

Comes in: the environ of PEP 3333 and the place its URL led to. Goes out: the variables as bytes, as a program's
environment holds them. Pure: the operator's own variables and those of the server's process are added by `program`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from .errors import RequestError
from .types import Environ, Place, Variables

# Given by the server or by trusted middleware, and passed as they are where they hold text. A client's header of the
# same name arrives as HTTP_..., so it can never set one of these (RFC 3875 section 4.1.18).
PASSED = (
    "AUTH_TYPE",
    "DOCUMENT_ROOT",
    "REMOTE_HOST",
    "REMOTE_IDENT",
    "REMOTE_PORT",
    "REMOTE_USER",
    "SERVER_ADDR",
    "SERVER_ADMIN",
)
# Never shown: credentials the server has dealt with (RFC 3875 section 9.2), the copies that servers make of Content-*,
# and Proxy, which would become the proxy setting of every HTTP library in the program ("httpoxy").
HIDDEN = frozenset(
    {
        "HTTP_AUTHORIZATION",
        "HTTP_PROXY_AUTHORIZATION",
        "HTTP_PROXY",
        "HTTP_CONTENT_TYPE",
        "HTTP_CONTENT_LENGTH",
        "HTTP_TRANSFER_ENCODING",
    }
)
DEFAULT_PORTS = {"http": "80", "https": "443"}
UNCHANGED = "%!$&'()*+,-./:;=?@_~"
"""What a query may hold as it stands (RFC 3986 section 3.4)."""
NOWHERE = ("localhost", None)
"""What a server is called that has no name and no address."""
KEPT, REMEMBERED = 2048, 256
"""Characters of all keys of an environ whose headers are remembered, and how many such environs are."""

_header_key = re.compile(r"HTTP_[A-Z0-9_]+").fullmatch
_joined_cookie = re.compile(r",(?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)")
# The characters of RFC 3986 section 3.2.2: programs print SERVER_NAME into pages; no quote or bracket belongs there.
_authority = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._~!$&()*+,;=%-]+)(?::(?P<port>[0-9]*))?").fullmatch
_slashes = re.compile(r"//+")
_dot_segment = re.compile(r"/\.{1,2}(?=/|$)").search
_encoded_dots_or_slash = re.compile(r"%2[ef]", re.IGNORECASE).search
_absolute_target = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)").match


def meta_variables(
    environ: Environ, place: Place, content_length: int | None, *, pass_authorization: bool = False
) -> Variables:
    """Return the CGI meta-variables of a request as bytes; see `text_variables`."""
    values = text_variables(environ, place, content_length, pass_authorization=pass_authorization)
    # All at once, since a request has thirty: no value holds a NUL.
    names, contents = "\0".join(values).encode(), "\0".join(values.values()).encode("latin-1")
    return dict(zip(names.split(b"\0"), contents.split(b"\0"), strict=True))


def text_variables(
    environ: Environ, place: Place, content_length: int | None, *, pass_authorization: bool = False
) -> dict[str, str]:
    """Return the CGI meta-variables of a request as "bytes as latin-1" text.

    `content_length` is the true length of the body in bytes, None where the request has none (RFC 3875 section 4.1.2).
    Raises RequestError (404 for a path, 400 for anything else) for a value that no environment can hold.
    """
    headers, passed = _told(tuple(environ))
    values = _headers(environ, headers, pass_authorization)
    for name in passed:
        if (value := environ[name]) and isinstance(value, str):
            values[name] = value
    _set_fixed(values, environ, place)
    values["SERVER_NAME"], values["SERVER_PORT"] = _server(environ)
    if content_length is not None:
        values["CONTENT_LENGTH"] = str(content_length)
    values = _checked(values)
    root, path = values.get("DOCUMENT_ROOT"), values.get("PATH_INFO")
    if root and path:
        values["PATH_TRANSLATED"] = root.rstrip("/") + path
    return values


def path_translated(variables: Variables) -> Variables:
    """Return the variables with PATH_TRANSLATED, where there are a path and a root to put it under (RFC 3875 section
    4.1.6).
    """
    root, path = variables.get(b"DOCUMENT_ROOT"), variables.get(b"PATH_INFO")
    return {**variables, b"PATH_TRANSLATED": root.rstrip(b"/") + path} if root and path else variables


def _set_fixed(values: dict[str, str], environ: Environ, place: Place) -> None:
    """What every request has. PATH_INFO is left out where it is empty, as Apache does (RFC 3875 section 4.1.5)."""
    get = environ.get
    scheme = environ["wsgi.url_scheme"]
    values["GATEWAY_INTERFACE"] = "CGI/1.1"
    values["REQUEST_METHOD"] = environ["REQUEST_METHOD"]
    values["QUERY_STRING"] = get("QUERY_STRING", "")
    values["SERVER_PROTOCOL"] = get("SERVER_PROTOCOL", "HTTP/1.0")
    values["SERVER_SOFTWARE"] = get("SERVER_SOFTWARE") or "compat"
    values["REMOTE_ADDR"] = get("REMOTE_ADDR", "")
    values["REQUEST_SCHEME"] = scheme
    values["REQUEST_URI"] = request_uri(environ)
    values["SCRIPT_NAME"], path_info, script_filename = place
    if scheme == "https":
        values["HTTPS"] = "on"
    if content_type := get("CONTENT_TYPE"):
        values["CONTENT_TYPE"] = content_type
    if script_filename is not None:
        values["SCRIPT_FILENAME"] = script_filename
    if path_info:
        values["PATH_INFO"] = path_info


def _headers(environ: Environ, names: Iterable[str], pass_authorization: bool) -> dict[str, str]:
    """The request's headers as HTTP_ variables (RFC 3875 section 4.1.18)."""
    values: dict[str, str] = {name: value for name in names if isinstance(value := environ[name], str)}
    if cookie := values.get("HTTP_COOKIE"):
        values["HTTP_COOKIE"] = join_cookies(cookie)
    if pass_authorization and isinstance(environ.get("HTTP_AUTHORIZATION"), str):
        values["HTTP_AUTHORIZATION"] = environ["HTTP_AUTHORIZATION"]
    return values


def _told(keys: tuple[str, ...]) -> Names:
    """Return which of an environ's keys a program is shown: headers, and what the server gives.

    A client sends the same headers again and again, so the latest are remembered; what an attacker makes up is not
    worth the memory.
    """
    found = _known.get(keys)
    if found is None:
        headers = tuple(name for name in keys if name not in HIDDEN and _header_key(name))
        found = headers, tuple(name for name in PASSED if name in keys)
        if sum(map(len, keys)) <= KEPT:
            if len(_known) >= REMEMBERED:
                _known.clear()
            _known[keys] = found
    return found


Names = tuple[tuple[str, ...], tuple[str, ...]]
_known: dict[tuple[str, ...], Names] = {}


def _server(environ: Environ) -> tuple[str, str]:
    """SERVER_NAME and SERVER_PORT as the client called the server, not as it is bound (RFC 3875 sections 4.1.14,
    4.1.15). Names are in lower case, as Apache and lighttpd give them. What the server calls itself instead is looked
    at too: on a Unix socket gunicorn gives what the client wrote, or the socket's path.
    """
    raw = environ.get("RAW_URI") or ""
    absolute = None if raw.startswith("/") else _absolute_target(raw)
    host = _host(absolute[1] if absolute else environ.get("HTTP_HOST", ""))
    usual = DEFAULT_PORTS.get(environ["wsgi.url_scheme"])
    if host is not None and (port := host[1] or usual):
        return host[0], port
    bound = environ["SERVER_PORT"]
    name, _ = host or _host(environ["SERVER_NAME"]) or _host(f"[{environ['SERVER_NAME']}]") or NOWHERE
    return name, bound if bound.isascii() and bound.isdigit() else usual or "80"


@lru_cache(maxsize=256)
def _host(authority: str) -> tuple[str, str | None] | None:
    found = _authority(authority)
    return (found["name"].lower(), found["port"]) if found else None


def join_cookies(value: str) -> str:
    """Undo the bare comma by which WSGI servers join repeated Cookie headers; the joiner is `; ` (RFC 6265 section
    5.4).
    """
    return _joined_cookie.sub("; ", value)


def request_uri(environ: Environ) -> str:
    """Return the request target as sent, or where the server does not tell, one that leads to the same resource."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    path = url_path(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")) or "/"
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def url_path(text: str) -> str:
    """Return a decoded path as it stands in a URL (RFC 3986 section 3.3)."""
    return quote(encode(text), "/;=,@:!$&'()*+~")


def url_query(text: str) -> str:
    """Return a query as it stands behind a path, with its question mark; empty for none (RFC 3986 section 3.4)."""
    return "?" + quote(encode(text), UNCHANGED) if text else ""


def resolved_path(path: str, raw: str | None) -> str:
    """Return a decoded path without dot segments (RFC 3986 section 5.2.4); programs that open files by PATH_INFO trust
    in that, as every web server before us did it.

    `raw` is the target as sent. Dots that were encoded, or stand beside encoded slashes, are refused, and so is every
    `..` where the server does not tell the target. `..` beside an empty segment is refused, too: nginx and Apache merge
    `//` first and so leave another folder than RFC 3986, and what one of us protects the other would open. Raises
    RequestError (404).
    """
    if not _dot_segment(path):
        return path
    target = (raw or "").partition("?")[0]
    *segments, last = path.split("/")[1:]
    if _encoded_dots_or_slash(target) or (not raw and ".." in (*segments, last)):
        raise RequestError(404, f"dot segment in {path!r}, encoded or not told")
    if "//" in path and ".." in (*segments, last):
        raise RequestError(404, f"empty segment beside a dot segment in {path!r}")
    kept: list[str] = []
    for segment in (*segments, last, *([""] if last in {".", ".."} else [])):
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def merged(path: str) -> str:
    """Return a path without empty segments, as Apache and nginx have it, for what finds files by it."""
    return _slashes.sub("/", path) if "//" in path else path


def query_words(query: str) -> tuple[str, ...]:
    """Return the command line words of an ISINDEX query (RFC 3875 section 4.4); none if it holds an unencoded `=`."""
    if not query or "=" in query:
        return ()
    words = [unquote_to_bytes(encode(word)) for word in query.split("+")]
    if any(b"\0" in word for word in words):
        return ()
    return tuple(word.decode("utf-8", "surrogateescape") for word in words)


def encode(value: str) -> bytes:
    """Turn "bytes as latin-1" text back into bytes (PEP 3333); text of a server that decoded more becomes UTF-8."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _checked(values: dict[str, str]) -> dict[str, str]:
    """Return the variables as text that stands for bytes. All are looked at in one go, since a request has thirty."""
    joined = "".join(values.values())
    if "\0" in joined:  # no name holds one: it is ours, or a header's
        name = next(name for name, value in values.items() if "\0" in value)
        raise RequestError(404 if name in {"PATH_INFO", "SCRIPT_NAME"} else 400, f"NUL byte in {name}")
    if joined.isascii():
        return values
    return {name: encode(value).decode("latin-1") for name, value in values.items()}
