"""Where each variable of a program comes from: the table behind `compat explain`.

Comes in: the names that a request's environment holds, and the options in force. Goes out: a source for each, in words.
Pure.
"""

from __future__ import annotations

from collections.abc import Container

RFC = "RFC 3875 "
META = {
    "AUTH_TYPE": "4.1.1",
    "CONTENT_LENGTH": "4.1.2",
    "CONTENT_TYPE": "4.1.3",
    "GATEWAY_INTERFACE": "4.1.4",
    "PATH_INFO": "4.1.5",
    "PATH_TRANSLATED": "4.1.6",
    "QUERY_STRING": "4.1.7",
    "REMOTE_ADDR": "4.1.8",
    "REMOTE_HOST": "4.1.9",
    "REMOTE_IDENT": "4.1.10",
    "REMOTE_USER": "4.1.11",
    "REQUEST_METHOD": "4.1.12",
    "SCRIPT_NAME": "4.1.13",
    "SERVER_NAME": "4.1.14",
    "SERVER_PORT": "4.1.15",
    "SERVER_PROTOCOL": "4.1.16",
    "SERVER_SOFTWARE": "4.1.17",
}
AS_APACHE = frozenset(
    {"DOCUMENT_ROOT", "HTTPS", "REMOTE_PORT", "REQUEST_SCHEME", "REQUEST_URI", "SCRIPT_FILENAME", "SERVER_ADDR"}
    | {"SERVER_ADMIN"}
)


def source(name: str, env: Container[str], pass_env: Container[str], meta: Container[str]) -> str:
    """Say where a variable has its value from; the later in `program.environment` wins, so it is asked first.

    `meta` holds the names that the request gave.
    """
    if name in env:
        return "--env"
    if name == "REDIRECT_STATUS":
        return "for php-cgi"
    if name in META and name in meta:
        return RFC + META[name]
    if name in AS_APACHE and name in meta:
        return "as Apache"
    if name in meta:
        return f"header, {RFC}4.1.18"
    if name in pass_env:
        return "--pass-env"
    return "server's PATH" if name == "PATH" else "COMPAT_PASS_ENV"
