"""RewriteRule and RewriteCond: what nginx can say exactly, and the reason for each that it cannot."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from compat.apache import parse
from compat.apache.conditions import Scope, split_rule
from compat.apache.guarded import in_folder
from compat.apache.model import Ledger
from compat.apache.rewrite import rewrites
from tests.compat.apache.servers import LIMIT, translated


def run(text: str, scope: Scope | None = None) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Translate the rules of one scope; returns the lines, and verdict and reason of each directive after the first."""
    found = parse([("main", "RewriteEngine On\n" + text)], lambda name: [], {})
    ledger = Ledger(found)
    lines = rewrites(found, scope or Scope(), ledger)
    return lines, [(outcome.verdict, outcome.reason) for outcome in ledger.outcomes()[1:]]


FOLDER = Scope("/f", extensions=(".cgi",))
ROOT = Scope("")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b [L]", ["a", "b", "[L]"]),
        ('"a b" c', ["a b", "c"]),
        (r"a\ b c", [r"a\ b", "c"]),
        (r"'^\.' c", [r"^\.", "c"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """mod_rewrite splits its own way: backslashes stay, and one before a blank keeps it."""
    assert split_rule(text) == words


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("^/a$ /b", ["rewrite ^/a$ /b;"]),
        ("^/a$ /b [L]", ["rewrite ^/a$ /b last;"]),
        ("^/a$ /b [END,PT]", ["rewrite ^/a$ /b last;"]),
        ("^/a$ /b [R]", ["rewrite ^/a$ $scheme://$http_host/b redirect;"]),
        ("^/a(.*) http://x/$1 [R=permanent,L]", ["rewrite ^/a(.*) http://x/$1 permanent;"]),
        ("^/a(.*) https://x/$1", ["rewrite ^/a(.*) https://x/$1 redirect;"]),
        ("^/a$ /b?c=d [L]", ["rewrite ^/a$ /b?c=d? last;"]),
        ("^/a$ /b?c=d [L,QSA]", ["rewrite ^/a$ /b?c=d last;"]),
        ("^/a$ /b? [R=301]", ["rewrite ^/a$ $scheme://$http_host/b? permanent;"]),
        ("^/a$ /b [QSD,L]", ["rewrite ^/a$ /b? last;"]),
        ("^/a$ /b#c [R]", ["rewrite ^/a$ $scheme://$http_host/b%23c redirect;"]),
        ("^/a$ /b [NC,L]", ["rewrite (?i)^/a$ /b last;"]),
        ("!^/a /b [L]", ["if ($uri !~ ^/a) { rewrite ^ /b last; }"]),
        ("^/a - [F]", ["if ($uri ~ ^/a) { return 403; }"]),
        ("^/a - [G]", ["if ($uri ~ ^/a) { return 410; }"]),
        ("^/a - [R=404]", ["if ($uri ~ ^/a) { return 404; }"]),
        ("^/a - [L]", ["if ($uri ~ ^/a) { break; }"]),
        ("^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301]", ["rewrite (?s)^(.*)$ https://$http_host$1 permanent;"]),
        ("(.*) https://x%{REQUEST_URI}1 [R]", ['rewrite (?s)^(.*)$ "https://x${1}1" redirect;']),
        (
            "^/a{2} https://%{HTTP_HOST}%{REQUEST_URI} [R]",
            ['if ($uri ~ "^/a{2}") { rewrite (?s)^(.*)$ https://$http_host$1 redirect; }'],
        ),
        ("!^/a /b%{REQUEST_URI} [L]", ["if ($uri !~ ^/a) { rewrite (?s)^(.*)$ /b$1 last; }"]),
        ("^/a /b?c=%{REQUEST_URI} [L]", ["if ($uri ~ ^/a) { rewrite (?s)^(.*)$ /b?c=$1? last; }"]),
        ("^/(a|b)$ /$1.html [L]", ["rewrite ^/(a|b)$ /$1.html last;"]),
    ],
)
def test_rules(rule: str, lines: list[str]) -> None:
    """One rule of a server, and its lines."""
    found, outcomes = run(f"RewriteRule {rule}")
    assert found == tuple(lines)
    assert outcomes[0][0] == "carried"


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        ("%{HTTP_HOST} ^www [NC]", "$http_host ~* ^www"),
        ("%{HTTP_HOST} !^www", "$http_host !~ ^www"),
        ("%{HTTP_HOST} =a.b", "$http_host = a.b"),
        ("%{HTTP_HOST} !=a.b", "$http_host != a.b"),
        ("%{HTTP_HOST} =a.b [NC]", r"$http_host ~* ^a\.b$"),
        ("%{HTTPS} off", "$scheme = http"),
        ("%{HTTPS} !on", "$scheme = http"),
        ("%{HTTPS} =on", "$scheme = https"),
        ("%{HTTPS} !=on", "$scheme = http"),
        ("%{QUERY_STRING} ^$", "$args ~ ^$"),
        ("%{REQUEST_URI} ^/x", "$uri ~ ^/x"),
        ("%{HTTP:X-Some-Name} .", "$http_x_some_name ~ ."),
        ("%{REQUEST_METHOD} ^(GET|HEAD)$", "$request_method ~ ^(GET|HEAD)$"),
        ("%{DOCUMENT_ROOT}%{REQUEST_URI} -f", "-f $request_filename"),
        ("%{DOCUMENT_ROOT}%{REQUEST_FILENAME} !-d", "!-d $request_filename"),
        ("%{HTTP_USER_AGENT} a;b", '$http_user_agent ~ "a;b"'),
    ],
)
def test_conditions(condition: str, test: str) -> None:
    """One condition, and nginx's `if`."""
    lines, _ = run(f"RewriteCond {condition}\nRewriteRule ^/a$ - [F]")
    assert f"if ({test}) {{ set $rule_3_a 1; }}" in lines


