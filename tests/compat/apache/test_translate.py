"""What became of each directive: exactly one outcome each, nothing dropped, nothing open that was closed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.apache import Import, parse, translate
from compat.apache.model import Kind
from compat.apache.report import Binding, command, nginx_text, table
from compat.apache.settings import SETTERS
from compat.apache.words import NOT_CARRIED, NOT_NEEDED
from tests.compat.apache.servers import answer, translated

SITE = """
Listen 80
DocumentRoot /w
ScriptAlias /cgi-bin/ /c/
"""


def kind(path: str) -> Kind:
    """Nothing is known of the machine."""
    return ""


def run(text: str, folders: dict[str, str] | None = None) -> Import:
    """Translate one file."""
    name = next(iter(folders or {}), "main")
    return translate(parse([(name, text)], lambda name: [], {}, folders), kind, "/etc/apache2")


def verdicts(text: str) -> dict[str, str]:
    """The verdict for each directive's text."""
    return {str(outcome.directive): outcome.verdict for outcome in run(text).outcomes}


def nginx(text: str) -> str:
    """The nginx file."""
    return nginx_text(run(text), Binding())


def commands(text: str) -> list[list[str]]:
    """The words of each `compat serve`."""
    return [command(service, number, Binding()) for number, service in enumerate(run(text).services)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ScriptAlias /cgi-bin/ /c/", ["serve", "/c", "--mount", "/cgi-bin"]),
        ("ScriptAlias /cgi-bin /c", ["serve", "/c", "--mount", "/cgi-bin"]),
        ("ScriptAlias / /a/app.cgi/", ["serve", "/a/app.cgi"]),
        ("ScriptAlias /app /a/app.cgi", ["serve", "/a/app.cgi", "--mount", "/app"]),
        ("ScriptAlias /app lib/app.cgi", ["serve", "/etc/apache2/lib/app.cgi"]),
        ('ScriptAliasMatch "^/cgi-bin/(.*)" "/c/$1"', ["serve", "/c", "--mount", "/cgi-bin"]),
        ('ScriptAliasMatch "^/git/(.*/(a|b))$" /l/git-http-backend.cgi/$1', ["serve", "/l/git-http-backend.cgi"]),
        ("ScriptAlias /c/ /c/\nSetEnv A 'b c'", ["--env", "A=b c"]),
        ("ScriptAlias /c/ /c/\nSetEnv A b\nUnsetEnv A", ["/c", "--mount"]),
        ("ScriptAlias /c/ /c/\nPassEnv TZ LANG", ["--pass-env", "TZ", "--pass-env", "LANG"]),
        ("ScriptAlias /c/ /c/\n<Directory /c>\nCGIPassAuth On\n</Directory>", ["--pass-authorization"]),
        ('ScriptAlias /c/ /c/\nSetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1', ["--pass-authorization"]),
        (
            "ScriptAlias /c/ /c/\nRewriteEngine On\nRewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]",
            ["--pass-authorization"],
        ),
        ("ScriptAlias /c/ /c/\nAcceptPathInfo Off", ["--no-path-info"]),
        ("ScriptAlias /c/ /c/\nTimeout 7", ["--idle-timeout", "7"]),
        ("ScriptAlias /c/ /c/\nLimitRequestBody 1000", ["--max-body", "1000"]),
        ("ScriptAlias /c/ /c/\nRLimitCPU 10 10\nRLimitMEM 1000", ["--limit", "cpu=10", "--limit", "as=1000"]),
        ("ScriptAlias /c/ /c/\nServerAdmin a@b", ["--env", "SERVER_ADMIN=a@b"]),
        ("DocumentRoot /w\nScriptAlias /c/ /c/", ["--env", "DOCUMENT_ROOT=/w"]),
        (
            "Alias /g /g\n<Directory /g>\nOptions +ExecCGI\nAddHandler cgi-script cgi .pl\n</Directory>",
            ["/g", "--mount", "/g", "--extensions", ".cgi,.pl"],
        ),
        (
            "DocumentRoot /w\n<Directory /w/run>\nOptions ExecCGI\nSetHandler cgi-script\n</Directory>",
            ["serve", "/w/run", "--mount", "/run"],
        ),
        (
            "DocumentRoot /w\nScriptAlias /c/ /c/\nAddHandler php .php\nAction php /c/php-cgi",
            ["serve", "/w", "--extensions", ".php", "--index", "--interpreter", ".php=/c/php-cgi"],
        ),
        (
            "ScriptAlias /c/ /c/\n<Directory /c>\nAuthType Basic\nAuthUserFile /u\nRequire valid-user\n</Directory>",
            ["--env", "AUTH_TYPE=Basic", "--remote-user-header", "X-Remote-User"],
        ),
    ],
)
def test_commands(text: str, words: list[str]) -> None:
    """Each word stands in one command, in this order."""
    assert any(_in_order(words, line) for line in commands(text)), commands(text)


