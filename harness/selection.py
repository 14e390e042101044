"""Which exchanges of a recording are meant: by endpoint, client, status, method, path, user and time.

An `Exchange` comes in, yes or no goes out. How an archive finds them without reading all is `store.search`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from harness.exchange import Exchange
from harness.naming import Names

NO_ANSWER = "none"
"""The status of an exchange without an answer."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Of each field any of the values must fit; fields without values fit all. In texts, `*` stands for anything.

    `status` has values such as `404`, `4xx`, `none`. `since` and `until` are in seconds since the epoch; what began at
    `until` is out. `session` is the id of an exchange: all of its client session are meant, which only `find` can tell.
    """

    endpoint: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    session: str | None = None
    since: float | None = None
    until: float | None = None

    @property
    def by_name(self) -> bool:
        """Whether it asks for names, which depend on the configuration."""
        return bool(self.endpoint or self.client)

    def wants(self, exchange: Exchange, names: Names) -> bool:
        """Tell whether an exchange is meant."""
        request, response = exchange.request, exchange.response
        return (
            (self.since is None or exchange.started >= self.since)
            and (self.until is None or exchange.started < self.until)
            and self.wants_status(response.status if response else None)
            and fits(self.method, request.method.decode("latin-1"))
            and fits(self.path, request.path.decode("latin-1"))
            and fits(self.user, exchange.user)
            and (not self.client or fits(self.client, names.client(request).family))
            and (not self.endpoint or fits(self.endpoint, names.endpoint(request)))
        )

    def wants_status(self, status: int | None) -> bool:
        """Tell whether a status is meant; None: no answer came."""
        if not self.status:
            return True
        text = NO_ANSWER if status is None else f"{status:03}"
        return any(_of_class(wanted, text) for wanted in self.status)


EVERYTHING = Selection()
"""The selection that leaves nothing out."""


def fits(wanted: Iterable[str], text: str) -> bool:
    """Tell whether a text is one of those wanted, or nothing is wanted; `*` stands for anything."""
    patterns = tuple(wanted)
    return not patterns or any(_pattern(pattern).fullmatch(text) for pattern in patterns)


def _of_class(wanted: str, status: str) -> bool:
    """Tell whether `4xx` or `404` is meant by a status."""
    return len(wanted) == len(status) and all(a in ("x", "X", b) for a, b in zip(wanted, status, strict=True))


@lru_cache(256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
