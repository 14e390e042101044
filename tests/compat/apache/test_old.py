"""A configuration as of twenty years ago, with access files: Apache and its translation give the same answers."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.apache.servers import HERE, answer, both, build

PASSWORD = "AuthType Basic\nAuthName area\nAuthUserFile users\nRequire valid-user\n"
ALLOW = "Order deny,allow\nDeny from all\nAllow from {}\n"
PAGES = {
    **dict.fromkeys(("www/index.html", "www/first/index.html", "www/only/index.html", "www/page.html"), "page"),
    **dict.fromkeys(("www/closed/page.html", "www/private/page.html", "www/neither/page.html"), "page"),
    **dict.fromkeys(("www/either/index.html", "www/private/index.html", "www/run/index.html"), "index"),
    **dict.fromkeys(("www/alpha/page.html", "www/gamma/page.html", "www/themes/dark.css"), "other"),
    **dict.fromkeys(("www/text.txt", "www/prog.cgi.txt", "www/old.bak", "www/deep/old.bak"), "text"),
    **dict.fromkeys(("www/hello.php", "www/dir/hello.php"), "<?php the source ?>"),
    "www/none/page.html": "none",
    "www/either/inner/page.html": "inner",
    "www/blog/style.css": "style",
    "www/private/.htaccess": PASSWORD,
    "www/either/.htaccess": ALLOW.format("127.0.0.1") + PASSWORD + "Satisfy Any\n",
    "www/either/inner/.htaccess": ALLOW.format("127.0.0.1"),
    "www/closed/page/.htaccess": "Satisfy All\n",
    "www/closed/page/index.html": "shown",
    "www/neither/.htaccess": ALLOW.format("10.0.0.1") + PASSWORD + "Satisfy Any\n",
    "www/run/.htaccess": "SetHandler cgi-script\nSetEnv APP_ENV run\n",
    "www/blog/.htaccess": """
RewriteEngine On
RewriteBase /blog/
RewriteRule ^index\\.cgi$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . index.cgi [L]
""".replace("\\\\", "\\"),
    "cgi/php-cgi": """#!/bin/sh
echo 'Content-Type: text/plain'
echo
echo "php runs ${PATH_TRANSLATED:-${1:-nothing}}"
""",
    "mime.types": "text/html html\ntext/plain txt\ntext/css css\n",
}
PROGRAMS = [f"www/{name}" for name in ("index.cgi", "first/index.cgi", "prog.pl", "staff.cgi", "staffroom.cgi", "env")]
PROGRAMS += [
    "www/deep/staff2.cgi",
    "www/hidden.cgi",
    "www/run/anything",
    "www/blog/index.cgi",
    "cgi/php-cgi",
]
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:wonder").decode()}
BOB = {"Authorization": "Basic " + base64.b64encode(b"bob:builder").decode()}
REQUESTS: list[tuple[str, dict[str, str]]] = [(path, {}) for path in (HERE / "old.paths").read_text().split()]
REQUESTS += [(path, BOB) for path in ("/private/", "/either/", "/neither/", "/staff.cgi", "/index.cgi")]
REQUESTS += [("/staff.cgi", ALICE), ("/deep/staff2.cgi/x", ALICE), ("/theme.css", {"Cookie": "a=b; theme=dark"})]


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx with compat behind it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        build(root, PAGES, PROGRAMS)
        with both(root, "old.conf") as found:
            yield found


@pytest.mark.parametrize(("path", "headers"), REQUESTS, ids=lambda value: str(value)[:60])
def test_same_answer(ports: tuple[int, int], path: str, headers: dict[str, str]) -> None:
    """Both answer alike."""
    apache, ours = (answer(port, "GET", path, headers) for port in ports)
    assert ours == apache
