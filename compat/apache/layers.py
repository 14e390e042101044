"""Scopes and their merging, in Apache's order.

Comes in: the directives of a server, each in its sections. Goes out: `Layer`s, and the `Settings` and rules that hold
where some of them apply. Apache's order: the server, folders from short to long (with their access files), files, URLs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .access import NOBODY, OLD, REQUIRE, ordered, required
from .asking import SEALING
from .model import Access, Directive, Ledger, PartRefusal, Refusal, Section, Settings
from .rewrite import is_on, passes_authorization
from .sections import FILES, FOLDERS, INNER, URLS, is_pattern, plain
from .settings import SETTERS

CLOSED = Access(closed=True)


@dataclass(frozen=True, slots=True)
class Layer:
    """The directives of one section (or of the server itself), without those of sections that make layers of their
    own.
    """

    sections: tuple[Section, ...]
    directives: tuple[Directive, ...]

    @property
    def folder(self) -> Section | None:
        """The <Directory> that it is, or stands in."""
        return next((section for section in self.sections if section.name in FOLDERS), None)

    @property
    def url(self) -> Section | None:
        """The <Location> that it is."""
        return next((section for section in self.sections if section.name in URLS), None)

    @property
    def files(self) -> Section | None:
        """The <Files> that it is."""
        return next((section for section in self.sections if section.name in FILES), None)

    @property
    def is_closed_off(self) -> bool:
        """Tell whether anything in it says who may come in."""
        return any(d.name in REQUIRE | OLD for d in self.directives)


def layers(directives: Iterable[Directive]) -> tuple[Layer, ...]:
    """Group directives by their section, in order of first appearance."""
    grouped: dict[tuple[Section, ...], list[Directive]] = {}
    for directive in directives:
        key = tuple(s for s in directive.sections if s.name not in INNER and s.name != "virtualhost")
        grouped.setdefault(key, []).append(directive)
    return tuple(Layer(key, tuple(found)) for key, found in grouped.items())


def in_apaches_order(found: Sequence[Layer]) -> list[Layer]:
    """Sort layers as Apache merges them; those of the main server must come before those of the virtual host."""

    def rank(layer: Layer) -> tuple[int, int, int]:
        if layer.url:
            return 3, 0, 0
        if layer.files:
            return 2, 0, 0
        if layer.folder is None:
            return 0, 0, 0
        pattern = is_pattern(layer.folder)
        return 1, 10_000 if pattern else len(plain(layer.folder).split("/")), int(layer.folder.name == "htaccess")

    return sorted(found, key=rank)


def merged(base: Settings, found: Iterable[Layer], ledger: Ledger) -> Settings:
    """Apply layers one after the other. What is refused is settled; an access rule that is refused closes the layer."""
    settings = base
    for layer in found:
        if any(one.name in OLD | {"satisfy"} for one in layer.directives):  # mod_access_compat merges nothing
            settings = replace(settings, satisfy_any=False, old_access=Access())
        for directive in layer.directives:
            settings = _applied(settings, directive, ledger)
        if _shows_authorization(layer):
            settings = replace(settings, pass_authorization=True)
        access = _access(layer, REQUIRE, ledger)
        old = _access(layer, OLD, ledger)
        settings = replace(settings, access=access or settings.access, old_access=old or settings.old_access)
    return settings


def _shows_authorization(layer: Layer) -> bool:
    """Tell whether a rewrite rule shows the Authorization header to programs, as people did before CGIPassAuth."""
    return is_on(layer.directives) and any(passes_authorization(d) for d in layer.directives)


def _applied(settings: Settings, directive: Directive, ledger: Ledger) -> Settings:
    setter, how = SETTERS.get(directive.name, (None, ""))
    if setter is None:
        return settings
    try:
        result = setter(settings, directive)
    except PartRefusal as refusal:
        ledger.settle(directive, "not carried", f"in part: {refusal}")
        return refusal.settings
    except Refusal as refusal:
        if directive.name in SEALING:
            ledger.settle(directive, "not carried", f"closed for everybody instead: {refusal}")
            return replace(settings, sealed=True)
        ledger.settle(directive, "not carried", str(refusal))
        return replace(settings, auth_type="") if directive.name.startswith("auth") else settings
    ledger.settle(directive, "carried", how)
    return result


def _access(layer: Layer, names: frozenset[str], ledger: Ledger) -> Access | None:
    """Return what a layer says of access; None where it says nothing."""
    mine = [directive for directive in layer.directives if directive.name in names]
    if not mine:
        return None
    depth = next(n for n, d in enumerate(mine[0].sections, 1) if d == layer.sections[-1]) if layer.sections else 0
    if not layer.sections:
        depth = sum(section.name == "virtualhost" for section in mine[0].sections)
    try:
        access = required(mine, depth) if names is REQUIRE else ordered(mine, depth)
    except Refusal as refusal:
        for directive in mine:
            ledger.settle(directive, "not carried", f"closed for everybody instead: {refusal}")
        return CLOSED
    for directive in mine:
        ledger.settle(directive, "carried", _said(access))
    return access


def _said(access: Access) -> str:
    """Say by what nginx does the same."""
    if access == NOBODY:
        return "deny all"
    words = ["allow, deny"] * bool(access.lines) + ["auth_basic"] * access.asks_password + ["if"] * bool(access.methods)
    return ", ".join(words) or "nginx lets everybody in, too"


def together(settings: Settings, found: Iterable[Layer], ledger: Ledger) -> Settings:
    """Put both kinds of rules, and what a password needs, into `access`; what cannot be said closes the scope."""
    access, old = settings.access, settings.old_access
    reason = ""
    if access.lines and old.lines and NOBODY.lines not in (access.lines, old.lines):
        reason = "nginx has no two lists of networks of which both must hold"
    elif access.asks_password and (settings.auth_type != "basic" or not settings.user_file.startswith("/")):
        reason = "there is no AuthType Basic with an AuthUserFile that nginx could ask"
    if reason:
        for directive in (d for layer in found for d in layer.directives if d.name in REQUIRE | OLD):
            ledger.settle(directive, "not carried", f"closed for everybody instead: {reason}")
        return replace(settings, access=CLOSED)
    lines = NOBODY.lines if NOBODY.lines in (access.lines, old.lines) else access.lines or old.lines
    both = replace(
        access,
        lines=lines,
        any_of=access.any_of or (settings.satisfy_any and bool(old.lines) and access.asks_password),
        methods=(*access.methods, *old.methods),
        closed=access.closed or old.closed or settings.sealed,
    )
    return replace(settings, access=both)
