"""Sites as the text of an nginx configuration: to be included within `http { }`.

Comes in: `Site`s and the address of each service. Goes out: text. Everything that decides is in the sites already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from .inherited import ALWAYS, WRITTEN
from .layers import CLOSED
from .model import Access, Body, Service, Settings, Site, Zone
from .prefixes import under
from .programs import USER_HEADER
from .proxied import PROXY_HEADERS, proxy_lines, read_timeout
from .redirect import in_quotes, pattern, quoted
from .servers import uses_tls

DEFAULT = Settings()
ERROR_TEXT = "text/html; charset=iso-8859-1"
HEAD = "# Written by compat import-apache. Include it within http { }."
"""The first line, by which a file of ours is known."""
Addresses = Mapping[Service, str]


def nginx(sites: Sequence[Site], addresses: Addresses) -> str:
    """Return the whole file."""
    users: dict[tuple[str, tuple[str, ...]], str] = {}
    servers = [_Writer(site, addresses, users) for site in sites]
    blocks = ["\n".join(_indented(writer.lines())) + "\n" for writer in servers]
    maps = [line for key, name in users.items() for line in _map(key, name)]
    return "\n".join([HEAD, *_indented(maps), "", *blocks])


def _map(key: tuple[str, tuple[str, ...]], name: str) -> Iterator[str]:
    """Yield the file of passwords by user: whoever is not named finds an empty one, and is asked again."""
    file, users = key
    yield f"map $remote_user {name} {{"
    yield "default /dev/null;"
    for user in dict.fromkeys(users):
        yield f"{quoted(user)} {quoted(file)};"
    yield "}"


def _indented(lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    depth = 0
    for line in lines:
        depth -= line == "}"
        yield ("    " * depth + line).rstrip()
        depth += line.endswith("{")


class _Writer:
    """Writes one server. `users` gathers the maps of all servers."""

    def __init__(self, site: Site, addresses: Addresses, users: dict[tuple[str, tuple[str, ...]], str]) -> None:
        self._site = site
        self._addresses = addresses
        self._users = users
        self._texts: dict[str, tuple[str, str]] = {}

    def lines(self) -> Iterator[str]:
        """Yield the whole block."""
        site = self._site
        tls = " ssl" if uses_tls(site.lines) else ""
        yield "server {"
        yield from (f"listen {address}{tls};" for address in site.listen)
        if site.names:
            yield "server_name " + " ".join(quoted(name) for name in site.names) + ";"
        yield from site.lines
        if site.root:
            yield f"root {quoted(site.root)};"
        yield 'default_type "";'
        yield from self._differing(site.settings, None)
        if any(body.service for zone in site.zones for body in zone.bodies):
            yield from proxy_lines(site.settings)
        yield from ("", *site.statements)
        for zone in site.zones:
            yield ""
            yield from self._zone(zone)
        yield from self._error_texts()
        if not any(zone.url == "" and not zone.prefix.pattern for zone in site.zones):
            yield from ("", "location / {", "return 404;", "}")
        yield "}"

    def _zone(self, zone: Zone) -> Iterator[str]:
        """Yield the locations of a zone: below its URL, and where it belongs to it, the URL itself."""
        url, prefix = zone.url, zone.prefix
        if prefix.pattern:
            yield f"location ~ {pattern(prefix.pattern)} {{"
            yield from self._body(zone, zone.body)
            yield "}"
            return
        if url and prefix.single and not zone.body.service:  # an Alias of one file
            yield f"location = {quoted(url)} {{"
            source = zone.folder.lower().endswith(zone.body.forbidden or ("\0",))
            yield from (*self._guards(zone.body), *["return 403;"] * source, f"alias {quoted(zone.folder)};", "}")
            return
        yield f"location {'^~ ' * bool(url)}{quoted(url + '/')} {{"
        for expression, body in zone.overlays:  # first: of patterns nginx takes the first that matches
            yield f"location ~ {pattern(expression)} {{"
            yield from self._opened(zone.body.settings, body.settings)
            yield from self._body(zone, body, inner=True)
            yield "}"
        yield from self._body(zone, zone.body)
        yield "}"
        if url:
            yield f"location = {quoted(url)} {{"
            yield from self._itself(replace(zone, body=zone.itself or zone.body))
            yield "}"

    def _itself(self, zone: Zone) -> Iterator[str]:
        """Yield what answers for a zone's URL without its slash."""
        if not zone.bare:
            yield from self._around(zone)
        elif zone.body.everything and zone.body.service:
            yield from self._body(zone, zone.body)
        else:  # a folder: Apache adds the slash
            yield from self._guards(zone.body)
            if zone.prefix.url and not zone.body.settings.access.closed:
                yield f"alias {quoted(zone.folder)};"

    def _around(self, zone: Zone) -> Iterator[str]:
        """Yield what answers for a URL that its zone leaves out: the zone around it, with the rules of both."""
        around = [z for z in self._site.zones if z.url != zone.url and not z.prefix.pattern and under(zone.url, z.url)]
        if not around:
            yield "return 404;"
            return
        outer = max(around, key=lambda one: len(one.url))
        settings, inner = outer.body.settings, zone.body.settings
        if inner.access != settings.access and inner.access != Access():
            access = inner.access if settings.access == Access() else CLOSED
            settings = replace(settings, access=access, realm=inner.realm, user_file=inner.user_file)
        yield from self._one(outer, replace(outer.body, settings=settings), zone.url)

    def _one(self, zone: Zone, body: Body, url: str) -> Iterator[str]:
        """Yield what answers for one URL of a zone, in a location that can hold no others."""
        yield from self._guards(body)
        if body.settings.access.closed:
            return
        if body.service and (body.everything or _is_program(url, body)):
            yield from self._passed(body.service, body)
        elif url.endswith(body.forbidden or ("\0",)):
            yield "return 403;"
        else:
            if zone.prefix.url:
                yield f"alias {quoted(zone.folder + url.removeprefix(zone.url))};"
            yield from _symbolic_links(body.settings)

    def _body(self, zone: Zone, body: Body, *, inner: bool = False) -> Iterator[str]:
        """Yield what answers: access first, then programs or files. An `inner` one inherits where its files are."""
        yield from self._guards(body)
        if body.settings.access.closed:
            return
        if body.everything and body.service:
            yield from self._passed(body.service, body)
            return
        yield from self._files(zone, body, inner=inner)
        methods = _methods(body)
        if body.extensions and body.service:
            yield from self._index_programs(zone, body)
            yield f"location ~* {_extensions(body.extensions)} {{"
            yield from (*methods, *self._passed(body.service, body), "}")
        forbidden = [_extensions(body.forbidden)] if body.forbidden else []
        forbidden += [_extensions(body.extensions, r"\.[^/]*")] if body.extensions else []
        for one in forbidden:  # never the source of a program
            yield from (f"location ~* {one} {{", "return 403;", "}")

    def _guards(self, body: Body) -> Iterator[str]:
        """Yield who may come in, and what differs from the server."""
        settings = body.settings
        access = settings.access
        yield from _methods(body)
        if access.closed:
            yield "return 403;  # its rules could not be translated"
            return
        if access.any_of:
            yield "satisfy any;"
        yield from access.lines
        if access.asks_password:
            yield f"auth_basic {in_quotes(settings.realm or 'private')};"
            yield f"auth_basic_user_file {self._user_file(settings)};"
        yield from self._differing(settings, self._site.settings)

    def _user_file(self, settings: Settings) -> str:
        if settings.access.valid_user:
            return quoted(settings.user_file)
        return self._users.setdefault((settings.user_file, settings.access.users), f"$users_{len(self._users) + 1}")

    def _opened(self, outer: Settings, inner: Settings) -> Iterator[str]:
        """Yield what takes back the rules of the location around, where there are none inside."""
        if outer.access.asks_password and not inner.access.asks_password:
            yield "auth_basic off;"
        if outer.access.lines and not inner.access.lines:
            yield "allow all;"
        if outer.access.any_of and not inner.access.any_of:
            yield "satisfy all;"

    def _differing(self, settings: Settings, outer: Settings | None) -> Iterator[str]:
        """Yield lines for what is not as in the server around it."""
        for field, write in WRITTEN.items():
            value = getattr(settings, field)
            if value != getattr(outer or DEFAULT, field) or (outer is None and field in ALWAYS):
                yield from write(value)
        if settings.errors != (outer or DEFAULT).errors:
            for code, document in settings.errors.items():
                yield from self._error(code, document)

    def _error(self, code: str, document: str) -> Iterator[str]:
        """Yield the page of one status: a path, another URL, or a text that a location of its own says."""
        if document.lower() == "default":
            return
        if document.startswith("/") or re.match(r"https?://", document):
            yield f"error_page {code} {quoted(document)};"
            return
        name = f"@error_{code}_{crc32(document.encode()):08x}"
        self._texts[name] = (code, document.strip('"'))
        yield f"error_page {code} {name};"

    def _error_texts(self) -> Iterator[str]:
        for name, (code, text) in self._texts.items():
            yield from (
                "",
                f"location {name} {{",
                "types { }",
                f"default_type {in_quotes(ERROR_TEXT)};",
                f"return {code} {in_quotes(text)};",
            )
            yield "}"

    def _files(self, zone: Zone, body: Body, *, inner: bool) -> Iterator[str]:
        settings, prefix = body.settings, zone.prefix
        if prefix.pattern:
            yield f"alias {quoted(prefix.folder)};"
        elif prefix.url and not inner:
            yield f"alias {quoted(zone.folder.rstrip('/') + '/')};"
        yield from _symbolic_links(settings)
        yield f"autoindex {'on' if 'indexes' in settings.options else 'off'};"
        names = [name for name in settings.index if not _is_program(name, body)]
        yield f"index {' '.join(map(quoted, names)) if names else '-'};"

    def _index_programs(self, zone: Zone, body: Body) -> Iterator[str]:
        """Yield who answers for a folder that has a program as its index, in the order of DirectoryIndex."""
        names = body.settings.index
        programs = [name for name in names if _is_program(name, body)]
        if not programs or body.service is None:
            return
        overlaid = any(re.search(one, f"/{name}") for one, _ in zone.overlays for name in programs)
        passed = self._passed(body.service, body)
        yield "location ~ /$ {"
        yield from _methods(body)
        yield from passed[1:]
        yield 'set $program "";'
        for name in reversed(names):
            found = in_quotes(name if name in programs else "")
            yield f"if (-f {in_quotes('${request_filename}' + name)}) {{ set $program {found}; }}"
        if overlaid:  # the rules for the program's own name must hold
            yield "if ($program) { rewrite ^(.*)$ $1$program last; }"
        else:
            yield f"if ($program) {{ {passed[0]} }}"
        yield "}"

    def _passed(self, service: Service, body: Body) -> list[str]:
        """Return how a request goes to compat. The user is told only where nginx has checked the password."""
        lines = [f"proxy_pass http://{self._addresses[service]};"]
        if body.settings.access.asks_password and not body.settings.access.any_of:
            lines += [*PROXY_HEADERS, f"proxy_set_header {USER_HEADER} $remote_user;"]
        if body.settings.timeout != self._site.settings.timeout:
            lines.append(read_timeout(body.settings))
        return lines


def _symbolic_links(settings: Settings) -> list[str]:
    return ["disable_symlinks on;"] * ("followsymlinks" not in settings.options)


def _methods(body: Body) -> list[str]:
    return [f"if ({test}) {{ return 403; }}" for test in body.settings.access.methods]


def _extensions(extensions: Sequence[str], more: str = "") -> str:
    """Return a pattern for files with one of some extensions, with or without a path behind the name."""
    names = "|".join(re.escape(extension[1:]) for extension in extensions)
    return pattern(rf"\.(?:{names}){more}(?:/|$)")


def _is_program(name: str, body: Body) -> bool:
    return name.endswith(body.extensions) if body.extensions else False