def test_all_conditions() -> None:
    """nginx has no `and`: each condition sets its variable, and all of them are compared."""
    rule = (
        "RewriteCond %{HTTPS} off\nRewriteCond %{HTTP_HOST} a [OR]\nRewriteCond %{HTTP_HOST} b\nRewriteRule ^/x /y [L]"
    )
    assert run(rule)[0] == (
        'set $rule_5_a "";',
        "if ($scheme = http) { set $rule_5_a 1; }",
        'set $rule_5_b "";',
        "if ($http_host ~ a) { set $rule_5_b 1; }",
        "if ($http_host ~ b) { set $rule_5_b 1; }",
        'set $rule_5 "$rule_5_a$rule_5_b";',
        'if ($rule_5 = "11") { rewrite ^/x /y last; }',
    )


def test_an_or_before_nothing() -> None:
    """Apache takes it as true, and all that are joined to it."""
    rule = "RewriteCond %{HTTPS} off\nRewriteCond %{HTTP_HOST} a [OR]\nRewriteCond %{HTTP_HOST} b [OR]\n"
    assert run(rule + "RewriteRule ^/x$ /y [L]")[0] == ("if ($scheme = http) { rewrite ^/x$ /y last; }",)
    assert run("RewriteCond %{HTTP_HOST} a [OR]\nRewriteRule ^/x - [F]")[0] == ("if ($uri ~ ^/x) { return 403; }",)


def test_what_must_not_match_in_a_folder() -> None:
    """Is of the folder nevertheless: all the other URLs of the server are not meant."""
    lines, _ = run("RewriteRule !^a$ - [F]", FOLDER)
    assert lines[1] == "if ($uri ~ ^/f/) { set $rule_2_a 1; }"
    assert lines[3] == "if ($uri !~ ^/f/a$) { set $rule_2_b 1; }"
    assert lines[-1] == 'if ($rule_2 = "11") { return 403; }'


def test_groups_of_a_condition() -> None:
    """`%1` is the group of the last condition that is a pattern."""
    lines, _ = run(
        "RewriteCond %{HTTP_HOST} ^(.*)$\nRewriteCond %{REQUEST_METHOD} =GET\nRewriteRule ^/(.*) http://%1/$1"
    )
    assert "if ($http_host ~ ^(.*)$) { set $rule_4_a 1; set $rule_4_1 $1; }" in lines
    assert lines[-1] == 'if ($rule_4 = "11") { rewrite ^/(.*) http://${rule_4_1}/$1 redirect; }'


