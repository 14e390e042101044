"""Which redacted secrets of a request nothing puts back: exchanges of a scenario in order in, what to say of them out.

A secret that the recording itself hands out (a session, a form's token) is learned at the replay; others have to be
named. Whether that matters is seen from the answers.
"""

from __future__ import annotations

from harness.bind.fixed import Fixed
from harness.bind.logins import Logins
from harness.bind.secret import name_of
from harness.exchange import Exchange, Redaction

MOST = 100_000
"""Tokens remembered of a scenario."""
_ELSEWHERE = frozenset({"address", "unread"})
"""Kinds that no target asks for."""


class Unbound:
    """The tokens of one scenario that the replay knows a value for. `fixed` and `logins` are those of the replay."""

    def __init__(self, fixed: Fixed, logins: Logins) -> None:
        self._known = {pair.recorded.decode("utf-8", "surrogatepass") for pair in fixed}
        self._logins = logins
        self._answered: set[str] = set()

    def missing(self, exchange: Exchange, endpoint: str) -> list[str]:
        """Say, once for each field, which secrets of a request are not known; to be asked of each exchange, in order.

        `endpoint` is what its endpoint is called.
        """
        return list(dict.fromkeys(_told(each, endpoint) for each in self.lacking(exchange)))

    def lacking(self, exchange: Exchange) -> list[Redaction]:
        """Return the redactions of those secrets; likewise to be asked of each exchange, in order."""
        found = [each for each in exchange.redactions if self._is_missing(each)]
        covered = bool(found) and self._logs_in(exchange)
        if len(self._answered) < MOST:
            self._answered.update(each.token for each in exchange.redactions if each.place.startswith("response."))
        return [] if covered else found

    def _is_missing(self, redaction: Redaction) -> bool:
        known = redaction.token in self._known or redaction.token in self._answered
        return redaction.place.startswith("request.") and redaction.kind not in _ELSEWHERE and not known

    def _logs_in(self, exchange: Exchange) -> bool:
        """Whether `[[login]]` gives this request its credentials."""
        return any(
            login.principal.identity(exchange, lambda name, value: value.decode("latin-1") not in self._answered)
            is not None
            for login in self._logins.entries
        )


def _told(redaction: Redaction, endpoint: str) -> str:
    name = name_of(redaction)
    kind = redaction.kind if redaction.kind in ("password", "cookie", "token") else f"secret ({redaction.kind})"
    if redaction.kind == "cookie":
        return f"a redacted cookie `{name}` that no recorded answer has set: say in [[login]] how to get one"
    if not name:
        return f"a redacted {kind} in {endpoint}: give its token a value in [bind]"
    sort = "header" if redaction.place.startswith("request.header") else "field"
    return f'a redacted {kind} ({sort} `{name}` of {endpoint}): give it in [bind.secret], "{name}" = {{env = "..."}}'
