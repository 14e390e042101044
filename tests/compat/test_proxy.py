"""What a front end says of the client is believed if it is trusted, and taken away if it is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import ConfigurationError, TrustedProxy

SEEN = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "REMOTE_USER", "REMOTE_PORT")
DIRECT = {"REMOTE_ADDR": "10.0.0.1", "HTTP_HOST": "inner:8000", "REMOTE_PORT": "40000"}


def through(ask: Callable[..., Any], changes: dict[str, str], *, trusted: Any = ("10.0.0.0/8",), **options: Any) -> Any:
    """Return the environ that an application behind the middleware sees."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]

    assert ask(TrustedProxy(application, trusted, **options), **{**DIRECT, **changes}).status == "200 OK"
    return seen


CHAINS = [
    ("one", "203.0.113.9", "203.0.113.9"),
    ("forged on the left", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
    ("through a trusted one", "1.1.1.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
    ("all trusted", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
    ("junk right", "203.0.113.9, unknown", "10.0.0.1"),
    ("junk behind a trusted one", "203.0.113.9, junk, 10.1.2.3", "10.1.2.3"),
    ("with a port", "203.0.113.9:5555", "203.0.113.9"),
    ("IPv6", "2001:db8::7", "2001:db8::7"),
    ("IPv6 with a port", "[2001:db8::7]:5555", "2001:db8::7"),
    ("IPv4 in IPv6", "::ffff:203.0.113.9", "203.0.113.9"),
    ("spaces and empties", " , 203.0.113.9 ,, 10.1.2.3", "203.0.113.9"),
    ("nothing", "", "10.0.0.1"),
]


@pytest.mark.parametrize(("chain", "client"), [row[1:] for row in CHAINS], ids=[row[0] for row in CHAINS])
def test_chain(ask: Callable[..., Any], chain: str, client: str) -> None:
    """The client is the rightmost that is not trusted; what stands left of junk is not believed."""
    assert through(ask, {"HTTP_X_FORWARDED_FOR": chain})["REMOTE_ADDR"] == client


@given(forged=st.lists(st.ip_addresses(v=4).map(str)), client=st.ip_addresses(v=4, network="203.0.113.0/24"))
def test_nobody_can_forge(forged: list[str], client: Any) -> None:
    """Whatever a client sends along, its own address is found: the proxy appended it."""
    environ = {**DIRECT, "HTTP_X_FORWARDED_FOR": ", ".join([*forged, str(client), "10.0.0.9"])}
    TrustedProxy(lambda environ, start_response: [], ["10.0.0.0/8"])(environ, lambda *args: None)  # type: ignore[arg-type, return-value]
    assert ip_address(environ["REMOTE_ADDR"]) == client


JUNK = st.text(st.sampled_from('for=by;proto,"\\[]:.%_ 0129abhtps=\u00e9'), max_size=40)


@given(JUNK, JUNK, JUNK, st.sampled_from(["x-forwarded", "forwarded"]))
def test_junk(one: str, two: str, three: str, family: Any) -> None:
    """No header brings the middleware down, or a value that is none into REMOTE_ADDR and the scheme."""
    environ = {**DIRECT, "REQUEST_METHOD": "GET", "SERVER_PORT": "8000", "wsgi.url_scheme": "http"}
    environ |= {"HTTP_FORWARDED": one, "wsgi.errors": io.StringIO()}
    environ |= {"HTTP_X_FORWARDED_FOR": one, "HTTP_X_FORWARDED_PROTO": two, "HTTP_X_FORWARDED_HOST": three}
    environ["HTTP_X_FORWARDED_PORT"] = two
    TrustedProxy(lambda environ, start_response: [], ["10.0.0.0/8"], family=family)(environ, lambda *args: None)  # type: ignore[arg-type, return-value]
    assert ip_address(environ["REMOTE_ADDR"])
    assert environ["wsgi.url_scheme"] in {"http", "https"}
    assert not set(environ["HTTP_HOST"]) & set(' "\\;,=\u00e9')


REQUESTS = [
    (
        "scheme and host",
        {
            "HTTP_X_FORWARDED_FOR": "203.0.113.9",
            "HTTP_X_FORWARDED_PROTO": "https",
            "HTTP_X_FORWARDED_HOST": "a.example",
        },
        ("203.0.113.9", "https", "a.example", "a.example", "443", None, None),
    ),
    (
        "port",
        {"HTTP_X_FORWARDED_HOST": "a.example", "HTTP_X_FORWARDED_PORT": "8443", "HTTP_X_FORWARDED_PROTO": "https"},
        ("10.0.0.1", "https", "a.example:8443", "a.example", "8443", None, "40000"),
    ),
    (
        "port of the scheme",
        {"HTTP_X_FORWARDED_HOST": "a.example", "HTTP_X_FORWARDED_PORT": "443", "HTTP_X_FORWARDED_PROTO": "HTTPS"},
        ("10.0.0.1", "https", "a.example", "a.example", "443", None, "40000"),
    ),
    (
        "lists that belong to the chain",
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9:777, 10.2.2.2", "HTTP_X_FORWARDED_PROTO": "https, http"},
        ("203.0.113.9", "https", "inner:8000", "bound.example", "8000", None, "777"),
    ),
    (
        "a list that does not",
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9", "HTTP_X_FORWARDED_PROTO": "ftp, http, https"},
        ("203.0.113.9", "https", "inner:8000", "bound.example", "8000", None, None),
    ),
    (
        "nonsense",
        {"HTTP_X_FORWARDED_PROTO": "gopher", "HTTP_X_FORWARDED_HOST": "a b/\u00e9", "HTTP_X_FORWARDED_PORT": "x"},
        ("10.0.0.1", "http", "inner:8000", "bound.example", "8000", None, "40000"),
    ),
    (
        "user",
        {"HTTP_X_USER": "ann", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        ("203.0.113.9", "http", "inner:8000", "bound.example", "8000", "ann", None),
    ),
]


@pytest.mark.parametrize(("headers", "seen"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_x_forwarded(ask: Callable[..., Any], headers: dict[str, str], seen: tuple[str | None, ...]) -> None:
    """What the proxy says replaces what the connection says, where it makes sense."""
    environ = through(ask, headers, remote_user_header="X-User")
    assert tuple(environ.get(name) for name in SEEN) == seen
    assert "HTTP_X_USER" not in environ


FORWARDED = [
    ("one", "for=203.0.113.9;proto=https;host=a.example", ("203.0.113.9", "https", "a.example")),
    ("chain", 'for=1.1.1.1, For="[2001:db8::7]:80";Proto=https,for=10.1.1.1', ("2001:db8::7", "https", "inner:8000")),
    ("quoted", r'for="203.0.113.9";host="a.ex\ample"', ("203.0.113.9", "http", "a.example")),
    ("obfuscated", "for=203.0.113.9, for=_hidden;proto=https", ("10.0.0.1", "https", "inner:8000")),
    ("a client's open quote", 'for=", for=203.0.113.9;proto=https', ("203.0.113.9", "https", "inner:8000")),
    ("before quotes", 'for=", for="203.0.113.9:80";host="a.example"', ("203.0.113.9", "http", "a.example")),
    ("a client's backslash", 'for="\\, for="203.0.113.9"', ("203.0.113.9", "http", "inner:8000")),
    ("a client's escaped quote", 'for=\\"\\\\", for="203.0.113.9"', ("203.0.113.9", "http", "inner:8000")),
    ("left of junk", "for=1.1.1.1, junk, for=10.1.1.1;proto=https", ("10.1.1.1", "https", "inner:8000")),
    ("junk left of the client", "junk, for=203.0.113.9, for=10.1.1.1", ("203.0.113.9", "http", "inner:8000")),
    ("a comma in quotes", 'for=203.0.113.9;by="x,for=6.6.6.6"', ("203.0.113.9", "http", "inner:8000")),
    ("a quote in quotes", 'for=203.0.113.9;by="x\\",for=6.6.6.6"', ("203.0.113.9", "http", "inner:8000")),
    ("empty elements", " ,for=203.0.113.9,, ", ("203.0.113.9", "http", "inner:8000")),
    ("nothing", "", ("10.0.0.1", "http", "inner:8000")),
]


@pytest.mark.parametrize(("text", "seen"), [row[1:] for row in FORWARDED], ids=[row[0] for row in FORWARDED])
def test_forwarded(ask: Callable[..., Any], text: str, seen: tuple[str, ...]) -> None:
    """RFC 7239, on demand."""
    environ = through(ask, {"HTTP_FORWARDED": text}, family="forwarded")
    assert tuple(environ[name] for name in SEEN[:3]) == seen


@pytest.mark.parametrize(
    "text", ['for=203.0.113.9, "', "for=203.0.113.9, junk", 'for=203.0.113.9;by="', "for=1,=", "x"]
)
def test_forwarded_that_ends_in_junk(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Where what the trusted proxy wrote cannot be read nobody is taken for the client, the proxy least of all."""
    app = TrustedProxy(lambda environ, start_response: [], ["10.0.0.0/8"], family="forwarded")
    assert ask(app, **DIRECT, HTTP_FORWARDED=text).status == "400 Bad Request"
    assert "GET status=400 (no element of Forwarded: " in caplog.text


@given(forged=JUNK, client=st.ip_addresses(v=4, network="203.0.113.0/24"), quote=st.sampled_from(["", '"']))
def test_nobody_can_forge_forwarded(forged: str, client: Any, quote: str) -> None:
    """Whatever a client sends along, and leaves open: the proxy appended its address."""
    environ = {
        **DIRECT,
        "wsgi.url_scheme": "http",
        "HTTP_FORWARDED": f"{forged}, for={quote}{client}{quote};proto=https",
    }
    TrustedProxy(lambda environ, start_response: [], ["10.0.0.0/8"], family="forwarded")(environ, lambda *args: None)  # type: ignore[arg-type, return-value]
    assert (ip_address(environ["REMOTE_ADDR"]), environ["wsgi.url_scheme"]) == (client, "https")


def test_untrusted(ask: Callable[..., Any]) -> None:
    """From anyone else nothing is believed, and the program does not see it either."""
    headers = {
        "REMOTE_ADDR": "198.51.100.1",
        "HTTP_X_FORWARDED_FOR": "10.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_X_FORWARDED_ANYTHING": "1",
        "HTTP_X_REAL_IP": "10.0.0.1",
        "HTTP_FORWARDED": "for=10.0.0.1",
        "HTTP_X_USER": "root",
        "HTTP_X_OTHER": "stays",
    }
    environ = through(ask, headers, remote_user_header="X-User")
    expected = ("198.51.100.1", "http", "inner:8000", "bound.example", "8000", None, "40000")
    assert tuple(environ.get(name) for name in SEEN) == expected
    assert {name for name in environ if name.startswith("HTTP_")} == {"HTTP_HOST", "HTTP_X_OTHER"}


def test_the_other_family_is_taken_away(ask: Callable[..., Any]) -> None:
    """A proxy that writes X-Forwarded-For hands Forwarded on as the client wrote it."""
    headers = {"HTTP_X_FORWARDED_FOR": "203.0.113.9", "HTTP_FORWARDED": "for=127.0.0.1"}
    environ = through(ask, headers)
    assert environ["REMOTE_ADDR"] == "203.0.113.9"
    assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"
    assert "HTTP_FORWARDED" not in environ


@pytest.mark.parametrize(("trusted", "client"), [(["unix"], "203.0.113.9"), (["10.0.0.0/8"], "")])
def test_unix_socket(ask: Callable[..., Any], trusted: list[str], client: str) -> None:
    """A peer on a Unix socket has no address; `unix` trusts it."""
    environ = through(ask, {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, trusted=trusted)
    assert environ["REMOTE_ADDR"] == client


@pytest.mark.parametrize(
    ("trusted", "options", "says"),
    [
        ([], {}, "at least one"),
        ("10.0.0.0/8", {}, "must be a list"),
        (["10.0.0.1/8"], {}, "10.0.0.1/8"),
        (["front.example"], {}, "no network"),
        (["10.0.0.0/8"], {"family": "x"}, "family"),
        (["10.0.0.0/8"], {"remote_user_header": "X User"}, "header name"),
    ],
)
def test_refused(trusted: Any, options: dict[str, Any], says: str) -> None:
    """What cannot be is told when the object is made."""
    with pytest.raises(ConfigurationError, match=says):
        TrustedProxy(lambda environ, start_response: [], trusted, **options)
