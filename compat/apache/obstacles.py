"""What keeps a directive from being said where it stands, and whether that would open what it protected.

Comes in: one directive without its conditions. Goes out: an `Obstacle` with the sections around it that can be placed,
and the directive that closes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from .asking import SEAL, SEALING
from .elsewhere import NAMES as ELSEWHERE
from .forbidden import forbids
from .model import Directive, Refusal, Section
from .parse import unknown_variable
from .programs import CGI, PLAIN_HANDLERS
from .redirect import pattern
from .redirects import refuses
from .rewrite import is_on
from .sections import FILES, FOLDERS, INNER, URLS, WILD, expression, file_pattern, is_pattern, plain
from .statements import in_if

KNOWN_SECTIONS = FOLDERS | URLS | FILES | INNER | {"virtualhost", "if"}
SECTION_REASONS = {
    "elseif": "nginx has no else: write it as a `map`",
    "else": "nginx has no else: write it as a `map`",
    "proxy": "it is about a proxy, not a CGI program",
    "proxymatch": "it is about a proxy, not a CGI program",
    "macro": "macros (mod_macro) are not expanded",
}
NOTHING_SERVED = frozenset({"proxy", "proxymatch", "virtualhost"})
"""Sections of which nothing is served if they are not carried over."""
WRITTEN_AS_TEXT = frozenset(
    {
        *("authname", "authuserfile", "documentroot", "alias", "directoryindex", "header", "errordocument"),
        *("sslcertificatefile", "sslcertificatekeyfile", "servername", "serveralias"),
        *("adddefaultcharset", "addtype", "addhandler", "addoutputfilterbytype"),
    }
)
"""Directives of which a word is written into a place where nginx would see variables."""
SAYS_WHO = frozenset({"require", "order", "allow", "deny"})
HOW_TO_ASK = frozenset({"satisfy", "authtype", "authuserfile", "authbasicprovider", "authbasicauthoritative"})
RULES = frozenset({"rewriterule", "rewritecond"})
"""They are refused together, by `rewrite`: a rule without its condition is another rule."""
HANDLERS = frozenset({"sethandler", "addhandler", "forcetype"})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a directive cannot be said; `section` is the one that cannot be placed, None if it is the directive itself,
    and `around` are those that can.
    """

    reason: str
    around: tuple[Section, ...]
    section: Section | None = None


def obstacle(directive: Directive) -> Obstacle | None:
    """Find out why a directive cannot be said where it stands; None where it can be tried."""
    sections = directive.sections
    if directive.refused:
        return Obstacle(directive.refused, sections[:1])
    for number, section in enumerate(sections):
        if reason := _of_section(section):
            return Obstacle(reason, _placed(sections[:number]), section)
    wild = any(section.name in FOLDERS and _is_vague(section) for section in sections)
    if (refuses(directive) and wild) or (forbids(directive) and any(map(_has_no_rules, sections))):
        return Obstacle(f"rules within {sections[-1]} have no translation", _placed(sections))
    if reason := (directive.name not in RULES | ELSEWHERE and _unknown(directive.raw)) or _unwritable(directive):
        return Obstacle(reason, _placed(sections))
    for section in sections:
        if section.name == "if":
            try:
                in_if(directive)
            except Refusal as refusal:
                return Obstacle(str(refusal), _placed(sections), section)
    return None


def _has_no_rules(section: Section) -> bool:
    return (section.name in FOLDERS and _is_vague(section)) or section.name in URLS | FILES


def _is_vague(section: Section) -> bool:
    return is_pattern(section) or WILD.search(plain(section)) is not None


def _placed(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections before the first `<If>`: what closes its place must not depend on it."""
    return tuple(takewhile(lambda section: section.name != "if", sections))


def _of_section(section: Section) -> str:
    """Say why a section cannot be placed, empty where it can."""
    if section.name not in KNOWN_SECTIONS:
        return SECTION_REASONS.get(section.name, f"nginx has no {section}")
    if reason := _unknown(section.raw):
        return reason
    if section.name in FOLDERS and not is_pattern(section) and "$" in section.raw:
        return "nginx cannot write a dollar sign here"
    try:
        if is_pattern(section):
            pattern(expression(section))
        if section.name in FILES:
            pattern(file_pattern(section))
    except Refusal as refusal:
        return str(refusal)
    return ""


def _unknown(text: str) -> str:
    name = unknown_variable(text)
    return f"${{{name}}} has no value here: give --define {name}=VALUE" if name else ""


def _unwritable(directive: Directive) -> str:
    written = directive.name in WRITTEN_AS_TEXT and "$" in directive.raw
    return "nginx cannot write a dollar sign here" if written else ""


def protects(directive: Directive, found: Obstacle, directives: Sequence[Directive]) -> bool:
    """Tell whether something would be open that was not, or a source be sent as text, without a directive."""
    if directive.refused:
        return True
    if found.section is not None and found.section.name in NOTHING_SERVED:
        return False
    if found.section is None and directive.name in HOW_TO_ASK:
        return True
    words = [word.lower() for word in directive.arguments]
    if directive.name == "rewriterule":
        return forbids(directive) and any(is_on([one]) for one in directives)
    if refuses(directive) or directive.name in ELSEWHERE:
        return True
    if directive.name in HANDLERS:
        return not words or words[0] not in PLAIN_HANDLERS - {CGI}
    if directive.name == "require":
        return words != ["all", "granted"]
    if directive.name == "order":
        return not any(_lets_in(one, directive) for one in directives)
    if directive.name == "allowoverride" or directive.name == "allowoverridelist":
        return words != ["none"]
    if directive.name == "sslverifyclient":
        return not words or words[0] == "require"
    return directive.name in SEALING | {"deny"} or (directive.name, words) == ("satisfy", ["all"])


def _lets_in(one: Directive, order: Directive) -> bool:
    """Tell whether a directive of the same section allows everybody."""
    return (
        one.name == "allow"
        and [word.lower() for word in one.arguments] == ["from", "all"]
        and one.sections[-1:] == order.sections[-1:]
    )


def sealed(directive: Directive, found: Obstacle) -> Directive:
    """Return what closes the place around an obstacle for everybody."""
    return replace(directive, written=SEAL, arguments=(), raw="", sections=found.around)