def _in_order(words: list[str], line: list[str]) -> bool:
    rest = iter(line)
    return all(any(word == other for other in rest) for word in words if word != "--index")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Redirect /a http://x/b", "rewrite ^/a(/.*)?$ http://x/b$1 redirect;"),
        ("Redirect permanent / https://x/", "rewrite ^/(.*)$ https://x/$1 permanent;"),
        ("RedirectPermanent /a /b", "rewrite ^/a(/.*)?$ $scheme://$http_host/b$1 permanent;"),
        ("RedirectTemp /a http://x/b", "rewrite ^/a(/.*)?$ http://x/b$1 redirect;"),
        ("Redirect gone /a", "if ($uri ~ ^/a(/.*)?$) { return 410; }"),
        ("Redirect 404 /a", "if ($uri ~ ^/a(/.*)?$) { return 404; }"),
        ("Redirect seeother /a http://x/?y", "{ return 303 http://x/?y$rest_"),
        ('RedirectMatch "^/a b(.*)" http://x$1', 'rewrite "^/a b(.*)" http://x$1 redirect;'),
        ("RedirectMatch 301 ^/a{2}(.*) http://x$1", 'rewrite "^/a{2}(.*)" http://x$1 permanent;'),
        ("Redirect /a http://x/b?c=d", "rewrite ^/a(/.*)?$ http://x/b?c=d$1? redirect;"),
        ("ErrorDocument 404 /e.html", "error_page 404 /e.html;"),
        ("ErrorDocument 500 'So sorry", "error_page 500 @error_500_"),
        ("AddType text/x-a .a b", "text/x-a b;"),
        ("AddDefaultCharset utf-8", "charset utf-8;"),
        ("Header always set X-A 'b; c'", 'add_header X-A "b; c" always;'),
        ("DirectoryIndex a.html b.html", "index a.html b.html;"),
        ("DirectoryIndex disabled", "index -;"),
        ("<Directory /w>\nOptions Indexes\n</Directory>", "autoindex on;"),
        ("<Directory /w>\nOptions None\n</Directory>", "disable_symlinks on;"),
        ("<Directory /w/x>\nRequire all denied\n</Directory>", "deny all;"),
        ("<Location /x>\nRequire ip 10 192.168.1.0/255.255.255.0\n</Location>", "allow 10.0.0.0/8;"),
        ("<Location /x>\nRequire ip 10.1 ::1\n</Location>", "allow ::1;"),
        ("<Location /x>\nRequire not ip 10.1\nRequire all granted\n</Location>", "return 403;  # its rules"),
        (
            "<Location /x>\n<RequireAll>\nRequire all granted\nRequire not ip 10.1\n</RequireAll>\n</Location>",
            "deny 10.1.0.0/16;",
        ),
        ("<Location /x>\nOrder allow,deny\nAllow from all\nDeny from 10.1.2.3\n</Location>", "deny 10.1.2.3;"),
        ("<LocationMatch ^/x>\nRequire all denied\n</LocationMatch>", "if ($uri ~ ^/x) { return 403; }"),
        ("<Files ~ 'b$'>\nDeny from all\n</Files>", "if ($uri ~ b(?=/|$)) { return 403; }"),
        ("<Files *.bak>\nRequire all denied\n</Files>", r"if ($uri ~ /[^/]*\.bak(?=/|$)) { return 403; }"),
        (
            "<If \"%{HTTP_HOST} == 'a'\">\nRedirect /a http://b/c\n</If>",
            "if ($http_host = a) { rewrite ^/a(/.*)?$ http://b/c$1 redirect; }",
        ),
        (
            "<If \"%{HTTP_HOST} == 'a.example'\">\nRedirect 301 https://b.example/\n</If>",
            "if ($http_host = a.example) {",
        ),
        ("<If \"req('X-A') =~ m#^b#i\">\nRequire all denied\n</If>", "if ($http_x_a ~* ^b) { return 403; }"),
        (
            "<Directory /w>\n<Limit GET POST>\nRequire all granted\n</Limit>\n"
            "<LimitExcept GET POST>\nRequire all denied\n</LimitExcept>\n</Directory>",
            'if ($request_method !~ "^(?:GET|POST|HEAD)$") { return 403; }',
        ),
        (
            "<Directory /w>\n<Limit PUT>\nOrder deny,allow\nDeny from all\n</Limit>\n</Directory>",
            'if ($request_method ~ "^(?:PUT)$") { return 403; }',
        ),
        ("KeepAlive Off", "keepalive_timeout 0;"),
        ("SSLEngine on\nSSLCertificateFile c\nSSLProtocol all -TLSv1 -TLSv1.1", "ssl_protocols TLSv1.2 TLSv1.3;"),
        ("SSLEngine on\nSSLCertificateFile c", "listen 80 ssl;"),
        ("SSLEngine on\nSSLCertificateFile c", "ssl_certificate /etc/apache2/c;"),
    ],
)
def test_nginx(text: str, line: str) -> None:
    """Each directive in a site, and the line that says the same."""
    assert line in nginx(SITE + text)
    assert line not in nginx(SITE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ScriptAlias /cgi/ /c", "give both a slash"),
        ("ScriptAliasMatch ^/(a|b) /c/$1.cgi", "needs the form"),
        ("Alias /x$y /z", "dollar"),
        ("DocumentRoot /w${X}", "${X} has no value"),
        ("Redirect 301 /a", "must name a path and a URL"),
        ("Redirect /a not-a-url", "neither a path nor a URL"),
        ("RedirectMatch ( http://x", "cannot be read as a regular expression"),
        ("RedirectMatch 307 ^/(.*) http://x/$1", "undecoded"),
        ("Options MultiViews", "by language"),
        ("Options +SymLinksIfOwnerMatch -FollowSymLinks\nOptions -FollowSymLinks +SymLinksIfOwnerMatch", "follows all"),
        ("Options +ExecCGI Indexes", "a sign"),
        ("SetEnvIf User-Agent x A=b", "cannot be handed"),
        ("AddHandler application/x-httpd-php .php", "--interpreter .php=/usr/bin/php-cgi"),
        ("SetHandler perl-script", "no program that can run here"),
        ("Action x /nowhere/prog", "no ScriptAlias leads"),
        ("ErrorDocument 404 %{REQUEST_URI}", "no such expression"),
        ("ErrorDocument 404 /e.html", "compat's own page"),
        ("AddLanguage en .en", "no Content-Language"),
        ("AuthType Digest", "Basic authentication only"),
        ("AuthBasicProvider ldap", "from a file only"),
        ("RLimitCPU 5 10", "one limit, soft and hard"),
        ("Header set A b", "only `Header always set"),
        ("Protocols h2 http/1.1", "HTTP/2"),
        ("ServerName a;b", "no host name"),
        ("Frobnicate on", "no translation for this directive"),
        ("AddType application/x-httpd-php .php", "its files are forbidden"),
        ("<DirectoryMatch (>\nSetEnv A b\n</DirectoryMatch>", "regular expression"),
        ("<Proxy *>\nRequire all denied\n</Proxy>", "about a proxy"),
        ("<Macro m>\nAlias /a /b\n</Macro>", "not expanded"),
        ('<If "%{TIME_HOUR} -gt 9">\nRedirect 301 /x\n</If>', "no expressions"),
        ("<If \"%{HTTP_HOST} == 'a'\">\nSetEnv A b\n</If>", "redirect and refuse"),
        ("<Else>\nRedirect /a /b\n</Else>", "no else"),
        ("<Perl>\n1\n</Perl>", "no translation"),
        ("SSLProtocol SSLv9", "is no protocol"),
        ("HostnameLookups On", "REMOTE_HOST is absent"),
        ("<Location /x>\nRequire group a\n</Location>", "no groups"),
        ("<Location /x>\nRequire host a.example\n</Location>", "looks up no names"),
        ("<Location /x>\nAllow from a.example\n</Location>", "looks up no names"),
        ("<Location /x>\nRequire valid-user\n</Location>", "no AuthType Basic with an AuthUserFile"),
        ("<Location /x>\n<RequireNone>\nRequire all denied\n</RequireNone>\n</Location>", "no nested rules"),
        ("<Location /x>\n<Limit POST>\nRequire valid-user\n</Limit>\n</Location>", "rule for some methods"),
    ],
)
def test_not_carried(text: str, reason: str) -> None:
    """What has no exact translation is refused with a reason."""
    reasons = [outcome.reason for outcome in run(SITE + text).of("not carried")]
    assert any(reason in one for one in reasons), reasons


