"""How clients are asked who they are: passwords, certificates, and the rules that hold for all within a section.

Comes in: the settings so far and one directive. Goes out: the settings after it, or a `Refusal`. Who may come in is the
business of `access`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .arguments import first, only
from .model import Directive, PartRefusal, Refusal, Setter, Settings

SEALING = frozenset({"sslverifyclient", "sslrequire", "sslrequiressl", "authmerging"})
"""Rules of access that hold for all within: refused, they close it."""
SEAL = "closed for everybody"
"""No directive can be called so: what stands for one that closes its place, since it cannot be said."""


def _auth_type(settings: Settings, directive: Directive) -> Settings:
    kind = first(directive).lower()
    if kind not in {"basic", "none"}:
        raise Refusal(f"nginx has Basic authentication only, not {first(directive)}")
    return replace(settings, auth_type=kind)


def _groups(settings: Settings, directive: Directive) -> Settings:
    raise PartRefusal(
        settings, "nginx knows no groups: what asks for one is closed, write its members as `Require user`"
    )


def _provider(settings: Settings, directive: Directive) -> Settings:
    if [word.lower() for word in directive.arguments] != ["file"]:
        raise Refusal("nginx reads users from a file only; AuthBasicProvider file")
    return settings


def _client_certificate(settings: Settings, directive: Directive) -> Settings:
    if first(directive).lower() not in {"none", "optional", "optional_no_ca"}:
        raise Refusal("nginx asks a whole server for certificates: ssl_verify_client")
    return settings


def _tls_only(settings: Settings, directive: Directive) -> Settings:
    raise Refusal("write it as `if ($scheme != https) { return 403; }`, or as a test of nginx's $ssl_ variables")


def _satisfy(settings: Settings, directive: Directive) -> Settings:
    return replace(settings, satisfy_any=first(directive).lower() == "any")


ASKING: Mapping[str, tuple[Setter, str]] = {
    SEAL: (lambda settings, d: replace(settings, sealed=True), "403"),
    "sslverifyclient": (_client_certificate, "as nginx does"),
    "sslrequire": (_tls_only, "nothing"),
    "sslrequiressl": (_tls_only, "nothing"),
    "authtype": (_auth_type, "auth_basic"),
    "authname": (lambda settings, d: replace(settings, realm=" ".join(d.arguments)), "auth_basic"),
    "authuserfile": (lambda settings, d: replace(settings, user_file=first(d)), "auth_basic_user_file"),
    "authgroupfile": (_groups, "nothing"),
    "authbasicprovider": (_provider, "auth_basic_user_file"),
    "authbasicauthoritative": (only("on", "nginx asks nobody after the file"), "auth_basic"),
    "authauthoritative": (only("on", "nginx asks nobody after the file"), "auth_basic"),
    "authmerging": (only("off", "nginx merges no rules of an outer location"), "the inner rule replaces the outer"),
    "satisfy": (_satisfy, "satisfy"),
}
"""Each directive: how it changes the settings, and what carries it."""