@pytest.mark.parametrize(
    ("rule", "scope", "line"),
    [
        ("^a$ b [L]", FOLDER, "rewrite ^/f/a$ /f/b last;"),
        ("^a|c$ /b [L]", FOLDER, "rewrite ^/f/.*?(?:(?<=^/f/)a|c$) /b last;"),
        ("^(a|c)$ /b [L]", FOLDER, "rewrite ^/f/(?:(a|c)$) /b last;"),
        ("^[^|]$ /b [L]", FOLDER, "rewrite ^/f/(?:[^|]$) /b last;"),
        (r"\.old$ /b [L]", FOLDER, r"rewrite ^/f/.*?\.old$ /b last;"),
        ("(.*) http://x/$1 [R]", FOLDER, "rewrite ^/f/(.*) http://x/$1 redirect;"),
        ("^a$ b [L]", ROOT, "rewrite ^/a$ /b last;"),
        ("!^a$ - [F]", ROOT, "if ($uri !~ ^/a$) { return 403; }"),
    ],
)
def test_folder(rule: str, scope: Scope, line: str) -> None:
    """In a folder, patterns are for the path below it, and targets too."""
    assert run(f"RewriteRule {rule}", scope)[0] == (line,)


@pytest.mark.parametrize("folder", ["", "/f"])
@pytest.mark.parametrize(
    "expression",
    [
        r"(^|/)\.",
        "^a|^b",
        "^a|c$",
        "(?:^a|c)$",
        r"\^a|[^b]$",
        "^(a|b)",
        "[]^]a",
        "a|",
        "(.*)c$|^a",
        ".*b|^c",
        ".*b|c",
        r"^a\|^",
    ],
)
def test_a_pattern_in_a_folder_matches_what_it_matches_in_apache(expression: str, folder: str) -> None:
    """A `^` that is not its first sign is where the folder's own path ends, too: `(^|/)\\.git` forbids /.git."""
    found = in_folder(expression, folder)
    for rest in (".git", "x/.git", "a", "b", "c", "xa", "xb", "xc", "x/a", "^a", "]a", "^", "", "a|", "b/c"):
        expected = re.search(expression, rest) is not None
        assert (re.search(found, f"{folder}/{rest}") is not None) is expected, rest
    assert re.search(found, "/other/a") is None or not folder


def test_base() -> None:
    """RewriteBase is put before targets, not before patterns."""
    assert run("RewriteBase /g/\nRewriteRule ^a$ b [L]", FOLDER)[0] == ("rewrite ^/f/a$ /g/b last;",)


def test_front_controller() -> None:
    """The best known rules of all: everything that is no file goes to one program."""
    rules = """
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
"""
    lines, outcomes = run(rules, Scope("", extensions=(".php",)))
    assert lines[0] == r"if ($uri ~ ^/index\.php$) { break; }"
    assert "if (!-f $request_filename) { set $rule_6_a 1; }" in lines
    assert "if ($uri !~ [.](?:php)/) { set $rule_6_c 1; }" in lines  # a program with a path behind it is a file
    assert lines[-1] == 'if ($rule_6 = "111") { rewrite ^/.*?. /index.php last; }'
    assert {verdict for verdict, _ in outcomes} == {"carried"}


