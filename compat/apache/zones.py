"""The zones of one server: each part of its URLs with the settings that hold there, and the program service behind it.

Comes in: a server's directives. Goes out: `Zone`s, longest prefix first wins as in nginx. A zone is made for each
`Prefix`, and for each <Directory>, <Location> and access file below one; one that changes nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .denials import denials
from .granted import STAYS_CLOSED, lets_in_more, surely
from .layers import CLOSED, Layer, in_apaches_order, layers, merged, together
from .matched import may_hold, restricts, start_of_folder, start_of_url
from .model import Access, Body, Directive, Ledger, Prefix, Section, Service, Settings, Zone
from .overlays import Candidate, Overlay, arranged, overlay_pattern, untold
from .prefixes import NAMES, KindOf, in_order, prefixes, under
from .programs import Handlers, body_of, resolved, unknown_sources
from .sections import (
    WILD,
    expression,
    file_pattern,
    holds_for_folder,
    holds_for_url,
    is_only_below,
    is_pattern,
    plain,
)
from .servers import Server


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a zone may be: its URL and folder, and the URL and folder that its program service would stand for.

    `homes` are those of the zones around it, too: one of their services may do for it.
    """

    url: str
    folder: str
    home: tuple[str, str]
    homes: tuple[tuple[str, str], ...] = ()


def zones(server: Server, kind: KindOf, ledger: Ledger) -> tuple[tuple[Zone, ...], Settings, str]:
    """Return the zones of a server, the settings of the server itself, and its document root."""
    found = [one for one in layers(server.directives) if not any(s.name == "if" for s in one.sections)]
    denied = denials(found)
    whole = _Whole(in_apaches_order([one for one in found if one not in denied]), kind, ledger, server)
    roots = server.at_server(frozenset({"documentroot"}))
    for number, directive in enumerate(roots):
        ledger.settle(directive, "not needed" if number else "carried", "a default" if number else "root")
    root = roots[0].arguments[0].rstrip("/") if roots and roots[0].arguments else ""
    mapped = prefixes(server.at_server(NAMES), kind, ledger)
    whole.handlers = resolved(server.directives, mapped, ledger)
    whole.root = root
    whole.denials = [one for one in denied if one.files]
    whole.denied = [file_pattern(one.files) for one in whole.denials if one.files]
    result: list[Zone] = []
    for prefix in in_order(mapped, root, roots[0] if roots else None):
        result += whole.of_prefix(prefix, mapped)
    base = merged(Settings(), [one for one in found if not one.sections], ledger)
    return tuple(result), base, root


