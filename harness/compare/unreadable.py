"""What reading a body raises when it is not what it claims to be, or too large; `body` then tries the next way."""

LIMIT = 3_000_000
"""Characters beyond which a body is not taken apart."""
TAGS = 120_000
"""Tags beyond which a document is not taken apart: each costs some 20 microseconds."""


class Unreadable(Exception):
    """The body cannot be read as this content type; the message says why."""


class TooLarge(Unreadable):
    """The body may well be of this content type, but taking it apart would take too long."""


def refuse_large(text: str) -> None:
    """Raise `TooLarge` where taking `text` apart would take more than a few seconds."""
    if len(text) > LIMIT:
        raise TooLarge(f"longer than {LIMIT} characters")
    if text.count("<") > TAGS:
        raise TooLarge(f"more than {TAGS} tags")
