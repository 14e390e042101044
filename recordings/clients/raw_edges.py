"""Raw requests to what lies just beyond the limits that the other raw requests keep."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace

from legacy.account_store import hash_password
from recordings.clients.raw_rows import basic, call, get, post, upload

_BOB = basic("bob", "bobpw")
_FILE = {":action": "file_upload", "name": "demo-extras", "version": "2.0", "filetype": "sdist", "comment": "c"}
_FIELDS = {field: f"http://example.org/of-{field}" for field in (
    "author", "author_email", "maintainer", "maintainer_email", "home_page", "license", "summary", "description",
    "keywords", "platform", "download_url")}  # fmt: skip
_FORM = upload("218", 400, {**_FILE, "content": ("demo-extras-2.0.zip", b"no zip")}, _BOB)


def reset_key(when: int) -> str:
    """Return the key that bob would have been mailed at a time (seconds since the epoch)."""
    stored, told = hash_password("bob", "bobpw"), format(when, "x")
    digest = hmac.new(stored.encode(), f"bob {told}".encode(), "sha256").hexdigest()[:40]
    return f"{base64.urlsafe_b64encode(b'bob').decode()}.{told}.{digest}"


def _cut(at: bytes) -> bytes:
    """The form, cut off behind a place in the head of its last part."""
    return _FORM.body[: _FORM.body.rindex(at) + len(at)]


EDGES = (
    post("241", 400, {":action": "pw_reset", "otk": reset_key(2**30)}),
    post("241", 200, {":action": "pw_reset", "otk": reset_key(2**32)}),
    post("241", 400, {":action": "pw_reset", "otk": reset_key(2**32) + "0"}),
    post("241", 400, {":action": "pw_reset_change", "otk": reset_key(2**30)}),
    post("236", 200, {":action": "user", "name": "abW", "email": "w@example.org", "password": "Ab-12345",
                      "confirm": "Ab-12345"}),
    post("241", 200, {":action": "forgotten_password", "name": "abW"}),
    get("241", 200, "/pypi?:action=pw_reset&otk={key}"),
    get("96", 200, "/pypi?:action=index&download_url=d"),
    get("96", 200, "/pypi?:action=index&download_url="),
    get("96", 200, "/pypi?:action=index&summary=a&download_url=http"),
    post("195", 200, {":action": "submit", "name": "demo-extras", "version": "2.0", **_FIELDS}, _BOB),
    *(call("146", "search", f"<struct><member><name>{field}</name><value>of-{field.upper()}</value></member></struct>")
      for field in _FIELDS),
    get("96", 200, "/pypi?:action=index&download_url=example"),
    get("96", 200, "/pypi?:action=index&download_url=EXAMPLE&name=demo"),
    *(call("149", method, f"<int>{since}</int>") for method in ("updated_releases", "changed_packages", "changelog")
      for since in (-9223372036854775809, -9223372036854775808, 9223372036854775807, 9223372036854775808, -1)),
    call("152 269", "changelog_since_serial", "<int>-9223372036854775808</int>"),
    call("152 269", "changelog_since_serial", "<int>-1</int>"),
    call("152 269", "changelog_since_serial", "<int>0</int>"),
    *(replace(_FORM, body=_cut(at)) for at in (
        b"\r\n", b'name="content"', b'filename="demo-extras-2.0.zip"\r\n', b"Content-Type:")),
)  # fmt: skip
