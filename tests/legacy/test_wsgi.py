"""What stands around the old index as a WSGI application: the front that finds names, the headers of the WSGI shell."""

from wsgiref.validate import validator

import pytest

from legacy.wsgi import NAMES, Front, Mounted, ShellHeaders, application, cgi, warm

HARDENING = {
    "X-Clacks-Overhead": "GNU Terry Pratchett",
    "X-Frame-Options": "deny",
    "X-XSS-Protection": "1; mode=block",
    "X-Content-Type-Options": "nosniff",
}


def echo(environ, start_response):
    """An application that answers with what it was given."""
    start_response(environ.get("HTTP_STATUS", "200 OK"), [("Content-Type", "text/plain")])
    keys = ("SCRIPT_NAME", "PATH_INFO", "HTTP_CGI_AUTHORIZATION")
    return ["|".join(environ.get(key, "-") for key in keys).encode("latin-1")]


FRONT = Front({name: Mounted(name, echo) for name in NAMES})


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/pypi", b"/pypi||-"),
        ("/pypi/", b"/pypi|/|-"),
        ("/simple/a%20b/", b"/simple|/a b/|-"),
        ("/packages/x", b"/packages|/x|-"),
        ("/id/nina", b"/id|/nina|-"),
    ],
)
def test_the_first_part_of_the_path_names_the_program(ask, target, body):
    """The rest is PATH_INFO (B021)."""
    assert ask(FRONT, "GET", target).body == body


def test_the_root_leads_to_the_index(ask):
    """As the stand-alone server had it (B023)."""
    answer = ask(FRONT, "GET", "/")
    assert (answer.status, answer.header("location"), answer.body) == (301, "/pypi", b"")


@pytest.mark.parametrize("target", ["/nosuch", "/pypix", "/Pypi", "/simplex/", "//pypi"])
def test_other_names(ask, target):
    """404 with a reason in lower case (B021)."""
    answer = ask(FRONT, "GET", target)
    assert (answer.status, answer.reason, answer.body) == (404, "not found", b"Not Found: " + target.encode())


def test_authorization_is_handed_over(ask):
    """Under the name that CGI does not hide (B006)."""
    assert ask(FRONT, "GET", "/pypi", [("Authorization", "Basic x")]).body == b"/pypi||Basic x"


def test_the_handed_over_name_is_not_the_clients(ask):
    """A request header of that name is dropped."""
    assert ask(FRONT, "GET", "/pypi", [("CGI-Authorization", "Basic x")]).body == b"/pypi||-"


@pytest.mark.parametrize(
    ("target", "status", "added"),
    [
        ("/pypi", "200 OK", {}),
        ("/nosuch", "200 OK", {}),
        ("/simple/x/", "404 Not Found", {"Surrogate-Control": "max-age=86400", "Cache-Control": "max-age=600, public"}),
        ("/packages/x", "200 OK", {"Cache-Control": "max-age=31557600, public"}),
        ("/packages/x", "304 Not Modified", {"Cache-Control": "max-age=31557600, public"}),
        ("/packages/x", "404 Not Found", {"Cache-Control": "max-age=3600, public"}),
        ("/mirrors", "200 OK", {"Cache-Control": "max-age=604800, public"}),
        ("/security", "200 OK", {"Cache-Control": "max-age=604800, public"}),
    ],
)
def test_headers_of_the_shell(ask, target, status, added):
    """How long caches keep what, and the hardening ones on everything (B018, B020)."""
    answer = ask(ShellHeaders(echo), "GET", target, [("Status", status)])
    assert dict(answer.headers[1:]) == {**added, **HARDENING}


@pytest.mark.parametrize("app", [application, cgi, warm], ids=["wsgi", "cgi", "warm"])
@pytest.mark.parametrize("target", ["/nosuch", "/packages/nosuch"])
@pytest.mark.filterwarnings("ignore")  # wsgiref.validate warns about unknown methods, not here
def test_both_keep_to_pep_3333(ask, app, target, monkeypatch, tmp_path):
    """wsgiref's validator has nothing to say, but for redirects, which never had a type."""
    monkeypatch.setenv("PYPI_FILES", str(tmp_path))
    monkeypatch.setenv("PYPI_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    assert ask(validator(app), "GET", target).status == 404


def test_cgi_has_none_of_the_shells_headers(ask, monkeypatch, tmp_path):
    """True CGI never had them."""
    monkeypatch.setenv("PYPI_FILES", str(tmp_path))
    assert [name for name, _ in ask(cgi, "GET", "/packages/nosuch").headers] == ["Content-Type"]
