"""Section 8 of the catalogue: registering and uploading; by number. Tools print the reason phrase (B183)."""

import hashlib
import io
import zipfile

import pytest

BOB, FRANK = ("bob", "bobpw"), ("frank", "frankpw")
SUBMITTED = {"name": "fresh", "version": "1.0"}


def zipped(*names):
    """A zip with members of these names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


SDIST = ("demo-extras-2.0.zip", zipped("demo-extras-2.0/PKG-INFO"))


def upload(visitor, file=SDIST, **changes):
    """Upload a file of demo-extras 2.0, which is bob's."""
    fields = {"name": "demo-extras", "version": "2.0", "filetype": "sdist", "protocol_version": "1", **changes}
    files = {"content": file} if file else {}
    return visitor.send("file_upload", files, **{key: value for key, value in fields.items() if value is not None})


@pytest.fixture
def bob(visitor):
    """A visitor who is bob by Basic authentication."""
    visitor.user = BOB
    return visitor


def test_b182_submit(bob):
    """The release's page; project, role and release with their journal."""
    answer = bob.post("submit", **SUBMITTED, summary="s", download_url="http://d.example/")
    assert (answer.status, answer.reason) == (200, "OK")
    assert b'<!-- <th>Download URL -->\n<a href="http://d.example/">' in answer.body  # for scrapers (B069)
    assert b"<title>fresh 1.0 :" in answer.body
    assert bob.journal("fresh") == [(None, "create"), (None, "add Owner bob"), ("1.0", "new release")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"version": "1"}, 'Missing required field "name"'),
        ({"name": "x"}, 'Missing required field "version"'),
        ({"name": "a b", "version": "1"}, "Invalid package name"),
        ({"version": "zzz"}, "Invalid version, cannot be parsed as a valid PEP 440 version."),
        ({"version": "1+x"}, "Invalid version, cannot use PEP 440 local versions on PyPI."),
        ({"requires": "a b"}, 'Bad "requires" syntax: Expected parenthesized list: b'),
        ({"requires": "a (1)"}, 'Bad "requires" syntax: Bad package restriction syntax: 1'),
        ({"obsoletes": "a (>=x)"}, "Bad \"obsoletes\" syntax: invalid version number 'x'"),
        ({"provides": "a (1.0, 2)"}, "Bad \"provides\" syntax: illegal provides specification: u'a (1.0, 2)'"),
        ({"classifiers": "X :: Y"}, 'Invalid classifier "X :: Y"'),
        ({"home_page": "ftp://x.example/"}, "Invalid scheme u'ftp' for URI u'ftp://x.example/'"),
        ({"download_url": "no-uri"}, "Invalid URI: u'no-uri'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_b184_metadata_errors(bob, fields, reason):
    """400 as text: heading, message, blank line (B185, B187, B188, B189, B190)."""
    given = fields if set(fields) & {"name"} or fields == {"version": "1"} else {**SUBMITTED, **fields}
    answer = bob.post("submit", **given)
    assert (answer.status, answer.reason) == (400, reason)
    assert answer.body == f"Error processing form\n\n{reason}\n\n".encode()
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert bob.journal("fresh") == []


def test_b187_version_with_blanks(bob):
    """Stored stripped, then looked up as it was: 404."""
    assert bob.post("submit", name="fresh", version=" 1.0 ").status == 404
    assert bob.call("package_releases", "fresh") == ["1.0"]


def test_b191_names_of_others(bob):
    """No role: 403; a name that differs only in spelling: 403, with the other one."""
    bob.user = FRANK
    answer = bob.post("submit", name="demo", version="9")
    assert (answer.status, answer.reason) == (403, "You are not allowed to store 'demo' package information")
    answer = bob.post("submit", name="DEMO", version="9")
    assert (answer.status, answer.reason) == (403, "Package name conflicts with existing package 'demo'")


def test_b193_fields(bob):
    """Keys in any case; repeats joined by commas, but lists stay lists, also by lines."""
    bob.post("submit", **SUBMITTED, Summary="s", keywords=["a", "b"], requires_dist=["x", "y\nz"], **{":odd": "1"})
    data = bob.call("release_data", "fresh", "1.0")
    assert (data["summary"], data["keywords"]) == ("s", "a,b")
    assert data["requires_dist"] == ["x", "y", "z"]


def test_b195_update(bob):
    """Columns in the order of the table, then classifiers, then dependencies; what is not mentioned stays."""
    bob.post("submit", **SUBMITTED, summary="s", license="l")
    bob.post("submit", **SUBMITTED, requires_dist="x", classifiers="Framework :: Pyramid", summary="t", author="a")
    assert bob.journal("fresh")[-1] == ("1.0", "update author, summary, classifiers, requires_dist")
    assert bob.call("release_data", "fresh", "1.0")["license"] == "l"


def test_b196_new_release_hides_the_others(bob):
    """Where the project wants it, as it does until told otherwise."""
    bob.post("submit", name="demo-extras", version="3.0")
    assert bob.call("package_releases", "demo-extras") == ["3.0"]


# -- uploading --


def test_b198_upload(bob):
    """Three bytes."""
    answer = upload(bob)
    assert (answer.status, answer.body, answer.header("Content-Type")) == (200, b"OK\n", "text/plain")
    assert bob.journal("demo-extras")[-1] == ("2.0", "add source file demo-extras-2.0.zip")


def test_b198_upload_by_nobody(visitor):
    """401 with its own words."""
    answer = upload(visitor)
    assert (answer.status, answer.reason) == (401, "You must be identified to edit package information")


WHEEL = "demo_extras-2.0-py2.py3-none-{}.whl"


@pytest.mark.parametrize(
    ("file", "changes", "reason"),
    [
        (SDIST, {"name": None}, "Name and version are required"),
        (SDIST, {"name": "requirements.txt"}, "Package name 'requirements.txt' invalid"),
        (SDIST, {"name": "lone-wheel"}, "You are not allowed to edit 'lone-wheel' package information"),
        (SDIST, {"version": "zzz"}, "Invalid version, cannot be parsed as a valid PEP 440 version."),
        (None, {}, "Both content and filetype are required"),
        (SDIST, {"filetype": None}, "Both content and filetype are required"),
        (None, {"content": "text"}, "invalid upload"),
        (SDIST, {"filetype": "bdist_egg"}, "Python version is required for binary distribution uploads"),
        (("demo-extras-2.0.xyz", b"x"), {}, "invalid distribution file"),
        (("demo-extras-2.0.tar.gz", b"x"), {},
         'A file named "demo-extras-2.0.tar.gz" already exists for  demo-extras-2.0. To fix problems with that file you'
         " should create a new release."),
        (("demo-1.0.tar.gz", b"x"), {}, 'The filename for demo-extras must start with "demo-extras" (any case)'),
        (("a/demo-extras-2.zip", b"x"), {}, "invalid distribution file"),
        (("demo-extras-2.1.zip", zipped("a")), {}, "invalid distribution file"),
        (("demo-extras-2.1.egg", b"x"), {}, "invalid distribution file"),
        (("demo-extras-2.0.exe", zipped("EVIL")), {"filetype": "bdist_wininst", "pyversion": "any"},
         "invalid distribution file"),
        ((WHEEL.format("linux_x86_64"), zipped("a")), {"filetype": "bdist_wheel", "pyversion": "py3"},
         "Binary wheel for an unsupported platform"),
        (SDIST, {"gpg_signature": "no armour"}, "signature is not ASCII-armored"),
        (SDIST, {"gpg_signature": "x" * (100 * 1024 + 1)}, "invalid signature"),
        (SDIST, {"md5_digest": "0" * 32}, "The MD5 digest supplied does not match the content of the file."),
    ],
    ids=lambda value: None if isinstance(value, tuple) else str(value)[:40],
)  # fmt: skip
def test_b200_refused_uploads(bob, file, changes, reason):
    """The first rule broken, in the old order (B202, B203, B204, B206, B207, B209, B210, B212, B213, B215)."""
    before = bob.journal("demo-extras")
    answer = upload(bob, file, **changes)
    assert answer.status in (400, 403)
    assert answer.reason == reason
    assert bob.journal("demo-extras") == before
    assert not (bob.folder / "files" / ".incoming").exists() or not any((bob.folder / "files" / ".incoming").iterdir())


@pytest.mark.parametrize(("kind", "reason"), [("image/png", "invalid distribution file"), ("text/plain", "OK")])
def test_b208_type_of_the_part(bob, kind, reason):
    """Images are refused; anything else is what it says."""
    head = 'Content-Disposition: form-data; name="content"; filename="demo-extras-2.0.zip"'
    fields = {":action": "file_upload", "name": "demo-extras", "version": "2.0", "filetype": "sdist"}
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    parts.append(f"{head}\r\nContent-Type: {kind}\r\n\r\n".encode() + SDIST[1])
    body = b"--B\r\n" + b"\r\n--B\r\n".join(parts) + b"\r\n--B--\r\n"
    assert bob.ask("POST", "/pypi", ("Content-Type", "multipart/form-data; boundary=B"), body=body).reason == reason


@pytest.mark.parametrize(
    ("description", "content", "status"),
    [("", b"no gzip", 500), ("", b"\x1f\x8b of a kind", 200), ("told", b"no gzip", 200)],
)
def test_b210_tar_is_opened_for_its_description(bob, description, content, status):
    """Where the release has none. What is no gzip then is an error of the shell, and leaves nothing behind."""
    answer = upload(bob, ("demo-extras-9.tar.gz", content), version="9", description=description)
    assert answer.status == status
    assert bob.call("package_releases", "demo-extras") == (["9"] if status == 200 else ["2.0"])


def test_b199_protocol(bob):
    """Only the first one is known."""
    assert upload(bob, protocol_version="2").status == 500
    assert upload(bob, protocol_version=None).status == 200


@pytest.mark.parametrize("platform", ["any", "win32", "manylinux1_x86_64", "macosx_10_6_intel.macosx_10_9_intel"])
def test_b212_platforms(bob, platform):
    """Those where a binary means something."""
    file = (WHEEL.format(platform).replace("2.py3-none-any", "2.py3-none-x") if platform == "any" else
            WHEEL.format(platform), zipped("a", platform))  # fmt: skip
    expected = 400 if platform == "any" else 200
    assert upload(bob, file, filetype="bdist_wheel", pyversion="py3").status == expected


def test_b206_content_and_name_are_never_used_twice(bob):
    """The same bytes under another name; the name of a file that was removed."""
    assert upload(bob).status == 200
    answer = upload(bob, ("demo-extras-2.0.post1.zip", SDIST[1]))
    assert answer.reason == "Duplicate file upload detected."
    digest = hashlib.md5(SDIST[1]).hexdigest()
    bob.post("files", name="demo-extras", version="2.0", submit_remove="1", **{"file-ids": digest})
    answer = upload(bob, (SDIST[0], zipped("demo-extras-2.0/PKG-INFO", "more")))
    assert answer.reason == "This filename has previously been used, you should use a different version."


def test_b215_signature(bob):
    """Stored beside the file; an empty one is none."""
    armour = "-----BEGIN PGP SIGNATURE-----\nx"
    assert upload(bob, gpg_signature=armour).status == 200
    stored = next(f for f in bob.call("release_urls", "demo-extras", "2.0") if f["filename"] == SDIST[0])
    assert stored["has_sig"] is True
    assert (bob.folder / "files" / (stored["path"] + ".asc")).read_text() == armour
    assert b".asc" in bob.get("/pypi/demo-extras/2.0").body


def test_b217_stored_path(bob):
    """Below the digest of the content, two and two and sixty; downloads find it there (B276)."""
    upload(bob)
    stored = next(f for f in bob.call("release_urls", "demo-extras", "2.0") if f["filename"] == SDIST[0])
    digest = hashlib.blake2b(SDIST[1], digest_size=32).hexdigest()
    assert stored["path"] == f"{digest[:2]}/{digest[2:4]}/{digest[4:]}/{SDIST[0]}"
    assert stored["size"] == len(SDIST[1])
    assert bob.get("/packages/" + stored["path"]).body == SDIST[1]


def test_b218_multipart_of_old_distutils(bob):
    """Line feeds alone, an empty line in front (distutils before 3.4)."""
    body = b'\n--B\nContent-Disposition: form-data; name=":action"\n\nsubmit'
    body += b"".join(f'\n--B\nContent-Disposition: form-data; name="{k}"\n\n{v}'.encode() for k, v in SUBMITTED.items())
    kind = ("Content-Type", "multipart/form-data; boundary=B; charset=utf-8")
    assert bob.ask("POST", "/pypi", kind, body=body + b"\n--B--\n").status == 200


def test_b223_bytes_that_are_no_utf8(reader):
    """400 before anything else; names of fields are not looked at."""
    form = ("Content-Type", "application/x-www-form-urlencoded")
    answer = reader.ask("POST", "/pypi", form, body=b":action=verify&name=%FF")
    assert (answer.status, answer.reason) == (400, "Form data is not correctly encoded in UTF-8")
    assert reader.ask("POST", "/pypi", form, body=b"%FF=x").status == 200


@pytest.mark.parametrize(("target", "status"), [("/pypi?:action=display", 400), ("/pypi?:action=json", 500)])
def test_b224_two_names(reader, target, status):
    """Nobody expected a list."""
    assert reader.get(target + "&name=demo&name=demo").status == status
