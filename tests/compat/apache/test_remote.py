"""Rules for addresses are for clients behind a proxy where Apache believes its header."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.apache import imported
from tests.compat.apache.servers import answer, translated

SITE = "Listen 127.0.0.1:@PORT@\nLoadModule alias_module x\nDocumentRoot @ROOT@/www\n"
RULE = "<Location />\nRequire ip {}\n</Location>\n"
HEADER = "RemoteIPHeader X-Client\n"
HOST = "<VirtualHost *>\nRemoteIPInternalProxy 127.0.0.1\n</VirtualHost>\n"


@pytest.mark.parametrize(
    ("text", "client", "status"),
    [
        (HEADER + RULE.format("127"), "", "403"),
        (HEADER, "", "200"),
        (HEADER + "RemoteIPInternalProxy 127.0.0.1\n" + RULE.format("127"), "1.2.3.4", "403"),
        (HEADER + "RemoteIPInternalProxy 127.0.0.1\n" + RULE.format("127"), "", "200"),
        (HEADER + "RemoteIPInternalProxy 127.0.0.1\n" + RULE.format("1.2.3"), "1.2.3.4", "200"),
        (HEADER + "RemoteIPInternalProxy 127.0.0.1\n" + RULE.format("1.2.3"), "1.2.3.4, 5.6.7.8", "403"),
        (HEADER + "RemoteIPInternalProxy 127.0.0.1 5.6.7\n" + RULE.format("1.2.3"), "1.2.3.4, 5.6.7.8", "200"),
        (HEADER + "RemoteIPTrustedProxy 127.0.0.0/8\n" + RULE.format("127"), "", "403"),
        (HEADER + "RemoteIPInternalProxy 10.0.0.1\n" + RULE.format("127"), "1.2.3.4", "200"),
        (HEADER + "RemoteIPInternalProxy 10.0.0.1\n" + HOST + RULE.format("127"), "1.2.3.4", "403"),
        (HEADER + "RemoteIPInternalProxyList /x\n" + RULE.format("127"), "", "403"),
        (HEADER + "RemoteIPInternalProxy proxy.example\n" + RULE.format("127"), "", "403"),
        (HEADER + "RemoteIPInternalProxy proxy.example\n", "", "200"),
        ("RemoteIPProxyProtocol On\n" + RULE.format("127"), "", "403"),
        ("RemoteIPInternalProxy 127.0.0.1\n" + RULE.format("127"), "1.2.3.4", "200"),
    ],
)
def test_whose_address(tmp_path: Path, text: str, client: str, status: str) -> None:
    """As Apache has it; where that cannot be said, nobody comes in."""
    tmp_path.chmod(0o755)
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "a.txt").write_text("a")
    with translated(tmp_path, SITE + text) as port:
        assert answer(port, "GET", "/a.txt", {"X-Client": client} if client else {})["status"] == status
    outcomes = imported((str(tmp_path / "httpd.conf"),)).outcomes
    assert not any("no translation" in one.reason for one in outcomes if one.directive.name.startswith("remoteip"))
