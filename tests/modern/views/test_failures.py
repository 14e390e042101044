"""modern.views.failures: what a client reads of an error."""

from dataclasses import replace

from modern.app import make_app


def test_an_error_of_the_disk_names_no_file_of_the_server(person, seeded_site, tmp_path):
    """The old words and type; the path is in the log."""
    blocked = tmp_path / "files"
    blocked.write_text("")
    person.app = make_app(replace(seeded_site[0], files=str(blocked)))
    person.user = ("alice", "alicepw")
    fields = {"name": "demo", "version": "1.1", "filetype": "sdist", "protocol_version": "1"}
    answer = person.send("file_upload", {"content": ("demo-unwritten.tar.gz", b"unwritten")}, **fields)
    assert answer.status == "500 There's been a problem with your request"
    assert "NotADirectoryError'>: [Errno 20] Not a directory" in answer.text
    assert str(tmp_path) not in answer.text
    person.app.registry["installation"].close()
