"""Raw requests of people: names and passwords, accounts, keys, forgotten passwords, roles, editing and removing."""

from __future__ import annotations

from recordings.clients.raw_rows import Row, basic, get, post, row, upload

_BOB, _ALICE = basic("bob", "bobpw"), basic("alice", "alicepw")
_DAVE = basic("dave.d", "davepw")
_IN = "Cookie: pypi={cookie}"
_FORM = "/pypi?:action=user_form"
_TOKEN = {"CSRFToken": "{token}"}
_LOGIN = {":action": "login_form", "username": "bob", "password": "bobpw", "nonce": "{nonce}"}
_USER = {":action": "user", "name": "harriet7", "email": "h@example.org", "password": "Ab-12345", "confirm": "Ab-12345"}


def _registered(status: int, password: str, confirm: str | None = None, name: str = "harriet7") -> Row:
    return post("237", status, {**_USER, "name": name, "password": password,
                                "confirm": password if confirm is None else confirm})  # fmt: skip


_CREDENTIALS = (
    *(get("227", 401, _FORM, f"Authorization: {text}") for text in (
        "Basic Ym9i", "Basic /////w==", "Basic OmJvYnB3", "Basic Ym9iOg==", "Basic Ym9iOmJvYnB3IA==", "basic",
        "Basic bm9ib2R5OmJvYnB3")),
    get("227", 200, _FORM, "Authorization: Basic Ym9iOmJvYnB3"),
    get("225", 200, _FORM, _ALICE),
    get("225", 200, _FORM, basic("frank", "frankpw")),
    get("226", 401, _FORM, basic("Bob", "bobpw")),
    get("103 226", 200, "/pypi?:action=clear_auth", basic("bob", "wrong")),
    get("229", 200, "/pypi?:action=logout"),
    get("62", 307, "/pypi?:action=login&provider=Launchpad"),
    get("62", 400, "/pypi?:action=login&openid_identifier=x"),
    get("62", 400, "/google_login"),
    get("233", 200, "/pypi?:action=login_form"),
    get("233", 200, "/pypi?:action=login_form"),
    post("233", 400, _LOGIN, "Cookie: login_nonce=x"),
    post("233", 400, {**_LOGIN, "nonce": ""}, "Cookie: login_nonce="),
    post("233", 401, {**_LOGIN, "username": ""}, "Cookie: login_nonce={nonce}"),
    post("233", 401, {**_LOGIN, "password": ""}, "Cookie: login_nonce={nonce}"),
    post("233 230", 200, _LOGIN, 'Cookie: a=b; login_nonce="{nonce}" ;c'),
    get("229", 200, _FORM, 'Cookie: pypi="{cookie}"'),
    get("229", 200, "/pypi/markup", "Cookie: x;pypi={cookie}"),
    get("229 54", 200, "/pypi", _IN),
    get("229", 401, "/pypi?:action=clear_auth", _IN),
    get("63", 400, "/pypi?:action=claim", _IN),
    get("63", 307, "/pypi?:action=claim&provider=Launchpad", _IN),
    post("63", 400, {":action": "claim", "provider": "Nobody"}, _IN),
    post("63", 400, {":action": "claim"}, _BOB),
    post("63", 400, {":action": "dropid", "openid": "x"}, _BOB),
    get("229", 200, _FORM, _IN),
    post("63", 400, {":action": "claim", "openid_identifier": "x", **_TOKEN}, _IN),
    post("63 235", 400, {":action": "claim", "openid_identifier": "x"}, _IN),
    post("229", 200, {":action": "logout"}, _IN),
    get("229", 401, _FORM, _IN),
)  # fmt: skip
_ACCOUNTS = (
    post("236", 400, {**_USER, "name": ""}),
    post("236", 400, {**_USER, "email": ""}),
    post("236", 400, {**_USER, "password": ""}),
    post("236", 400, {**_USER, "confirm": ""}),
    *(post("236", 400, {**_USER, "email": email}) for email in (
        "h@example", "h example@a.b", "h@@a.b", "@a.b", "\u00e9@example.org", "alice@example.org")),
    *(post("236", 400, {**_USER, "name": name}) for name in ("h-t", "h\n", "alice")),
    _registered(400, "Ab-12345", "Ab-12346"),
    _registered(400, "Ab-1234"),
    _registered(400, "harriet7", name="harriet7"),
    *(_registered(400, password) for password in ("12345678", "abcdefgH", "abc-efg1", "ABC-EFG1", "123456789012345")),
    _registered(200, "1234567890123456"),
    post("241 226", 200, {":action": "forgotten_password", "name": "harriet7"}),
    get("226", 401, _FORM, basic("harriet7", "1234567890123456")),
    post("236", 400, _USER),
    post("236", 400, {**_USER, "name": "harriet8"}),
    get("238", 400, "/pypi?:action=user&otk=nothing"),
    post("236", 200, {**_USER, "name": "IDA.i_9", "email": "i@sub.example.org"}),
    get("238", 200, "/pypi?:action=user&otk={key}"),
    post("238", 400, {":action": "user", "otk": "{key}", "agree_shown": "x"}),
    post("238", 200, {":action": "user", "otk": "{key}", "agree": "on"}),
    post("238", 200, {":action": "user", "otk": "{key}", "agree": "on", "agree_shown": "1"}),
    post("238", 400, {":action": "user", "otk": "{key}", "agree": "on", "agree_shown": "1"}),
    get("246", 200, "/pypi?:action=login", basic("IDA.i_9", "Ab-12345")),
    get("229", 200, _FORM, _IN),
    post("235", 400, {":action": "user", "email": "new@example.org"}, _IN),
    post("245", 200, {":action": "user", "email": "new@example.org", **_TOKEN}, _IN),
    post("245", 400, {":action": "user", "email": "new@example", **_TOKEN}, _IN),
    post("237", 400, {":action": "user", "password": "Ab-12345", "confirm": "Ab-12345", **_TOKEN}, _IN),
    post("237", 400, {":action": "user", "password": "Ab-12346", "confirm": "Ab-12345", **_TOKEN}, _IN),
    post("237", 200, {":action": "user", "password": "Ab-12346", "confirm": "Ab-12346", **_TOKEN}, _IN),
    get("226", 401, _FORM, basic("IDA.i_9", "Ab-12345")),
    post("247", 401, {":action": "addkey", "key": "ssh-rsa A"}),
    post("247 235", 400, {":action": "addkey", "key": "ssh-rsa A"}, _IN),
    *(post("247", status, {":action": "addkey", "key": key, **_TOKEN}, _IN) for status, key in (
        (400, ""), (400, "  "), (400, "ssh-rsa A\nssh-rsa B"), (400, " x ssh-rsa A"), (200, " ssh-dss A <a> \n"),
        (200, "ecdsa-sha2-nistp256 AAAABBBBCCCCDDDDEEEE"), (400, "ecdsa-sha2-nistp A"))),
    post("247", 401, {":action": "delkey", "id": "1"}),
    post("247 235", 400, {":action": "delkey", "id": "1"}, _IN),
    post("247", 400, {":action": "delkey", **_TOKEN}, _IN),
    post("247", 400, {":action": "delkey", "id": "-1", **_TOKEN}, _IN),
    post("247", 200, {":action": "delkey", "id": "1", **_TOKEN}, _IN),
    post("247", 401, {":action": "delkey", "id": "1", **_TOKEN}, _IN),
    get("245", 401, "/pypi?:action=delete_user"),
    post("245", 200, {":action": "delete_user", "submit_cancel": "CANCEL", "submit_ok": "OK"}, _IN),
    post("245 235", 400, {":action": "delete_user", "submit_ok": "OK"}, _IN),
)  # fmt: skip
_FORGOTTEN = (
    get("241", 200, "/pypi?:action=forgotten_password_form"),
    post("241", 400, {":action": "forgotten_password", "name": "nobody"}),
    post("241", 400, {":action": "forgotten_password"}),
    post("241", 400, {":action": "password_reset"}),
    post("241", 200, {":action": "password_reset", "email": "frank@example.org"}),
    *(get("241", 400, f"/pypi?:action=pw_reset&otk={key}") for key in (
        "", "a.b", "Ym9i.1.{key}", "Ym9i.zz.00", "Ym9i.1.00", "bm9ib2R5.1.00", "!.1.00")),
    post("241", 200, {":action": "forgotten_password", "name": "Erin"}),
    get("241", 200, "/pypi?:action=pw_reset&otk={key}"),
    post("241", 400, {":action": "pw_reset_change", "otk": "x"}),
    post("241 237", 400, {":action": "pw_reset_change", "otk": "{key}", "password": "Ab-123456"}),
    post("241 237", 200, {":action": "pw_reset_change", "otk": "{key}", "password": "Ab-123456",
                          "confirm": "Ab-123456"}),
    get("241", 400, "/pypi?:action=pw_reset&otk={key}"),
    get("225", 200, _FORM, basic("Erin", "Ab-123456")),
    post("241", 200, {":action": "forgotten_password", "name": "bob"}),
    get("241", 200, "/pypi?:action=pw_reset&otk={key}"),
)  # fmt: skip
_ROLE = {":action": "role", "package_name": "demo", "user_name": "carol", "role_name": "Maintainer",
         ":operation": "Add Role"}  # fmt: skip
