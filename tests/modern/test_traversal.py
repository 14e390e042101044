"""modern.traversal: names and passwords of headers; modern.request: where a client is, and what it sent."""

import base64

import pytest

from modern.request import IndexRequest
from modern.traversal import basic_credentials, cookies


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", {}),
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ('a="1";b', {"a": "1"}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_cookies_are_read(header, found):
    """Quoted or not; what has no value is none."""
    assert cookies(header) == found


@pytest.mark.parametrize(
    ("plain", "found"),
    [(b"a:b", ("a", "b")), (b"a:b:c", ("a", "b:c")), (b"a", ("", "")), (b"\xff:x", ("", ""))],
    ids=["plain", "a colon in the password", "no password", "no UTF-8"],
)
def test_credentials_are_read(plain, found):
    """The first colon ends the name; what is not understood is nobody's."""
    assert basic_credentials(base64.b64encode(plain).decode()) == found
    assert basic_credentials("!") == ("", "")


def test_a_client_is_where_the_proxy_says():
    """The first of the forwarded addresses; else the peer."""
    request = IndexRequest.blank("/pypi")
    request.environ["REMOTE_ADDR"] = "10.0.0.1"
    assert request.address == "10.0.0.1"
    request.environ["HTTP_X_FORWARDED_FOR"] = " 192.0.2.7 , 10.0.0.1"
    assert request.address == "192.0.2.7"


def test_a_text_of_the_form_is_a_text():
    """Missing and repeated ones are the default."""
    request = IndexRequest.blank("/pypi?a=1&b=1&b=2")
    assert (request.text("a"), request.text("b"), request.text("c", "x")) == ("1", "", "x")
