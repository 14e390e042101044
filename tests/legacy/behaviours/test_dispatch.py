"""Sections 1, 2 and 10 of the catalogue: which request reaches what, and how answers look; by number."""

import re

import pytest

RPC = ("Content-Type", "text/xml")
CALL = b"<methodCall><methodName>changelog_last_serial</methodName><params/></methodCall>"
ACTIONS = [
    "about", "addkey", "browse", "claim", "clear_auth", "delete_user", "delkey", "display", "display_pkginfo",
    "doap", "doc_upload", "dropid", "exception", "file_upload", "files", "forgotten_password",
    "forgotten_password_form", "gae_file", "home", "index", "json", "lasthour", "list_classifiers", "login",
    "login_form", "logout", "openid", "openid_decide_post", "openid_endpoint", "openid_return", "packages_rss",
    "password_reset", "pkg_edit", "purge", "pw_reset", "pw_reset_change", "register_form", "remove_pkg", "role",
    "role_form", "rss", "rss_regen", "search", "show_md5", "submit", "submit_form", "submit_pkg_info", "user",
    "user_form", "verify",
]  # fmt: skip
FRONT_PAGE = "PyPI - the Python Package Index : Python Package Index"


def title(answer):
    """The title of a page."""
    found = re.search(rb"<title>(.*?)</title>", answer.body)
    return found and found[1].decode()


def is_unknown(answer):
    """Whether the action was none."""
    return (answer.status, answer.reason) == (404, "Not Found ()")


def test_b003_two_spellings_of_the_type(reader):
    """XML-RPC writes `Content-type` and a header called `charset`; pages write `Content-Type`."""
    names = [name for name, _ in reader.ask("POST", "/pypi", RPC, body=CALL).headers]
    assert "Content-type" in names
    assert "charset" in names
    assert "Content-Type" in [name for name, _ in reader.get("/pypi").headers]


@pytest.mark.parametrize("action", ACTIONS)
def test_b034_actions(reader, action):
    """All of May 2016 are known: none of them ends as an unknown one does.

    `gae_file` served a mirror of Google's that is gone: it is refused, and so are the OpenID ones (accounts.py).
    """
    assert not is_unknown(reader.get(f"/pypi?:action={action}")) or action in ("display", "show_md5", "doap")


@pytest.mark.parametrize("action", ["nosuch", "Home", "RSS", "run", "__init__", "doc_destroy", "urls"])
def test_b036_unknown_action(reader, action):
    """404, text without the name of the action, two newlines at the end; actions are told apart by case (B037)."""
    answer = reader.get(f"/pypi?:action={action}")
    assert (answer.status, answer.body) == (404, b"Not Found ()\n\n")
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize("query", ["?:Action=rss", "?action=rss", "?%253Aaction=rss", "?:action=", "?"])
def test_b037_other_keys_are_no_action(reader, query):
    """The path decides, and that is the front page: 1,160 feed readers got it in a day of 2008 (B038)."""
    assert title(reader.get(f"/pypi{query}")) == FRONT_PAGE


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_b030_other_methods_see_no_query(reader, method):
    """The form parser looks at neither query nor body."""
    assert title(reader.ask(method, "/pypi?:action=rss")) == FRONT_PAGE


@pytest.mark.parametrize(
    ("kind", "is_call"),
    [("text/xml", True), ("text/xml; charset=utf-8", False), ("Text/XML", False), ("application/xml", False)],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PROPFIND"])
def test_b031_what_is_xmlrpc(reader, method, kind, is_call):
    """The type of the body alone, to the letter; method, path and query do not matter (B033, B129)."""
    answer = reader.ask(method, "/pypi/demo?:action=rss", ("Content-Type", kind), body=CALL)
    assert (b"<methodResponse>" in answer.body) == is_call


def test_b033_propfind_gets_a_fault(reader):
    """A WebDAV client without a call in its body."""
    answer = reader.ask("PROPFIND", "/pypi/demo", RPC, body=b"<propfind/>")
    assert answer.status == 200
    assert b"<fault>" in answer.body


def test_b040_two_actions(reader):
    """500: the list is no action, and nobody caught that."""
    assert reader.get("/pypi?:action=rss&:action=home").status == 500


def test_b041_query_and_body_both_count(reader):
    """A form that posts to its own URL sends two actions since a Python of 2011 (I30)."""
    form = ("Content-Type", "application/x-www-form-urlencoded")
    assert reader.ask("POST", "/pypi?:action=rss", form, body=b":action=rss").status == 500
    assert b"<rss" in reader.ask("POST", "/pypi?:action=rss", form, body=b"x=y").body


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/pypi", FRONT_PAGE),
        ("/pypi/", "Index of Packages : Python Package Index"),
        ("/pypi/markup/1.1", "markup 1.1 : Python Package Index"),
        ("/pypi/markup/1.1/", "markup 1.1 : Python Package Index"),
        ("/pypi/gruesse", "gruesse 1.0 : Python Package Index"),
        ("/pypi/gruesse/", "gruesse 1.0 : Python Package Index"),
        ("/pypi/gruesse//", "gruesse 1.0 : Python Package Index"),
    ],
)
def test_b042_paths(reader, path, expected):
    """Name, version and action by their place; empty items are none; titles end in the index's name (B261)."""
    assert title(reader.get(path)) == expected


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/pypi/demo/json", "application/json"),
        ("/pypi/demo/1.0/json", "application/json"),
        ("/pypi/demo/doap", "text/xml"),
        ("/pypi?:action=display&name=demo&version=json", "application/json"),
    ],
)
def test_b046_actions_in_the_place_of_a_version(reader, target, kind):
    """`json` and `doap` are actions there, also in the form."""
    assert reader.get(target).header("Content-Type").startswith(kind)


