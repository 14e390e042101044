"""Who asks, by User-Agent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clients import client, families
from harness.errors import UsageError
from harness.exchange import Request

FIREFOX = "Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.0.4) Gecko/2008102920 Firefox/3.0.4"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/601.5.17 (KHTML, like Gecko) Version/9.1 Safari/601.5.17"
EDGE = CHROME + " Edg/120.0.1"

CLIENTS = {
    'pip/20.3.4 {"ci":null,"cpu":"x"}': ("pip", "20.3.4", "installer"),
    "pip/1.5.4 CPython/2.7.5 Linux/3.2": ("pip", "1.5.4", "installer"),
    "Python-urllib/2.5 setuptools/0.6c9": ("setuptools", "0.6c9", "installer"),
    "setuptools/44.1.1 Python-urllib/2.7": ("setuptools", "44.1.1", "installer"),
    "Python-urllib/2.7": ("Python-urllib", "2.7", "library"),
    "xmlrpclib.py/1.0.1 (by www.pythonware.com)": ("xmlrpclib", "", "library"),
    "Python-xmlrpc/3.11": ("Python-xmlrpc", "3.11", "library"),
    "twine/1.15.0 pkginfo/1.5.0.1 requests/2.27.1 CPython/2.7.18": ("twine", "1.15.0", "publisher"),
    "twine/1.9.1 pkginfo/1.4 requests/2.18 setuptools/36.5 requests-toolbelt/0.8": ("twine", "1.9.1", "publisher"),
    "setuptools/57.4.0 twine/3.4": ("setuptools", "57.4.0", "installer"),
    "my-pip/1.0": ("my-pip", "1.0", ""),
    "my-pip/1.0 pip/9.0.1": ("pip", "9.0.1", "installer"),
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)": ("Feedly", "1.0", "feed reader"),
    SAFARI: ("Safari", "9.1", "browser"),
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko": ("Internet Explorer", "11.0", "browser"),
    "Opera/9.80 (X11; Linux i686) Presto/2.12.388 Version/12.16": ("Opera", "12.16", "browser"),
    "z3c.pypimirror/1.0.9": ("z3c.pypimirror", "1.0.9", "mirror"),
    "curl/7.88.1": ("curl", "7.88.1", "library"),
    "Wget/1.10.2 (Red Hat modified)": ("Wget", "1.10.2", "library"),
    "Debian uscan 2.10.35~bpo40+1": ("Debian uscan", "2.10.35", "installer"),
    FIREFOX: ("Firefox", "3.0.4", "browser"),
    CHROME: ("Chrome", "120.0", "browser"),
    EDGE: ("Edge", "120.0.1", "browser"),
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)": ("Internet Explorer", "7.0", "browser"),
    "Opera/9.62 (X11; Linux i686; U; en) Presto/2.1.1": ("Opera", "9.62", "browser"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": ("bot: Google", "2.1", "bot"),
    "msnbot/1.1 (+http://search.msn.com/msnbot.htm)": ("bot: Bing", "1.1", "bot"),
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/)": ("bot: Yahoo", "", "bot"),
    "Mozilla/5.0 (compatible; NewThing/3; +http://new.example/crawler)": ("bot: NewThing", "", "bot"),
    "Akregator/1.2.9; librss/remnants": ("Akregator", "1.2.9", "feed reader"),
    "JabRSS (http://jabrss.example)": ("JabRSS", "", "feed reader"),
    "Inventory/4.2 (intranet)": ("Inventory", "4.2", ""),
    "Mozilla/4.0 (compatible;)": ("(other)", "", ""),
    "\x00\xff%%": ("(other)", "", ""),
    "-": ("(none)", "", ""),
    "": ("(none)", "", ""),
}


@pytest.mark.parametrize(("agent", "expected"), CLIENTS.items(), ids=CLIENTS.keys())
def test_clients_have_families(agent: str, expected: tuple[str, str, str]) -> None:
    """Each row: a User-Agent, and whose that is, in which version, and what sort of client."""
    found = families().client(agent)
    assert (found.family, found.version, found.audience) == expected


def test_no_agent_is_nobody() -> None:
    """A request without a User-Agent comes from nobody."""
    assert client(Request(b"GET / HTTP/1.0")) == "(none)"


def test_the_family_of_a_request() -> None:
    """It is that of its User-Agent."""
    request = Request(b"GET / HTTP/1.0", ((b"user-agent", b"pip/9.0.1"),))
    assert (client(request), client(request, {"ours": "pip/9"})) == ("pip", "ours")


@pytest.mark.parametrize("wanted", ["MyApp/", ["Other/", "MyApp/"]], ids=["one text", "several"])
def test_users_name_their_own(wanted: str | list[str]) -> None:
    """A family of [clients] comes before all others, with its version."""
    own = families({"my-app": wanted})
    assert own.client("MyApp/1.5 Python-urllib/2.7").family == "my-app"
    assert own.client("MyApp/1.5").version == "1.5"
    assert own.client("pip/9").family == "pip"


@pytest.mark.parametrize("wanted", [3, "", [3], {"a": "b"}], ids=repr)
def test_a_wrong_entry_is_named(wanted: object) -> None:
    """What cannot be looked for is refused with its name."""
    with pytest.raises(UsageError, match="my-app"):
        families({"my-app": wanted})


@given(st.text(st.characters(codec="latin-1"), max_size=80))
def test_any_agent_has_a_family(agent: str) -> None:
    """A short name that can be printed."""
    found = families().client(agent)
    assert 0 < len(found.family) <= 50
    assert found.family.isprintable()
