"""Raw requests for the rules of metadata, for forms as only old parsers take them, and for odd XML-RPC calls."""

from __future__ import annotations

from urllib.parse import quote

from recordings.clients.raw_rows import BOUNDARY, Row, basic, call, get, post, row, upload

_BOB = basic("bob", "bobpw")
_IN = "Cookie: pypi={cookie}"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_XML = "Content-Type: text/xml"
_MIT, _PYTHON = "License :: OSI Approved :: MIT License", "Programming Language :: Python"


def _verify(status: int, numbers: str = "102 188", **fields: str) -> Row:
    """A dry run of `submit`."""
    given = {"name": "n", "version": "1.0", **fields}
    query = "".join(f"&{name}={quote(value)}" for name, value in given.items() if value)
    return get(numbers, status, f"/pypi?:action=verify{query}")


_METADATA = (
    _verify(400, "185", name=""),
    _verify(400, "185", version=""),
    *(_verify(200, "102 183", name=name) for name in ("A.b_c-9", "0")),
    *(_verify(400, "183", name=name) for name in (".a", "a.", "a b", "\u00e9")),
    *(_verify(200, "187", version=version) for version in ("2!1.0rc1", " 1.0 ")),
    *(_verify(400, "187", version=version) for version in ("1.x", "1+a")),
    _verify(200, requires="a\n a.b_1 \na (>=1.0)\na(<2.0,!=1.5, ==1.5.1)\na (>1.0a1 , <=1.0b22)\nA_b\n\nb (<1.0)",
            provides="a\na.b (1.0)\n a ( 1.0a1 ) \na(1.0)", obsoletes="a (>1.0)"),
    *(_verify(400, requires=text) for text in (
        "1a", "a b", "a >=1.0", "a (1.0)", "a (>=1.0", "a >=1.0)", "a (>=1)", "a (>=1.0.0.0)", "a (=>1.0)", "a ()",
        "a (>=1.0,)", "a (>=1.0rc1)", "a.", "a\nb c",
    )),
    _verify(400, obsoletes="a b"),
    *(_verify(400, provides=text) for text in ("a (1)", "a (>1.0)", "1a", "a (1.0) b", "\u00e9 (")),
    _verify(200, "189 102", classifiers=f"{_MIT}\n{_PYTHON}"),
    _verify(400, "189", classifiers=f"{_MIT}\nNo :: Such\nNor :: This"),
    _verify(400, "189", classifiers=_MIT.lower()),
    *(_verify(status, "190", home_page=url) for status, url in (
        (200, "UNKNOWN"), (200, "http://a"), (200, "https://a/b"), (400, "HTTP://a/"), (400, "a"), (400, "//a/b"),
        (400, "http:/a"), (400, "http://"), (400, "://a"), (400, "ftp://\u00e9/b"),
    )),
    _verify(400, "190", download_url="gopher://a"),
    _verify(400, "188 190", metadata_version="1.2"),
    _verify(400, "188 190", metadata_version="1.2", home_page="http://a/"),
    _verify(200, "188 190", metadata_version="1.2", home_page="http://a/", author="a"),
    _verify(200, "188 190", metadata_version="1.1"),
    post("102", 200, {":action": "verify", "NAME": "upper", "Version": "1.0", ":Other": "x"}),
    post("102 185", 400, {":action": "verify", "name": "", "version": "1.0"}),
    get("102", 400, "/pypi?:action=verify&name=a&version=1.0&version=2.0"),
)  # fmt: skip
_A = {":action": "submit", "name": "Order_ed", "summary": "s"}
_RELEASES = (
    *(post("182 195", 200, {**_A, "version": version, "summary": f"of {version}"}, _BOB) for version in (
        "1.10", "1.9", "1.10a1", "1.10.dev1", "2.0b2")),
    get("71", 200, "/pypi/Order_ed"),
    post("79", 200, {":action": "pkg_edit", "name": "Order_ed", "submit_autohide": "x"}, _BOB),
    post("182 196", 200, {**_A, "version": "0.1"}, _BOB),
    post("182 196", 200, {**_A, "version": "3.0"}, _BOB),
    get("71", 200, "/pypi/Order_ed"),
    get("71 69", 200, "/pypi/Order_ed/0.1"),
    get("69", 200, "/pypi/Order_ed/3.0"),
    call("139", "package_releases", "<string>Order_ed</string>"),
    call("139", "package_releases", "<string>Order_ed</string>|<boolean>1</boolean>"),
    get("161", 200, "/pypi/Order_ed/json"),
    row("182 195 268", 200, "POST /pypi", _FORM, _BOB, body=(
        b":action=submit&name=Order_ed&version=3.0&summary=s&classifiers=Programming+Language+%3A%3A+Python"
        b"&classifiers=License+%3A%3A+OSI+Approved+%3A%3A+MIT+License&requires=b&requires=a&provides=p&obsoletes=o"
        b"&requires_dist=rd&provides_dist=pd&obsoletes_dist=od&requires_external=re&requires_python=%3E%3D2.7"
        b"&author=a&author_email=ae&maintainer=m&maintainer_email=me&license=l&keywords=k&platform=p1&platform=p2"
        b"&download_url=http://d/&home_page=http://h/&description=d")),
    row("182 195 268", 200, "POST /pypi", _FORM, _BOB, body=(
        b":action=submit&name=Order_ed&version=3.0&summary=s&classifiers=License+%3A%3A+OSI+Approved+%3A%3A+MIT+License"
        b"&classifiers=Programming+Language+%3A%3A+Python&requires=a&requires=b&author=a")),
    get("246 68", 200, "/pypi/Order_ed/3.0"),
    row("182 195 268", 200, "POST /pypi", _FORM, _BOB, body=(
        b":action=submit&name=Order_ed&version=3.0&summary=&classifiers=License+%3A%3A+OSI+Approved+%3A%3A+MIT+License"
        b"&requires=c&provides=q&author=other")),
    call("134 141 142", "release_data", "<string>Order_ed</string>|<string>3.0</string>"),
    upload("193 195", 200, {**_A, "version": "3.0", "summary": "", "requires": "", "classifiers": "", "license": ""},
           _BOB),
    call("134 141 142", "release_data", "<string>Order_ed</string>|<string>3.0</string>"),
    post("191", 403, {**_A, "name": "requirements.txt", "version": "1"}, _BOB),
    post("191", 403, {**_A, "name": "RRequirements.TXT", "version": "1"}, _BOB),
    post("191", 403, {**_A, "name": "order.ed", "version": "1"}, _BOB),
    post("182 244", 200, {**_A, "name": "demo", "version": "1.2"}, _BOB),
    post("182", 200, {**_A, "version": "4.0"}, _BOB, "X-Forwarded-For: 192.0.2.7 , 192.0.2.8"),
    post("182", 200, {**_A, "version": "4.1"}, _BOB, "X-Forwarded-For: , 192.0.2.8"),
    post("187", 404, {**_A, "version": "4.2 "}, _BOB),
    get("71", 200, "/pypi/Order_ed/4.2"),
    post("182 161", 200, {**_A, "version": "json"}, _BOB),
)  # fmt: skip
_ABOUT = b":action=about"


