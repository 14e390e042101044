"""What programs say when they cannot work, and what helps: the table behind `compat check`.

Comes in: a program, and the text it wrote (its error output, or a page that shows an error). Goes out: the first
obstacle, in words, with the line that tells it and a fix. Reads the file system to look for what is missing; runs
nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from .program import Program

NEARBY = ("", "lib", "..", "../lib", "../../lib")
"""Where programs keep their own modules, seen from the program's folder."""
BEFORE_313 = (
    "aifc|audioop|cgi|cgitb|chunk|crypt|imghdr|mailcap|msilib|nis|nntplib|ossaudiodev|pipes|sndhdr|spwd|sunau|telnetlib"
    "|uu|xdrlib|lib2to3"
)
BEFORE_312 = "asynchat|asyncore|distutils|imp|smtpd"
PYTHON_2 = (
    "BaseHTTPServer|CGIHTTPServer|ConfigParser|Cookie|HTMLParser|MimeWriter|Queue|StringIO|UserDict|anydbm|cPickle"
    "|cStringIO|commands|cookielib|dbhash|exceptions|htmlentitydefs|htmllib|httplib|md5|mimetools|rfc822|sets|sgmllib|sha"
    "|sgmlop|thread|urllib2|urlparse|xmlrpclib"
)
DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "PIL": "Pillow",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "ldap": "python-ldap",
    "psycopg2": "psycopg2-binary",
    "yaml": "PyYAML",
}
"""What to install for a module of another name."""
LONGEST = 300
"""Characters of evidence that are shown."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a program does not answer: what is wrong, the evidence for it, and what to do."""

    what: str
    fix: str
    evidence: str = ""


Fix = Callable[[re.Match[str], Program], str]


@dataclass(frozen=True, slots=True)
class Sign:
    """One way in which a program says what is wrong. Texts take the pattern's groups: `{1}`."""

    pattern: re.Pattern[str]
    what: str
    fix: str | Fix

    def read(self, found: re.Match[str], program: Program, text: str) -> Obstacle:
        """Return the obstacle that a match tells of."""
        groups = [found[0], *(group or "" for group in found.groups())]
        fix = self.fix if isinstance(self.fix, str) else self.fix(found, program)
        fix = fix.format(*groups) if isinstance(self.fix, str) else fix
        return Obstacle(self.what.format(*groups), fix, _line(text, found.end()))


def first_obstacle(text: str, program: Program) -> Obstacle | None:
    """Return the first obstacle that a text tells of: what came first caused the rest."""
    matches = [
        (found.start(), rank, sign, found)
        for rank, sign in enumerate(SIGNS)
        if (found := sign.pattern.search(text)) is not None
    ]
    if not matches:
        return None
    _, _, sign, found = min(matches, key=lambda match: match[:2])
    return sign.read(found, program, text)


def _line(text: str, position: int) -> str:
    """The line in which a match ends."""
    end = text.find("\n", max(0, position - 1))
    end = len(text) if end < 0 else end
    line = text[text.rfind("\n", 0, end) + 1 : end].strip()
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."


def interpreter_of(program: Program) -> str:
    """Return the path of what runs a program, empty where it runs by itself."""
    if program.interpreter:
        return program.interpreter[0]
    try:
        with open(program.path, "rb") as file:
            first = file.readline(4096)
    except OSError:
        return ""
    words = os.fsdecode(first[2:]).split() if first.startswith(b"#!") else []
    if len(words) > 1 and os.path.basename(words[0]) == "env":
        named = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        return shutil.which(named) or named
    return words[0] if words else ""


def by_option(program: Program, interpreter: str) -> str:
    """Return the option that runs a program by another interpreter."""
    extension = os.path.splitext(program.path)[1]
    return f"--interpreter {extension + '=' if extension else ''}{interpreter}"


def _python_module(found: re.Match[str], program: Program) -> str:
    name = found[1].replace(".", "/")
    if folder := _beside(program, f"{name}.py", f"{name}/__init__.py"):
        return f"it is in {folder}: --env PYTHONPATH={folder}"
    top = found[1].partition(".")[0]
    return f"{interpreter_of(program) or 'python'} -m pip install {DISTRIBUTIONS.get(top, top)}"