@pytest.mark.parametrize(
    ("rules", "scope", "reason"),
    [
        ("RewriteRule ^/a http://x/ [P]", None, "proxy_pass"),
        ("RewriteRule ^/a /b [S=1]", None, "cannot skip"),
        ("RewriteRule ^/a /b [C]", None, "cannot chain"),
        ("RewriteRule ^/a /b [N]", None, "begin again"),
        ("RewriteRule ^/a - [E=A:b]", None, "variable by request"),
        ("RewriteRule ^/a - [CO=a:b:c]", None, "cookie"),
        ("RewriteRule ^/a /b [R=303]", None, "status 303"),
        ("RewriteRule ^/a /b [R=what]", None, "no status"),
        ("RewriteRule ^/a /b [R=²]", None, "no status"),
        ("RewriteRule ^/a /${x:$1}", None, "dollar"),
        ("RewriteRule ^/a /%{TIME}", None, "fill this variable"),
        ("RewriteRule ^/(a) http://x%{REQUEST_URI}/$1", None, "whole path beside groups"),
        ("RewriteCond %{REQUEST_URI} (.*)\nRewriteRule ^ http://x/%1", None, "line breaks"),
        ("RewriteCond %{REQUEST_URI} (.*)\nRewriteRule ^ /b?c=%1 [L]", None, "line breaks"),
        ("RewriteRule ^/a b", None, "no path beginning"),
        ("RewriteRule ^/a ftp://x/", None, "http://"),
        ("RewriteRule ^/(a /b", None, "regular expression"),
        ("RewriteRule ^/a /b%1", None, "groups"),
        ("RewriteRule ^/a", None, "pattern, a target"),
        ("RewriteRule ^/a - [L]", Scope(alone=False), "stopping all"),
        ("RewriteRule ^/a - ", None, "stopping all"),
        ("RewriteCond %{HTTP_HOST} (a) [OR]\nRewriteCond %{HTTP_HOST} (b)\nRewriteRule ^ /%1", None, "groups"),
        ("RewriteCond %{TIME_HOUR} >9\nRewriteRule ^ /b", None, "no test"),
        ("RewriteCond %{REQUEST_FILENAME} -l\nRewriteRule ^ /b", None, "no test"),
        ("RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^ /b", None, "cannot test the file"),
        ("RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^ /b", Scope("/a", in_root=False), "below the server's root"),
        ("RewriteCond %{ENV:A} b\nRewriteRule ^ /b", None, "no variable"),
        ("RewriteCond $1 b\nRewriteRule ^(.*) /b", None, "no variable"),
        ("RewriteCond %{HTTPS} o\nRewriteRule ^ /b", None, "on from off"),
        ("RewriteCond %{HTTP_HOST} a [X]\nRewriteRule ^ /b", None, "flag x"),
        ("RewriteRule ^(.*)$ app.cgi/$1 [L]", ROOT, "again on the result"),
        ("RewriteRule ^a$ b [L]\nRewriteRule ^b$ c [L]", ROOT, "again on the result"),
        ("RewriteOptions InheritDown", None, "inherited"),
    ],
)
def test_refused(rules: str, scope: Scope | None, reason: str) -> None:
    """What nginx cannot say exactly; the conditions of a refused rule are refused with it."""
    _, outcomes = run(rules, scope)
    refused = [why for verdict, why in outcomes if verdict == "not carried"]
    assert any(reason in why for why in refused), outcomes
    if rules.startswith("RewriteCond"):
        assert len(refused) == len(outcomes)


MANY = "".join(f"RewriteCond %{{HTTP:X-{number}}} a\n" for number in range(17))


@pytest.mark.parametrize(
    ("rules", "scope", "lines"),
    [
        ("RewriteRule ^/a - [F,E=A:b]", None, ["if ($uri ~ ^/a) { return 403; }"]),
        ("RewriteRule ^/a - [R=404,CO=a:b]", None, ["if ($uri ~ ^/a) { return 403; }"]),
        ("RewriteRule ^/a - [Forbidden,NoCase,T=a/b]", None, ["if ($uri ~ (?i)^/a) { return 403; }"]),
        ("RewriteRule !^a - [G,E=A:b]", Scope(""), ["if ($uri !~ ^/a) { return 403; }"]),
        ("RewriteCond %{TIME} >9\nRewriteRule ^/a - [F]", None, ["if ($uri ~ ^/a) { return 403; }"]),
        ("RewriteCond %{TIME} >9 [OR]\nRewriteCond %{HTTPS} on\nRewriteRule a - [F]", None,
         ["if ($uri ~ a) { return 403; }"]),
        ("RewriteCond %{HTTPS} on [ornext]\nRewriteCond %{TIME} >9\nRewriteRule a - [F]", None,
         ["if ($uri ~ a) { return 403; }"]),
        ("RewriteCond %{HTTP_HOST} ^${NO}$\nRewriteRule ^/a - [F]", None, ["if ($uri ~ ^/a) { return 403; }"]),
        ("RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^a - [F]", FOLDER, ["if ($uri ~ ^/f/a) { return 403; }"]),
        ("RewriteRule ^(/a - [F]", None, ["if ($uri ~ ^(?:/|$)) { return 403; }"]),
        ("RewriteRule ^(a - [F]", FOLDER, ["if ($uri ~ ^/f(?:/|$)) { return 403; }"]),
        ("RewriteRule ^${NO} - [F]", FOLDER, ["if ($uri ~ ^/f(?:/|$)) { return 403; }"]),
        (MANY + "RewriteRule ^/a - [F]", None, ["if ($uri ~ ^/a) { return 403; }"]),
        ("RewriteRule ^/a - [R=503,E=A:b]", None, []),
        ("RewriteRule ^/a /b [L,E=A:b]", None, []),
    ],
)  # fmt: skip
def test_forbidden_in_more_cases(rules: str, scope: Scope | None, lines: list[str]) -> None:
    """A rule that refuses loses what nginx cannot say; what it refused is refused still, and the table tells."""
    found, outcomes = run(rules, scope)
    assert found == tuple(lines)
    assert {verdict for verdict, _ in outcomes} == {"not carried"}
    assert all(why.startswith("403 in more cases instead: ") == bool(lines) for _, why in outcomes)


