"""Raw XML-RPC: every method, and bodies that are no calls."""

from __future__ import annotations

from recordings.clients.raw_rows import call, row

_XML = "Content-Type: text/xml"
_DEMO = "<string>demo</string>"
_ARRAY = "<array><data>{}</data></array>"
CALLS = (
    call("3 126 130", "system.listMethods"),
    call("130", "system.methodHelp", "<string>search</string>"),
    call("130", "system.methodSignature", "<string>search</string>"),
    call("137", "list_packages"),
    call("138 267", "list_packages_with_serial"),
    call("139", "package_releases", _DEMO),
    call("139", "package_releases", f"{_DEMO}|<boolean>1</boolean>"),
    call("139", "package_releases", "<string>DEMO</string>"),
    call("140", "release_urls", f"{_DEMO}|<string>1.0</string>"),
    call("140", "package_urls", f"{_DEMO}|<string>99</string>"),
    call("134 141 142", "release_data", f"{_DEMO}|<string>1.0</string>"),
    call("141", "package_data", f"{_DEMO}|<string>99</string>"),
    call("145 146", "search", "<struct><member><name>name</name><value>demo</value></member></struct>"),
    call("145", "search", "<struct><member><name>x</name><value>demo</value></member></struct>|<string>or</string>"),
    call("147", "browse", _ARRAY.format("<value>Programming Language :: Python :: 3</value>")),
    call("147", "browse", _ARRAY.format("<value>No :: Such</value>")),
    call("147", "browse", "<string>Topic</string>"),
    call("149", "updated_releases", "<int>0</int>"),
    call("149", "updated_releases", "<string>yesterday</string>"),
    call("150 270", "changelog", "<int>0</int>|<boolean>1</boolean>"),
    call("152 269", "changelog_last_serial"),
    call("152 269 270", "changelog_since_serial", "<int>10</int>"),
    call("153", "changed_packages", "<int>0</int>"),
    call("154 244", "package_roles", _DEMO),
    call("154", "user_packages", "<string>bob</string>"),
    call("154", "package_roles", "<string>no-such-project</string>"),
    call("281", "release_downloads", f"{_DEMO}|<string>1.0</string>"),
    call("130", "top_packages"),
    call("122", "package_hosting_mode", _DEMO),
    call("135", "release_data", "<string>markup</string>|<string>1.0</string>"),
    call("126", "no_such_method"),
    call("126", "release_urls", _DEMO),
    row("133", 200, "POST /pypi", _XML, body=b"<methodCall><methodName>"),
    row("133", 200, "POST /pypi", _XML, body=b'<!DOCTYPE x [<!ENTITY a "b">]><methodCall>&a;</methodCall>'),
    row("128", 200, "POST /pypi", _XML),
    row("31 33", 200, "PROPFIND /pypi/demo", _XML, "Depth: 0", body=b'<propfind xmlns="DAV:"><allprop/></propfind>'),
    row("31", 200, "GET /pypi?:action=rss", _XML),
    row("31 129", 200, "POST /pypi/", _XML, body=b"<methodCall><methodName>list_packages</methodName></methodCall>"),
    row("31", 200, "POST /pypi", "Content-Type: Text/XML", body=b"<methodCall/>"),
    call("159", "system.multicall", _ARRAY.format(
        "<value><struct><member><name>methodName</name><value>package_releases</value></member><member>"
        "<name>params</name><value><array><data><value>demo</value></data></array></value></member></struct></value>"
        "<value><struct><member><name>methodName</name><value>nothing</value></member><member>"
        "<name>params</name><value><array><data/></array></value></member></struct></value>"
    )),
    call("159", "system.multicall", _ARRAY.format(101 * "<value><struct/></value>")),
)  # fmt: skip
