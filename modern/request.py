"""The request as views see it: the form, who asks, the addresses to answer with, and the services.

Everything that a request needs hangs on it; there are no globals and no thread-locals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyramid.request import Request
from transaction import TransactionManager

from .errors import NotFound
from .forms import Form, parse_form
from .installation import Installation
from .services import Services
from .settings import Settings, Urls


@dataclass(frozen=True)
class Visitor:
    """Who asks. A login by cookie is more than one by Basic authentication: pages greet only the former."""

    username: str | None = None
    logged_in: bool = False  # by cookie
    cookie: str | None = None  # what logs in; goes out with every page

    @property
    def authenticated(self) -> bool:
        """Whether we know who it is, in either way."""
        return self.username is not None


NOBODY = Visitor()


class IndexRequest(Request):  # type: ignore[misc]  # Pyramid has no types
    """One request."""

    # Attributes set on a webob request go through its environ; these do not.
    def __init__(self, environ: dict[str, Any], **values: Any) -> None:
        super().__init__(environ, **values)
        self.__dict__["visitor"] = NOBODY

    def become(self, visitor: Visitor) -> None:
        """From now on the request is this visitor's, and so is what it writes."""
        self.__dict__["visitor"] = visitor
        self.services.act_as(visitor.username, self.address)

    @cached_property
    def tm(self) -> TransactionManager:
        """What pyramid_tm begins, commits and drops around the views."""
        return TransactionManager(explicit=True)

    @property
    def installation(self) -> Installation:
        """The settings, database and store of this index, which outlive the request."""
        found: Installation = self.registry["installation"]
        return found

    @property
    def settings_of_index(self) -> Settings:
        """What the installation decides."""
        return self.installation.settings

    @cached_property
    def urls(self) -> Urls:
        """Addresses in the scheme in which the client came (B008)."""
        return self.settings_of_index.urls(https=self.environ.get("HTTP_X_FORWARDED_PROTO") == "https")

    @cached_property
    def form(self) -> Form:
        """{name: text, upload or list} of query and body; a body of XML-RPC is none. Raises BadEncoding."""
        if self.environ.get("CONTENT_TYPE") == "text/xml":
            return {}
        return parse_form(self.environ)

    @cached_property
    def services(self) -> Services:
        """What can be done with the index, within this request's transaction."""
        made = self.installation.services(self.tm, self.urls)
        made.act_as(None, self.address)
        return made

    @property
    def address(self) -> str:
        """Where the client is, by the word of the proxy in front."""
        forwarded: str = self.environ.get("HTTP_X_FORWARDED_FOR", "").partition(",")[0].strip()
        return forwarded or self.environ.get("REMOTE_ADDR", "")

    @cached_property
    def rest(self) -> str:
        """The path behind the first name, as text whose characters are the bytes."""
        path: str = self.environ["PATH_INFO"]
        return path[path.index("/", 1) :] if "/" in path[1:] else ""

    def rest_text(self) -> str:
        """The same decoded; raises NotFound with the raw bytes for what is no UTF-8 (B048)."""
        try:
            return self.rest.encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            raise NotFound(f"{raw_text(self.rest)} is not UTF-8 encoded") from None

    def text(self, name: str, default: str = "") -> str:
        """A text of the form; `default` where it is missing, repeated or a file."""
        value = self.form.get(name)
        return value if isinstance(value, str) else default


def raw_text(path: str) -> str:
    """Return a path that is no UTF-8 so that `answers` writes its bytes as they came."""
    return path.encode("latin-1").decode("utf-8", "surrogateescape")