def _perl_module(found: re.Match[str], program: Program) -> str:
    module = found[1].removesuffix(".pm").replace("/", "::")
    if folder := _beside(program, found[1]):
        return f"it is in {folder}: --env PERL5LIB={folder} (Perl no longer looks into the program's own folder)"
    return f"cpan {module}, or the system's package (Debian: lib{module.replace('::', '-').lower()}-perl)"


def _missing_file(found: re.Match[str], program: Program) -> str:
    path, folder = found[1], os.path.dirname(program.path)
    if os.path.isabs(path):
        return f"create {path}, or tell the program where it is"
    if place := _beside(program, path):
        return f"it is in {place}; a program runs in its own folder, {folder}: make the path absolute, or link it there"
    return f"a program runs in its own folder: put it at {os.path.join(folder, path)}, or make the path absolute"


def _beside(program: Program, *names: str) -> str:
    """Look for a file near the program and where the command was started; return the folder."""
    folder = os.path.dirname(program.path)
    for place in (*(os.path.normpath(os.path.join(folder, near)) for near in NEARBY), os.getcwd()):
        if any(os.path.exists(os.path.join(place, name)) for name in names):
            return place
    return ""


def _permission(found: re.Match[str], program: Program) -> str:
    path = os.path.join(os.path.dirname(program.path), found[1])
    return (
        f"let user {os.geteuid()} (who runs this) do it: ls -ld {path}, then chmod or chown; each folder above needs x"
    )


def _older_python(version: str) -> Fix:
    return lambda found, program: f"run it by an older Python: {by_option(program, f'/usr/bin/python{version}')}"


def _legacy_cgi(found: re.Match[str], program: Program) -> str:
    install = f"{interpreter_of(program) or 'python'} -m pip install legacy-cgi" if found[1].startswith("cgi") else ""
    return (
        f"{install + ', or ' if install else ''}run it by an older Python: {by_option(program, '/usr/bin/python3.12')}"
    )


def _variable(found: re.Match[str], program: Program) -> str:
    return f"--env {found[1]}=VALUE, or --pass-env {found[1]} where the server's environment has it"


def _left_php(found: re.Match[str], program: Program) -> str:
    if found[1].startswith(("mysql_", "ereg", "split", "mcrypt_")):
        return f"PHP 7 has it no more: {by_option(program, '/usr/bin/php-cgi5.6')}, or a shim"
    return "install the PHP extension that has it (php -m lists those that are there)"


def _sign(pattern: str, what: str, fix: str | Fix) -> Sign:
    return Sign(re.compile(pattern, re.MULTILINE), what, fix)


_NO_MODULE = r"(?:ModuleNotFoundError|ImportError): No module named '?"
_CORRECT = "correct that line; if it is for another version of the language, give that one: --interpreter .EXT=CMD"
_INSTALL = "install it, or let programs find it: --env PATH=FOLDER:/usr/local/bin:/usr/bin:/bin"
_START = "start it, and check host, port or socket path in the program's configuration"
_PATH = r"([^\s:('\"]+)"