def test_what_nginx_can_ask_stays_asked() -> None:
    """The conditions that it has narrow the rule, as they did."""
    lines, _ = run("RewriteCond %{HTTPS} off\nRewriteCond %{TIME} >9\nRewriteRule ^/a - [F]")
    assert lines[1] == "if ($scheme = http) { set $rule_4_a 1; }"
    assert lines[-1] == 'if ($rule_4 = "11") { return 403; }'


def test_the_engine_is_on_wherever_it_is_said() -> None:
    """Before or after the rules: what is said last counts for all of them."""
    found = parse([("main", "RewriteRule ^/a - [F]\nRewriteEngine On")], lambda name: [], {})
    assert rewrites(found, Scope(), Ledger(found)) == ("if ($uri ~ ^/a) { return 403; }",)


SPLIT = "/a%0d%0aSet-Cookie:%20x=1%20%23"
HEADER = b"Location: https://x/a%0D%0ASet-Cookie:%20x=1%20%23\r\n"


@pytest.mark.parametrize(
    "rules",
    [
        "RewriteRule ^ https://x%{REQUEST_URI} [R=301,L]",
        "RewriteRule .* https://x%{REQUEST_URI} [R,NE]",
        "RewriteRule ^(.*) https://x%{REQUEST_URI} [R=301]",
        "RewriteRule ^/a https://x%{REQUEST_URI}? [R=301]",
        "RewriteRule !^/b https://x%{REQUEST_URI}",
        "RewriteCond %{HTTPS} off\nRewriteCond %{HTTP_HOST} (.)\nRewriteRule ^ https://x%{REQUEST_URI} [R=301,L]",
        "RewriteCond %{REQUEST_METHOD} (.*)\nRewriteRule ^ https://x%{REQUEST_URI}?%1 [R=301,L]",
        "RewriteRule ^/([^/]*)$ https://x/$1 [R]",
    ],
)
def test_no_header_by_a_path(tmp_path: Path, rules: str) -> None:
    """A line break in a path stays one of the URL in a real nginx: it begins no header."""
    with (
        translated(tmp_path, f"Listen 127.0.0.1:@PORT@\nRewriteEngine On\n{rules}\n") as port,
        socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as client,
    ):
        client.sendall(f"GET {SPLIT} HTTP/1.0\r\nHost: h\r\n\r\n".encode())
        head = client.makefile("rb").read().partition(b"\r\n\r\n")[0] + b"\r\n"
    assert head.startswith(b"HTTP/1.1 30")
    assert b"\r\nSet-Cookie" not in head
    assert HEADER.lower().rstrip() in head.lower()


def test_switched_off() -> None:
    """Rules of a scope whose engine is off are not needed; so is a condition without a rule."""
    _, outcomes = run("RewriteCond %{HTTPS} on\nRewriteEngine Off\nRewriteRule ^/a /b")
    assert [verdict for verdict, _ in outcomes] == ["not needed", "carried", "not needed"]


@pytest.mark.parametrize(
    ("rules", "carried"),
    [
        (["^/a - [C]", "^/b /c", "^/d /e"], [False, False, True]),
        (["^/a - [C]", "^/b - [C]", "^/b /c", "^/d /e"], [False, False, False, True]),
        (["^/a - [S=2]", "^/b /c", "^/b /c", "^/d /e"], [False, False, False, True]),
        (["^/a - [S=1]", "^/b /c [skip=1]", "^/b /c", "^/d /e"], [False, False, False, True]),
        (["^/a - [S=x]", "^/b /c"], [False, True]),
    ],
)
def test_rules_that_others_decide_about(rules: list[str], carried: list[bool]) -> None:
    """A rule of a chain, or one that may be skipped, is another rule without the one before."""
    lines, outcomes = run("\n".join(f"RewriteRule {rule}" for rule in rules))
    assert [verdict == "carried" for verdict, _ in outcomes] == carried
    assert len(lines) == sum(carried)


def test_a_refusal_that_others_decide_about() -> None:
    """It is for all that it may be for, and says so."""
    lines, outcomes = run("RewriteRule ^/a - [S=1]\nRewriteRule ^/b - [F]")
    assert lines == ("if ($uri ~ ^/b) { return 403; }",)
    assert outcomes[1][1].startswith("403 in more cases instead: an earlier rule")
