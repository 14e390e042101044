"""Directives that may stand in any scope, as changes of `Settings`: one small function each, found by a table.

Comes in: the settings so far and one directive. Goes out: the settings after it; a directive that cannot be said in
nginx and compat raises `Refusal`. In which order scopes are merged is the business of `sites`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from .model import Directive, PartRefusal, Refusal, Settings
from .options import options
from .words import DEAD_BROWSERS

Setter = Callable[[Settings, Directive], Settings]

RLIMITS = {"rlimitcpu": "cpu", "rlimitmem": "as", "rlimitnproc": "nproc"}


def on(directive: Directive) -> bool:
    """Read On or Off. Raises Refusal for anything else."""
    word = directive.arguments[0].lower() if directive.arguments else ""
    if word not in {"on", "off"}:
        raise Refusal(f"{word or 'nothing'} is neither On nor Off")
    return word == "on"


def first(directive: Directive) -> str:
    """Return the first argument. Raises Refusal where there is none."""
    if not directive.arguments:
        raise Refusal("it has no argument")
    return directive.arguments[0]


def _number(directive: Directive, text: str | None = None) -> int:
    text = first(directive) if text is None else text
    if not re.fullmatch("[0-9]{1,18}", text):
        raise Refusal(f"{text} is not a number")
    return int(text)


def _extensions(words: tuple[str, ...]) -> list[str]:
    return ["." + word.lstrip(".").lower() for word in words]


def _add_handler(settings: Settings, directive: Directive) -> Settings:
    handler = first(directive).lower()
    if handler == "type-map":
        raise Refusal("nginx and compat choose no file by a type map")
    if handler == "server-parsed":
        raise Refusal("includes in pages (SSI) are not translated; nginx has `ssi on`, which differs")
    named = dict.fromkeys(_extensions(directive.arguments[1:]), handler)
    return replace(settings, handlers={**settings.handlers, **named})


def _set_handler(settings: Settings, directive: Directive) -> Settings:
    handler = first(directive).lower()
    if handler in {"server-status", "server-info", "ldap-status", "balancer-manager"}:
        raise Refusal("it is Apache's own page; nginx has stub_status")
    if handler.startswith("proxy:"):
        raise PartRefusal(replace(settings, handler=handler), "its files are forbidden (403); write it as fastcgi_pass")
    return replace(settings, handler="" if handler == "none" else handler)


def _remove_handler(settings: Settings, directive: Directive) -> Settings:
    """A folder of uploads says it, so that nothing in it is run; Apache sends such files as text, we do not."""
    named = dict.fromkeys(_extensions(directive.arguments), "removed")
    result = replace(settings, handlers={**settings.handlers, **named})
    raise PartRefusal(result, "such files are not run, but forbidden (403) instead of sent as text")


def _action(settings: Settings, directive: Directive) -> Settings:
    if len(directive.arguments) < 2:
        raise Refusal("it names no program")
    name, program = directive.arguments[:2]
    return replace(settings, actions={**settings.actions, name.lower(): program})


def _set_env(settings: Settings, directive: Directive) -> Settings:
    name, value = first(directive), (*directive.arguments, "")[1]
    if "=" in name:
        raise Refusal(f"{name} is not the name of a variable")
    return replace(settings, env={**settings.env, name: value})


def _unset_env(settings: Settings, directive: Directive) -> Settings:
    env = {name: value for name, value in settings.env.items() if name not in directive.arguments}
    passed = tuple(name for name in settings.pass_env if name not in directive.arguments)
    return replace(settings, env=env, pass_env=passed)


def _pass_env(settings: Settings, directive: Directive) -> Settings:
    return replace(settings, pass_env=tuple(dict.fromkeys((*settings.pass_env, *directive.arguments))))


def _set_env_if(settings: Settings, directive: Directive) -> Settings:
    """Two idioms have a translation: the one that passes Authorization, and the one that says HTTPS."""
    words = [word.strip("\"'") for word in directive.arguments]
    if len(words) == 3 and words[0].lower() == "authorization" and words[2].upper() == "HTTP_AUTHORIZATION=$1":
        return replace(settings, pass_authorization=True)
    if [word.lower() for word in words[::2]] == ["x-forwarded-proto", "https=on"]:
        return settings
    if len(words) > 2 and set(words[2:]) <= DEAD_BROWSERS:
        return settings
    raise Refusal("a variable by request cannot be handed to a program: nginx can only add a header, seen as HTTP_*")


def _browser_match(settings: Settings, directive: Directive) -> Settings:
    if set(directive.arguments[1:]) <= DEAD_BROWSERS:
        return settings
    raise Refusal("a variable by request cannot be handed to a program: nginx can only add a header, seen as HTTP_*")


def _index(settings: Settings, directive: Directive) -> Settings:
    words = tuple(word for word in directive.arguments if word.lower() not in ("", "disabled"))
    if any("/" in word for word in words):
        raise Refusal("an index outside of the folder is no file name; use a redirect")
    return replace(settings, index=words)


def _add_type(settings: Settings, directive: Directive) -> Settings:
    kind = first(directive)
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind):
        raise Refusal("nginx takes a type without parameters for an extension")
    named = dict.fromkeys(_extensions(directive.arguments[1:]), kind)
    if any("." in name[1:] for name in named):
        raise Refusal("nginx knows a type by the last extension only")
    return replace(settings, types={**settings.types, **named})


def _force_type(settings: Settings, directive: Directive) -> Settings:
    """Of use here only where a module of Apache runs files by their type; such files must not be sent as text."""
    kind = first(directive).lower()
    if "x-httpd-" not in kind:
        raise Refusal("write it as `default_type` in a location with an empty `types`")
    return replace(settings, handler=kind)


def _charset(settings: Settings, directive: Directive) -> Settings:
    word = first(directive)
    return replace(settings, charset={"off": "", "on": "iso-8859-1"}.get(word.lower(), word))


def _filter_by_type(settings: Settings, directive: Directive) -> Settings:
    if first(directive).upper() != "DEFLATE":
        raise Refusal("nginx has no such filter")
    return replace(settings, gzip=tuple(dict.fromkeys((*settings.gzip, *directive.arguments[1:]))))


def _error_document(settings: Settings, directive: Directive) -> Settings:
    """`ErrorDocument CODE text|/path|URL`. The text is all that follows, quoted or not."""
    code, _, text = directive.raw.partition(" ")
    text = text.strip()
    if not re.fullmatch(r"[345]\d\d", code) or not text:
        raise Refusal("it must name a status and a document")
    if "%{" in text:
        raise Refusal("nginx has no such expression in an error page")
    if code == "401" and re.match(r"\"?https?://", text):
        raise Refusal("a redirect for 401 would hide the question for a password")
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' and text[1:2] in {"/", "h"} else text
    return replace(settings, errors={**settings.errors, code: text})


def _limit(settings: Settings, directive: Directive) -> Settings:
    """`RLimitCPU`, `RLimitMEM`, `RLimitNPROC`: soft and hard limit, where compat knows one for both."""
    words = directive.arguments[:2]
    if not words or all(word.lower() == "max" for word in words):
        return settings
    numbers = {_number(directive, word) for word in words if word.lower() != "max"}
    result = replace(settings, limits={**settings.limits, RLIMITS[directive.name]: max(numbers)})
    if len(set(words)) > 1:
        raise PartRefusal(result, "compat sets one limit, soft and hard: the larger of the two")
    return result


def _header(settings: Settings, directive: Directive) -> Settings:
    """`Header always set NAME VALUE` has an exact translation; other forms depend on what the program sent."""
    words = directive.arguments
    if len(words) != 4 or words[0].lower() != "always" or words[1].lower() != "set":
        raise Refusal("only `Header always set NAME VALUE` has a translation (add_header ... always)")
    if re.search(r"%[^%]|\$", words[3]) or words[3].startswith("expr="):
        raise Refusal("nginx has no such variable in a header")
    return replace(settings, headers={**settings.headers, words[2].rstrip(":"): words[3].replace("%%", "%")})


def _types_config(settings: Settings, directive: Directive) -> Settings:
    return settings


def _accept_path_info(settings: Settings, directive: Directive) -> Settings:
    word = first(directive).lower()
    return replace(settings, path_info=word != "off")


def _seconds(settings: Settings, directive: Directive) -> Settings:
    return replace(settings, timeout=_number(directive, first(directive).lower().removesuffix("s")))


def _auth_type(settings: Settings, directive: Directive) -> Settings:
    kind = first(directive).lower()
    if kind not in {"basic", "none"}:
        raise Refusal(f"nginx has Basic authentication only, not {first(directive)}")
    return replace(settings, auth_type=kind)


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


def _nothing(settings: Settings, directive: Directive) -> Settings:
    return settings


def _only(word: str, why: str) -> Setter:
    """Return a setter for a directive of which one value is what we do anyway."""

    def check(settings: Settings, directive: Directive) -> Settings:
        if first(directive).lower() != word:
            raise Refusal(why)
        return settings

    return check


SEALING = frozenset({"sslverifyclient", "sslrequire", "sslrequiressl", "authmerging"})
"""Rules of access that hold for all within: refused, they close it."""
SEAL = "closed for everybody"
"""No directive can be called so: what stands for one that closes its place, since it cannot be said."""
SETTERS: Mapping[str, tuple[Setter, str]] = {
    SEAL: (lambda settings, d: replace(settings, sealed=True), "403"),
    "sslverifyclient": (_client_certificate, "as nginx does"),
    "sslrequire": (_tls_only, "nothing"),
    "sslrequiressl": (_tls_only, "nothing"),
    "options": (options, "by --follow-symlinks, autoindex, and which files are run"),
    "addhandler": (_add_handler, "by --extensions or --interpreter, and nginx's location for them"),
    "sethandler": (_set_handler, "everything here is run, or served as a file"),
    "removehandler": (_remove_handler, "403"),
    "action": (_action, "by --interpreter"),
    "setenv": (_set_env, "--env"),
    "unsetenv": (_unset_env, "no --env"),
    "passenv": (_pass_env, "--pass-env"),
    "setenvif": (_set_env_if, "by --pass-authorization or --trust-proxy, or of no use to a program"),
    "setenvifnocase": (_set_env_if, "by --pass-authorization or --trust-proxy, or of no use to a program"),
    "browsermatch": (_browser_match, "of no use to a program: how Apache treated browsers of long ago"),
    "browsermatchnocase": (_browser_match, "of no use to a program: how Apache treated browsers of long ago"),
    "cgipassauth": (lambda settings, d: replace(settings, pass_authorization=on(d)), "--pass-authorization"),
    "acceptpathinfo": (_accept_path_info, "--no-path-info where it is Off"),
    "directoryindex": (_index, "index, --index"),
    "addtype": (_add_type, "types"),
    "forcetype": (_force_type, "by what runs these files"),
    "typesconfig": (_types_config, "by nginx's own mime.types, which may know other extensions"),
    "adddefaultcharset": (_charset, "charset"),
    "addoutputfilterbytype": (_filter_by_type, "gzip"),
    "errordocument": (_error_document, "error_page"),
    "limitrequestbody": (
        lambda settings, d: replace(settings, max_body=_number(d)),
        "client_max_body_size, --max-body",
    ),
    "timeout": (_seconds, "--idle-timeout"),
    "cgidscripttimeout": (_seconds, "--idle-timeout"),
    "cgiscripttimeout": (_seconds, "--idle-timeout"),
    "rlimitcpu": (_limit, "--limit cpu"),
    "rlimitmem": (_limit, "--limit as"),
    "rlimitnproc": (_limit, "--limit nproc"),
    "header": (_header, "add_header"),
    "user": (lambda settings, d: replace(settings, user=first(d)), "User= of the unit"),
    "group": (lambda settings, d: replace(settings, group=first(d)), "Group= of the unit"),
    "suexecusergroup": (
        lambda settings, d: replace(settings, user=first(d), group=(*d.arguments, "")[1]),
        "User= and Group= of the unit",
    ),
    "serveradmin": (lambda settings, d: replace(settings, env={**settings.env, "SERVER_ADMIN": first(d)}), "--env"),
    "authtype": (_auth_type, "auth_basic"),
    "authname": (lambda settings, d: replace(settings, realm=" ".join(d.arguments)), "auth_basic"),
    "authuserfile": (lambda settings, d: replace(settings, user_file=first(d)), "auth_basic_user_file"),
    "authgroupfile": (lambda settings, d: replace(settings, group_file=first(d)), "its members, as they are now"),
    "authbasicprovider": (_provider, "auth_basic_user_file"),
    "authbasicauthoritative": (_only("on", "nginx asks nobody after the file"), "auth_basic"),
    "authauthoritative": (_only("on", "nginx asks nobody after the file"), "auth_basic"),
    "authmerging": (_only("off", "nginx merges no rules of an outer location"), "the inner rule replaces the outer"),
    "satisfy": (_satisfy, "satisfy"),
    "hostnamelookups": (_only("off", "compat looks up no names: REMOTE_HOST is absent"), "as with compat"),
    "allowencodedslashes": (_only("off", "compat answers 404 to an encoded slash in a folder's URL"), "as with compat"),
    "directoryslash": (_only("on", "nginx always redirects a folder's URL without a slash"), "as nginx does"),
    "contentdigest": (_only("off", "nginx computes no Content-MD5"), "as nginx does"),
    "httpprotocoloptions": (_only("strict", "gunicorn and nginx are strict"), "as nginx does"),
    "traceenable": (_only("off", "nginx answers TRACE with 405"), "as nginx does"),
    "usecanonicalname": (_only("off", "SERVER_NAME is the name that the client asked for"), "as with compat"),
    "usecanonicalphysicalport": (_only("off", "SERVER_PORT is the port that the client asked for"), "as with compat"),
    "identitycheck": (_only("off", "nobody asks identd"), "as with compat"),
    "xbithack": (_only("off", "includes in pages (SSI) are not translated"), "as nginx does"),
}
"""Each directive: how it changes the settings, and what carries it."""
