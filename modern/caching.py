"""What caches in front may keep: views say it of themselves (`Public`), a tween writes it into the answer's headers.

Only where a request says that a surrogate stands in front (`Surrogate-Capability`, Edge Architecture Specification 1.0
section 2.2); who asks without one sees nothing of this. An answer to somebody who is logged in, or that logs in, is
never public. What is to be forgotten when, is `services.keys`' and `services.purging`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response

from .answers import Header, answer
from .request import IndexRequest
from .services import keys

Handler = Callable[[IndexRequest], Response]
View = Callable[[Any, IndexRequest], Response]
Keys = Callable[[IndexRequest], Iterable[str]]

DAY = 86400
WHILE_REVALIDATING, IF_ERROR = 30, 7 * DAY  # seconds (RFC 5861) that an old answer is better than waiting, than none
LOGIN = "pypi="  # the cookie that logs in
KEPT_BY_304 = {"etag", "vary", "cache-control", "surrogate-control", "surrogate-key", "last-modified"}


@dataclass(frozen=True)
class Public:
    """What a view says of its answers, if nobody is logged in."""

    keys: Keys
    seconds: int = DAY  # that a surrogate may keep them; purges end that earlier
    statuses: frozenset[int] = frozenset((200, 301, 404))


def of_index(*names: str, seconds: int = DAY) -> Public:
    """Answers that change with any project."""
    return Public(lambda request: names, seconds)


def named_project(request: IndexRequest) -> Iterable[str]:
    """The key of the project that the form names."""
    name = request.form.get("name")
    return (keys.of_project(name),) if isinstance(name, str) else ()


def marked(view: View, info: Any) -> View:
    """A view deriver: the request of a view that was registered with `public` knows it, whatever the view raises."""
    public: Public | None = info.options.get("public")
    if public is None:
        return view

    def marking(context: Any, request: IndexRequest) -> Response:
        request.__dict__["public"] = public
        return view(context, request)

    return marking


marked.options = ("public",)  # type: ignore[attr-defined]  # how Pyramid asks for the option


def for_surrogates(handler: Handler, registry: Any) -> Handler:
    """A tween: the headers for surrogates, and 304 to those who have the answer."""

    def tween(request: IndexRequest) -> Response:
        response = handler(request)
        if "Surrogate/1.0" not in request.environ.get("HTTP_SURROGATE_CAPABILITY", ""):
            return response
        public: Public | None = request.__dict__.get("public")
        if public is None or is_personal(request, response) or response.status_int not in public.statuses:
            response.headerlist = [*without_surrogate(response), ("Surrogate-Control", "no-store")]
            return response
        describe(request, response, public)
        return not_modified(response) if has_it(request, response) else response

    return tween


def is_personal(request: IndexRequest, response: Response) -> bool:
    """Whether it may be meant for one visitor only. Only those who are logged in get forms with a token."""
    environ = request.environ
    return (
        environ["REQUEST_METHOD"] not in ("GET", "HEAD")
        or "HTTP_AUTHORIZATION" in environ
        or LOGIN in environ.get("HTTP_COOKIE", "")
        or "Set-Cookie" in response.headers
    )


def describe(request: IndexRequest, response: Response, public: Public) -> None:
    """Add how long, under which keys, for whom, and which state of the answer it is."""
    named = dict.fromkeys([*response.headers.get("Surrogate-Key", "").split(), keys.EVERYTHING, *public.keys(request)])
    control = f"max-age={public.seconds}, stale-while-revalidate={WHILE_REVALIDATING}, stale-if-error={IF_ERROR}"
    varies = [response.headers.get("Vary"), "X-Forwarded-Proto"]  # which absolute links follow
    added = [
        ("Surrogate-Control", control),
        ("Surrogate-Key", " ".join(named)),
        ("Vary", ", ".join(name for name in varies if name)),
    ]
    if "Cache-Control" not in response.headers:
        added.append(("Cache-Control", "no-cache"))  # browsers ask whether it still holds: somebody may have logged in
    if response.status_int == 200 and "ETag" not in response.headers:
        added.append(("ETag", entity_tag(response)))
    response.headerlist = [*(pair for pair in without_surrogate(response) if pair[0].lower() != "vary"), *added]


def without_surrogate(response: Response) -> list[Header]:
    """The headers but those for surrogates."""
    return [pair for pair in response.headerlist if not pair[0].lower().startswith("surrogate-")]


def entity_tag(response: Response) -> str:
    """The digest of the body."""
    digest = getattr(response.app_iter, "digest", None)  # a kept page is long, and knows its own
    if digest is None:
        digest = hashlib.sha256(response.body).hexdigest()
    return f'"{digest[:32]}"'


def has_it(request: IndexRequest, response: Response) -> bool:
    """Whether If-None-Match names this state (RFC 9110 section 13.1.2, weak comparison)."""
    wanted = request.environ.get("HTTP_IF_NONE_MATCH", "").strip()
    if not wanted or response.status_int != 200:
        return False
    return wanted == "*" or response.headers["ETag"] in [tag.strip().removeprefix("W/") for tag in wanted.split(",")]


def not_modified(response: Response) -> Response:
    """304, with what a cache has to know of it (RFC 9110 section 15.4.5)."""
    headers = [pair for pair in response.headerlist if pair[0].lower() in KEPT_BY_304]
    return answer(b"", None, *headers, status=304, reason="Not Modified")
