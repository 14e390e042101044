"""Raw uploads and downloads: each rule that a file must keep, signatures, documentation, ranges and conditions."""

from __future__ import annotations

from dataclasses import replace

from recordings.clients.raw_rows import archive, basic, get, md5, padded, post, row, stored, upload

_BOB = basic("bob", "bobpw")
_CAROL = basic("carol", "carol:has:colons")
_IN = "Cookie: pypi={cookie}"
_ARMOUR = b"-----BEGIN PGP SIGNATURE-----\n\nabc\n"
_KEPT = padded(b"\x1f\x8b\x08\x00kept", 1024)
_GZIP = b"\x1f\x8b\x08\x00another"
_FILE = {":action": "file_upload", "name": "demo-extras", "version": "2.1", "filetype": "sdist"}
_EGG = {**_FILE, "filetype": "bdist_egg", "pyversion": "2.7"}
_WHEEL = {**_FILE, "filetype": "bdist_wheel", "pyversion": "py3"}
_EXE = {**_FILE, "filetype": "bdist_wininst", "pyversion": "any"}
_MSI = {**_FILE, "filetype": "bdist_msi", "pyversion": "2.7"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FILES = {":action": "files", "name": "demo-extras", "version": "2.1"}
_REMOVE = {**_FILES, "submit_remove": "Remove"}
_FIRST = stored("demo-extras-2.1.tar.gz", _KEPT)
_DOCS = {":action": "doc_upload", "name": "demo-extras"}
_BELOW = "/packages/documentation/demo-extras"
_PLAIN = {"x": b"plain"}


def _typed(name: str, content: bytes, fields: dict[str, str]) -> dict[str, str | tuple[str, bytes]]:
    return {**fields, "content": (name, content)}


_UPLOADS = (
    upload("198 199 217", 200, {**_FILE, "name": "Demo_Extras", "protocol_version": "1", "comment": "one & <only>",
                                "summary": "by upload", "content": ("demo-extras-2.1.tar.gz", _KEPT),
                                "gpg_signature": ("demo-extras-2.1.tar.gz.asc", _ARMOUR)}, _BOB),
    get("68 217 276", 200, "/pypi/demo-extras/2.1"),
    get("161 165", 200, "/pypi/demo-extras/2.1/json"),
    get("217 276", 200, "/simple/demo-extras/"),
    get("278 217", 200, _FIRST + ".asc"),
    upload("198 215", 200, {**_typed("DEMO_EXTRAS-2.1.tar.bz2", padded(b"BZh", 1023), _FILE),
                            "gpg_signature": _ARMOUR.decode()}, _BOB),
    upload("198 215", 200, {**_typed("demo.extras-2.1.tgz", padded(b"tgz", 2047), _FILE), "gpg_signature": ""}, _BOB),
    upload("198 210", 200, _typed("demo-extras-2.1.zip", archive({"d/PKG-INFO": b"zip"}), _FILE), _BOB),
    upload("198 210", 200, _typed("demo_extras-2.1-py2.7.egg", archive({"EGG-INFO/PKG-INFO": b"egg"}), _EGG), _BOB),
    upload("210", 400, _typed("demo_extras-2.1-py2.6.egg", archive({"EGG-INFO/PKG-INFO-": b"egg"}), _EGG), _BOB),
    upload("198 212", 200, {**_typed("demo_extras-2.1-py3-none-any.whl", archive(_PLAIN), _WHEEL),
                            "gpg_signature": ("empty.asc", b"")}, _BOB),
    upload("198 212", 200, _typed("demo_extras-2.1-cp27-none-win32.win_amd64.macosx_10_9_x86_64.manylinux1_x86_64"
                                  ".manylinux1_i686.win_ia64.whl", archive({"w": b"2"}), _WHEEL), _BOB),
    upload("212", 400, _typed("demo_extras-2.1-cp27-none-win32.linux_i686.whl", archive({"w": b"5"}), _WHEEL), _BOB),
    upload("212", 400, _typed("demo_extras-2.1-py3-none-anyhow.whl", archive({"w": b"5"}), _WHEEL), _BOB),
    upload("212", 400, _typed("demo_extras-2.1-any.whl", archive({"w": b"5"}), _WHEEL), _BOB),
    upload("198 210", 200, _typed("demo-extras-2.1.win32.exe", archive(
        {"PURELIB/a.py": b"", "platlib/b": b"", "headers/c": b"", "Scripts/d": b"", "data/e": b""}), _EXE), _BOB),
    upload("210", 400, _typed("demo-extras-2.1.exe", archive({"PURELIB/a.py": b"", "other/f": b""}), _EXE), _BOB),
    upload("210", 400, _typed("demo-extras-2.1.exe", archive({"PURELIB/a.py": b"2"}), _EGG), _BOB),
    upload("210", 400, _typed("demo-extras-2.1.exe", b"MZ no zip", _EXE), _BOB),
    upload("198 210", 200, _typed("demo-extras-2.1.MSI", _OLE + b"m", _MSI), _BOB),
    upload("210", 400, _typed("demo-extras-2.1a.msi", _OLE + b"n", _EGG), _BOB),
    upload("210", 400, _typed("demo-extras-2.1a.msi", b"m" + _OLE, _MSI), _BOB),
    upload("198", 200, {**_typed("demo-extras-2.1.rpm", b"rpm", _EGG), "filetype": "bdist_rpm"}, _BOB),
    upload("198", 200, {**_typed("demo-extras-2.1.deb", b"deb", _EGG), "filetype": "bdist_dumb"}, _BOB),
    upload("198", 200, {**_typed("demo-extras-2.1.dmg", b"dmg", _EGG), "filetype": "bdist_dmg"}, _BOB),
    upload("198", 200, {**_typed("demo-extras-2.1-other.dmg", b"dmg2", _EGG), "filetype": "another <kind>"}, _BOB),
    upload("204", 400, _typed(".zip", archive({"d/PKG-INFO": b"2"}), _FILE), _BOB),
    upload("204", 400, _typed("demo-extras-2.1.zip.txt", b"txt", _FILE), _BOB),
    upload("204", 400, _typed("demo-extras-2.1/x.tgz", b"slash", _FILE), _BOB),
    upload("204", 400, _typed("demo-extras-2.1\\x.tgz", b"backslash", _FILE), _BOB),
    upload("207", 400, _typed("other.tgz", b"other", {**_FILE, "name": "Demo_Extras"}), _BOB),
    upload("206", 400, _typed("demo-extras-2.1.tar.gz", b"again", _FILE), _BOB),
    upload("206", 400, _typed("demo-extras-2.1.tar.gz", _GZIP, {**_FILE, "version": "2.0"}), _BOB),
    upload("206", 400, _typed("demo-extras-2.1-same.tgz", _KEPT, _FILE), _BOB),
    upload("213", 400, {**_typed("demo-extras-2.1-d.tgz", b"digest", _FILE), "md5_digest": 32 * "f"}, _BOB),
    upload("213", 200, {**_typed("demo-extras-2.1-d.tgz", b"digest", _FILE),
                        "md5_digest": md5(b"digest")}, _BOB),
    upload("215", 400, {**_typed("demo-extras-2.1-s.tgz", b"s", _FILE), "gpg_signature": " " + _ARMOUR.decode()}, _BOB),
    upload("191", 403, {**_typed("requirements.txt.zip", b"s", _FILE), "name": "Requirements.txt"}, _BOB),
    upload("200", 403, _typed("new-1.tgz", b"new", {**_FILE, "name": "new"}), _BOB),
    upload("200 185", 400, _typed("demo-extras-3.tgz", b"new", {**_FILE, "version": "3 b"}), _BOB),
    upload("244 198", 200, _typed("dotted.name-1.11.tgz", b"by carol", {
        **_FILE, "name": "dotted.name", "version": "1.11", "summary": "by a maintainer"}), _CAROL),
    get("68", 200, "/pypi/demo-extras/2.1"),
    get("69", 200, "/pypi/demo-extras/2.0"),
    get("75", 200, "/pypi?:action=files&name=demo-extras&version=2.0"),
)  # fmt: skip
_UNTYPED = upload("208", 200, {**_FILE, "content": ("demo-extras-2.1-u.tgz", b"untyped")}, _BOB)
_REMOVALS = (
    replace(_UNTYPED, body=_UNTYPED.body.replace(b"\r\nContent-Type: application/octet-stream", b"")),
    get("230", 200, "/pypi?:action=login", _BOB),
    get("235 246", 200, "/pypi?:action=submit_form", _IN),
    get("75", 200, "/pypi?:action=files&name=demo-extras&version=2.1", _IN),
    get("75", 400, "/pypi?:action=files&name=demo-extras", _IN),
    post("75", 200, {":action": "files", "name": "markup", "version": "1.0", "submit_remove": "x", "file-ids": "x"},
         _IN),
    upload("75 198", 200, {**_FILES, "submit_upload": "Upload", "filetype": "sdist", "comment": "by <page>",
                           "content": ("demo-extras-2.1-page.tgz", b"page")}, _IN),
    upload("75", 200, {**_FILES, "name": "markup", "version": "1.1", "submit_upload": "Upload", "filetype": "sdist",
                       "content": ("markup-1.1-page.tgz", b"page2")}, _IN),
    get("77", 200, _FIRST),
    post("75 77", 200, {**_REMOVE, "file-ids": md5(b"digest")}, _IN),
    row("75 77", 200, "POST /pypi", _IN, "Content-Type: application/x-www-form-urlencoded",
        body=f":action=files&name=demo-extras&version=2.1&submit_remove=x&file-ids={md5(b'page')}&file-ids={32 * '0'}"
             f"&file-ids={md5(_KEPT)}".encode()),
    get("77 279", 404, _FIRST),
    get("77 279", 404, _FIRST + ".asc"),
    upload("206 279", 400, _typed("demo-extras-2.1.tar.gz", _GZIP, _FILE), _BOB),
    upload("206 279", 200, _typed("demo-extras-2.1-kept.tgz", _KEPT, _FILE), _BOB),
)  # fmt: skip
_TREE = {
    "index.html": b"<p>top</p>", "sub/index.html": b"<p>sub</p>", "a.htm": b"a", "b.js": b"b", "c.txt": b"c",
    "d.PNG": b"d", "e.css": b"e", "f.gif": b"f", "g.jpg": b"g", "h.svg": b"h", "none": b"none", "../i.html": b"i",
}  # fmt: skip
_LOCKED = archive({"index.html": b"locked"}).replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
_DOCUMENTS = (
    upload("220", 401, {**_DOCS, "content": ("docs.zip", archive(_TREE))}),
    upload("220", 403, {**_DOCS, "name": "markup", "content": ("docs.zip", archive(_TREE))}, _BOB),
    upload("220", 400, {":action": "doc_upload", "content": ("docs.zip", archive(_TREE))}, _BOB),
    upload("220", 400, {**_DOCS, "content": "text"}, _BOB),
    upload("220", 400, {**_DOCS, "content": ("docs.zip", b"")}, _BOB),
    upload("220", 400, {**_DOCS, "content": ("docs.zip", archive({"sub/index.html": b"s"}))}, _BOB),
    upload("220", 400, {**_DOCS, "content": ("docs.zip", archive({"index.html": b"intact"}).replace(
        b"intact", b"broken", 1))}, _BOB),
    upload("220", 400, {**_DOCS, "content": ("docs.zip", _LOCKED.replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))}, _BOB),
    upload("220", 301, {**_DOCS, "content": ("docs.zip", archive(_TREE))}, _BOB),
    get("161 220", 200, "/pypi/demo-extras/json"),
    get("220", 200, _BELOW + "/"),
    get("220", 301, _BELOW),
    get("220", 301, _BELOW + "/sub"),
    get("220", 200, _BELOW + "/sub/"),
    *(row("220", 200, f"HEAD {_BELOW}/{name}") for name in (*_TREE, "i.html") if "/" not in name),
    get("220 278", 206, _BELOW + "/index.html", "Range: bytes=1-2"),
    get("220 278", 416, _BELOW + "/index.html", "Range: bytes=99-"),
    get("220 278", 404, _BELOW + "/none.html"),
    get("220 278", 404, _BELOW + "/none/"),
    get("220 278", 404, _BELOW + "/%FF.html"),
    get("220 278", 404, "/packages/documentation/"),
    row("220 278", 405, f"POST {_BELOW}/c.txt"),
    upload("220", 301, {**_DOCS, "content": ("docs.zip", archive({"index.html": b"again"}))}, _BOB),
    get("220", 404, _BELOW + "/c.txt"),
    get("220", 200, _BELOW + "/index.html"),
    upload("220", 301, {**_DOCS, "name": "dotted.name", "content": ("docs.zip", archive({"index.html": b"d"}))}, _BOB),
    get("220", 200, "/packages/documentation/dotted.name/"),
)  # fmt: skip
_RANGED = stored("demo-extras-2.1-kept.tgz", _KEPT)
_RANGES = (
    *(get("278", status, _RANGED, f"Range: {wanted}") for status, wanted in (
        (206, "bytes=0-0"), (206, "bytes=1000-"), (206, "bytes=-1"), (206, "bytes=-1023"), (206, "bytes=-5000"),
        (206, "bytes=1023-"), (416, "bytes=1024-"), (206, "bytes=1020-1022"), (206, "bytes=1020-1024"),
        (200, "bytes=5-4"), (200, "bytes 0-1"), (416, "bytes=-0"),
        (206, "bytes= 0-1 , 4-5 ,-2"), (206, "bytes=0-1,2000-3000"), (416, "bytes=2000-2001,-0"),
    )),
    row("278", 200, f"HEAD {_RANGED}", "Range: bytes=0-1"),
    row("278", 405, f"POST {_RANGED}"),
    row("278", 200, f"HEAD {stored('demo-extras-2.1.zip', archive({'d/PKG-INFO': b'zip'}))}"),
    row("278", 200, f"HEAD {stored('DEMO_EXTRAS-2.1.tar.bz2', padded(b'BZh', 1023))}"),
    row("278", 200, f"HEAD {stored('DEMO_EXTRAS-2.1.tar.bz2', padded(b'BZh', 1023))}.asc"),
    row("278", 200, f"HEAD {stored('demo-extras-2.1.MSI', _OLE + b'm')}"),
    row("278", 200, "HEAD " + stored("demo-extras-2.1.win32.exe", archive(
        {"PURELIB/a.py": b"", "platlib/b": b"", "headers/c": b"", "Scripts/d": b"", "data/e": b""}))),
    get("217", 200, "/simple/camelcase/"),
    row("278", 200, "HEAD {file}"),
    *(get("278", status, "{file}", *conditions) for status, conditions in (
        (304, ('If-None-Match: W/"{etag}"',)),
        (304, ('If-None-Match: "x", W/"y" , "{etag}"',)),
        (304, ("If-None-Match: * ",)),
        (200, ('If-None-Match: "x"', "If-Modified-Since: {modified}")),
        (304, ("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",)),
        (200, ("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",)),
        (200, ("If-Modified-Since: yesterday",)),
        (206, ("Range: bytes=0-1", 'If-Range: "{etag}"')),
        (206, ("Range: bytes=0-1", "If-Range: {modified}")),
        (200, ("Range: bytes=0-1", 'If-Range: "x"')),
        (200, ("Range: bytes=0-1", "If-Range: Thu, 01 Jan 1970 00:00:00 GMT")),
    )),
    *(get("278", 404, f"/packages{path}") for path in (
        "", "/", "//", "/..", "/%FF", _FIRST[9:12],
    )),
    post("80", 200, {":action": "remove_pkg", "name": "demo-extras", "version": "2.1", "CSRFToken": "{token}",
                     "submit_ok": "OK"}, _IN),
    get("80 279", 404, _RANGED),
    get("80", 404, "/pypi/demo-extras/2.1"),
    get("80 217", 200, "/simple/demo-extras/"),
)  # fmt: skip
FILES = (*_UPLOADS, *_REMOVALS, *_DOCUMENTS, *_RANGES)