_ROLES = (
    *(post("84", 400, {**_ROLE, name: ""}, _ALICE) for name in ("package_name", "user_name", "role_name",
                                                                 ":operation")),
    get("83", 401, "/pypi?:action=role_form", _BOB),
    get("83", 401, "/pypi?:action=role_form&package_name=demo", _BOB),
    get("230", 200, "/pypi?:action=login", _ALICE),
    get("83", 200, "/pypi?:action=role_form", _IN),
    get("83", 200, "/pypi?:action=role_form&package_name=demo", _IN),
    get("83 68", 200, "/pypi/lone-wheel/4.1", _IN),
    get("78 244", 200, "/pypi?:action=pkg_edit&name=secretive", _IN),
    post("80 244", 200, {":action": "remove_pkg", "name": "markup", **_TOKEN}, _IN),
    post("85 244", 200, {**_ROLE, "package_name": "markup", "user_name": "frank", **_TOKEN}, _IN),
    post("84 235", 400, _ROLE, _ALICE),
    post("85", 200, {**_ROLE, **_TOKEN}, _IN),
    post("85", 200, {**_ROLE, "role_name": "Owner", **_TOKEN}, _IN),
    post("84", 400, {**_ROLE, "role_name": "Owner", **_TOKEN}, _IN),
    get("68 83", 200, "/pypi/demo/1.0"),
    post("85", 400, {**_ROLE, "user_name": "dave.d", ":operation": "Remove Role", **_TOKEN}, _IN),
    post("85", 200, {**_ROLE, ":operation": "Remove Role", **_TOKEN}, _IN),
    post("85", 200, {**_ROLE, "role_name": "Owner", "user_name": "alice", ":operation": "Remove Role", **_TOKEN}, _IN),
    get("230", 200, "/pypi?:action=login", _DAVE),
    get("83", 200, "/pypi?:action=role_form&package_name=oldest", _IN),
    post("85", 400, {**_ROLE, "package_name": "oldest", "role_name": "Owner", "user_name": "dave.d",
                     ":operation": "Remove Role", **_TOKEN}, _IN),
    post("85", 200, {**_ROLE, "package_name": "oldest", "role_name": "Owner", **_TOKEN}, _IN),
    post("85", 200, {**_ROLE, "package_name": "oldest", "role_name": "Owner", "user_name": "dave.d",
                     ":operation": "Remove Role", **_TOKEN}, _IN),
    post("84", 401, {**_ROLE, "package_name": "oldest", **_TOKEN}, _IN),
    get("54", 200, "/pypi", _IN),
)  # fmt: skip
_EDIT = {":action": "pkg_edit", "name": "CamelCase"}
_GONE = {":action": "remove_pkg", "name": "CamelCase"}
_EDITING = (
    get("78", 200, "/pypi?:action=pkg_edit&name=CamelCase", _IN),
    get("78", 403, "/pypi?:action=pkg_edit&name=camelcase", _IN),
    get("78", 403, "/pypi?:action=pkg_edit&name=Requirements.TXT", _IN),
    get("78", 200, "/pypi?:action=pkg_edit&name=empty-project", _IN),
    post("79", 200, {**_EDIT, "submit_autohide": "x"}, _IN),
    post("79 51", 200, {**_EDIT, "hid_3.0": "1", "sum_3.0": "new & <summary>", "hid_3.1a1": "0", "other_x": "1"}, _IN),
    post("79 51", 200, {**_EDIT, "hid_3%2E0": "1", "sum_3.0": "new & <summary>", "hid_": "1", "sum": "x"}, _IN),
    get("79 246", 200, "/pypi?:action=submit_form&name=CamelCase&version=3.0", _IN),
    get("79", 200, "/pypi?:action=pkg_edit&name=CamelCase&hid_3.0=0", _IN),
    get("71", 200, "/pypi/CamelCase", _IN),
    get("246", 200, "/pypi?:action=submit_form&name=CamelCase", _IN),
    post("182 246", 200, {":action": "submit", "name": "CamelCase", "version": "4", "license": "a\nb & <c>",
                          "classifiers": "Framework :: Pyramid", "requires": "a\nb", "provides": "c", "obsoletes": "d",
                          "platform": "p", "home_page": "http://h/", "author": 'A "B"'}, _IN),
    get("246", 200, "/pypi?:action=submit_form&name=CamelCase&version=4", _IN),
    post("80 235", 400, {**_GONE, "version": "4"}, _IN),
    post("80", 401, {**_GONE, "version": "4"}),
    post("80", 200, {**_EDIT, "submit_remove": "Remove", "version": "4", **_TOKEN}, _IN),
    row("80", 200, "POST /pypi", _IN, "Content-Type: application/x-www-form-urlencoded",
        body=b":action=remove_pkg&name=CamelCase&version=3.0&version=4&CSRFToken={token}"),
    post("80", 200, {**_GONE, "submit_cancel": "x", "submit_ok": "OK", "version": "4", **_TOKEN}, _IN),
    post("80", 200, {**_GONE, **_TOKEN}, _IN),
    row("80", 200, "POST /pypi", _IN, "Content-Type: application/x-www-form-urlencoded",
        body=b":action=remove_pkg&name=CamelCase&version=3.0&version=4&CSRFToken={token}&submit_ok=OK"),
    post("81", 200, {**_GONE, "submit_ok": "OK", **_TOKEN}, _IN),
    post("81", 403, {**_GONE, "submit_ok": "OK", **_TOKEN}, _IN),
    post("245", 500, {":action": "delete_user", "submit_ok": "OK", **_TOKEN}, _IN),
    get("230", 200, "/pypi?:action=login", _BOB),
    get("229", 200, _FORM, _IN),
    post("81", 403, {**_GONE, "name": "demo", "submit_ok": "OK", **_TOKEN}, _IN),
    post("80", 200, {**_GONE, "name": "demo", "version": "0.1", "submit_ok": "OK", **_TOKEN}, _IN),
    get("197", 401, "/pypi?:action=submit_pkg_info"),
    upload("197", 200, {":action": "submit_pkg_info", **_TOKEN, "pkginfo": ("PKG-INFO", (
        "Metadata-Version: 1.1\nName: by-file\nVersion: 1.0\nSummary: \u00e9\nHome-page: http://h/\nAuthor: A\n"
        "Author: B\nDescription: one\n        two\n            three\nClassifier: Framework :: Pyramid\n"
        "Classifier: Natural Language :: German\nRequires: a\nRequires: b (>1.0)\nKeywords: k\n\nbody\n").encode())},
        _IN),
    upload("197", 400, {":action": "submit_pkg_info", **_TOKEN, "pkginfo": ("PKG-INFO", b"Name: by-file\n")}, _IN),
    post("197", 403, {":action": "submit_pkg_info", **_TOKEN, "pkginfo": "Name: markup\nVersion: 2\n"}, _IN),
    get("179", 200, "/pypi?:action=display_pkginfo&name=by-file&version=1.0"),
    get("75", 200, "/pypi?:action=files&name=demo&version=1.1", _IN),
)  # fmt: skip
_LATER = (
    get("229", 200, _FORM, _IN, pause=61),
    get("225", 200, _FORM, basic("frank", "frankpw")),
    get("225", 200, _FORM, basic("frank", "frankpw")),
)  # fmt: skip
PEOPLE = (*_CREDENTIALS, *_ACCOUNTS, *_FORGOTTEN, *_ROLES, *_EDITING, *_LATER)
