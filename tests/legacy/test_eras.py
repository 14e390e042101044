"""What the old index answers at names it had once, and under the rules of other years."""

import pytest

BOB = ("bob", "bobpw")
HTTPS = [("X-Forwarded-Proto", "https")]
REFUSED = "Must access using HTTPS instead of HTTP"


@pytest.fixture
def late(monkeypatch):
    """The end of 2016."""
    monkeypatch.setenv("PYPI_ERA", "2016-12")


@pytest.mark.parametrize("target", ["/simple/", "/simple/demo/", "/pypi?:action=purge&project=demo"])
def test_plain_http_is_refused(visitor, ask, late, target):
    """403 over http, an answer over https (B100, B123)."""
    refused = ask(visitor.app, "GET", target)
    assert (refused.status, refused.reason) == (403, REFUSED)
    assert refused.body == f"Forbidden\n\n{REFUSED}\n\n".encode()
    assert ask(visitor.app, "GET", target, HTTPS).status == 200


@pytest.mark.parametrize("action", ["submit", "file_upload", "submit_form"])
def test_publishing_needs_https(visitor, late, action):
    """Nobody sends a password in clear any more (B182, B198, B246)."""
    visitor.user = BOB
    assert visitor.post(action, name="demo", version="3").reason == REFUSED


def test_xmlrpc_needs_https(visitor, ask, late):
    """A transport error, not a fault (B127)."""
    body = b"<methodCall><methodName>changelog_last_serial</methodName></methodCall>"
    headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))]
    assert ask(visitor.app, "POST", "/pypi", headers, body).status == 403
    assert ask(visitor.app, "POST", "/pypi", headers + HTTPS, body).status == 200


def test_doc_destroy(visitor, monkeypatch):
    """Not there in May 2016; later it needs a token and a role (B222)."""
    visitor.log_in(*BOB)
    assert visitor.post("doc_destroy", name="demo").status == 404
    monkeypatch.setenv("PYPI_ERA", "2016-12")
    assert visitor.post("doc_destroy", token=False, name="demo").status == 400
    assert b"Documentation Destroyed for demo." in visitor.post("doc_destroy", name="demo").body


@pytest.mark.parametrize(
    ("method", "target", "status", "location"),
    [
        ("GET", "/", 301, "http://index.example/pypi"),
        ("GET", "/pypi?:action=rss", 301, "http://index.example/pypi?:action=rss"),
        ("GET", "/pypi/demo/1.0", 301, "http://index.example/pypi/demo/1.0"),
        ("HEAD", "/simple/demo", 301, "http://index.example/simple/demo"),
        ("GET", "/demo/1.0", 301, "http://index.example/pypi/demo/1.0"),
        ("POST", "/pypi", 307, "http://index.example/pypi"),
        ("GET", "http://cheese.example/simple/demo/", 301, "http://index.example/simple/demo/"),
        ("GET", "http://www.example", 301, "http://index.example/pypi"),
    ],
)
def test_old_names(visitor, ask, tmp_path, monkeypatch, method, target, status, location):
    """Whoever still asks at a name of old is sent on; a POST stays one."""
    from legacy.config import HERE

    with open(f"{HERE}/config.ini", encoding="utf-8") as ini:
        text = ini.read().replace("old_hosts =", "old_hosts = cheese.example, www.example")
    (tmp_path / "config.ini").write_text(text)
    monkeypatch.setenv("PYPI_CONFIG", str(tmp_path / "config.ini"))
    for host in ("cheese.example", "WWW.example:80"):
        answer = ask(visitor.app, method, target, [("Host", host)])
        assert (answer.status, answer.header("Location")) == (status, location)
    assert ask(visitor.app, method, target, [("Host", "index.example")]).header("Location") != location


def test_jsonp(visitor, ask):
    """The document as a call; what is no name of a function is ignored."""
    plain = visitor.get("/pypi/demo/json").body
    answer = visitor.get("/pypi/demo/json?callback=show.it")
    assert answer.body == b"show.it(" + plain + b")"
    assert answer.header("Content-Type").startswith("text/javascript")
    assert visitor.get("/pypi/demo/json?callback=alert(1)").body == plain


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/simple/demo", 200),
        ("/simple/demo/", 200),
        ("/simple/Under_Score/", 200),
        ("/simple/under-score/", 404),
        ("/simple/DEMO/", 404),
        ("/simple/a/b", 404),
        ("/pypi/DEMO", 404),
    ],
)
def test_names_of_2008(visitor, ask, monkeypatch, path, status):
    """To the letter, with a slash or without; 404 in eleven bytes (B108, B109, B112)."""
    monkeypatch.setenv("PYPI_ERA", "2008-11")
    answer = ask(visitor.app, "GET", path)
    assert answer.status == status
    assert path.startswith("/pypi") or status == 200 or answer.body == b"Not Found\n\n"
