"""What the stages of an import hand to each other: directives as written, what became of each, and what is served.

    text -> `Directive` (parse) -> `Settings` of a scope (settings) -> `Zone` of a `Site` (zones, translate) -> text

Everything here is frozen, apart from the `Ledger`, in which each directive gets exactly one `Outcome`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import CompatError

Verdict = Literal["carried", "not needed", "not carried"]
Kind = Literal["file", "folder", ""]


class ApacheError(CompatError):
    """A configuration cannot be read: a missing file, sections that do not match. The message names file and line."""


class Refusal(CompatError):
    """One directive has no exact translation; the message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Section:
    """An opened `<Name arguments>`; a `.htaccess` file counts as a `<Directory>` of its folder."""

    name: str
    arguments: tuple[str, ...]
    raw: str
    place: str

    def __str__(self) -> str:
        return f"<{self.name} {self.raw}>" if self.raw else f"<{self.name}>"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: `number` counts all that were read, `raw` is the text after the name, `dead` says why Apache
    itself would skip it, `refused` why it would answer 500 where it stands.
    """

    number: int
    written: str
    arguments: tuple[str, ...]
    raw: str
    file: str
    line: int
    sections: tuple[Section, ...] = ()
    dead: str = ""
    refused: str = ""

    @property
    def name(self) -> str:
        """Its name, of which the case does not matter."""
        return self.written.lower()

    @property
    def place(self) -> str:
        """FILE:LINE."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.written} {self.raw}".rstrip()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one directive, and by what or why."""

    directive: Directive
    verdict: Verdict
    reason: str


class Ledger:
    """The outcome of each directive. A refusal stays, so that nothing half carried is called carried; what is of no use
    in one virtual host may be carried in the next.
    """

    def __init__(self, directives: tuple[Directive, ...]) -> None:
        self._directives = directives
        self._outcomes: dict[int, Outcome] = {}

    def settle(self, directive: Directive, verdict: Verdict, reason: str) -> None:
        """Say what became of a directive; a weaker word than what was said before changes nothing."""
        known = self._outcomes.get(directive.number)
        if known is None or STRENGTH.index(verdict) > STRENGTH.index(known.verdict):
            self._outcomes[directive.number] = Outcome(self._directives[directive.number - 1], verdict, reason)

    def is_settled(self, directive: Directive) -> bool:
        """Tell whether a directive has its outcome."""
        return directive.number in self._outcomes

    def is_refused(self, directive: Directive) -> bool:
        """Tell whether a directive is not carried over, as far as is known."""
        known = self._outcomes.get(directive.number)
        return known is not None and known.verdict == "not carried"

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return one outcome for each directive, in the order in which they were read."""
        unknown = "there is no translation for this directive"
        return tuple(self._outcomes.get(d.number, Outcome(d, "not carried", unknown)) for d in self._directives)


STRENGTH: tuple[Verdict, ...] = ("not needed", "carried", "not carried")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in: nginx's access lines, and the users; `any_of` says that one of the two is enough. `methods`:
    conditions of nginx under which a request is refused. `closed`: the rule could not be translated, so nobody may.
    """

    lines: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    valid_user: bool = False
    any_of: bool = False
    methods: tuple[str, ...] = ()
    closed: bool = False

    @property
    def asks_password(self) -> bool:
        """Tell whether a password is asked for."""
        return (self.valid_user or bool(self.users)) and not self.closed


@dataclass(frozen=True, slots=True)
class Settings:
    """All that holds for one scope, after Apache's order of merging. Names are lower case where Apache ignores case."""

    options: frozenset[str] = frozenset({"followsymlinks"})
    handler: str = ""
    handlers: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    pass_env: tuple[str, ...] = ()
    pass_authorization: bool = False
    path_info: bool = True
    index: tuple[str, ...] = ("index.html",)
    types: Mapping[str, str] = field(default_factory=dict)
    charset: str = ""
    gzip: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    max_body: int = 1 << 30
    timeout: int = 60
    limits: Mapping[str, int] = field(default_factory=dict)
    user: str = ""
    group: str = ""
    auth_type: str = ""
    realm: str = ""
    user_file: str = ""
    satisfy_any: bool = False
    sealed: bool = False
    """A rule that could not be said closes this scope, and all within."""
    access: Access = field(default_factory=Access)
    """By `Require`."""
    old_access: Access = field(default_factory=Access)
    """By `Order`, `Allow` and `Deny`, which stay beside `Require`."""


Setter = Callable[[Settings, Directive], Settings]
"""What one directive does to the settings so far. Raises Refusal."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """What one URL prefix leads to: `folder` (a single program or file where `single`), run where `programs`.

    `pattern` replaces `url` where only a regular expression says it, `folder` is then its replacement; `bare` tells
    whether the URL without a slash behind it belongs to it.
    """

    url: str
    folder: str
    programs: bool = False
    single: bool = False
    bare: bool = True
    pattern: str = ""
    directive: Directive | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One `compat serve`: a program or a folder of them, and the words of its command line after the path."""

    path: str
    words: tuple[str, ...]
    user: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """What answers in a zone, or in a part of it: the settings, and what runs the programs in it."""

    settings: Settings
    service: Service | None = None
    everything: bool = False
    """All files are programs."""
    extensions: tuple[str, ...] = ()
    """Those of programs."""
    forbidden: tuple[str, ...] = ()
    """Extensions that must never be sent as text: what runs them in Apache was not carried over, or may not run."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One part of the URL space with one answer; `overlays` are patterns of URLs in it that have their own, `itself` is
    that of its URL without a slash, where a <Location /URL/> opens the rest only.
    """

    url: str
    folder: str
    prefix: Prefix
    body: Body
    overlays: tuple[tuple[str, Body], ...] = ()
    itself: Body | None = None

    @property
    def bare(self) -> bool:
        """Tell whether the URL without a slash behind it belongs to the zone."""
        return self.prefix.bare or self.url != self.prefix.url

    @property
    def bodies(self) -> tuple[Body, ...]:
        """All answers of the zone: its own, and those of its overlays."""
        return (self.body, *(body for _, body in self.overlays), *([self.itself] if self.itself else []))


@dataclass(frozen=True, slots=True)
class Site:
    """One nginx `server`: where it listens, its names, what is decided before any location is chosen, and its zones."""

    listen: tuple[str, ...]
    names: tuple[str, ...]
    zones: tuple[Zone, ...]
    settings: Settings
    root: str = ""
    statements: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """The whole result: servers, services (in the order of their ports), and every outcome."""

    sites: tuple[Site, ...]
    services: tuple[Service, ...]
    outcomes: tuple[Outcome, ...]

    def of(self, verdict: Verdict) -> tuple[Outcome, ...]:
        """Return the outcomes of one kind."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict == verdict)


class PartRefusal(Refusal):
    """A directive is carried in part: `settings` have what could be, the message names what could not."""

    def __init__(self, settings: Settings, message: str) -> None:
        super().__init__(message)
        self.settings = settings
