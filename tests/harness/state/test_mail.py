"""Mails are kept in the side's mail file, in one form, whichever way an application sends them."""

from __future__ import annotations

import mailbox
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.effects import split_mails
from harness.state import SideState, open_state, read_spec
from harness.state.mail import Mailbox, install_sendmail, shebang
from harness.state.smtp import Sink

MESSAGE = """\
From: shop <shop@example.org>
To: Ann <ann@example.org>,
 bob@example.org
Bcc: eve@example.org
Subject: order

Thanks.
"""
SENT = b"From: shop <shop@example.org>\nTo: Ann <ann@example.org>,\n bob@example.org\nSubject: order\n\nThanks.\n"


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ([b"one\n", b"two\n"], [b"one\n", b"two\n"]),
        ([b"", b"two\n"], [b"", b"two\n"]),
    ],
)
def test_mail_tells_what_was_appended(tmp_path: Path, writes: list[bytes], expected: list[bytes]) -> None:
    """Each call gives the bytes added since the last."""
    mail = Mailbox(tmp_path / "mail")
    told = []
    for text in writes:
        with mail.path.open("ab") as file:
            file.write(text)
        told.append(mail.changes())
    assert told == expected


def test_a_shortened_or_removed_mail_file_is_read_anew(tmp_path: Path) -> None:
    """A program that rewrites its mail file loses nothing."""
    mail = Mailbox(tmp_path / "mail")
    mail.path.write_bytes(b"a long first mail\n")
    mail.changes()
    mail.path.write_bytes(b"short\n")
    assert mail.changes() == b"short\n"
    mail.path.unlink()
    assert mail.changes() == b""
    mail.restore()
    assert mail.changes() == b""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program, installed beside a mail file."""
    (tmp_path / "mail").write_bytes(b"")
    return install_sendmail(tmp_path / "bin")


def send(program: Path, *arguments: str, message: str = MESSAGE) -> tuple[int, str, bytes]:
    """Run it as an application would, in an environment of nothing; status, complaint, and what is in the file."""
    done = subprocess.run([program, *arguments], input=message.encode(), capture_output=True, env={}, timeout=20)
    return done.returncode, done.stderr.decode(), program.parent.with_name("mail").read_bytes()


def kept(*envelope: str, message: bytes = SENT) -> bytes:
    """A mail as it stands in the file."""
    lines = "".join(f"X-Envelope-{line}\n" for line in envelope).encode()
    return b"From harness Thu Jan  1 00:00:00 1970\n" + lines + message + b"\n"


EVERYBODY = "To: ann@example.org, bob@example.org, eve@example.org"


@pytest.mark.parametrize(
    ("arguments", "message", "expected"),
    [
        pytest.param(["-t"], MESSAGE, kept(EVERYBODY), id="recipients from the headers, Bcc hidden"),
        pytest.param(["-oi", "-t", "-f", "a@b"], MESSAGE, kept("From: a@b", EVERYBODY), id="sender in the next word"),
        pytest.param(["-ti", "-fa@b"], MESSAGE, kept("From: a@b", EVERYBODY), id="flags and sender in one word"),
        pytest.param(
            ["-odb", "-oem", "-B8BITMIME", "-Am", "x@y"],
            "S: a\n\nb",
            kept("To: x@y", message=b"S: a\n\nb\n"),
            id="options without a say",
        ),
        pytest.param(["x@y", "z@y"], "a\n.\nb\n", kept("To: x@y, z@y", message=b"a\n"), id="a dot ends the message"),
        pytest.param(["-i", "x@y"], "a\n.\nb\n", kept("To: x@y", message=b"a\n.\nb\n"), id="or not"),
        pytest.param(["-F", "A B", "--", "-x@y"], "a\n", kept("Name: A B", "To: -x@y", message=b"a\n"), id="full name"),
        pytest.param(["x@y"], "a\r\n\r\nFrom here\r\n", kept("To: x@y", message=b"a\n\n>From here\n"), id="From"),
    ],
)
def test_sendmail_keeps_the_mail_with_its_envelope(
    program: Path, arguments: list[str], message: str, expected: bytes
) -> None:
    """What would have been sent, to whom, stands in the mail file."""
    assert send(program, *arguments, message=message) == (0, "", expected)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param([], "No recipient addresses given", id="nobody"),
        pytest.param(["-t"], "No recipient addresses found in header", id="nobody in the headers"),
        pytest.param(["-bs"], "-bs is not supported", id="speaking SMTP"),
        pytest.param(["-Z"], "invalid option -- Z", id="unknown option"),
        pytest.param(["-f"], "option requires an argument -- f", id="no sender"),
    ],
)
def test_sendmail_refuses_as_sendmail_does(program: Path, arguments: list[str], complaint: str) -> None:
    """Status 64 (EX_USAGE), a word on standard error, and no mail."""
    status, said, mails = send(program, *arguments, message="Subject: x\n\n")
    assert (status, mails) == (64, b"")
    assert complaint in said


def test_sendmail_that_cannot_write_says_so_for_later(program: Path) -> None:
    """Status 75 (EX_TEMPFAIL)."""
    program.parent.with_name("mail").unlink()
    program.parent.with_name("mail").mkdir()
    done = subprocess.run([program, "x@y"], input=b"a\n", capture_output=True, timeout=20)
    assert (done.returncode, b"cannot write" in done.stderr) == (75, True)


def test_an_interpreter_whose_path_fits_no_first_line_still_runs_it(tmp_path: Path) -> None:
    """A long path, or one with a blank, goes through the shell's exec."""
    folder = tmp_path / ("a b" + "c" * 120)
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "say"
    program.write_text(shebang(str(folder / "python")) + "import sys\nprint(sys.argv[1:])\n")
    program.chmod(0o755)
    done = subprocess.run([program, "x y", "$z"], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "['x y', '$z']\n"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A server, and its mail file beside."""
    (tmp_path / "mail").write_bytes(b"")
    made = Sink(tmp_path / "mail")
    yield made
    made.close()


def test_smtp_keeps_the_mail_as_sendmail_does(sink: Sink, tmp_path: Path) -> None:
    """An application that goes from one to the other sends the same mail."""
    with smtplib.SMTP(*sink.address, timeout=10) as client:
        client.login("user", "any")
        refused = client.sendmail("a@b", ["ann@example.org", "bob@example.org"], SENT + b".dot\n..dots\n")
    assert refused == {}
    to = "To: ann@example.org, bob@example.org"
    assert (tmp_path / "mail").read_bytes() == kept("From: a@b", to, message=SENT + b".dot\n..dots\n")


def test_smtp_follows_the_order_of_commands(sink: Sink, tmp_path: Path) -> None:
    """RFC 5321 section 4.1.4: what comes too early is refused, and RSET forgets."""
    with smtplib.SMTP(*sink.address, timeout=10) as client:
        client.helo()
        said = [
            client.docmd(line)[0]
            for line in (
                "RCPT TO:<x@y>",
                "DATA",
                "MAIL",
                "MAIL FROM:<>",
                "RCPT TO:<>",
                "RCPT TO:<x@y>",
                "RSET",
                "DATA",
                "HOP",
            )
        ]
    assert said == [503, 503, 501, 250, 501, 250, 250, 503, 502]
    assert (tmp_path / "mail").read_bytes() == b""


def test_a_message_cut_short_is_not_kept(sink: Sink, tmp_path: Path) -> None:
    """A client that hangs up within a message has sent none."""
    client = smtplib.SMTP(*sink.address, timeout=10)
    client.ehlo()
    client.docmd("MAIL FROM:<a@b>")
    client.docmd("RCPT TO:<x@y>")
    client.docmd("DATA")
    client.send(b"Subject: half\r\n")
    client.close()
    with smtplib.SMTP(*sink.address, timeout=10) as other:
        other.sendmail("a@b", ["x@y"], b"whole\n")
    assert (tmp_path / "mail").read_bytes() == kept("From: a@b", "To: x@y", message=b"whole\n")


def test_many_at_once_do_not_mix(sink: Sink, program: Path, tmp_path: Path) -> None:
    """Each mail is appended whole; the file is a mailbox that other programs read."""

    def one(number: int) -> None:
        body = f"Subject: {number}\n\n" + f"{number}\n" * 20_000
        if number % 2:
            send(program, "x@y", message=body)
        else:
            with smtplib.SMTP(*sink.address, timeout=20) as client:
                client.sendmail("a@b", ["x@y"], body.encode())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(12)))
    box = mailbox.mbox(tmp_path / "mail", create=False)
    found = {str(mail["Subject"]): mail.get_payload() for mail in box}
    box.close()
    assert {number: set(str(found[str(number)]).split()) for number in range(12)} == {n: {str(n)} for n in range(12)}
    assert len(split_mails((tmp_path / "mail").read_bytes())) == 12


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ()),
        (b"To: a\n\nhello\n", (b"To: a\n\nhello\n",)),
        (
            kept("To: a", message=b"one\n") + kept("To: b", message=b"\n\n>From x\n"),
            (b"X-Envelope-To: a\none\n", b"X-Envelope-To: b\n\n\n>From x\n"),
        ),
    ],
    ids=["none", "in a form of the application's own", "two"],
)
def test_mails_are_split_at_their_separators(data: bytes, expected: tuple[bytes, ...]) -> None:
    """What was appended by one exchange may be several mails."""
    assert split_mails(data) == expected


@pytest.fixture
def side(tmp_path: Path) -> Iterator[SideState]:
    """A side whose targets are told all ways to send."""
    env = {"SENDMAIL": "{sendmail}", "SMTP": "{smtp}", "SMTP_HOST": "{smtp_host}", "SMTP_PORT": "{smtp_port}"}
    with open_state(read_spec("plain", {"env": env}, tmp_path)) as state:
        yield state.side(0, "old")


def test_a_side_tells_targets_how_to_send(side: SideState) -> None:
    """By the program's path, by its name on PATH, by host and port: all ways end in the same file."""
    env = side.env("h")
    assert env["SMTP"] == f"{env['SMTP_HOST']}:{env['SMTP_PORT']}"
    assert list(side.destinations) == [(env["SMTP_HOST"], int(env["SMTP_PORT"]))]
    subprocess.run([env["SENDMAIL"], "a@b"], input=b"one\n", check=True, timeout=20)
    subprocess.run(["env", "sendmail", "a@b"], input=b"two\n", check=True, timeout=20, env={"PATH": env["PATH"]})
    with smtplib.SMTP(env["SMTP_HOST"], int(env["SMTP_PORT"]), timeout=10) as client:
        client.sendmail("", ["a@b"], b"three\n")
    mails = split_mails(side.changes(unsafe=True).mail)
    assert [mail.splitlines()[-1] for mail in mails] == [b"one", b"two", b"three"]
    side.restore()
    assert side.changes(unsafe=True).mail == b""


def test_the_callers_own_path_stays(side: SideState) -> None:
    """Only one folder is put before it."""
    assert side.env("h")["PATH"].split(os.pathsep)[1:] == os.environ["PATH"].split(os.pathsep)
