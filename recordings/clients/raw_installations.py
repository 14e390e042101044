"""Raw requests to the old index under other settings: the rules of late 2016, those of 2008, `installations/other`."""

from __future__ import annotations

from dataclasses import replace

from recordings.clients.raw_rows import BOUNDARY, Row, archive, basic, call, get, post, row, upload

_BOB, _ALICE, _CAROL = basic("bob", "bobpw"), basic("alice", "alicepw"), basic("carol", "carol:has:colons")
_IN = "Cookie: pypi={cookie}"
_HTTPS = "X-Forwarded-Proto: https"
_TOKEN = {"CSRFToken": "{token}"}
_FORM = "/pypi?:action=user_form"
_DOCS = {":action": "doc_upload", "name": "demo",
         "content": ("docs.zip", archive({"index.html": b"<title>demo</title>"}))}  # fmt: skip
_FILE = {":action": "file_upload", "name": "demo", "version": "1.2", "filetype": "sdist",
         "content": ("demo-1.2.tar.gz", b"\x1f\x8b\x08\x00" + bytes(16))}  # fmt: skip
_SUBMIT = {":action": "submit", "name": "demo", "version": "1.2"}
_ERROR = row("53", 500, "HEAD /pypi?:action=exception")  # its page would tell where the program lies

LATE = (
    get("123", 403, "/simple/"),
    get("123", 403, "/simple/demo/"),
    get("123 107", 200, "/simple/", _HTTPS),
    get("123 107", 200, "/simple/demo/", _HTTPS),
    get("123 113", 301, "/simple/Demo/", _HTTPS),
    replace(call("127", "changelog_last_serial"), status=403),
    call("127", "changelog_last_serial", "", _HTTPS),
    get("100", 403, "/pypi?:action=purge"),
    get("100", 200, "/pypi?:action=purge", _HTTPS),
    post("182", 403, _SUBMIT, _BOB),
    post("182", 200, _SUBMIT, _BOB, _HTTPS),
    upload("198", 403, _FILE, _BOB),
    upload("198", 200, _FILE, _BOB, _HTTPS),
    get("246", 403, "/pypi?:action=submit_form", _BOB),
    get("246", 200, "/pypi?:action=submit_form", _BOB, _HTTPS),
    get("54", 200, "/pypi"),
    get("54", 200, "/pypi", _HTTPS),
    get("68", 200, "/pypi/demo/1.1"),
    get("8", 200, "/pypi/demo/1.1", _HTTPS),
    get("169", 200, "/pypi?:action=rss", _HTTPS),
    get("169", 200, "/pypi?:action=packages_rss"),
    get("163", 200, "/pypi/demo/json", _HTTPS),
    post("222", 401, {":action": "doc_destroy", "name": "demo"}),
    upload("220", 301, _DOCS, _ALICE),
    get("163", 200, "/pypi/demo/json"),
    get("230", 200, "/pypi?:action=login", _ALICE, _HTTPS),
    get("78", 200, "/pypi?:action=pkg_edit&name=demo", _IN),
    post("222 235", 400, {":action": "doc_destroy", "name": "demo"}, _IN),
    post("222 235", 400, {":action": "doc_destroy", "name": "demo", **_TOKEN}, _CAROL),
    post("222", 400, {":action": "doc_destroy", **_TOKEN}, _IN),
    post("222", 200, {":action": "doc_destroy", "name": "demo", **_TOKEN}, _IN),
    get("222 223", 404, "/packages/documentation/demo/"),
    get("163", 200, "/pypi/demo/json"),
    _ERROR,
)  # fmt: skip
EARLY = (
    post("241", 400, {":action": "pw_reset_change", "otk": "{expired}"}),  # would be good by a clock a day behind
    get("107", 301, "/simple"),
    get("107", 200, "/simple/"),
    get("108", 200, "/simple/demo"),
    get("108", 200, "/simple/demo/"),
    get("108 112", 404, "/simple/Demo/"),
    get("109 112", 404, "/simple/nothing"),
    get("110", 200, "/simple/Under_Score"),
    get("110", 404, "/simple/under-score/"),
    get("110", 200, "/simple/dotted.name/"),
    get("108", 404, "/simple/demo/1.0/"),
    get("67", 404, "/pypi/Demo"),
    get("67", 404, "/pypi/Demo/1.1"),
    get("67", 200, "/pypi/demo"),
    get("166", 301, "/pypi/Demo/json"),
    get("54", 200, "/pypi", _HTTPS),
    get("123 222", 404, "/pypi?:action=doc_destroy&name=demo", _ALICE),
    _ERROR,
)  # fmt: skip


