"""Sections 5, 6 and 7 of the catalogue: XML-RPC, JSON, RSS, DOAP and PKG-INFO; by number."""

import json
import re
import xmlrpc.client

import pytest

RPC = ("Content-Type", "text/xml")
METHODS = {
    "browse", "changed_packages", "changelog", "changelog_last_serial", "changelog_since_serial", "list_packages",
    "list_packages_with_serial", "package_data", "package_hosting_mode", "package_releases", "package_roles",
    "package_urls", "post_cheesecake_for_release", "release_data", "release_downloads", "release_urls", "search",
    "system.listMethods", "system.methodHelp", "system.methodSignature", "system.multicall", "top_packages",
    "updated_releases", "user_packages",
}  # fmt: skip
FILE_KEYS = {
    "comment_text", "downloads", "filename", "has_sig", "md5_digest", "packagetype", "path", "python_version", "size",
    "upload_time", "url",
}  # fmt: skip
INFO_KEYS = {
    "_pypi_hidden", "_pypi_ordering", "author", "author_email", "bugtrack_url", "cheesecake_code_kwalitee_id",
    "cheesecake_documentation_id", "cheesecake_installability_id", "classifiers", "description", "docs_url",
    "download_url", "downloads", "home_page", "keywords", "license", "maintainer", "maintainer_email", "name",
    "package_url", "platform", "release_url", "requires_python", "summary", "version",
}  # fmt: skip


def fault(reader, method, *parameters):
    """The text of the fault that a call ends in."""
    with pytest.raises(xmlrpc.client.Fault) as caught:
        reader.call(method, *parameters)
    assert caught.value.faultCode == 1
    return caught.value.faultString


# -- XML-RPC --


def test_b126_transport(reader):
    """200 also for a fault; no length from the program."""
    body = b"<methodCall><methodName>nosuch</methodName></methodCall>"
    answer = reader.ask("POST", "/pypi", RPC, body=body)
    assert (answer.status, answer.reason) == (200, "OK")
    assert answer.header("charset") == "UTF-8"
    assert b"<fault>" in answer.body


def test_b128_without_a_length(reader, ask):
    """A fault with the words of Python 2; so is 10 MiB."""
    answer = ask(reader.app, "POST", "/pypi", [RPC], b"")
    assert b"KeyError(" in answer.body
    assert b"<int>1</int>" in answer.body


def test_b130_methods(reader):
    """Twenty and four, with the aliases of 2005."""
    assert set(reader.call("system.listMethods")) == METHODS
    assert reader.call("package_urls", "demo", "1.0") == reader.call("release_urls", "demo", "1.0")
    assert reader.call("package_data", "demo", "1.0") == reader.call("release_data", "demo", "1.0")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<methodCall>", "<class 'xml.parsers.expat.ExpatError'>"),
        (b"no xml", "<class 'xml.parsers.expat.ExpatError'>"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><methodCall/>', "EntitiesForbidden"),
    ],
)
def test_b133_malformed(reader, body, text):
    """A fault that names expat's error; entities are refused."""
    with pytest.raises(xmlrpc.client.Fault, match=re.escape(text)):
        xmlrpc.client.loads(reader.ask("POST", "/pypi", RPC, body=body).body)


def test_b134_nil(reader):
    """None is `nil`, wherever it stands."""
    assert reader.call("release_data", "demo", "1.0")["bugtrack_url"] is None


def test_b137_names(reader):
    """Sorted as the database does: capitals first. With serials the names are the same (B138)."""
    names = reader.call("list_packages")
    assert names == sorted(names)
    serials = reader.call("list_packages_with_serial")
    assert set(serials) == set(names)
    assert max(serials.values()) == reader.call("changelog_last_serial")


@pytest.mark.parametrize(
    ("parameters", "versions"),
    [
        (("demo",), ["1.1", "1.0"]),
        (("demo", True), ["1.1", "1.0", "0.9", "0.1"]),
        (("Demo",), []),
        (("nosuch",), []),
        (("dotted.name", True), ["1.10", "1.9", "1.0"]),
    ],
)
def test_b139_releases(reader, parameters, versions):
    """Highest first, by number; names to the letter; unknown ones are empty, no fault."""
    assert reader.call("package_releases", *parameters) == versions


def test_b140_files(reader):
    """By file name, with all keys; a time without a zone; nothing for an unknown release."""
    files = reader.call("release_urls", "demo", "1.1")
    assert [file["filename"] for file in files] == sorted(file["filename"] for file in files)
    assert set(files[0]) == FILE_KEYS
    assert re.fullmatch(r"\d{8}T\d\d:\d\d:\d\d", str(files[0]["upload_time"]))
    assert isinstance(files[0]["has_sig"], bool)
    assert reader.call("release_urls", "demo", "9") == []


