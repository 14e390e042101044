"""php-cgi and Perl's CGI.pm, the two idioms in which most old programs are written, through compat."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.compat.programs.conftest import Site, multipart, needs, program

PHP = r"""<?php
session_save_path(getenv("SESSIONS"));
session_start();
$_SESSION["count"] = ($_SESSION["count"] ?? 0) + 1;
header("X-Count: " . $_SESSION["count"]);
if (isset($_GET["go"])) { header("Location: http://other.test/"); exit; }
if (isset($_GET["missing"])) { http_response_code(404); }
header("Content-Type: application/json");
$file = $_FILES["f"] ?? null;
echo json_encode([
    "get" => $_GET, "post" => $_POST, "path" => $_SERVER["PATH_INFO"] ?? null, "script" => $_SERVER["SCRIPT_NAME"],
    "self" => $_SERVER["PHP_SELF"], "method" => $_SERVER["REQUEST_METHOD"], "user" => $_SERVER["PHP_AUTH_USER"] ?? null,
    "file" => $file ? [$file["name"], $file["size"], md5_file($file["tmp_name"])] : null,
    "raw" => strlen(file_get_contents("php://input")),
]);
"""
PERL = r"""#!/usr/bin/perl -T
use strict; use warnings; use CGI; use Digest::MD5;
my $q = CGI->new;
my $info = $q->path_info;
if ($info eq '/local') { print "Location: " . $q->script_name . "/target?a=%20b\n\n"; exit }
if ($info eq '/away') {
    print $q->redirect(-uri => 'http://other.test/', -status => 301, -cookie => $q->cookie('a', 'b c'));
    exit;
}
print $q->header(-type => 'text/plain', -charset => 'utf-8', -status => '202 Taken', -cookie => $q->cookie('seen', 1));
print join('|', $info, scalar $q->param('a') // '', $q->request_method, $q->url(-absolute => 1)), "\n";
if (my $file = $q->upload('f')) {
    local $/; my $content = <$file>;
    print join('|', $q->param('f'), length $content, Digest::MD5::md5_hex($content)), "\n";
}
"""
CONTENT = bytes(range(256)) * 5000


@pytest.fixture(scope="module")
def php(serve: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A directory with a PHP page, run by php-cgi."""
    needs("php-cgi")
    pages, sessions = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("sessions")
    (pages / "page.php").write_text(PHP)
    words = {"interpreters": {".php": shutil.which("php-cgi")}, "env": {"SESSIONS": str(sessions)}}
    options = ", ".join(f"{name}={value!r}" for name, value in words.items())
    return serve(f'compat:CGIDirectory("{pages}", {options}, pass_authorization=True)')


def test_php_variables(php: Site) -> None:
    """Query, extra path and names are what a PHP page of a CGI server expects."""
    page = php.get("/page.php/extra/path?a=1&b%5B%5D=2", headers={"Authorization": "Basic dTpw"})
    assert page.status == 200, page.body
    seen = json.loads(page.body)
    assert seen["get"] == {"a": "1", "b": ["2"]}
    assert (seen["path"], seen["script"], seen["self"]) == ("/extra/path", "/page.php", "/page.php/extra/path")
    assert seen["user"] == "u"


def test_php_upload(php: Site) -> None:
    """A file arrives whole."""
    body, headers = multipart("f", "a b.bin", CONTENT)
    seen = json.loads(php.get("/page.php", "POST", body, headers).body)
    assert seen["file"] == ["a b.bin", len(CONTENT), hashlib.md5(CONTENT).hexdigest()]


def test_php_form(php: Site) -> None:
    """A form arrives parsed, and its raw body can be read."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    seen = json.loads(php.get("/page.php", "POST", b"x=%C3%A9&y=2", headers).body)
    assert (seen["post"], seen["raw"]) == ({"x": "\xe9", "y": "2"}, 12)


def test_php_session(php: Site) -> None:
    """A session in a file goes on by its cookie."""
    first = php.get("/page.php")
    cookie = first.all("Set-Cookie")[0].partition(";")[0]
    second = php.get("/page.php", headers={"Cookie": cookie})
    assert first.all("X-Count") + second.all("X-Count") == ["1", "2"]


def test_php_status_and_redirect(php: Site) -> None:
    """Its status and its redirect reach the client."""
    assert php.get("/page.php?missing").status == 404
    page = php.get("/page.php?go")
    assert (page.status, page.all("Location")) == (302, ["http://other.test/"])


@pytest.fixture(scope="module")
def perl(serve: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A program that uses CGI.pm, in taint mode."""
    needs("perl")
    if subprocess.run(["perl", "-MCGI", "-e1"], capture_output=True).returncode:
        pytest.skip("Perl has no CGI.pm; .ci/run installs it")
    script = program(tmp_path_factory.mktemp("perl") / "app.pl", PERL)
    return serve(f'compat:CGIScript("{script}", mount="/app.pl")')


def test_perl_query(perl: Site) -> None:
    """Its status line, cookie and text."""
    page = perl.get("/app.pl/x?a=1")
    assert (page.status, page.body) == (202, b"/x|1|GET|/app.pl\n")
    assert page.all("Set-Cookie") == ["seen=1; path=/"]
    assert page.all("Content-Type") == ["text/plain; charset=utf-8"]


def test_perl_upload(perl: Site) -> None:
    """A file arrives whole."""
    body, headers = multipart("f", "a.bin", CONTENT)
    page = perl.get("/app.pl", "POST", body, headers)
    assert page.body.splitlines()[1] == f"a.bin|{len(CONTENT)}|{hashlib.md5(CONTENT).hexdigest()}".encode()


def test_perl_local_redirect(perl: Site) -> None:
    """A local redirect is answered with its target's page."""
    page = perl.get("/app.pl/local")
    assert (page.status, page.body) == (202, b"/target| b|GET|/app.pl\n")


def test_perl_redirect(perl: Site) -> None:
    """A redirect to another server keeps its status and cookie."""
    page = perl.get("/app.pl/away")
    assert (page.status, page.all("Location")) == (301, ["http://other.test/"])
    assert page.all("Set-Cookie") == ["a=b%20c; path=/"]
