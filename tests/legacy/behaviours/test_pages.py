"""Section 3 of the catalogue: what people, robots and scrapers read; by number."""

import re

import pytest

SPACES = re.compile(rb"\s+")


def links(answer):
    """Targets of all links of a page."""
    return [link.decode().replace("&amp;", "&") for link in re.findall(rb'<a [^>]*?href="([^"]*)"', answer.body)]


def listed(answer):
    """[(name, version)] of the releases that a page lists."""
    return [tuple(link.split("/")[2:4]) for link in links(answer) if re.fullmatch(r"/pypi/[^/?]+/[^/?]+", link)]


def test_b054_home(reader):
    """The number of projects, the newest releases, a header for OpenID."""
    answer = reader.get("/pypi")
    assert answer.header("X-XRDS-Location") == "http://index.example/id"
    assert f"<strong>{len(reader.call('list_packages'))}</strong>".encode() in answer.body
    assert 0 < len(listed(answer)) <= 40
    assert ("secretive", "0.1") not in listed(answer)


def test_b065_display_without_a_version(reader):
    """One visible release is that page; several are a list of them, the highest first; none is nothing."""
    assert b"<title>gruesse 1.0 :" in reader.get("/pypi/gruesse").body
    several = reader.get("/pypi/demo")
    assert b"<title>Index of Packages :" in several.body
    assert listed(several)[-2:] == [("demo", "1.1"), ("demo", "1.0")]
    assert reader.get("/pypi/secretive").status == 404
    assert reader.get("/pypi/empty-project").status == 404


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/pypi/Demo", 301, "http://index.example/pypi/demo"),
        ("/pypi/under-score/7", 301, "http://index.example/pypi/Under_Score/7"),
        ("/pypi/demo/7", 404, None),
        ("/pypi/nosuch", 404, None),
    ],
)
def test_b067_other_spellings(reader, path, status, location):
    """Sent to the registered spelling, the version unchecked; the same spelling is 404: no loop (I42)."""
    answer = reader.get(path)
    assert (answer.status, answer.header("Location")) == (status, location)


def test_b068_files_of_a_release(reader):
    """By name, each with its digest in the link and a link to the digest; several files: a button to the table."""
    page = reader.get("/pypi/demo/1.1")
    files = [link for link in links(page) if "#md5=" in link]
    assert [link.rpartition("/")[2].partition("#")[0] for link in files] == [
        "demo-1.1-py2.py3-none-any.whl", "demo-1.1.tar.gz", "demo-1.1.zip",
    ]  # fmt: skip
    assert all(f"/pypi?:action=show_md5&digest={link.rpartition('=')[2]}" in links(page) for link in files)
    assert b'href="#downloads"' in page.body
    assert b'href="#downloads"' not in reader.get("/pypi/oldest/1.0").body


def test_b069_comments_for_scrapers(reader):
    """The markers that setuptools' scraper has looked for since 2006 (I02)."""
    assert b"<!-- <th>Home Page -->" in SPACES.sub(b" ", reader.get("/pypi/demo/1.0").body)


def test_b071_description(reader):
    """Rendered from reStructuredText; machines get the text."""
    page = reader.get("/pypi/demo/1.0").body
    assert (
        b"<p>It does <em>nothing</em>, on <tt>every</tt> Python.</p>\n<ul>\n<li>once &amp; for &lt;all&gt;</li>\n"
        in page
    )
    assert "*nothing*" in reader.call("release_data", "demo", "1.0")["description"]


def test_b072_links_to_classifiers(reader):
    """By the number of the classifier; no address of an author."""
    page = reader.get("/pypi/demo/1.0")
    numbers = [link for link in links(page) if re.fullmatch(r"/pypi\?:action=browse&c=\d+", link)]
    assert len(numbers) == 3
    assert b"@example" not in page.body


def test_b073_digest(reader):
    """The digest itself, nothing around it; unknown ones are 404."""
    digest = reader.call("release_urls", "demo", "1.0")[0]["md5_digest"]
    answer = reader.action("show_md5", digest=digest)
    assert answer.body == digest.encode()
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert reader.action("show_md5", digest="0" * 32).status == 404
    assert reader.action("show_md5").status == 404


@pytest.mark.parametrize(
    "agent", ["", "Googlebot/2.1", "Baiduspider+", "Yahoo! Slurp", "a CRAWLER", "ia_archiver", "MyIE2", "findlinks/1.1"]
)
def test_b087_robots_get_a_blank_page(reader, agent):
    """Thirty bytes of text, wherever the word stands."""
    answer = reader.get("/pypi?:action=browse&c=1", ("User-Agent", agent))
    assert answer.body == b"This page intentionally blank."
    assert answer.header("Content-Type") == "text/plain"


