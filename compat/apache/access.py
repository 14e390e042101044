"""Who may come in: the `Require` tree of Apache 2.4, and `Order`, `Allow`, `Deny` of 2.2, as nginx's access rules.

Comes in: the access directives of one section. Goes out: an `Access`. What nginx cannot say raises `Refusal`; whoever
asked must then close the section, so that nothing that was protected is open afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network

from .model import Access, Directive, Refusal

REQUIRE = frozenset({"require"})
OLD = frozenset({"order", "allow", "deny"})
CONTAINERS = frozenset({"requireall", "requireany"})
METHODS = frozenset({"limit", "limitexcept"})
LOOPBACK = ("allow 127.0.0.0/8;", "allow ::1;")
NOBODY = Access(("deny all;",))


@dataclass(frozen=True, slots=True)
class _Rule:
    """One `Require`: networks (all if granted), or users."""

    everybody: bool = False
    nobody: bool = False
    networks: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    valid_user: bool = False
    negated: bool = False


def required(directives: Sequence[Directive], depth: int) -> Access:
    """Translate all `Require` of one section, whose own sections are the first `depth` of each. Raises Refusal."""
    granted = [d for d in directives if _grants(d, depth)]
    directives = [d for d in directives if d not in granted]
    limited = [d for d in directives if _limits(d, depth)]
    access = Access(methods=tuple(dict.fromkeys(_by_method(d, depth) for d in limited)))
    others = [d for d in directives if d not in limited]
    if not others:
        return access
    containers = {d.sections[depth:] for d in others}
    names = {tuple(section.name for section in sections) for sections in containers}
    if any(len(found) > 1 or not set(found) <= CONTAINERS for found in names) or len(containers) > 1:
        raise Refusal("nginx has no nested rules; only one <RequireAll> or <RequireAny> has a translation")
    every = names == {("requireall",)}
    rules = [_rule(directive.arguments) for directive in others]
    return _unless(granted, replace(_all(rules) if every else _any(rules), methods=access.methods))


def _unless(granted: Sequence[Directive], access: Access) -> Access:
    """Return what a section says. Raises Refusal where it lets everybody in by some methods, and not by others."""
    if granted and replace(access, methods=()) != Access():
        raise Refusal("a rule for some methods can only refuse everybody in nginx")
    return access


def _limits(directive: Directive, depth: int) -> bool:
    return any(section.name in METHODS for section in directive.sections[depth:])


def _grants(directive: Directive, depth: int) -> bool:
    """Tell whether a rule within <Limit> lets everybody in, so that it limits nothing."""
    said = (directive.name, *(word.lower() for word in directive.arguments))
    return _limits(directive, depth) and said in {("require", "all", "granted"), ("allow", "from", "all")}


def _by_method(directive: Directive, depth: int) -> str:
    """Return the condition under which `<Limit>` or `<LimitExcept>` refuses everybody. Raises Refusal otherwise."""
    section = directive.sections[-1]
    denies = [word.lower() for word in directive.arguments] in (["all", "denied"], ["from", "all"])
    if not denies or directive.name == "allow" or len(directive.sections) != depth + 1:
        raise Refusal("a rule for some methods can only refuse everybody in nginx")
    words = [re.escape(word.upper()) for word in section.arguments]
    words += ["HEAD"] * ("GET" in words)
    return f'$request_method {"~" if section.name == "limit" else "!~"} "^(?:{"|".join(words)})$"'


def _rule(arguments: tuple[str, ...]) -> _Rule:
    words = list(arguments)
    negated = [word.lower() for word in words[:1]] == ["not"]
    kind, rest = " ".join(words[negated : negated + 1]).lower(), tuple(words[negated + 1 :])
    if kind == "all" and rest and rest[0].lower() in {"granted", "denied"}:
        granted = (rest[0].lower() == "granted") != negated
        return _Rule(everybody=granted, nobody=not granted)
    if kind == "ip" and rest:
        return _Rule(networks=tuple(network(word) for word in rest), negated=negated)
    if kind == "local" and not rest:
        return _Rule(networks=("127.0.0.0/8", "::1"), negated=negated)
    if kind == "valid-user" and not negated:
        return _Rule(valid_user=True)
    if kind == "user" and rest and not negated:
        return _Rule(users=rest)
    raise Refusal(REASONS.get(kind, f"nginx has no rule for {' '.join(arguments)!r}"))


REASONS = {
    "group": "nginx knows no groups: write the members as `Require user`",
    "host": "nginx looks up no names: write networks as `Require ip`",
    "forward-dns": "nginx looks up no names: write networks as `Require ip`",
    "env": "nginx has no variables of SetEnvIf; a `map` and `if` can say it",
    "expr": "nginx has no such expressions; a `map` and `if` can say it",
    "method": "write it as limit_except",
    "file-owner": "nginx knows no owners of files",
    "file-group": "nginx knows no owners of files",
}


def _any(rules: Sequence[_Rule]) -> Access:
    if any(rule.negated for rule in rules):
        raise Refusal("`Require not` counts only within <RequireAll>")
    if any(rule.everybody for rule in rules):
        return Access()
    networks = [f"allow {name};" for rule in rules for name in rule.networks]
    users = tuple(name for rule in rules for name in rule.users)
    valid = any(rule.valid_user for rule in rules)
    if not networks and not users and not valid:
        return NOBODY
    lines = (*networks, "deny all;") if networks else ()
    return Access(lines, () if valid else users, valid, any_of=bool(networks and (users or valid)))


def _all(rules: Sequence[_Rule]) -> Access:
    if any(rule.nobody for rule in rules):
        return NOBODY
    allowed = [rule for rule in rules if rule.networks and not rule.negated]
    named = [rule for rule in rules if rule.users]
    if len(allowed) > 1 or len(named) > 1:
        raise Refusal("nginx has no intersection of two lists of networks or of users")
    lines = [f"deny {name};" for rule in rules if rule.negated for name in rule.networks]
    lines += [f"allow {name};" for rule in allowed for name in rule.networks]
    if allowed:
        lines.append("deny all;")
    users = named[0].users if named else ()
    return Access(tuple(lines), users, not users and any(rule.valid_user for rule in rules))


def ordered(directives: Sequence[Directive], depth: int) -> Access:
    """Translate `Order`, `Allow from` and `Deny from` of one section. Raises Refusal."""
    granted = [d for d in directives if _grants(d, depth)]
    directives = [d for d in directives if d not in granted]
    limited = [d for d in directives if _limits(d, depth)]
    methods = tuple(dict.fromkeys(_by_method(d, depth) for d in limited if d.name != "order"))
    allow_first, allows, denies = False, list[str](), list[str]()
    others = [d for d in directives if d not in limited]
    for directive in others:
        words = directive.arguments
        if directive.name == "order":
            allow_first = _allow_first("".join(words).lower())
        else:
            (allows if directive.name == "allow" else denies).extend(_hosts(words))
    if not others:
        return Access(methods=methods)
    if allow_first:  # Deny wins, and the rest is denied; nginx takes the first line that matches
        lines = [*(f"deny {name};" for name in denies), *(f"allow {name};" for name in allows), "deny all;"]
    else:
        lines = [*(f"allow {name};" for name in allows), *(f"deny {name};" for name in denies), "allow all;"]
    return _unless(granted, Access(_shortened(lines), methods=methods))


def _allow_first(order: str) -> bool:
    if order == "mutual-failure":
        return True
    if order not in {"allow,deny", "deny,allow"}:
        raise Refusal(f"{order!r} is no order")
    return order == "allow,deny"


def _hosts(words: tuple[str, ...]) -> list[str]:
    if len(words) < 2 or words[0].lower() != "from":
        raise Refusal("it must be written with `from`")
    if any(word.lower().startswith("env=") for word in words):
        raise Refusal(REASONS["env"])
    return ["all" if word.lower() == "all" else network(word) for word in words[1:]]


def _shortened(lines: Sequence[str]) -> tuple[str, ...]:
    """Cut after the first line that holds for all; nothing is left where that allows everybody."""
    ends = [number for number, line in enumerate(lines) if line.endswith(" all;")]
    kept = tuple(lines[: ends[0] + 1])
    return () if kept == ("allow all;",) else kept


def network(word: str) -> str:
    """Return an address, a network, a network with a mask or the first numbers of an address as nginx writes it.

    Raises Refusal for names.
    """
    text, slash, mask = word.partition("/")
    numbers = text.rstrip(".").split(".")
    if re.fullmatch(r"[\d.]+", text) and len(numbers) < 4 and not slash:
        mask, slash = str(8 * len(numbers)), "/"
    if re.fullmatch(r"[\d.]+", text):
        text = ".".join((numbers + ["0"] * 4)[:4])
    try:
        found = ip_network(text + slash + mask, strict=False)
    except ValueError as error:
        raise Refusal(f"{word!r} is no network: {REASONS['host']}") from error
    return str(found.network_address) if found.prefixlen == found.max_prefixlen else str(found)
