"""What can go wrong, named for whose fault it is: the operator's, the client's, or the program's.

Each error that answers a request knows its HTTP status; its message is for the log, never for the client.
"""

from __future__ import annotations


class CompatError(Exception):
    """The root of every error that compat raises on purpose."""


class ConfigurationError(CompatError):
    """The operator asked for something that cannot be; raised before any request is served."""


class ResponseAborted(CompatError):
    """The response broke off after its first byte, or its connection cannot be used again.

    Raised out of the iterator, or out of its close(), so that the server closes the connection.
    """


class AnsweredError(CompatError):
    """A request ends with a page of ours.

    `status` is its HTTP status, `retry_after` seconds for 503 (RFC 9110 section 10.2.3), `location` where a redirect
    leads. `logged`: its line is written; `broken_off` why the connection must be closed after the page.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None, location: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.location = location
        self.logged = False
        self.broken_off: ResponseAborted | None = None


class RequestError(AnsweredError):
    """The client asked for what cannot be given: no such program, forbidden, a body that makes no sense."""


class ProgramError(AnsweredError):
    """The program could not be started, was too slow, or answered with something that is not CGI."""
