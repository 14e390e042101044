"""What Apache gives to a proxy, or to programs that cannot be served, is not sent as it lies there on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.apache import imported, parse, translate
from tests.compat.apache.servers import answer, translated

SITE = "Listen 127.0.0.1:@PORT@\nLoadModule alias_module x\nDocumentRoot @ROOT@/www\n"
ENGINE = "RewriteEngine On\n"


@pytest.mark.parametrize(
    ("text", "closed", "still"),
    [
        ('ProxyPassMatch "^/(.*[.]php)$" fcgi://127.0.0.1:9/www/$1', ["/a.php", "/app/a.php"], ["/a.txt"]),
        ("ProxyPass /app http://x/", ["/app", "/app/a.txt"], ["/a.txt", "/apple.txt"]),
        ("ProxyPass /app/ http://x/ retry=1", ["/app/a.txt"], ["/apple.txt"]),
        ("ProxyPass /app/in !\nProxyPass /app http://x/", ["/app/a.txt"], ["/app/in/a.txt"]),
        ("ProxyPass /app http://x/\nProxyPass /app/in !", ["/app/a.txt", "/app/in/a.txt"], ["/a.txt"]),
        ("ProxyPass / http://x/", ["/", "/a.txt", "/app/a.txt"], []),
        ("ProxyPass /app http://${HOST}/", ["/app/a.txt"], ["/a.txt"]),
        ("ProxyPass ${APP} http://x/", ["/app/a.txt", "/a.txt"], []),
        ("ProxyPassMatch (?|a) http://x/", ["/a.txt"], []),
        ("<Location /app>\nProxyPass http://x/\n</Location>", ["/app/a.txt"], ["/a.txt", "/apple.txt"]),
        ("<LocationMatch php$>\nProxyPass http://x/\n</LocationMatch>", ["/a.php"], ["/a.txt"]),
        (ENGINE + "RewriteRule ^/(.*[.]php)$ fcgi://x/$1 [P]", ["/a.php"], ["/a.txt"]),
        (ENGINE + "RewriteRule ^/app/ http://x/ [L,proxy]", ["/app/a.txt"], ["/a.txt"]),
        (ENGINE + "RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f\nRewriteRule ^ http://x [P]", ["/z"], ["/a.txt"]),
        ("JkMount /*.php worker", ["/a.php", "/app/a.php"], ["/a.txt"]),
        ("WSGIScriptAlias /app @ROOT@/x.wsgi", ["/app/a.txt"], ["/a.txt"]),
        ('ScriptAliasMatch "(?i)^/app/(.*)" @ROOT@/www/app/$1', ["/app/a.txt", "/APP/a.txt"], ["/a.txt"]),
        ("ScriptAliasMatch ^/(app|x)/(.*)$ @ROOT@/www/$1/$2", ["/app/a.txt"], ["/a.txt"]),
        ("ScriptAlias /app/ @ROOT@/www/app", ["/app/a.txt"], ["/a.txt"]),
        ("ScriptAlias /app ${DIR}/app", ["/app/a.txt"], ["/a.txt"]),
        ("<VirtualHost *>\nProxyPass /app http://x/\n</VirtualHost>", ["/app/a.txt"], ["/a.txt"]),
    ],
)
def test_closed(tmp_path: Path, text: str, closed: list[str], still: list[str]) -> None:
    """It is closed, and listed; the rest is open."""
    tmp_path.chmod(0o755)
    for name in ("a.txt", "a.php", "app/a.txt", "app/in/a.txt", "app/a.php", "apple.txt", "index.html"):
        (tmp_path / "www" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "www" / name).write_text("source")
    with translated(tmp_path, f"{SITE}{text}\n") as port:
        assert {path: answer(port, "GET", path, {})["status"] for path in closed} == dict.fromkeys(closed, "403")
        assert {path: answer(port, "GET", path, {})["status"] for path in still} == dict.fromkeys(still, "200")
    left = imported((str(tmp_path / "httpd.conf"),)).of("not carried")
    assert any(" instead: " in outcome.reason for outcome in left)


def test_programs_behind_a_proxy() -> None:
    """The ProxyPass by which Apache hands programs to compat leads to the same ones."""
    text = "Listen 80\nProxyPass /cgi-bin/ http://127.0.0.1:8001/cgi-bin/\nScriptAlias /cgi-bin/ /c/\n"
    (site,) = translate(parse([("main", text)], lambda name: [], {}), lambda path: "", "/etc/apache2").sites
    assert any(line.startswith(r"if ($uri !~ ^/cgi\-bin(?:/|$))") for line in site.statements)