def _at(host: str, status: int, line: str, *headers: str) -> Row:
    return row("21", status, line, f"Host: {host}", *headers)


_OLD_NAMES = (
    _at("cheese.example.org", 301, "GET /"),
    _at("cheese.example.org", 301, "GET /demo/1.1?a=b"),
    _at("cheese.example.org", 301, "GET /pypi?:action=rss"),
    _at("cheese.example.org", 301, "GET /simple/demo/"),
    _at("cheese.example.org", 301, "GET /simple?x"),
    _at("cheese.example.org", 301, "GET /simplest/"),
    _at("cheese.example.org", 301, "GET /gr%C3%BC%C3%9Fe"),
    _at("SHOP.example.org:80", 301, "HEAD /pypi/demo"),
    _at("old.example.org", 307, "POST /pypi"),
    _at("old.example.org", 307, "PUT /demo"),
    _at("old.example.org", 301, "GET http://old.example.org/demo"),
    _at("older.example.org", 200, "GET /pypi?:action=about"),
)
_READING = (
    get("54", 200, "/pypi"),
    get("8", 200, "/pypi", _HTTPS),
    get("107", 200, "/simple/"),
    get("107", 301, "/simple"),
    get("110", 301, "/simple/Under_Score/"),
    get("67", 301, "/pypi/Demo/1.1"),
    get("68", 200, "/pypi/demo/1.1"),
    get("68", 200, "/pypi/demo/1.0"),
    get("68", 200, "/pypi/demo-extras/2.0"),
    get("68", 200, "/pypi/lone-wheel/4.1"),
    get("68", 200, "/pypi/lone-wheel/4.0"),
    get("68", 200, "/pypi/Under_Score/0.5"),
    get("75", 200, "/pypi?:action=files&name=lone-wheel&version=4.1"),
    get("176", 200, "/pypi?:action=doap&name=demo&version=1.1"),
    get("179", 200, "/pypi?:action=display_pkginfo&name=demo&version=1.1"),
    get("176", 200, "/pypi?:action=doap&name=Under_Score"),
    get("163", 200, "/pypi/demo/json"),
    get("163", 200, "/pypi/Under_Score/json"),
    get("163", 200, "/pypi/lone-wheel/4.0/json", _HTTPS),
    get("169", 200, "/pypi?:action=rss"),
    get("169", 200, "/pypi?:action=packages_rss"),
    get("175", 200, "/pypi?:action=lasthour"),
    get("60", 200, "/id"),
    get("60", 200, "/id/bob"),
    get("90", 200, "/pypi?:action=search&term=capitals+wheel"),
    get("90", 200, "/pypi?:action=search&term=demo"),
    get("90", 307, "/pypi?:action=search&term=wheel"),
    get("96", 200, "/pypi?:action=index&download_url=download"),
    get("96", 200, "/pypi?:action=index&keywords=demo"),
    get("88", 200, "/pypi?:action=browse"),
    *(get("88", 200, f"/pypi?:action=browse&c={chosen}") for chosen in (
        "9", "15", "16", "18", "21", "22", "23", "23&c=17", "3", "4", "9&c=16", "15&show=all", "19;c=3")),
    call("142", "release_data", "<string>demo</string>|<string>1.1</string>"),
    call("142", "release_data", "<string>Under_Score</string>|<string>0.5</string>"),
    call("145", "release_urls", "<string>lone-wheel</string>|<string>4.0</string>"),
    call("156", "release_downloads", "<string>demo</string>|<string>1.1</string>"),
    call("156", "top_packages"),
    call("156", "top_packages", "<int>1</int>"),
    call("157", "package_hosting_mode", "<string>demo</string>"),
    call("157", "package_hosting_mode", "<string>markup</string>"),
    call("146", "search", "<struct><member><name>download_url</name><value>download</value></member></struct>"),
    call("154", "browse", "<array><data><value>Topic</value></data></array>"),
    call("154", "browse", "<array><data><value>Topic</value><value>Framework</value></data></array>"),
    call("154", "browse", "<array><data><value>Alone</value></data></array>"),
)  # fmt: skip
_ODD = "odd%2Fname"
_NAMES = (
    get("69", 200, f"/pypi?:action=display&name={_ODD}"),
    get("68", 200, f"/pypi?:action=display&name={_ODD}&version=1/2%263"),
    get("68", 200, f"/pypi?:action=display&name={_ODD}&version=4/%225%22"),
    get("68", 200, "/pypi?:action=display&name=..."),
    get("67", 301, "/pypi?:action=display&name=ODD/name"),
    get("163", 200, f"/pypi?:action=json&name={_ODD}"),
    get("176", 200, f"/pypi?:action=doap&name={_ODD}"),
    get("179", 200, f"/pypi?:action=display_pkginfo&name={_ODD}"),
    get("75", 200, f"/pypi?:action=files&name={_ODD}&version=4/%225%22"),
    get("101", 200, "/pypi?:action=show_md5&digest=odd+%26+digest"),
    get("90", 307, "/pypi?:action=search&term=odd"),
    get("90", 200, "/pypi?:action=search&term=zygmunt"),
    call("135 142", "release_data", "<string>odd/name</string>|<string>1/2&amp;3</string>"),
    *(get("241", 400, f"/pypi?:action=forgotten_password&name=a{character}b") for character in (
        "%01", "%09", "%1F", "%20", "%7F", "%0D%0A", "%C2%80")),
    get("246", 403, "/pypi?:action=submit_form&name=markup&version=1.0", _BOB),
    get("230", 200, "/pypi?:action=login", _BOB),
    get("68", 200, f"/pypi?:action=display&name={_ODD}&version=1/2%263", _IN),
    get("75", 200, f"/pypi?:action=files&name={_ODD}&version=4/%225%22", _IN),
    get("78", 200, f"/pypi?:action=pkg_edit&name={_ODD}", _IN),
    get("83", 200, f"/pypi?:action=role_form&package_name={_ODD}", _IN),
    post("85", 200, {":action": "role", "package_name": "odd/name", "user_name": "bob", "role_name": "Maintainer",
                     ":operation": "Add Role", **_TOKEN}, _IN),
    get("246", 200, f"/pypi?:action=submit_form&name={_ODD}&version=1/2%263", _IN),
    upload("220", 301, {**_DOCS, "name": "odd/name"}, _BOB),
    upload("220", 301, {**_DOCS, "name": "..."}, _BOB),
    get("223", 200, "/packages/documentation/odd_name/"),
    get("223", 200, "/packages/documentation/_/"),
    post("80", 200, {":action": "remove_pkg", "name": "odd/name", "version": "1/2&3", **_TOKEN}, _IN),
    post("81", 200, {":action": "remove_pkg", "name": "odd/name", "submit_ok": "OK", **_TOKEN}, _IN),
    call("151", "changelog", "<int>0</int>|<boolean>1</boolean>"),
)  # fmt: skip
_PEOPLE = (
    get("232", 401, _FORM),
    get("62", 307, "/google_login"),
    get("62", 307, "/pypi?:action=login&provider=Google", _HTTPS),
    get("62", 307, "/pypi?:action=login&provider=Xerox"),
    get("62", 400, "/pypi?:action=login&provider=google"),
    get("229", 200, _FORM, "Cookie: pypi=0123456789abcdef0123456789abcdef"),
    get("229", 200, _FORM, "Cookie: pypi=0123456789abcdef0123456789abcdef"),
    get("229", 200, "/pypi", "Cookie: pypi=fedcba9876543210fedcba9876543210"),
    get("230", 200, "/pypi?:action=login", _BOB, _HTTPS),
    get("63", 200, _FORM, _IN),
    get("63", 307, "/pypi?:action=claim&provider=Google", _IN),
    get("63", 403, "/pypi?:action=dropid&openid=https://carol.example.org/", _IN),
    get("63", 200, "/pypi?:action=dropid&openid=https://bob.example.org/?a=1%26b=2", _IN),
    get("63", 403, "/pypi?:action=dropid&openid=https://bob.example.org/?a=1%26b=2", _IN),
    post("247", 200, {":action": "delkey", "id": "1", **_TOKEN}, _IN),
    post("241", 200, {":action": "forgotten_password", "name": "bob"}),
    post("241", 200, {":action": "password_reset", "email": "bob@example.org"}),
    get("78", 200, "/pypi?:action=pkg_edit&name=demo", _IN),
    post("80", 200, {":action": "remove_pkg", "name": "demo", "version": "1.1", "submit_ok": "OK", **_TOKEN}, _IN),
    upload("220", 301, _DOCS, _BOB),
    post("63", 200, {":action": "dropid", "openid": "https://a.example.org/<bob>"}, _IN),
    get("222", 404, "/pypi?:action=doc_destroy&name=demo", _IN),
    get("54", 200, "/pypi", _IN),
    get("246", 200, "/pypi?:action=submit_form&name=demo&version=1.0", _IN),
    _ERROR,
)  # fmt: skip