@dataclass
class _Whole:
    """What all zones of a server are made from."""

    layers: Sequence[Layer]
    kind: KindOf
    ledger: Ledger
    server: Server
    handlers: Handlers = field(default_factory=dict)
    services: set[Service] = field(default_factory=set)
    root: str = ""
    denied: Sequence[str] = ()
    """Patterns of files that nobody gets; such a file is no index either."""
    denials: Sequence[Layer] = ()
    """Refusals by a file's name, which one file behind a URL of another name is under, too."""

    def of_prefix(self, prefix: Prefix, others: Sequence[Prefix]) -> Iterator[Zone]:
        """Yield the zone of a prefix and those below it that differ."""
        made: list[Zone] = []
        for spot in self._spots(prefix, others):
            zone = self._zone(prefix, spot)
            around = [one for one in made if under(spot.url, one.url)]
            parent = max(around, key=lambda one: len(one.url), default=None)
            if parent is None or (parent.body, parent.overlays) != (zone.body, zone.overlays):
                made.append(zone)
        yield from made

    def _spots(self, prefix: Prefix, others: Sequence[Prefix]) -> list[_Spot]:
        """Return where settings may change, from short to long."""
        top = _Spot(prefix.url, prefix.folder, (prefix.url, prefix.folder))
        if prefix.pattern:
            return [replace(top, homes=(top.home,))]
        spots = {prefix.url: top}
        for layer in self.layers:
            folder = plain(layer.folder) if layer.folder and not is_pattern(layer.folder) else ""
            if (
                folder
                and not WILD.search(folder)
                and not prefix.single
                and folder != prefix.folder
                and under(folder, prefix.folder)
            ):
                url = prefix.url + folder.removeprefix(prefix.folder.rstrip("/"))
                spots.setdefault(url, _Spot(url, folder, (url, folder)))
        for layer in self.layers:
            url = plain(layer.url) if layer.url and not is_pattern(layer.url) else ""
            if url and url not in spots and under(url, prefix.url):
                home = max((one for one in spots.values() if under(url, one.url)), key=lambda one: len(one.url))
                folder = home.folder if prefix.single else home.folder + url.removeprefix(home.url)
                spots[url] = _Spot(url, folder, home.home)
        taken = [one.url for one in others if not one.pattern and one.url != prefix.url and under(one.url, prefix.url)]
        free = [spot for spot in spots.values() if not any(under(spot.url, url) for url in taken)]
        ordered = sorted(free, key=lambda spot: len(spot.url))
        return [replace(one, homes=tuple(o.home for o in ordered if under(one.url, o.url))) for one in ordered]

    def _zone(self, prefix: Prefix, spot: _Spot) -> Zone:
        known = in_apaches_order([*self.layers, *self.denials]) if prefix.single else self.layers
        holding = [layer for layer in known if _holds(layer, prefix, spot)]
        body = self._body(prefix, spot, holding)
        if prefix.pattern:
            return Zone(spot.url, spot.folder, prefix, self._closed(prefix, body))
        overlays = tuple(self._overlays(prefix, spot, holding, body))
        without = [layer for layer in holding if layer.url is None or not is_only_below(layer.url, spot.url)]
        itself = body if len(without) == len(holding) else self._body(prefix, spot, without)
        opens = lets_in_more(body.settings, itself.settings)
        return Zone(spot.url, spot.folder, prefix, body, overlays, itself if opens else None)

    def _closed(self, prefix: Prefix, body: Body) -> Body:
        """Return what answers for a pattern: nobody where rules may hold for some of its URLs."""
        maybe = [layer for layer in self.layers if may_hold(layer, prefix) and restricts(layer)]
        for directive in (directive for layer in maybe for directive in layer.directives):
            reason = "it may hold for a part of the URLs that a pattern leads to"
            self.ledger.settle(directive, "not carried", f"these URLs are closed for everybody instead: {reason}")
        if body.settings.access != Access():
            for layer in (one for one in self.layers if may_hold(one, prefix) and one.is_closed_off):
                self._refuse(layer.directives, STAYS_CLOSED)
        return replace(body, settings=replace(body.settings, access=CLOSED)) if maybe else body

    def _body(self, prefix: Prefix, spot: _Spot, holding: Sequence[Layer]) -> Body:
        settings = together(merged(Settings(), holding, self.ledger), holding, self.ledger)
        names = [name for name in settings.index if not any(re.search(one, f"/{name}") for one in self.denied)]
        settings = replace(settings, index=tuple(names))
        body = self._served(prefix, spot, settings)
        if not self.server.whole and not body.everything:
            body = replace(body, forbidden=tuple(dict.fromkeys((*body.forbidden, *unknown_sources(body)))))
        if body.service and settings.access.any_of:
            for directive in (d for layer in holding for d in layer.directives if d.name in {"require", "satisfy"}):
                self.ledger.settle(
                    directive,
                    "not carried",
                    "in part: REMOTE_USER is not set, since nginx checks no password of who may come in without",
                )
        return body

    def _served(self, prefix: Prefix, spot: _Spot, settings: Settings) -> Body:
        """Return the body with a service that is there already, if one does the same, else with one of its own."""
        homes = [(prefix.url, prefix.folder)] if prefix.programs else list(dict.fromkeys((*spot.homes, spot.home)))
        bodies = [body_of(prefix, home, settings, self.handlers, self.kind, self.root) for home in homes]
        body = next((body for body in bodies if body.service in self.services), bodies[-1])
        if body.service:
            self.services.add(body.service)
        return body

    def _overlays(self, prefix: Prefix, spot: _Spot, holding: Sequence[Layer], outer: Body) -> list[Overlay]:
        """Return patterns with their own settings, in the order in which nginx must ask them."""
        found: list[Candidate] = []
        for layer in self.layers:
            pattern = overlay_pattern(layer, prefix, spot.url, spot.folder)
            if pattern:
                body = self._body(prefix, spot, in_apaches_order([*holding, layer]))
                sure, left_out = surely(layer, prefix, spot.url, spot.folder, body, self.kind)
                found.append(Candidate(layer, pattern, sure, left_out, body))
            else:
                self._refuse([*untold(layer, prefix, outer)], STAYS_CLOSED)

        def merged(one: Layer, other: Layer) -> Body:
            return self._body(prefix, spot, in_apaches_order([*holding, one, other]))

        return arranged(found, outer, merged, self._refuse)

    def _refuse(self, directives: Sequence[Directive], reason: str) -> None:
        for directive in directives:
            self.ledger.settle(directive, "not carried", reason)


def _holds(layer: Layer, prefix: Prefix, spot: _Spot) -> bool:
    """Tell whether a layer holds for all of a spot."""
    folder = spot.folder.rpartition("/")[0] if prefix.single else start_of_folder(prefix, spot.folder)
    if layer.folder and not _holds_for(layer.folder, folder, prefix):
        return False
    if layer.url:
        return holds_for_url(layer.url, start_of_url(prefix, spot.url))
    if layer.files:
        if not prefix.single:
            return False
        return re.search(file_pattern(layer.files), "/" + prefix.folder.rpartition("/")[2]) is not None
    return True


def _holds_for(section: Section, folder: str, prefix: Prefix) -> bool:
    if prefix.single and is_pattern(section):
        return re.search(expression(section), prefix.folder) is not None
    return holds_for_folder(section, folder)
