"""Section 4 of the catalogue: the simple index; by number."""

import re

import pytest


def test_b105_index_head(reader):
    """What caches and mirrors need, and nothing else."""
    answer = reader.get("/simple/")
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("Surrogate-Key") == "simple simple-index"
    assert answer.header("X-PYPI-LAST-SERIAL") == str(reader.call("changelog_last_serial"))
    assert [answer.header(name) for name in ("ETag", "Last-Modified", "Set-Cookie")] == [None] * 3


def test_b106_index_body(reader):
    """One line a project, capitals first, single quotes, normalised and without a slash; no doctype."""
    body = reader.get("/simple/").body.decode()
    assert body.startswith('<html><head><title>Simple Index</title><meta name="api-version" value="2" /></head>')
    lines = re.findall(r"<a href='([^']*)'>([^<]*)</a><br/>\n", body)
    names = [name for _, name in lines]
    assert names == sorted(names)
    assert names[0] == "CamelCase"
    assert "empty-project" in names
    assert ("under-score", "Under_Score") in lines
    assert ("dotted.name", "dotted.name") in lines


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/simple/nosuch", 301, "/simple/nosuch/"),
        ("/simple/a/b", 301, "/simple/a/b/"),
        ("/simple/Demo/", 301, "/simple/demo"),
        ("/simple/Under_Score/", 301, "/simple/under-score"),
        ("/simple/Nosuch/", 404, "Not Found (Nosuch does not have any releases)"),
        ("/simple/nosuch/", 404, "Not Found (nosuch does not exist)"),
        ("/simple/a/b/", 404, "Not Found (a/b)"),
    ],
)
def test_b108_paths(reader, path, status, expected):
    """Two hops for what is neither normalised nor ends in a slash (B109, B112, B113)."""
    answer = reader.get(path)
    assert answer.status == status
    assert (answer.header("Location") if status == 301 else answer.reason) == expected


def test_b110_dots_are_folded_by_one_rule_only(reader):
    """Both spellings answer, with the same links."""
    dotted, dashed = reader.get("/simple/dotted.name/"), reader.get("/simple/dotted-name/")
    links = re.compile(rb'href="([^"]*)"')
    assert dotted.status == dashed.status == 200
    assert links.findall(dotted.body) == links.findall(dashed.body)


def test_b114_page(reader):
    """Relative links with the digest, in double quotes, `internal`; hidden releases too; by path (B116)."""
    body = reader.get("/simple/demo/").body.decode()
    assert body.startswith("<html><head><title>Links for demo</title>")
    links = re.findall(
        r'<a href="\.\./\.\./packages/([^"#]*)#md5=[0-9a-f]{32}" rel="internal">([^<]*)</a><br/>\n', body
    )
    assert [path for path, _ in links] == sorted(path for path, _ in links)
    assert {"demo-0.1.tar.gz", "demo-1.1.zip"} <= {name for _, name in links}


def test_b122_hosting_mode(reader):
    """External links are gone; what is left of them is an answer by XML-RPC."""
    assert b'rel="homepage"' not in reader.get("/simple/demo/").body
    assert reader.call("package_hosting_mode", "demo") == "pypi-explicit"
    assert reader.call("package_hosting_mode", "nosuch") is None


def test_b125_never_compressed(reader):
    """Whatever the client accepts."""
    answer = reader.get("/simple/", ("Accept-Encoding", "gzip, deflate"))
    assert answer.header("Content-Encoding") is None
    assert answer.body.startswith(b"<html>")
