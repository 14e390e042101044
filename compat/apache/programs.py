"""Which files are programs, what runs them, and the `compat serve` that does it.

Comes in: the settings of a zone. Goes out: its `Body`, with the `Service` behind it. What Apache ran by something that
was not carried over is forbidden, so that no source of a program is ever sent as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from .layers import CLOSED
from .model import Body, Directive, Ledger, Prefix, Service, Settings
from .prefixes import KindOf, under

CGI = "cgi-script"
LONGEST = 3600
"""Seconds for a whole request: Apache has no such limit, compat needs one."""
SOURCES = (".php", ".phtml")
USER_HEADER = "X-Remote-User"
PLAIN_HANDLERS = frozenset({CGI, "", "none", "default-handler", "send-as-is", "server-status", "server-info"})


Handlers = Mapping[str, str]
"""Handlers by name, each with the program that `Action` names for it."""


def resolved(directives: Iterable[Directive], prefixes: Sequence[Prefix], ledger: Ledger) -> Handlers:
    """Find the programs of all `Action`s, and refuse handlers for which there is none."""
    directives = tuple(directives)
    programs: dict[str, str] = {}
    for directive in directives:
        if directive.name == "action" and len(directive.arguments) > 1:
            path = _path(directive.arguments[1], prefixes)
            if "php" in path.rpartition("/")[2]:
                programs[directive.arguments[0].lower()] = path
                continue
            reason = "only php-cgi can be named as an interpreter" if path else "no ScriptAlias leads to its program"
            ledger.settle(directive, "not carried", reason)
    for directive in directives:
        if not directive.arguments or directive.name not in {"addhandler", "sethandler", "addtype", "forcetype"}:
            continue
        name = directive.arguments[0].lower()
        if directive.name.endswith("type") and not is_handler(name):
            continue
        if name not in PLAIN_HANDLERS and name not in programs:
            reason = f"no program that can run here is named for {name}; its files are forbidden (403)"
            hint = ": give compat serve --interpreter .php=/usr/bin/php-cgi" if "php" in name else ""
            ledger.settle(directive, "not carried", reason + hint)
    return programs


def is_handler(kind: str) -> bool:
    """Tell whether a content type is the name by which a module of Apache runs files, as PHP's was."""
    return "x-httpd-" in kind


def unknown_sources(body: Body) -> list[str]:
    """Return extensions of programs that a part of the configuration which is not shown may run."""
    return [extension for extension in SOURCES if extension not in body.extensions]


def _path(url: str, prefixes: Sequence[Prefix]) -> str:
    for prefix in prefixes:
        if under(url, prefix.url) and not prefix.pattern:
            return prefix.folder + url.removeprefix(prefix.url)
    return ""


def body_of(
    prefix: Prefix, home: tuple[str, str], settings: Settings, handlers: Handlers, kind: KindOf, root: str
) -> Body:
    """Decide what runs in a zone. `home` are the URL and the folder that a service would stand for."""
    may_run = prefix.programs or "execcgi" in settings.options
    named = {e: h for e, h in (*settings.types.items(), *settings.handlers.items()) if h != "default-handler"}
    interpreters = {ext: handlers[name] for ext, name in named.items() if name in handlers}
    if settings.handler in handlers:
        interpreters[".php"] = handlers[settings.handler]
    scripts = [ext for ext, name in settings.handlers.items() if name == CGI]
    known = {CGI, "default-handler", "send-as-is", "type-map", *handlers}
    forbidden = [ext for ext, name in settings.handlers.items() if name not in known]
    run = [(ext, name) for ext, name in settings.types.items() if is_handler(name) or name.lower() in settings.actions]
    forbidden += [ext for ext, name in run if name not in known]
    everything = (prefix.programs or settings.handler == CGI) and may_run
    if prefix.single:
        everything = everything or (may_run and prefix.folder.endswith((*scripts, *interpreters, "\0")))
    if settings.handler and (settings.handler not in known or (settings.handler == CGI and not may_run)):
        return Body(replace(settings, access=CLOSED))
    if settings.handler == "default-handler" and not prefix.programs:  # all are files here; never a program's source
        forbidden, scripts, interpreters = [*forbidden, *scripts, *interpreters], [], {}
        everything = False
    if not may_run:
        forbidden, scripts = forbidden + scripts, []
    extensions = tuple(sorted({*scripts, *interpreters})) if not everything else ()
    if not everything and not extensions:
        return Body(settings, forbidden=tuple(forbidden))
    words = tuple(_words(prefix, home, settings, (extensions, interpreters), kind, root))
    service = Service(home[1], words, settings.user, settings.group)
    return Body(settings, service, everything, extensions, tuple(forbidden))


def _words(
    prefix: Prefix,
    home: tuple[str, str],
    settings: Settings,
    programs: tuple[tuple[str, ...], Mapping[str, str]],
    kind: KindOf,
    root: str,
) -> Iterator[str]:
    """Yield the words of the command line after the path."""
    extensions, interpreters = programs
    if home[0]:
        yield from ("--mount", home[0])
    if not prefix.single:
        yield from _of_a_folder(home[1], settings, extensions, kind)
    for extension, path in sorted(interpreters.items()):
        yield from ("--interpreter", f"{extension}={path}")
    env = {**({"DOCUMENT_ROOT": root} if root else {}), **settings.env}
    if settings.access.asks_password and not settings.access.any_of:
        env["AUTH_TYPE"] = "Basic"
    for name, value in env.items():
        yield from ("--env", f"{name}={value}")
    for name in settings.pass_env:
        yield from ("--pass-env", name)
    if settings.pass_authorization:
        yield "--pass-authorization"
    for name, number in settings.limits.items():
        yield from ("--limit", f"{name}={number}")
    if settings.max_body:
        yield from ("--max-body", str(settings.max_body))
    yield from ("--idle-timeout", str(settings.timeout), "--timeout", str(max(LONGEST, settings.timeout)))
    if settings.access.asks_password and not settings.access.any_of:
        yield from ("--remote-user-header", USER_HEADER)


def _of_a_folder(folder: str, settings: Settings, extensions: tuple[str, ...], kind: KindOf) -> Iterator[str]:
    if extensions:
        yield from ("--extensions", ",".join(extensions))
    for name in settings.index:
        wanted = name.endswith(extensions) if extensions else not kind(folder) or kind(f"{folder}/{name}") == "file"
        if wanted:
            yield from ("--index", name)
    if "followsymlinks" in settings.options:
        yield "--follow-symlinks"
    if not settings.path_info:
        yield "--no-path-info"