@pytest.mark.parametrize(
    "rule",
    [
        "Require group admins",
        'Require expr "%{TIME_HOUR} -gt 9"',
        "Require valid-user",
        "AuthType Digest\nAuthUserFile /u\nRequire valid-user",
        "AuthType Basic\nAuthBasicProvider ldap\nRequire valid-user",
        "<RequireAny>\n<RequireAll>\nRequire ip 10\n</RequireAll>\n</RequireAny>",
        "Order deny,allow\nDeny from all\nAllow from office.example",
        "Require not user bob",
        "Require all denied\n<Limit GET>\nRequire all granted\n</Limit>",
        "Order deny,allow\nDeny from all\n<Limit GET>\nAllow from all\n</Limit>",
        "Order allow,deny\nAllow from 10\nRequire ip 192.168",
        "SetHandler perl-script",
    ],
)
@pytest.mark.parametrize("where", ["<Location /x>", "<Directory /c>", "<Files a.cgi>"])
def test_closed(rule: str, where: str) -> None:
    """Whatever protected and cannot be said leaves its place closed for everybody."""
    end = where.split()[0].replace("<", "</") + ">"
    result = run(f"{SITE}{where}\n{rule}\n{end}")
    assert result.of("not carried")
    assert "return 403;  # its rules could not be translated" in nginx(f"{SITE}{where}\n{rule}\n{end}")