def _parts(*parts: bytes, end: bytes = b"--") -> bytes:
    """A multipart body of whole parts, heads included."""
    edge = f"--{BOUNDARY}".encode()
    return b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + end + b"\r\n"


def _multipart(status: int, body: bytes, more: str = "", query: str = "") -> Row:
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}{more}"
    return row("218 14", status, f"POST /pypi{query}", kind, body=body)


_ACTION = b'Content-Disposition: form-data; name=":action"\r\n\r\nverify'
_NAME = b'Content-Disposition: form-data; name="name"\r\n\r\nn'
_VERSION = b'Content-Disposition: form-data; name="version"\r\n\r\n1'
_GIVEN = (_ACTION, _NAME, _VERSION)
_URL = b'Content-Disposition: form-data; name="home_page"\r\n\r\n1.x'  # refused, and quoted in the refusal
_PARSING = (
    _multipart(400, _parts(*_GIVEN, _URL)),
    _multipart(400, _parts(*_GIVEN, _URL) + _parts(_URL)),
    _multipart(400, _parts(*_GIVEN, _URL, end=b"")),
    _multipart(400, b"preamble\r\n" + _parts(*_GIVEN, _URL)[: -len(BOUNDARY) - 8]),
    _multipart(400, _parts(*_GIVEN, b"Content-Disposition: form-data\r\n\r\nnameless", _URL)),
    _multipart(400, _parts(*_GIVEN, b"no head", _URL)),
    _multipart(400, _parts(*_GIVEN, b"CONTENT-DISPOSITION:  form-data ;\r\n NAME = home_page \r\n\r\n 1.y \r\n")),
    _multipart(400, _parts(*_GIVEN, b'Content-Disposition: form-data; name="home_page"; x="a\\"b"\n\n1.z')),
    *(_multipart(400, _parts(*_GIVEN, b'Content-Disposition: form-data; name="home_page"\r\nContent-Length: '
                             + length + b"\r\n\r\n1.x3y")) for length in (b"x3", b"0000000000000000003", b"5 ")),
    _multipart(400, _parts(*_GIVEN, b'Content-Disposition: form-data; x="a;b" ; name="home_page"\r\n\r\n1.x')),
    _multipart(400, _parts(*_GIVEN, b'Content-Disposition: form-data;\r\n\tname="home_page"\r\n\r\n1.x')),
    _multipart(400, _parts(
        *_GIVEN, b'Content-Disposition: form-data; name="home_page"\r\nX-More: ; name="x"\r\n\r\n1.x')),
    _multipart(400, _parts(_ACTION, _VERSION, b'Content-Disposition: form-data; name="na\\me"\r\n\r\nn')),
    _multipart(400, _parts(*_GIVEN, b'Content-Disposition: form-data; name="home_page"\r\n\r\n\xff')),
    _multipart(400, _parts(_ACTION, _VERSION, b'Content-Disposition: form-data; name="\xff"\r\n\r\nn')),
    _multipart(400, _parts(*_GIVEN), query="?home_page=1.q"),
    _multipart(400, _parts(*_GIVEN, _URL), more=" ; charset=utf-8"),
    _multipart(400, _parts(_ACTION, _NAME, b'Content-Disposition: form-data; name="version"; filename="v"\r\n\r\n1')),
    row("218 14", 400, "POST /pypi", f"Content-Type: multipart/mixed; boundary={BOUNDARY}",
        body=_parts(*_GIVEN, _URL)),
    row("14", 200, "POST /pypi", f"{_FORM}; charset=utf-8", body=_ABOUT),
    row("14", 200, "POST /pypi?name=x", body=_ABOUT),
    row("14 30", 200, "PUT /pypi?name=x", _FORM, body=_ABOUT),
    row("14 30", 200, "PUT /pypi?name=x", body=_ABOUT),
    row("14 102", 400, "POST /pypi", _FORM, body=b":action=verify;name=a;version=1.0;home_page=a+b%2Bc;=x;y=;z"),
    row("14 102", 400, "POST /pypi", _FORM, body=b":action=verify&name=n&home_page=1=0&&version=&version=1"),
    row("14 102", 400, "POST /pypi?home_page=1.w", _FORM, body=b":action=verify&name=n&version=1"),
    row("14 102", 400, "POST /pypi", _FORM, body=b":action=verify&name=n&version=1.0&requires=a&requires=b&requires=2"),
    row("14 102", 400, "POST /pypi", _FORM,
        body=b":action=verify&name=n&version=1.0&home_page=a&home_page=b&home_page=c"),
    row("14 26", 400, "GET /pypi?:action=verify&name=%FF"),
    row("14 102", 400, "GET /pypi?:action=verify&name=n&version=1&home_page=%C3%A9%zz+"),
)  # fmt: skip
_STRING = "<string>{}</string>"
_DEMO = _STRING.format("demo")
_CALLS = (
    *(call("130", "system.methodHelp", _STRING.format(name)) for name in (
        "system.multicall", "nothing", "package_urls")),
    call("130", "system.methodSignature"),
    call("140", "release_urls", "<string>markup</string>|<string>1.1</string>"),
    call("141 142", "release_data", "<string>gruesse</string>|<string>1.0</string>"),
    call("141 142", "release_data", "<string>lone-wheel</string>|<string>4.1</string>"),
    call("139", "package_releases", "<string>dotted.name</string>"),
    call("145", "search", "<string>demo</string>"),
    call("145", "search", "<struct></struct>"),
    call("145", "search", "<struct><member><name>name</name><value><int>5</int></value></member></struct>"),
    call("147", "browse", f"<array><data><value>{_PYTHON}</value><value>{_MIT}</value></data></array>"),
    call("147", "browse", "<array><data><value>License</value></data></array>"),
    call("147", "browse", "<array><data/></array>"),
    call("149", "updated_releases", "<int>1400000000</int>"),
    call("150", "changelog", "<double>1.5</double>"),
    call("150", "changelog", "<int>1463325314</int>"),
    call("150", "changelog", "<int>1463325315</int>|<boolean>0</boolean>"),
    call("152 269", "changelog_since_serial", "<int>38</int>"),
    call("152 269", "changelog_since_serial", "<int>9223372036854775807</int>"),
    call("152 269", "changelog_since_serial", "<int>9223372036854775808</int>"),
    call("152 269", "changelog_since_serial", "<int>-9223372036854775809</int>"),
    call("153", "changed_packages", "<int>1400000000</int>"),
    call("154", "user_packages", "<string>dave.d</string>"),
    call("154", "package_roles", "<string>lone-wheel</string>"),
    call("281", "release_downloads", "<string>markup</string>|<string>1.1</string>"),
    call("281", "top_packages", "<int>2</int>"),
    call("122", "package_hosting_mode", "<string>nothing</string>"),
    call("126", "post_cheesecake_for_release", "|".join(5 * ["<string>x</string>"])),
    call("126", "list_packages", _DEMO),
    call("126", "", _DEMO),
    call("135", "no &lt;such&gt;\x01 method\x0b"),
    call("159", "system.multicall", "<array><data>" + 100 * "<value><struct/></value>" + "</data></array>"),
    call("159", "system.multicall", "<string>x</string>"),
    row("133", 200, "POST /pypi", _XML, body=b"no xml"),
    row("133", 200, "POST /pypi", _XML, body=b"<methodResponse><params/></methodResponse>"),
    row("133", 200, "POST /pypi", _XML, body=b'<!DOCTYPE x [<!ENTITY % a SYSTEM "b">]><methodCall/>'),
    row("128", 200, "POST /pypi", _XML, "Content-Length: 0"),
    row("31", 200, "POST /simple/", _XML, body=b"<methodCall/>"),
    row("31 225", 200, "POST /pypi", _XML, basic("bob", "wrong"), body=(
        b"<?xml version='1.0'?>\n<methodCall>\n<methodName>changelog_last_serial</methodName>\n</methodCall>")),
    row("31", 200, "POST /pypi", f"{_XML}; charset=utf-8", body=b"<methodCall/>"),
    row("31", 410, "GET /oauth"),
)  # fmt: skip
RULES = (*_METADATA, *_PARSING, *_CALLS, *_RELEASES)
