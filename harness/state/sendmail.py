"""A `sendmail` that sends nothing: each mail is appended, with its envelope, to the mail file of one side.

Copied into a side's `bin` folder and run there as a program by whatever the application is written in, so it imports
nothing outside the standard library, and little of that. The mail file stands beside that folder, in mbox form. Options
as sendmail and its namesakes take them; exit statuses of sysexits.h.
"""

import fcntl
import os
import re
import sys

SEPARATOR = b"From harness Thu Jan  1 00:00:00 1970\n"
EX_OK, EX_USAGE, EX_TEMPFAIL = 0, 64, 75
TAKE_VALUE = "fFrBChLNOpRVX"  # in the same word or the next
ATTACHED = "oqdeAMD"  # in the same word, or none
FLAGS = "tinvUmG"
SILENT_MODES = {"m"}  # read a message, which is what is done without -b
_ADDRESS_HEADERS = re.compile(rb"(?im)^(?:to|cc|bcc):((?:.*\n?)(?:[ \t].*\n?)*)")
_BCC = re.compile(rb"(?im)^bcc:.*\n?(?:[ \t].*\n?)*")


class UsageError(Exception):
    """An option that is not known, or no recipient."""


class Envelope:
    """What the command line says: sender, full name, recipients, and how the message is to be read."""

    def __init__(self) -> None:
        self.sender = ""
        self.name = ""
        self.recipients: list[str] = []
        self.from_headers = False
        self.dots = True


def parse(arguments: list[str]) -> Envelope:
    """Read the options (sendmail(8)). Raises UsageError."""
    envelope = Envelope()
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            envelope.recipients += rest
            break
        if not word.startswith("-") or word == "-":
            envelope.recipients.append(word)
            continue
        while word := word[1:]:
            if word[0] in FLAGS:
                _note(envelope, word[0], "")
            else:
                _read_option(envelope, word[0], word[1:], rest)
                break
    return envelope


def _read_option(envelope: Envelope, letter: str, value: str, rest: list[str]) -> None:
    """Read an option that has the rest of its word as its value, or the next word, which is taken from `rest`."""
    if letter == "b":
        _check_mode(value)
        return
    if letter not in TAKE_VALUE and letter not in ATTACHED:
        raise UsageError(f"invalid option -- {letter}")
    if not value and letter in TAKE_VALUE:
        if not rest:
            raise UsageError(f"option requires an argument -- {letter}")
        value = rest.pop(0)
    _note(envelope, letter, value)


def _check_mode(mode: str) -> None:
    if mode not in SILENT_MODES:
        raise UsageError(f"-b{mode} is not supported by the harness's sendmail, which only takes messages")


def _note(envelope: Envelope, letter: str, value: str) -> None:
    if letter in "fr":
        envelope.sender = value
    elif letter == "F":
        envelope.name = value
    elif letter == "t":
        envelope.from_headers = True
    elif letter == "i" or (letter == "o" and value.startswith("i")):
        envelope.dots = False


def prepare(envelope: Envelope, message: bytes) -> tuple[list[str], bytes]:
    """Return who gets the message, and the message as it is sent. Raises UsageError where nobody does."""
    message = message.replace(b"\r\n", b"\n")
    if envelope.dots:
        message = re.split(rb"(?m)^\.\n", message, maxsplit=1)[0]
    recipients = list(envelope.recipients)
    if envelope.from_headers:
        head, blank, body = message.partition(b"\n\n")
        recipients += _named(head + b"\n")
        message = _BCC.sub(b"", head + b"\n").removesuffix(b"\n") + blank + body
    if not recipients:
        where = "found in header" if envelope.from_headers else "given"
        raise UsageError(f"No recipient addresses {where}")
    return recipients, message


def _named(head: bytes) -> list[str]:
    from email.utils import getaddresses  # takes longer to import than all the rest takes to run

    values = [value.decode("utf-8", "surrogateescape") for value in _ADDRESS_HEADERS.findall(head)]
    return [address for _, address in getaddresses([" ".join(value.split()) for value in values]) if address]


def append_mail(path: str, sender: str, recipients: list[str], message: bytes, name: str = "") -> None:
    """Append one mail in mbox form, whole or not at all, its envelope in headers of ours. Raises OSError."""
    envelope = [("X-Envelope-From", sender), ("X-Envelope-Name", name), ("X-Envelope-To", ", ".join(recipients))]
    lines = "".join(f"{field}: {' '.join(value.split())}\n" for field, value in envelope if value)
    quoted = re.sub(rb"(?m)^(>*From )", rb">\1", message.replace(b"\r\n", b"\n"))
    ended = quoted.rstrip(b"\n") + b"\n"  # clients and transports differ in what they add at the end
    data = SEPARATOR + lines.encode("utf-8", "surrogateescape") + ended + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def main(arguments: list[str], mailbox: str) -> int:
    """Take one mail from standard input; returns the exit status."""
    if arguments == ["-bp"]:
        print("Mail queue is empty")
        return EX_OK
    try:
        envelope = parse(arguments)
        recipients, message = prepare(envelope, sys.stdin.buffer.read())
        append_mail(mailbox, envelope.sender, recipients, message, envelope.name)
    except UsageError as error:
        print(f"sendmail: {error}", file=sys.stderr)
        return EX_USAGE
    except OSError as error:
        print(f"sendmail: cannot write {mailbox}: {error.strerror}", file=sys.stderr)
        return EX_TEMPFAIL
    return EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mail")))