ADMIN = "<Location /admin>\n{}\n</Location>"


@pytest.mark.parametrize(
    ("text", "admin", "rest"),
    [
        (ADMIN.format("Require ip ${OFFICE}"), "403", "200"),
        (ADMIN.format("Require ip ${OFFICE}\nRequire all granted"), "403", "200"),
        (ADMIN.format("Order deny,allow\nDeny from ${ALL}"), "403", "200"),
        (ADMIN.format("AuthType Basic\nAuthUserFile ${USERS}\nRequire valid-user"), "403", "200"),
        ("AuthUserFile /u\n" + ADMIN.format("AuthType Basic\nAuthUserFile /a$b\nRequire valid-user"), "403", "200"),
        ("<Directory ${ROOT}/admin>\nRequire all denied\n</Directory>", "403", "403"),
        ("<Directory ${ROOT}/admin>\nRequire all granted\n</Directory>", "200", "200"),
        ("<Directory ${ROOT}/admin>\nOrder allow,deny\nAllow from all\n</Directory>", "200", "200"),
        ("<Directory ${ROOT}/admin>\nOrder allow,deny\nAllow from 10\n</Directory>", "403", "403"),
        ("<Directory ${ROOT}>\nSSLRequireSSL\n</Directory>", "403", "403"),
        ('<LocationMatch "^/(?i)admin">\nRequire all denied\n</LocationMatch>', "403", "403"),
        ('<DirectoryMatch "^@ROOT@/www/(?|a|b)dmin">\nRequire all denied\n</DirectoryMatch>', "403", "403"),
        (ADMIN.format('<FilesMatch "(?|a)">\nRequire all denied\n</FilesMatch>'), "403", "200"),
        (ADMIN.format("SSLVerifyClient require"), "403", "200"),
        (ADMIN.format("SSLRequireSSL\n<Files page.html>\nRequire all granted\n</Files>"), "403", "200"),
        (ADMIN.format("SSLVerifyClient none"), "200", "200"),
        (ADMIN.format("AuthMerging And"), "403", "200"),
        ("<If \"-R '10.0.0.0/8'\">\nRequire all denied\n</If>", "403", "403"),
        ("<If \"%{HTTP_HOST} == 'x'\">\nRequire ip 10\n</If>", "403", "403"),
        ("<If \"%{HTTP_HOST} == 'x'\">\nRequire all granted\n</If>", "200", "200"),
        ("<If \"%{HTTP_HOST} == 'x'\">\n<Files a>\nRequire ip ${X}\n</Files>\n</If>", "403", "403"),
        ("<Else>\nRequire all denied\n</Else>", "403", "403"),
        (ADMIN.format('<If "true">\nRequire all denied\n</If>'), "403", "200"),
        ("<Macro M $dir>\n<Directory $dir>\nRequire all denied\n</Directory>\n</Macro>\nUse M /x", "403", "403"),
        ("<Proxy *>\nRequire all denied\n</Proxy>", "200", "200"),
        ('<FilesMatch "[.]html$">\nSetHandler "proxy:unix:/php.sock|fcgi://x"\n</FilesMatch>', "403", "403"),
        ('<FilesMatch "(?|[.]html)$">\nSetHandler application/x-httpd-php\n</FilesMatch>', "403", "403"),
        ("SetHandler ${HANDLER}", "403", "403"),
    ],
)
def test_closed_in_nginx(tmp_path: Path, text: str, admin: str, rest: str) -> None:
    """What protects and cannot be said closes the nearest place around it in a real nginx; what opens does not."""
    tmp_path.chmod(0o755)
    for name in ("www/page.html", "www/admin/page.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("page")
    site = "Listen 127.0.0.1:@PORT@\nLoadModule alias_module x\nDocumentRoot @ROOT@/www\n"
    with translated(tmp_path, site + text + "\n") as port:
        found = [answer(port, "GET", path, {})["status"] for path in ("/admin/page.html", "/page.html")]
    assert found == [admin, rest]


def test_one_file_of_another_name(tmp_path: Path) -> None:
    """A refusal by a file's name holds for the file, whatever the URL that leads to it."""
    tmp_path.chmod(0o755)
    (tmp_path / "secret.txt").write_text("secret")
    site = "Listen 127.0.0.1:@PORT@\nLoadModule alias_module x\nAlias /page.html @ROOT@/secret.txt\n"
    with translated(tmp_path, f"{site}<Files secret.txt>\nRequire all denied\n</Files>\n") as port:
        assert answer(port, "GET", "/page.html", {})["status"] == "403"


PRIVATE = "AuthType Basic\nAuthUserFile /u\nRequire valid-user"


@pytest.mark.parametrize(
    ("rules", "one", "two"),
    [
        ("<Directory @ROOT@/srv>\nRequire all denied\n</Directory>", "403", "403"),
        ("<Directory />\nRequire all denied\n</Directory>", "403", "403"),
        (
            "<Directory />\nRequire all denied\n</Directory>\n<Directory @ROOT@>\nRequire all granted\n</Directory>",
            "200",
            "200",
        ),
        (f"<Directory @ROOT@/srv>\n{PRIVATE}\n</Directory>", "401", "401"),
        (f"<Directory @ROOT@/srv/one>\n{PRIVATE}\n</Directory>", "403", "403"),
        (f"<Directory @ROOT@/srv/*>\n{PRIVATE}\n</Directory>", "403", "403"),
        (f"<DirectoryMatch one>\n{PRIVATE}\n</DirectoryMatch>", "403", "403"),
        (f"<Directory @ROOT@/other>\n{PRIVATE}\n</Directory>", "200", "200"),
        ("<Directory @ROOT@/srv/one>\nRequire all granted\n</Directory>", "200", "200"),
        (f"<Location /files>\n{PRIVATE}\n</Location>", "401", "401"),
        (f"<Location /files/one>\n{PRIVATE}\n</Location>", "403", "403"),
        (f"<LocationMatch one>\n{PRIVATE}\n</LocationMatch>", "403", "403"),
        (f"<Location /other>\n{PRIVATE}\n</Location>", "200", "200"),
        (f"<Files page.html>\n{PRIVATE}\n</Files>", "403", "403"),
        ("<FilesMatch html$>\nSetHandler application/x-httpd-php\n</FilesMatch>", "403", "403"),
        ("<Location /files>\nRequire ip ${X}\n</Location>", "403", "403"),
        ("<Location /files/one>\nRequire all denied\n</Location>", "403", "403"),
    ],
)
def test_rules_for_a_pattern(tmp_path: Path, rules: str, one: str, two: str) -> None:
    """What a pattern leads to is under the rules of its folder and URL; what may hold for a part closes all of it."""
    tmp_path.chmod(0o755)
    for name in ("srv/one/page.html", "srv/two/page.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("page")
    site = 'Listen 127.0.0.1:@PORT@\nLoadModule alias_module x\nAliasMatch "^/files/(.*)[.]html$" @ROOT@/srv/$1.html\n'
    with translated(tmp_path, site + rules + "\n") as port:
        found = [answer(port, "GET", f"/files/{path}/page.html", {})["status"] for path in ("one", "two")]
    assert found == [one, two]


def test_unprotected_user() -> None:
    """The user's name is passed on only where nginx has checked the password."""
    auth = "AuthType Basic\nAuthUserFile /u\nRequire valid-user"
    blocks = nginx(f"{SITE}ScriptAlias /p /p\n<Location /p>\n{auth}\n</Location>").split("location ")
    assert [block.split()[1] for block in blocks if "$remote_user" in block] == ["/p/", "/p"]
    assert ["auth_basic_user_file /u;" in block for block in blocks if "$remote_user" in block] == [True, True]


def test_user_is_set_wherever_compat_believes_it() -> None:
    """Each location that leads to a service with --remote-user-header sets that header: no client can."""
    auth = "AuthType Basic\nAuthUserFile /u\nRequire valid-user"
    text = f"{SITE}ScriptAlias /p /p\n<Location /p>\n{auth}\n</Location>\n<Files a.cgi>\n{auth}\n</Files>"
    believing = {words[words.index("--bind") + 1] for words in commands(text) if "--remote-user-header" in words}
    blocks = re.findall(r"proxy_pass http://([^{}]*)", nginx(text))
    reached = [block for block in blocks if block.partition(";")[0] in believing]
    assert len(believing) == 2
    assert len(reached) == 3
    assert all("proxy_set_header X-Remote-User $remote_user;" in block for block in reached)


def test_no_orders_of_a_program() -> None:
    """nginx ignores X-Accel-Redirect and its like, which any program can print."""
    assert nginx(SITE).count("proxy_ignore_headers X-Accel-Redirect X-Accel-Expires") == 1


def test_url_beside_the_programs() -> None:
    """The URL without its slash is the document root's, and protected as the section says."""
    text = f"{SITE}<Location /cgi-bin>\nAuthType Basic\nAuthUserFile /u\nRequire valid-user\n</Location>"
    (block,) = (block for block in nginx(text).split("location ") if block.startswith("= /cgi-bin {"))
    assert "auth_basic_user_file /u;" in block
    assert "proxy_pass" not in block


def test_open_within_protected() -> None:
    """What is open within a protected folder takes back each rule that nginx would inherit."""
    auth = "AuthType Basic\nAuthUserFile /u\nRequire valid-user\nOrder deny,allow\nDeny from all\nAllow from 10"
    inner = "<Files open.cgi>\nRequire all granted\nOrder allow,deny\nAllow from all\n</Files>"
    text = nginx(f"{SITE}<Directory /c>\n{auth}\nSatisfy Any\n</Directory>\n{inner}")
    (block,) = (block for block in text.split("location ") if r"open\.cgi" in block)
    assert {"auth_basic off;", "allow all;"} <= {line.strip() for line in block.splitlines()}


def test_any_of_network_and_password() -> None:
    """Where an address is enough, the name in a header may be anybody's: it is not passed on, and the table says so."""
    text = f"{SITE}<Location /cgi-bin>\nAuthType Basic\nAuthUserFile /u\nRequire valid-user\nRequire ip 10\n</Location>"
    assert "satisfy any;" in nginx(text)
    assert "$remote_user;" not in nginx(text)
    assert any("REMOTE_USER" in outcome.reason for outcome in run(text).of("not carried"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Alias /a /x\nAlias /a/b /y", {"Alias /a /x": "carried", "Alias /a/b /y": "not needed"}),
        ("Alias /a/b /y\nAlias /a /x", {"Alias /a /x": "carried", "Alias /a/b /y": "carried"}),
        ("<Directory /elsewhere>\nSetEnv A b\n</Directory>", {"SetEnv A b": "not needed"}),
        ("<IfModule !mod_alias.c>\nRedirect /a /b\n</IfModule>", {"Redirect /a /b": "not needed"}),
        ("RewriteRule ^/a /b", {"RewriteRule ^/a /b": "not needed"}),
        ("ErrorLog /l\nLoadModule a b.so", {"ErrorLog /l": "not needed", "LoadModule a b.so": "not needed"}),
        (
            "AliasMatch ^/a(.*) /x$1\nAlias /ab /y",
            {"AliasMatch ^/a(.*) /x$1": "not carried", "Alias /ab /y": "carried"},
        ),
    ],
)
def test_verdicts(text: str, says: dict[str, str]) -> None:
    """What Apache never reaches is not needed; what nginx would reach in another order is not carried."""
    found = verdicts(SITE + text)
    assert {name: found[name] for name in says} == says


def test_virtual_hosts() -> None:
    """Each has its own server; it inherits settings of the main one, not its rules; names lose their ports."""
    text = """
Listen 10.0.0.1:80
SetEnv A main
RewriteEngine On
RewriteRule ^/x /y [R]
<VirtualHost *:80>
ServerName http://One.example:80
ServerAlias *.one.example w*x.example
ScriptAlias /c/ /c/
</VirtualHost>
<VirtualHost 10.0.0.2:8080>
ServerName two
SetEnv A two
ScriptAlias /c/ /c/
</VirtualHost>
"""
    result = run(text)
    assert [site.listen for site in result.sites] == [("10.0.0.1:80",), ("10.0.0.2:8080",)]
    assert result.sites[0].names == ("one.example", "*.one.example", r"~^w.*x\.example$")
    assert [re.findall(r"A=\w+", " ".join(words))[0] for words in commands(text)] == ["A=main", "A=two"]
    assert verdicts(text)["RewriteRule ^/x /y [R]"] == "not needed"


def test_hosts_that_apache_never_reaches() -> None:
    """For an address that some virtual hosts name, those by `*` are not asked: nginx would ask them by their names."""
    text = "Listen 127.0.0.1:80\nListen 10.0.0.1:80\nDocumentRoot /w\n"
    text += (
        "<VirtualHost *:80>\nServerName a\n</VirtualHost>\n<VirtualHost 127.0.0.1:80>\nServerName b\n</VirtualHost>\n"
    )
    assert [site.listen for site in run(text).sites] == [("10.0.0.1:80",), ("127.0.0.1:80",)]
    result = run(text.replace("Listen 10.0.0.1:80\n", ""))
    assert [site.names for site in result.sites] == [("b",)]
    (outcome,) = [one for one in result.outcomes if str(one.directive) == "ServerName a"]
    assert outcome.verdict == "not needed"


def test_deeper_sections_win() -> None:
    """Folders are merged from short to long, whatever their order; URLs come last."""
    text = SITE + (
        "<Location /cgi-bin>\nSetEnv A url\n</Location>\n<Directory /c>\nSetEnv A deep\nSetEnv B deep\n</Directory>\n"
        "<Directory />\nSetEnv A root\nSetEnv B root\nSetEnv C root\n</Directory>\n"
    )
    (words,) = commands(text)
    assert [word for word in words if word[:2] in {"A=", "B=", "C="}] == ["A=url", "B=deep", "C=root"]


@pytest.mark.parametrize(("rule", "services"), [("Require ip 10", 1), ("SetEnv A b", 2), ("Options -ExecCGI", 1)])
def test_services_are_shared(rule: str, services: int) -> None:
    """A folder within another needs a `compat serve` of its own only where its programs see something else."""
    folder = "DocumentRoot /w\n<Directory /w>\nOptions ExecCGI\nAddHandler cgi-script .cgi\n</Directory>\n"
    assert len(commands(f"{folder}<Directory /w/sub>\n{rule}\n</Directory>")) == services


@pytest.mark.parametrize("rule", ["RemoveHandler .cgi", "SetHandler default-handler", "Options -ExecCGI"])
def test_uploads_are_not_run(rule: str) -> None:
    """A folder in which nothing may be run has no program behind it, nor is a source in it sent."""
    folder = "DocumentRoot /w\n<Directory /w>\nOptions ExecCGI\nAddHandler cgi-script .cgi\n</Directory>\n"
    text = nginx(f"{folder}<Directory /w/up>\n{rule}\n</Directory>")
    (block,) = (block for block in text.split("location ^~ ") if block.startswith("/up/ {"))
    assert "proxy_pass" not in block.partition("location = /up")[0]
    assert re.search(r"location ~\* \\\.\(\?:(?:php\|phtml\|)?cgi[^)]*\)\(\?:/\|\$\) \{\s+return 403;", block), block


def test_source_is_never_text() -> None:
    """What Apache ran by something else is forbidden in nginx: it would send the source."""
    assert re.search(r"location = /a \{\s+return 403;", nginx(SITE + "Alias /a /b/a.php"))  # by whatever URL
    whole = SITE + "LoadModule alias_module a.so\n"
    assert r"location ~* \.(?:php)(?:/|$) {" in nginx(whole + "AddHandler application/x-httpd-php .php")
    assert r"location ~* \.(?:php)(?:/|$) {" in nginx(whole + "AddType application/x-httpd-php .php")
    assert r"location ~* \.(?:cgi)(?:/|$) {" in nginx(whole + "AddHandler cgi-script .cgi")  # without ExecCGI
    assert r"location ~* \.(?:shtml)(?:/|$) {" in nginx(whole + "AddHandler server-parsed .shtml")
    assert r"location ~* \.(?:shtml)(?:/|$) {" in nginx(whole + "AddOutputFilter INCLUDES;DEFLATE .shtml")
    assert r"location ~* \.(?:tpl)(?:/|$) {" in nginx(whole + "AddType text/x .tpl\nAction text/x /cgi-bin/x.cgi")
    assert r"location ~* \.(?:php|phtml)(?:/|$) {" in nginx(SITE)  # nobody knows what runs them
    assert "php" not in nginx(SITE + "LoadModule alias_module a.so")
    forced = nginx(SITE + "<Files index>\nForceType application/x-httpd-php\n</Files>")
    assert re.search(r"location ~ /index\(\?=/\|\$\) \{\s+return 403;", forced)


@pytest.mark.parametrize(
    ("section", "pattern"),
    [
        (r"<DirectoryMatch /\.git>", r"/\.git"),
        (r"<DirectoryMatch ^/.*/\.(git|svn)$>", r"/\.(git|svn)(?=/|$)"),
        ("<DirectoryMatch ^/w/(a|b)/>", "^/(a|b)/"),
        ("<DirectoryMatch ^/w>", "^/"),
        ("<Directory ~ a$>", "a(?=/|$)"),
        ("<Directory /w/*/private>", r"^/[^/]*/private(?=/|$)"),
        ("<Location /a*/b>", "^/a[^/]*/b$"),
        ("<LocationMatch ^/a>", "^/a"),
    ],
)
def test_protected_by_a_pattern(section: str, pattern: str) -> None:
    """What is protected by a pattern of folders or URLs asks for the password there, too."""
    end = section.split()[0].replace("<", "</") + ">"
    text = nginx(f"{SITE}{section}\nAuthType Basic\nAuthUserFile /u\nRequire valid-user\n{end}")
    inner = text[text.index("location / {") :].partition("auth_basic_user_file /u;")[0]
    assert inner.splitlines()[-3].strip() == f"location ~ {pattern} {{"


def test_index_that_is_protected() -> None:
    """A program asked for by its folder's URL is under the rules for its own name; one that nobody gets is no index."""
    folder = "<Directory /w>\nOptions ExecCGI\nAddHandler cgi-script .cgi\nDirectoryIndex a.cgi b.cgi\n</Directory>\n"
    auth = "AuthType Basic\nAuthUserFile /u\nRequire valid-user"
    assert "if ($program) { proxy_pass" in nginx(SITE + folder)
    guarded = nginx(f"{SITE}{folder}<Files a.cgi>\n{auth}\n</Files>")
    assert "if ($program) { rewrite ^(.*)$ $1$program last; }" in guarded
    assert guarded.index("location ~ /a") < guarded.index("location ~* ")  # nginx takes the first that matches
    denied = nginx(f"{SITE}{folder}<Files a.cgi>\nRequire all denied\n</Files>")
    assert "}a.cgi" not in denied
    assert "}b.cgi" in denied


def test_access_file_is_of_its_folder() -> None:
    """The rules of a .htaccess are for paths below its folder."""
    text = "RewriteEngine On\nRewriteRule ^a/(.*) http://x/$1 [R=301]"
    files = [("main", SITE), ("/w/sub/.htaccess", text)]
    found = parse(files, lambda name: [], {}, {"/w/sub/.htaccess": "/w/sub"})
    assert "rewrite ^/sub/a/(.*) http://x/$1 permanent;" in nginx_text(translate(found, kind, "/"), Binding())


OTHER_NAMES = """
require order allow deny redirect redirectmatch alias scriptalias aliasmatch scriptaliasmatch documentroot servername
serveralias sslengine keepalive frobnicate rewriteengine rewritecond rewriterule rewritebase rewriteoptions
"""
READ_AT_ONCE = {"define", "undefine", "include", "includeoptional", "loadmodule"}
NAMES = sorted({name.rstrip("*") for name in (*SETTERS, *NOT_NEEDED, *NOT_CARRIED)} - READ_AT_ONCE)
VOCABULARY = r"""
On off all granted denied valid-user user bob ip 10.1 from /a /a/ /b/c.cgi /c / http://x/ ^/a(.*)$ $1 - [R,L] [F] [OR]
%{HTTPS} %{HTTP_HOST} %1 !-f -d +ExecCGI Indexes cgi-script .cgi .php Basic 404 301 text/x-a *:80 www.x A B=c 7 [L] ^/
any deny,allow %{REQUEST_FILENAME} ^(.*)$ always set ${X} $ { } ; # " ' \x \. é ( [ ~ /u %{QUERY_STRING} =x !^a b{2}
"""
WORDS = st.sampled_from(VOCABULARY.split())
SECTIONS = [
    *("VirtualHost *:80", "VirtualHost", "Directory /w", "Directory /c/d", "Directory ~ a.*", "DirectoryMatch ("),
    *("Location /a", "Location /", "LocationMatch ^/a.*", "Files a.cgi", 'FilesMatch "\\.(cgi|php)$"', "Limit POST"),
    *("LimitExcept GET", "RequireAll", "RequireAny", "RequireNone", "IfModule mod_x.c", "IfModule !mod_x.c"),
    *("If \"%{HTTP_HOST} == 'a'\"", "Else", "Proxy *", "Macro x", "IfDefine X", "Directory", "Files"),
]
LINES = st.builds(
    lambda name, words: " ".join([name, *words]),
    st.sampled_from(NAMES + OTHER_NAMES.split()),
    st.lists(WORDS, max_size=4),
)


def _section(parts: Any) -> Any:
    inner = st.lists(parts, max_size=4).map("\n".join)
    wrap = st.sampled_from(SECTIONS)
    return st.builds(lambda name, body: f"<{name}>\n{body}\n</{name.split()[0]}>", wrap, inner)


TEXTS = st.lists(st.recursive(LINES, _section, max_leaves=8), max_size=8).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_each_directive_once(text: str) -> None:
    """Of any configuration, each directive has exactly one outcome."""
    text = SITE + text
    written = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("<", "#"))]
    result = run(text)
    lines = [outcome.directive.line for outcome in result.outcomes]
    assert len(lines) == len(set(lines)) == len(written)
    assert f"{len(lines)} directives:" in table(result)
    nginx_text(result, Binding())


NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where nginx finds its configuration."""
    return tmp_path_factory.mktemp("nginx")


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_nginx_takes_it(folder: Path, text: str) -> None:
    """Whatever was translated, nginx reads it."""
    written = nginx(SITE + text)
    written = re.sub(r"(?m)^ *(listen|ssl_).*$", "", written).replace("server {", f"server {{ listen unix:{folder}/s;")
    (folder / "site.conf").write_text(written, encoding="utf-8")
    (folder / "mime.types").write_text("types { text/html html; }")
    (folder / "nginx.conf").write_text(f"pid {folder}/p; events {{ }} http {{ include {folder}/site.conf; }}")
    words = [str(NGINX), "-q", "-t", "-e", f"{folder}/error", "-c", f"{folder}/nginx.conf"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr + written
