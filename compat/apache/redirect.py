"""`Redirect` and its like as nginx statements; URLs and texts of Apache as nginx writes them.

Comes in: one directive. Goes out: lines for the beginning of a `server`, or a `Refusal`. All match the decoded path, as
Apache does, so that no spelling of a URL slips by.
"""

from __future__ import annotations

import re
import warnings
from zlib import crc32

from .model import Directive, Refusal

STATUSES = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
BY_REWRITE = {301: "permanent", 302: "redirect"}
NAMES = frozenset({"redirect", "redirectmatch", "redirectpermanent", "redirecttemp"})


def redirect(directive: Directive) -> tuple[str, ...]:
    """Translate one redirect that names a path, wherever it stands. Raises Refusal."""
    status, words = status_of(directive)
    matching = directive.name == "redirectmatch"
    if not 300 <= status <= 399:
        if len(words) != 1:
            raise Refusal(f"a status of {status} takes a path and no URL")
        return (f"if ($uri ~ {pattern(_pattern(words[0], matching))}) {{ return {status}; }}",)
    if len(words) != 2:
        raise Refusal("it must name a path and a URL")
    path, url = words
    check_url(url)
    target = captures(url) if matching else literal(url) + "$1"
    expression = _pattern(path, matching)
    own = "$scheme://$http_host" if url.startswith("/") else ""
    if status in BY_REWRITE:
        return (f"rewrite {pattern(expression)} {quoted(own + target + mark(url))} {BY_REWRITE[status]};",)
    if matching and "$" in url:
        raise Refusal(f"nginx gives {status} by `return`, which would send parts of the path undecoded")
    return _returned(status, expression, own + (literal(url)), url, rest=not matching)


def check_url(url: str) -> None:
    """Raise Refusal for what is neither a path nor an absolute URL."""
    if not re.match(r"/|[a-zA-Z][\w+.-]*:", url):
        raise Refusal(f"{url!r} is neither a path nor a URL")
    if re.search(r"%\{|\s", url):
        raise Refusal("nginx has no such expression in a URL")


def _returned(status: int, expression: str, target: str, url: str, *, rest: bool) -> tuple[str, ...]:
    """Statuses that `rewrite` cannot give: the rest of the path is taken as the client wrote it."""
    query = "" if "?" in url else "$is_args$args"
    if not rest:
        return (f"if ($uri ~ {pattern(expression)}) {{ return {status} {quoted(target + query)}; }}",)
    name = f"rest_{crc32(expression.encode()):08x}"
    raw = expression.replace("(/.*)?$", rf"(?<{name}>/[^?]*)?(?:\?|$)").replace("/(.*)$", rf"/(?<{name}>[^?]*)")
    return (
        f"if ($request_uri ~ {pattern(raw)}) {{ }}",
        f"if ($uri ~ {pattern(expression)}) {{ return {status} {quoted(f'{target}${name}{query}')}; }}",
    )


def mark(url: str) -> str:
    """Return the question mark by which nginx does not add the client's query to a URL that has its own."""
    return "?" if "?" in url else ""


def status_of(directive: Directive) -> tuple[int, tuple[str, ...]]:
    """Return the status of a redirect, and the words behind it."""
    words = directive.arguments
    if directive.name in {"redirectpermanent", "redirecttemp"}:
        return (301 if directive.name == "redirectpermanent" else 302), words
    word = words[0].lower() if words else ""
    if word in STATUSES:
        return STATUSES[word], words[1:]
    if re.fullmatch(r"[1-5]\d\d", word):
        return int(word), words[1:]
    return 302, words


def _pattern(path: str, matching: bool) -> str:
    if matching:
        return path
    if not path.startswith("/"):
        raise Refusal(f"{path!r} is no path beginning with /")
    whole = re.escape(path.rstrip("/"))
    return f"^{whole}/(.*)$" if path.endswith("/") else f"^{whole}(/.*)?$"


def literal(text: str) -> str:
    """Return text in which nginx sees no variable. Raises Refusal for a dollar sign, which nginx cannot write."""
    if "$" in text:
        raise Refusal("nginx cannot write a dollar sign here")
    return text


def captures(text: str) -> str:
    """Return a replacement with its `$1`. Raises Refusal for what else Apache would see in it."""
    if re.search(r"\$(?![1-9])|\\", text):
        raise Refusal("nginx cannot write a dollar sign, a backslash or the whole match here")
    return re.sub(r"\$([1-9])(?=\d)", r"${\1}", text)


def quoted(text: str) -> str:
    """Return one word of nginx's configuration, in quotes where it needs them."""
    if text and re.fullmatch(r"[\w/.:$?&=%+,@!*()^|~-]+", text) and not text.startswith(("$(", "'")):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def pattern(expression: str) -> str:
    r"""Return a regular expression as one word; a backslash is doubled only where nginx would take it for its own."""
    check_pattern(expression)
    if re.fullmatch(r"[\w/.$?&=%+,@!*()^|~\\\[\]:<>-]+", expression) and not re.search(r"\\[\\trn]", expression):
        return expression
    return '"' + re.sub(r'\\(?=[\\"\'trn])', r"\\\\", expression).replace('"', '\\"') + '"'


def check_pattern(expression: str) -> None:
    """Raise Refusal for what is no regular expression; nginx would not start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # POSIX classes: [[:alpha:]]
        try:
            re.compile(re.sub(r"\(\?<(?=\w)", "(?P<", expression))
        except (re.error, RecursionError, OverflowError) as error:
            raise Refusal(f"{expression!r} cannot be read as a regular expression: {error}") from error


def in_quotes(text: str) -> str:
    """Return text as one quoted word."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