BROWSER = ("User-Agent", "Mozilla/5.0 (X11; rv:45.0)")


def browse(reader, query=""):
    """Browse as a person."""
    return reader.get(f"/pypi?:action=browse{query}", BROWSER)


def number_of(reader, classifier):
    """The number of a classifier: they count from 1 in the order of the seed."""
    page = browse(reader)
    for link in links(page):
        if (found := re.fullmatch(r"/pypi\?:action=browse&c=(\d+)", link)) and link_text(page, link) == classifier:
            return int(found[1])
    raise AssertionError(classifier)


def link_text(page, link):
    """The text of a link."""
    found = re.search(b'<a href="' + re.escape(link.replace("&", "&amp;")).encode() + rb'">([^<]*)<', page.body)
    return found and found[1].decode()


def test_b088_what_is_chosen(reader):
    """Numbers that are none are ignored, duplicates are not; nine are too many."""
    python = number_of(reader, "Python")
    wanted = listed(browse(reader, f"&c={python}"))
    assert sorted(wanted) == [("demo", "1.0"), ("demo", "1.1")]
    assert listed(browse(reader, f"&c={python}&c=zzz&c=99999")) == wanted
    assert listed(browse(reader, f"&amp;c={python};x=y")) == wanted  # Python 2 separated by both (L17)
    assert browse(reader, f"&c={python}&c={python}").body.count(b"unselect") == 2
    too_many = browse(reader, f"&c={python}" * 9)
    assert (too_many.status, too_many.body) == (500, b"Too many classifiers\n\n")


def test_b089_boxes(reader):
    """Framework before the others; nothing is listed before something is chosen; no robots."""
    page = browse(reader)
    headings = re.findall(rb"<h2>(.*?)</h2>", page.body)
    assert headings[0] == b"Framework"
    assert headings[1:] == sorted(headings[1:])
    assert listed(page) == listed(browse(reader, "&show=all")) == []
    assert b'name="robots" content="noindex' in page.body


@pytest.mark.parametrize("query", ["", "&term=", "&term=the", "&term=and+or+the"])
def test_b091_nothing_to_search_for(reader, query):
    """57 bytes: a heading and a sentence."""
    answer = reader.get(f"/pypi?:action=search{query}")
    assert answer.status == 400
    assert answer.body == b"Error processing form\n\nYou need to supply a search term\n\n"


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("demo", ["demo", "demo-extras"]),
        ("DEMO", ["demo", "demo-extras"]),
        ("demo the", ["demo", "demo-extras"]),
        ("demo nosuchword", []),
        ("secretive", []),
    ],
)
def test_b093_search(reader, term, names):
    """The whole name counts most; every word must be somewhere; one row a project; hidden ones never (B092)."""
    page = reader.action("search", term=term)
    assert [name for name, _ in listed(page)] == names


def test_b095_one_hit(reader):
    """307 to it, not for caches."""
    answer = reader.action("search", term="gruesse")
    assert (answer.status, answer.reason) == (307, "Temporary Redirect")
    assert answer.header("Location") == "http://index.example/pypi/gruesse/1.0"
    assert answer.header("Cache-Control") == "max-age=0"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("&name=MARK", {"markup"}),
        ("&name=dotted&version=1.1", {"dotted.name"}),
        ("&nosuch=x&name=mark", {"markup"}),
        ("&_pypi_hidden=1&name=secret", {"secretive"}),
        ("&name=nosuch", set()),
    ],
)
def test_b096_index(reader, query, names):
    """Fields are filters; hidden releases only when asked for; repeats are one text."""
    page = reader.get(f"/pypi?:action=index{query}")
    shown = {name for name, _ in listed(page)} | {name for name in names if f"<title>{name} " in page.body.decode()}
    assert shown == names


def test_b098_classifiers(reader):
    """One a line, sorted as the database does, a line's end at the end."""
    answer = reader.action("list_classifiers")
    lines = answer.body.decode().split("\n")
    assert lines[-1] == ""
    assert lines[:-1] == sorted(lines[:-1])
    assert "Framework :: Pyramid" in lines


def test_b102_verify(reader):
    """Anybody may ask; a good form is a page, a bad one text."""
    assert b"Validated OK" in reader.post("verify", name="x", version="1").body
    answer = reader.post("verify", name="x", version="zzz")
    assert answer.status == 400
    assert answer.body.startswith(b"Package verification\n\nInvalid version, ")


def test_b064_display_without_a_name(reader):
    """Two answers to one request: CGI sends the second head in the body, compat drops it."""
    answer = reader.action("display")
    assert (answer.status, answer.reason) == (400, "Which package do you want to display?")
    assert (b"Status: 404" in answer.body) == (type(reader.app).__name__ == "Front")
