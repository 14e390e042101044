"""Access files: which are read, in which virtual hosts, and what they may not say; never more open than in Apache."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.apache import ApacheError, Import, imported
from compat.apache.report import Binding, nginx_text
from tests.compat.apache.servers import answer, translated

DENIED = "<Directory @ROOT@/www>\nAllowOverride All\nRequire all granted\n</Directory>\n"
NESTED = "<Directory @ROOT@/www/up>\n{}\nRequire all denied\n</Directory>\n"
OPENING, PASSWORD = (
    "Require all granted\n",
    "AuthType Basic\nAuthName a\nAuthUserFile @ROOT@/users\nRequire valid-user\n",
)


def build(root: Path, files: dict[str, str]) -> None:
    """Write access files, and a page in each folder."""
    root.chmod(0o755)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.replace("@ROOT@", str(root)))
        (root / name).with_name("page.html").write_text("page")


def run(root: Path, text: str) -> Import:
    """Translate a configuration."""
    (root / "httpd.conf").write_text(text.replace("@ROOT@", str(root)))
    return imported((str(root / "httpd.conf"),))


SITE = "Listen 127.0.0.1:@PORT@\nLoadModule authz_core_module x\nDocumentRoot @ROOT@/www\n"


@pytest.mark.parametrize(
    ("sections", "access", "status"),
    [
        (DENIED + NESTED.format("AllowOverride None"), OPENING, "403"),  # Apache does not read it
        (DENIED + NESTED.format("AllowOverride None").replace("/up>", "/u*>"), OPENING, "403"),
        (NESTED.format("AllowOverride None") + DENIED, OPENING, "403"),  # the order of the file does not matter
        (DENIED + NESTED.format("AllowOverride AuthConfig"), OPENING, "200"),
        (DENIED + NESTED.format("AllowOverride FileInfo"), OPENING, "403"),  # 500 in Apache
        (DENIED + NESTED.format("AllowOverride All"), OPENING, "200"),
        (DENIED + NESTED.format("<IfModule authz_core_module>\nAllowOverride None\n</IfModule>"), OPENING, "403"),
        (DENIED.replace("All\n", "None\n"), PASSWORD, "200"),
        (DENIED.replace("All\n", "AuthConfig\n"), PASSWORD, "401"),
        (DENIED.replace("/www>", "/w*>"), PASSWORD, "401"),
        (DENIED.replace("/www>", "/*/up>"), PASSWORD, "401"),
        (DENIED.replace("All\n", "None\nAllowOverrideList AuthType AuthName AuthUserFile Require\n"), PASSWORD, "401"),
        (DENIED.replace("All\n", "None\nAllowOverrideList Require\n"), PASSWORD, "403"),  # 500 in Apache
        (DENIED.replace("All\n", "None\nAllowOverrideList None\n"), PASSWORD, "200"),
        (
            DENIED.replace("AllowOverride", "<IfModule !y.c>\nAllowOverride").replace("\nReq", "\n</IfModule>\nReq"),
            PASSWORD,
            "401",
        ),
        (DENIED.replace("<Directory ", "<Directory ${UNKNOWN}"), PASSWORD, "403"),
        (DENIED, "<Location />\nRequire all granted\n</Location>\n", "403"),  # 500 in Apache
        (DENIED, "User root\n", "403"),  # 500 in Apache
        (DENIED.replace("All\n", "Options=Indexes\n"), "Options +ExecCGI\n", "403"),  # 500 in Apache
        (DENIED.replace("All\n", "Options=Indexes\n"), "Options +Indexes\n", "200"),
    ],
)
def test_page_below_an_access_file(tmp_path: Path, sections: str, access: str, status: str) -> None:
    """A real nginx gives the page, or not, as Apache would."""
    build(tmp_path, {"www/up/.htaccess": access, "users": ""})
    with translated(tmp_path, SITE + sections) as port:
        assert answer(port, "GET", "/up/page.html", {})["status"] == status


def test_what_may_not_stand_there_is_listed(tmp_path: Path) -> None:
    """Each directive that makes Apache answer 500 is not carried over; the others are what they are."""
    build(tmp_path, {"www/up/.htaccess": "SetEnv A b\nRequire all granted\n"})
    found = run(tmp_path, SITE.replace("@PORT@", "1") + DENIED.replace("All\n", "FileInfo\n"))
    (left,) = found.of("not carried")
    assert str(left.directive) == "Require all granted"
    assert left.reason.startswith("closed for everybody instead: it may not stand here")


def test_virtual_hosts(tmp_path: Path) -> None:
    """A file that one virtual host reads does not count in the other, nor one of another name."""
    build(tmp_path, {"www/up/.htaccess": PASSWORD, "www/up/.acl": "Require all denied\n"})
    host = "<VirtualHost *:80>\nServerName {0}\nDocumentRoot @ROOT@/www\n{1}</VirtualHost>\n"
    none = DENIED.replace("All", "None")
    text = host.format("a", DENIED) + host.format("b", none) + host.format("c", "AccessFileName .acl\n" + DENIED)
    servers = nginx_text(run(tmp_path, text), Binding()).split("server {")[1:]
    assert ["auth_basic_user_file" in server for server in servers] == [True, False, False]
    assert ["deny all;" in server for server in servers] == [False, False, True]


def test_links_are_followed(tmp_path: Path) -> None:
    """A folder behind a symbolic link has its access file too; one that leads back to itself ends the search."""
    build(tmp_path, {"elsewhere/.htaccess": PASSWORD, "www/page.html": ""})
    (tmp_path / "www" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "elsewhere")
    with translated(tmp_path, SITE + DENIED) as port:
        assert answer(port, "GET", "/link/page.html", {})["status"] == "401"


def test_too_many_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search without end is refused, not cut off."""
    monkeypatch.setattr("compat.apache.command.MAX_FOLDERS", 2)
    build(tmp_path, {f"www/{name}/page.html": "" for name in "abcd"})
    with pytest.raises(ApacheError, match="more than 2 folders"):
        run(tmp_path, SITE + DENIED)