def test_b141_data(reader):
    """All keys, dependencies only where there are some (B142); an empty struct for an unknown release."""
    data = reader.call("release_data", "demo", "1.0")
    assert set(data) == INFO_KEYS
    assert data["classifiers"] == sorted(data["classifiers"])
    assert reader.call("release_data", "demo", "9") == {}


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        (({"name": "MARK"},), {"markup"}),
        (({"name": ["markup", "grue"]},), {"markup", "gruesse"}),
        (({"name": "markup", "version": "1.1"},), {"markup"}),
        (({"name": "markup", "version": "3.0"},), set()),
        (({"name": "markup", "version": "3.0"}, "or"), {"markup", "CamelCase"}),
        (({"name": "markup", "version": "3.0"}, "xor"), set()),
        (({"name": "secretive"},), set()),
        (({"name": "secretive", "_pypi_hidden": True},), set()),
    ],
)
def test_b145_search(reader, parameters, names):
    """Substrings in any case, OR within a field, unknown operators mean and; never what is hidden."""
    assert {hit["name"] for hit in reader.call("search", *parameters)} == names


def test_b146_search_results(reader):
    """Four keys; by lower-cased name and ordering; no known field finds all that is visible."""
    hits = reader.call("search", {"nosuch": "x"})
    assert {frozenset(hit) for hit in hits} == {frozenset({"name", "version", "summary", "_pypi_ordering"})}
    keys = [(hit["name"].lower(), hit["_pypi_ordering"]) for hit in hits]
    assert keys == sorted(keys)


def test_b147_browse(reader):
    """All categories must apply, those below count; what is no list or no classifier is a fault."""
    found = reader.call("browse", ["Programming Language :: Python", "License :: OSI Approved :: MIT License"])
    assert sorted(found) == [["demo", "1.0"], ["demo", "1.1"]]
    assert fault(reader, "browse", "x") == "<type 'exceptions.TypeError'>:Parameter categories must be a list"
    assert fault(reader, "browse", ["X :: Y"]) == "<type 'exceptions.ValueError'>:Unknown category \"X :: Y\""


@pytest.mark.parametrize("method", ["updated_releases", "changelog", "changed_packages"])
def test_b149_since(reader, method):
    """After a time, strictly; no integer is an assertion that fails (B150, B153)."""
    assert reader.call(method, 2_000_000_000) == []
    assert reader.call(method, 0)
    assert fault(reader, method, "yesterday").startswith("<type 'exceptions.AssertionError'>:")


def test_b150_changelog(reader):
    """Four columns, five with ids: the id came last, after it once came first (I36); by serial the same (B152)."""
    rows = reader.call("changelog", 0, True)
    assert reader.call("changelog", 0) == [row[:4] for row in rows]
    assert reader.call("changelog_since_serial", 0) == rows
    assert [type(item) for item in rows[-1]] == [str, str, int, str, int]
    assert reader.call("changelog_since_serial", rows[-1][4]) == []


def test_b149_updated_releases(reader):
    """Visible ones, each once, the newest first."""
    pairs = [tuple(pair) for pair in reader.call("updated_releases", 0)]
    assert len(pairs) == len(set(pairs))
    assert ("secretive", "0.1") not in pairs


def test_b154_roles(reader):
    """Pairs; empty for what is unknown."""
    assert reader.call("package_roles", "demo") == [["Owner", "alice"], ["Maintainer", "bob"]]
    assert ["Maintainer", "demo"] in reader.call("user_packages", "bob")
    assert reader.call("package_roles", "nosuch") == reader.call("user_packages", "nosuch") == []


def test_b159_multicall(reader):
    """Faults in the array; more than a hundred calls fail by a mistake."""
    call = {"methodName": "package_releases", "params": ["demo"]}
    bad = {"methodName": "nosuch", "params": []}
    results = reader.call("system.multicall", [call, bad])
    assert results[0] == [["1.1", "1.0"]]
    assert results[1]["faultCode"] == 1
    assert "'Fault' is not defined" in fault(reader, "system.multicall", [call] * 101)


def test_downloads_are_all_zero(reader):
    """Counting had ended; the methods answer (B281)."""
    assert reader.call("release_downloads", "demo", "1.0") == [
        ["demo-1.0-py2.py3-none-any.whl", 0],
        ["demo-1.0.tar.gz", 0],
    ]
    assert len(reader.call("top_packages", 3)) == 3


