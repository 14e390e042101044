"""Apache configurations: which programs, under which URLs, with which variables."""

from __future__ import annotations

import pytest

from harness.start.apache import Mount, read_apache

TEXT = """\
# ScriptAlias /no/ /no/
Define ROOT /srv/shop
Listen [::]:8081
<VirtualHost *:8081>
    documentroot "${ROOT}/htdocs"
    ScriptAlias "/cgi-bin/" ${ROOT}/cgi-bin/
    ScriptAlias /app /srv/app.cgi
    Alias /tools/ /usr/share/tools
    SetEnv APP_ENV "in production"
    SetEnv EMPTY
    PassEnv TZ LANG
    PassEnv TZ
    RewriteRule ^/old/(.*) \\
        /new/$1
    CGIPassAuth On
    LogLevel debug
    <Directory ${ROOT}/htdocs/admin>
        <Limit POST>
            Require valid-user
        </Limit>
        Options +ExecCGI -Indexes
        AddHandler cgi-script cgi .pl
    </Directory>
    <Directory /usr/share/tools>
        Options ExecCGI
    </Directory>
    <Directory /elsewhere>
        Options +ExecCGI
    </Directory>
</VirtualHost>
"""


def test_mounts() -> None:
    """Aliases of programs, and folders of the document tree in which programs run; what no URL leads to is none."""
    assert read_apache(TEXT).mounts == (
        Mount("/cgi-bin", "/srv/shop/cgi-bin/"),
        Mount("/app", "/srv/app.cgi"),
        Mount("/admin", "/srv/shop/htdocs/admin", (".cgi", ".pl")),
        Mount("/tools", "/usr/share/tools", (".cgi", ".pl")),
    )
    assert [mount.is_program for mount in read_apache(TEXT).mounts] == [False, True, False, False]


def test_variables() -> None:
    """What programs find in their environment, each name once."""
    apache = read_apache(TEXT)
    assert apache.env == {"APP_ENV": "in production", "EMPTY": ""}
    assert apache.pass_env == ("TZ", "LANG")
    assert apache.pass_authorization


def test_what_is_left() -> None:
    """What a client may notice and is not carried over is named with its line; logging is nobody's matter."""
    assert read_apache(TEXT).left == (
        "line 13: RewriteRule ^/old/(.*) /new/$1",
        "line 19: Require valid-user",
    )


@pytest.mark.parametrize(
    ("text", "port"), [("", 80), ("Listen 8080", 8080), ("Listen 10.0.0.1:81\nListen 443 https", 81), ("Listen", 80)]
)
def test_port(text: str, port: int) -> None:
    """Where it listens first; 80 where it does not say."""
    assert read_apache(text).port == port


@pytest.mark.parametrize(
    "text",
    ["", "</Directory>", "<Directory>\nOptions ExecCGI", 'SetEnv A "open', "ScriptAlias /a", "<>", "\\", "Options\\"],
)
def test_nonsense_is_nothing(text: str) -> None:
    """A broken file has no programs, and no error."""
    assert read_apache(text).mounts == ()


def test_the_document_root_itself() -> None:
    """Programs right in the document root have no prefix."""
    text = "DocumentRoot /srv/www\n<Directory /srv/www>\nOptions +ExecCGI\n</Directory>"
    assert read_apache(text).mounts == (Mount("", "/srv/www", (".cgi",)),)