# In each row: what the program says, the obstacle, the fix. Of two that begin at one place the earlier row is taken.
SIGNS = (
    _sign(r"^.*\\r(?:'|:|$)", "its lines end with CR LF", lambda found, program: crlf_fix(program)),
    # Python
    _sign(rf"{_NO_MODULE}({BEFORE_313})'?$", "Python 3.13 has no module {1} any more", _legacy_cgi),
    _sign(rf"{_NO_MODULE}({BEFORE_312})'?$", "Python 3.12 has no module {1} any more", _older_python("3.11")),
    _sign(rf"{_NO_MODULE}({PYTHON_2})'?$", "it is for Python 2: it imports {1}", _older_python("2.7")),
    _sign(rf"{_NO_MODULE}([\w.]+)", "the Python module {1} is missing", _python_module),
    _sign(
        r"(lib[^\s:]+): cannot open shared object file",
        "the library {1} is missing",
        "install the package that has {1}",
    ),
    _sign(r"SyntaxError: Missing parentheses in call to '(?:print|exec)'", "it is for Python 2", _older_python("2.7")),
    _sign(r"SyntaxError: multiple exception types must be paren\w+", "it is for Python 2", _older_python("2.7")),
    _sign(r"TabError: inconsistent use of tabs", "it is for Python 2", _older_python("2.7")),
    _sign(r"((?:SyntaxError|IndentationError): .+)", "a syntax error", _CORRECT),
    _sign(r"environ(?:[^\n]*\n){1,6}?KeyError: '(\w+)'", "the variable {1} is not set", _variable),
    _sign(
        r"Unicode(?:En|De)codeError: '(?:ascii|latin-1)' codec",
        "it handles text, and no locale says in which encoding",
        "--env LANG=C.UTF-8, or the locale that it ran under, such as de_DE.ISO-8859-1",
    ),
    _sign(r"\[Errno 13\] Permission denied: b?'([^']+)'", "it may not use {1}", _permission),
    _sign(r"\[Errno 2\] No such file or directory: b?'([^']+)'", "the file {1} is not there", _missing_file),
    # Perl
    _sign(r"Can't locate (\S+\.p[ml]) in @INC", "the Perl module {1} is missing", _perl_module),
    _sign(r"Can't locate loadable object for module (\S+)", "{1} was built for another Perl", "install {1} again"),
    _sign(
        r"^(?:syntax error at|Global symbol|Can't find string terminator|Missing right curly|Unrecognized character).+",
        "a syntax error",
        _CORRECT,
    ),
    _sign(
        r"^Insecure .+ while running with -T", "taint mode (-T) refuses it", "set $ENV{{PATH}} in the program itself"
    ),
    _sign(r'"-T" is on the #! line', "taint mode is asked for too late", "give the option to the interpreter as well"),
    _sign(r'Use of uninitialized value \$ENV\{"?(\w+)', "the variable {1} is not set", _variable),
    # shells
    _sign(
        r"(\w+): (?:unbound variable|parameter (?:not set|null or not set))", "the variable {1} is not set", _variable
    ),
    _sign(r"(\S+): (?:command )?not found$", "the command {1} is not there", _INSTALL),
    _sign(r"[Ss]yntax error(?::| near).+", "a syntax error", _CORRECT),
    # PHP
    _sign(r"Parse error: +(.+)", "a syntax error", _CORRECT),
    _sign(r"\(([^()]+)\): [Ff]ailed to open stream: No such", "the file {1} is not there", _missing_file),
    _sign(r"\(([^()]+)\): [Ff]ailed to open stream: Perm", "it may not use {1}", _permission),
    _sign(r"Call to undefined function (\w+)\(\)", "PHP has no function {1}", _left_php),
    _sign(
        r"Class ['\"]([\w\\]+)['\"] not found", "PHP has no class {1}", "install what has it (composer, an extension)"
    ),
    _sign(
        r"could not find driver",
        "PHP's driver for this database is missing",
        "install php-mysql, php-pgsql or the like",
    ),
    _sign(r"Undefined (?:array key|index):? \"?([A-Z][A-Z_]{2,})", "the variable {1} is not set", _variable),
    # databases and servers, in any language
    _sign(
        r"^.*(?:[Cc]onnection refused|Can't connect to (?:local )?(?:MySQL|MariaDB|server)|could not connect to)",
        "nothing listens where the program connects to",
        _START,
    ),
    _sign(
        r"^.*(?:Name or service not known|Temporary failure in name resolution|could not translate host name).*",
        "a host name is not known",
        "check the name in the program's configuration, or add it to /etc/hosts",
    ),
    _sign(
        r"^.*(?:password authentication failed|Access denied for user|no password supplied).*",
        "the database refuses the login",
        "pass what it logs in with: --env PGPASSWORD=... or the like",
    ),
    _sign(
        r"unable to open database file", "SQLite cannot open its file", "its folder must exist, and be writable for us"
    ),
    # variables and files, in any language
    _sign(r"\b[Nn]o ([A-Z][A-Z0-9_]{3,})\b", "the variable {1} is not set", _variable),
    _sign(
        r"\b([A-Z][A-Z0-9_]{3,})['\"]? (?:(?:is|was) )?(?:not (?:set|defined)|unset|undefined|must be set)",
        "the variable {1} is not set",
        _variable,
    ),
    _sign(rf"cannot create {_PATH}: Directory nonexistent", "the folder of {1} is not there", _missing_file),
    _sign(rf"{_PATH}'?: Permission denied", "it may not use {1}", _permission),
    _sign(rf"{_PATH}'?: No such file", "the file {1} is not there", _missing_file),
)


def crlf_fix(program: Program) -> str:
    """Return the command that gives a program Unix line ends."""
    return f"sed -i 's/\\r$//' {program.path}"
