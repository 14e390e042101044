"""Directives that may stand in any scope, as changes of `Settings`: one small function each, found by a table.

Comes in: the settings so far and one directive. Goes out: the settings after it; a directive that cannot be said in
nginx and compat raises `Refusal`. In which order scopes are merged is the business of `layers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from .arguments import first, number, on, only
from .asking import ASKING
from .model import Directive, PartRefusal, Refusal, Setter, Settings
from .options import options
from .words import DEAD_BROWSERS

RLIMITS = {"rlimitcpu": "cpu", "rlimitmem": "as", "rlimitnproc": "nproc"}


def _extensions(words: tuple[str, ...]) -> list[str]:
    return ["." + word.lstrip(".").lower() for word in words]


def _add_handler(settings: Settings, directive: Directive) -> Settings:
    handler = first(directive).lower()
    if handler == "type-map":
        raise Refusal("nginx and compat choose no file by a type map")
    named = dict.fromkeys(_extensions(directive.arguments[1:]), handler)
    return replace(settings, handlers={**settings.handlers, **named})


def _add_output_filter(settings: Settings, directive: Directive) -> Settings:
    """Pages with includes (SSI) have commands in them, which no client sees."""
    if "includes" not in first(directive).lower().split(";"):
        raise Refusal("nginx and compat have no filters by extension")
    named = dict.fromkeys(_extensions(directive.arguments[1:]), "server-parsed")
    result = replace(settings, handlers={**settings.handlers, **named})
    raise PartRefusal(result, "includes in pages (SSI) are not translated: such files are forbidden (403)")


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
    numbers = {number(directive, word) for word in words if word.lower() != "max"}
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


def _accept_path_info(settings: Settings, directive: Directive) -> Settings:
    word = first(directive).lower()
    return replace(settings, path_info=word != "off")


def _seconds(settings: Settings, directive: Directive) -> Settings:
    return replace(settings, timeout=number(directive, first(directive).lower().removesuffix("s")))


SETTERS: Mapping[str, tuple[Setter, str]] = {
    **ASKING,
    "options": (options, "by --follow-symlinks, autoindex, and which files are run"),
    "addhandler": (_add_handler, "by --extensions or --interpreter, and nginx's location for them"),
    "addoutputfilter": (_add_output_filter, "403"),
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
    "typesconfig": (lambda settings, d: settings, "by nginx's own mime.types, which may know other extensions"),
    "adddefaultcharset": (_charset, "charset"),
    "addoutputfilterbytype": (_filter_by_type, "gzip"),
    "errordocument": (_error_document, "error_page"),
    "limitrequestbody": (
        lambda settings, d: replace(settings, max_body=number(d)),
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
    "hostnamelookups": (only("off", "compat looks up no names: REMOTE_HOST is absent"), "as with compat"),
    "allowencodedslashes": (only("off", "compat answers 404 to an encoded slash in a folder's URL"), "as with compat"),
    "directoryslash": (only("on", "nginx always redirects a folder's URL without a slash"), "as nginx does"),
    "contentdigest": (only("off", "nginx computes no Content-MD5"), "as nginx does"),
    "httpprotocoloptions": (only("strict", "gunicorn and nginx are strict"), "as nginx does"),
    "traceenable": (only("off", "nginx answers TRACE with 405"), "as nginx does"),
    "usecanonicalname": (only("off", "SERVER_NAME is the name that the client asked for"), "as with compat"),
    "usecanonicalphysicalport": (only("off", "SERVER_PORT is the port that the client asked for"), "as with compat"),
    "identitycheck": (only("off", "nobody asks identd"), "as with compat"),
    "xbithack": (only("off", "includes in pages (SSI) are not translated"), "as nginx does"),
}
"""Each directive: how it changes the settings, and what carries it."""