# -- JSON --


def test_b161_json_head(reader):
    """Headers for caches and for browsers of other sites."""
    answer = reader.get("/pypi/demo/json")
    wanted = {
        "Content-Type": 'application/json; charset="UTF-8"', "Content-Disposition": "inline",
        "Surrogate-Key": "json pkg~demo", "Surrogate-Control": "max-age=86400",
        "Cache-Control": "max-age=600, public", "Access-Control-Allow-Origin": "*",
    }  # fmt: skip
    assert {name: answer.header(name) for name in wanted} == wanted
    assert answer.body == reader.action("json", name="demo").body


def test_b162_json_body(reader):
    """Indented by four, ASCII, no newline at the end; all releases, hidden ones too; files as by XML-RPC (B170)."""
    body = reader.get("/pypi/gruesse/json").body
    assert body.isascii()
    assert not body.endswith(b"\n")
    assert body.startswith(b'{\n    "info": {\n        "')
    document = json.loads(reader.get("/pypi/demo/json").body)
    assert set(document) == {"info", "releases", "urls"}
    assert set(document["info"]) == INFO_KEYS
    assert set(document["releases"]) == {"0.1", "0.9", "1.0", "1.1"}
    assert set(document["urls"][0]) == FILE_KEYS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", document["urls"][0]["upload_time"])


def test_b164_default_version(reader):
    """JSON takes hidden releases too, DOAP and PKG-INFO do not."""
    assert json.loads(reader.get("/pypi/secretive/json").body)["info"]["version"] == "0.2"
    assert reader.get("/pypi/secretive/doap").reason == "Not Found (no releases)"
    assert reader.action("display_pkginfo", name="secretive").reason == "Not Found (no releases)"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/pypi/nosuch/json", "Not Found (no releases)"),
        ("/pypi/empty-project/json", "Not Found (no releases)"),
        ("/pypi/demo/9/json", "Not Found (invalid name/version)"),
    ],
)
def test_b168_json_errors(reader, path, reason):
    """Text, and not for other sites."""
    answer = reader.get(path)
    assert (answer.status, answer.reason) == (404, reason)
    assert answer.header("Access-Control-Allow-Origin") is None


# -- feeds and records --


def test_b171_rss(reader):
    """0.91 with Netscape's doctype; no validators; forty at most."""
    answer = reader.action("rss")
    assert answer.header("Content-Type") == "text/xml; charset=utf-8"
    assert b'"-//Netscape Communications//DTD RSS 0.91//EN"' in answer.body
    assert b"<title>PyPI Recent Updates</title>" in answer.body
    assert [answer.header(name) for name in ("ETag", "Last-Modified", "Cache-Control")] == [None] * 3
    assert 0 < answer.body.count(b"<item>") <= 40


def test_b172_rss_item(reader):
    """Title, public link, summary, a date without its weekday; no guid."""
    item = re.search(rb"<item>(.*?)</item>", reader.action("rss").body, re.DOTALL)[1].decode()
    assert re.search(r"<pubDate>\d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT</pubDate>", item)
    assert "<guid>" not in item
    assert re.search(r"<link>http://index.example/pypi/[^/<]+/[^/<]+</link>", item)


def test_newest_packages_have_a_guid(reader):
    """Readers showed a project again with each release, until its items had a guid (I35)."""
    body = reader.action("packages_rss").body
    assert body.count(b"<guid>") == body.count(b"<item>") > 0


def test_b175_lasthour(visitor):
    """What was journalled within the hour: title the name, description the action."""
    assert b"<item>" not in visitor.action("lasthour").body
    visitor.log_in("bob", "bobpw")
    visitor.post("pkg_edit", name="demo", **{"sum_1.0": "changed"})
    body = visitor.action("lasthour").body
    assert body.count(b"<item>") == 1
    assert b"<title>demo</title>" in body
    assert b"<description>update summary</description>" in body


def test_b176_doap(reader):
    """As an attachment; a link is an attribute; the maintainer falls back to the author."""
    answer = reader.get("/pypi/demo/1.0/doap")
    assert answer.header("Content-Type") == 'text/xml; charset="UTF-8"'
    assert answer.header("Content-Disposition") == "attachment; filename=demo-1.0.xml"
    assert b"<revision>1.0</revision>" in answer.body


def test_b178_doap_errors(reader):
    """404, as JSON."""
    assert reader.get("/pypi/nosuch/doap").reason == "Not Found (no releases)"
    assert reader.get("/pypi/demo/9/doap").reason == "Not Found (invalid name/version)"