def _head(head: bytes, content: bytes = b"abcdef") -> Row:
    """A form in parts, of which the last, a name that the answer repeats, has this head."""
    action = b'Content-Disposition: form-data; name=":action"\r\n\r\nforgotten_password'
    cut = f"\r\n--{BOUNDARY}".encode()
    body = cut[2:] + b"\r\n" + action + cut + b"\r\n" + head + content + cut + b"--\r\n"
    return row("218", 400, "POST /pypi", f"Content-Type: multipart/form-data; boundary={BOUNDARY}", body=body)


_DISPOSITION = b'Content-Disposition: form-data; name="name"\r\n'
_PARTS = (
    *(_head(_DISPOSITION + b"Content-Length: " + length + b"\r\n\r\n") for length in (
        b"3", b"0", b"6", b"8", b"30", b"999", b" 3 ", b"3x", b"-3", b"0" * 17 + b"3", b"0" * 18 + b"3")),
    _head(_DISPOSITION + b"CONTENT-LENGTH:70\n\n", f"abc\r\n--{BOUNDARY}\r\n".encode() + b"d" * 40),
    _head(_DISPOSITION),
    _head(_DISPOSITION + b"no header\r\n"),
    _head(_DISPOSITION + b"\tx: y\r\n"),
    _head(b" folded: first\r\n" + _DISPOSITION + b"\r\n"),
    _head(_DISPOSITION + b": nameless\r\n\r\n"),
    _head(b'Content-Disposition: form-data;\r\n\t name="na"\r\n' + _DISPOSITION + b"\n"),
)  # fmt: skip
_LARGE = {**_FILE, "name": "demo-extras", "version": "2.0", "content": ("demo-extras-2.0.tgz", b"tgz")}
_SIGNED = "-----BEGIN PGP SIGNATURE-----\n".ljust(100 * 1024, "s")
_SIGNATURES = (
    upload("215", 400, {**_LARGE, "gpg_signature": _SIGNED + "s"}, _BOB),
    upload("215", 200, {**_LARGE, "gpg_signature": _SIGNED}, _BOB),
)
OTHER = (*_OLD_NAMES, *_READING, *_NAMES, *_PARTS, *_SIGNATURES, *_PEOPLE)
