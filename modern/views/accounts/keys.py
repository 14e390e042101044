"""Public keys of SSH: adding one, dropping one."""

from __future__ import annotations

import re
from typing import Any

from pyramid.response import Response

from ...errors import FormError, Unauthorised
from ...request import IndexRequest
from ..sessions import check_token
from .profile import user_form

_types = re.compile(r"ssh-dss|ssh-rsa|ecdsa-sha2-nistp\d+")


def addkey(request: IndexRequest) -> Response:
    """Add a public key, one line."""
    name = request.visitor.username
    if name is None:
        raise Unauthorised
    check_token(request)
    given: Any = request.form.get("key", "")
    key = given.strip()
    if not key:
        raise FormError("missing key")
    if "\n" in key:
        raise FormError("Invalid key format: multiple lines")
    if not _types.match(key):
        raise FormError("Invalid key format: does not start with a known type")
    request.services.identities.add_key(name, key)
    return user_form(request)


def delkey(request: IndexRequest) -> Response:
    """Drop one of one's own keys."""
    name = request.visitor.username
    if name is None:
        raise Unauthorised
    check_token(request)
    number: Any = request.form.get("id")
    if not number:
        raise FormError("missing parameter")
    if not number.isdecimal():
        raise FormError("invalid ID")
    if not request.services.identities.drop_key(name, int(number)):
        raise Unauthorised("not your key")
    return user_form(request)