@pytest.mark.parametrize("path", ["/pypi/%FF", "/simple/%FF/", "/pypi/demo/%C3"])
def test_b048_path_that_is_no_utf8(reader, path):
    """404 with the bytes as they came."""
    answer = reader.get(path)
    assert answer.status == 404
    assert b"is not UTF-8 encoded" in answer.body


def test_b049_every_page_decodes_the_path(reader):
    """Also where the action does not need it; feeds do not."""
    answer = reader.get("/pypi/%FF?:action=home")
    assert answer.status == 404
    assert b"is not utf-8 encoded" in answer.body
    assert reader.get("/pypi/%FF?:action=rss").status == 200


def test_b053_exception(reader):
    """Fails on purpose, with the words of Python 2."""
    answer = reader.action("exception")
    assert (answer.status, answer.reason) == (500, "There's been a problem with your request")
    assert b"global name 'FAIL' is not defined" in answer.body


def test_b250_error_page_is_html_without_debug(reader, monkeypatch):
    """The type in angle brackets makes the page HTML; a traceback has no bare brackets and makes it text."""
    answer = reader.action("exception")
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert b"<type 'exceptions.NameError'>" in answer.body
    monkeypatch.setenv("PYPI_DEBUG", "yes")
    answer = reader.action("exception")
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert answer.reason == "Internal Server Error"


@pytest.mark.parametrize("path", ["/mirrors", "/mirrors/x", "/security", "/pypi?:action=about"])
def test_b055_static_pages(reader, path):
    """Nobody is logged in there, whatever was sent, but on the page about the index."""
    reader.user = ("bob", "bobpw")
    page = reader.get(path)
    assert page.status == 200
    assert (b"clear_auth" in page.body) == ("about" in path)


def test_b056_daytime(reader):
    """The time in GMT, one line; text without a charset."""
    answer = reader.get("/daytime")
    assert re.fullmatch(rb"\d{8}T\d\d:\d\d:\d\d\n", answer.body)
    assert answer.header("Content-Type") == "text/plain"


@pytest.mark.parametrize("path", ["/serversig", "/serversig/demo", "/serversig/demo/x", "/oauth", "/oauth/x"])
def test_b058_gone(reader, path):
    """410 with a reason that says what to do, kept for a year (B059)."""
    answer = reader.get(path)
    assert answer.status == 410
    assert answer.reason.startswith("Gone (The Simple Sign API" if "sig" in path else "Gone (OAuth has been disabled.)")
    assert answer.body == f"{answer.reason}\n\n".encode()
    assert answer.header("Cache-Control") == "max-age=31557600, public"


@pytest.mark.parametrize(("path", "types"), [("/id", 2), ("/id/bob", 1), ("/id/nosuch", 1)])
def test_b060_xrds(reader, path, types):
    """A document about the provider, or about whoever is asked for: nobody is looked up."""
    answer = reader.get(path)
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/xrds+xml"
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.body.count(b"<Type>") == types


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/simple", "/simple/"),
        ("/simple/Demo", "/simple/Demo/"),
        ("/pypi/DEMO/json", "/pypi/demo/json"),
        ("/pypi/DEMO/1.0/json", "/pypi/demo/1.0/json"),
        ("/pypi/DEMO", "http://index.example/pypi/demo"),
        ("/pypi/DEMO/9", "http://index.example/pypi/demo/9"),
    ],
)
def test_b254_locations(reader, target, location):
    """Path only for the simple index and JSON, absolute for pages; no body, no type (B253, B067, B104, B166)."""
    answer = reader.get(target)
    assert (answer.status, answer.reason) == (301, "Moved Permanently")
    assert answer.header("Location") == location
    assert answer.header("Content-Type") is None
    assert answer.body == b""


def test_b257_pages_are_not_for_caches(reader):
    """No Cache-Control, Vary or ETag; HEAD has the same head."""
    page = reader.get("/pypi/demo/1.0")
    assert [page.header(name) for name in ("Cache-Control", "Vary", "ETag")] == [None] * 3
    assert page.header("Content-Type") == "text/html; charset=utf-8"
    assert reader.ask("HEAD", "/pypi/demo/1.0").headers == page.headers


def test_b260_slash_at_the_end_changes_nothing(reader):
    """There is no base in pages: the same page at both paths."""
    assert reader.get("/pypi/gruesse").body == reader.get("/pypi/gruesse/").body


def test_b004_host_is_never_read(reader):
    """Every absolute URL is the configured one."""
    assert b"evil.example" not in reader.get("/pypi", ("Host", "evil.example")).body


def test_b008_forwarded_https_flips_urls_for_one_request(reader):
    """And the next one is back at http: old code changed its settings in place."""
    secure = reader.get("/pypi", ("X-Forwarded-Proto", "https")).body
    assert b"https://index.example/pypi" in secure
    assert b'"http://index.example' not in secure
    assert b"https://index.example" not in reader.get("/pypi").body
