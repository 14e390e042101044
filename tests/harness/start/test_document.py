"""The file written: valid as it stands, valid with its suggestions taken, whatever was seen."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import Config, parse_config
from harness.start.apache import Apache, Mount
from harness.start.document import Guess, app_of, document
from harness.start.survey import LoginForm, Survey
from harness.state import read_spec
from harness.targets.safety import read_safety

FILE = Path("harness.toml")
SURVEY = Survey(
    exchanges=1200,
    first=1_700_000_000.0,
    last=1_700_200_000.0,
    hosts={"shop.example:8080": 1100, "other": 100},
    endpoints={"GET /item/{}": 1000, "POST /login": 200},
    unsafe={"POST /login": 200},
    doubtful={"GET /logout*": 7, 'GET /x?*do=delete"it*': 1},
    bodiless=3,
    patterns=("/item/{}/edit",),
    parameters=("action",),
    candidates={"lang": ("en", "de")},
    users={("basic", "bob smith"): 5, ("remote", "ann"): 1},
    cookies={"sid": (7, 2)},
    secrets={"field password": 200},
    login=LoginForm("/login", ("user", "pass word")),
    states=("seed",),
)


def read(text: str) -> Config:
    """Read a text as harness.toml."""
    return parse_config(tomllib.loads(text), FILE)


def test_what_was_seen() -> None:
    """What may be said stands there, what has to be asked is a remark."""
    text = document(Guess("today.archive", SURVEY))
    config = read(text)
    assert config.endpoints == ("/item/{}/edit",)
    assert config.parameters == ("action",)
    assert {name: target.app for name, target in config.targets.items()} == {"old": "http://shop.example:8080"}
    assert (config.logins, config.states, config.state) == ((), {}, None)
    for piece in (
        "1,200 exchanges of 2023-11-14 to 2023-11-17",
        "#       200  POST /login",
        "3 of them have no recorded body",
        "#   5 exchanges as 'bob smith' (basic):",
        "#   7 exchanges with a cookie 'sid' that no recorded answer had set (2 of its values):",
        "#       200  field password",
        "The recordings start from: seed.",
        '#   perhaps "lang", with values like "en", "de"',
    ):
        assert piece in text


def uncommented(text: str, first: str, last: str) -> str:
    """Return the suggestion from one line to another, without the sign of a remark."""
    found = re.search(f"^# {re.escape(first)}.*?^# {re.escape(last)}[^\n]*$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    lines = (line for line in found[0].splitlines() if not re.match('#  (?!   ")', line))
    return "\n".join(line.removeprefix("# ") for line in lines)


def test_logins_may_be_taken() -> None:
    """Each suggested login is one when its remark sign is taken away; there is no secret in it."""
    text = uncommented(document(Guess("a", SURVEY)), "[[login]]", "request")
    logins = tomllib.loads(text)["login"]
    assert [login["principal"] for login in logins] == ["basic:bob smith", "remote:ann", "cookie:sid"]
    assert logins[0]["basic_env"] == "HARNESS_LOGIN_BOB_SMITH"
    assert logins[2]["request"] == [{"method": "POST", "path": "/login", "form": {"user": "...", "pass word": "..."}}]


def test_unsafe_reads_may_be_taken() -> None:
    """The suggested list is one that targets can be given."""
    text = uncommented(document(Guess("a", SURVEY)), "[safety]", "]")
    table = tomllib.loads(text)["safety"]
    assert [listed.text for listed in read_safety(table).unsafe] == ["GET /logout*", 'GET /x?*do=delete"it*']


STATES = {
    "sqlite": ('load = ["cp"', "APP_DATA"),
    "mysql": ('load = ["sh"', "DATABASE_URL"),
    "postgres": ('load = ["pg_', "BASE_"),
}


@pytest.mark.parametrize(("first", "last"), STATES.values(), ids=STATES)
def test_states_may_be_taken(first: str, last: str) -> None:
    """Each suggested state is one that the harness knows."""
    text = "[state.start]\n" + uncommented(document(Guess("a", SURVEY)), first, last)
    spec = read_spec("start", tomllib.loads(text)["state"]["start"], Path())
    assert spec.load


TARGETS = {
    "nothing is known": (Guess("a"), {}),
    "a host": (Guess("a", Survey(exchanges=1, hosts={"h": 1})), {"old": "http://h"}),
    "as typed": (Guess("a", SURVEY, old="recorded", new="m:app"), {"old": "recorded", "new": "m:app"}),
    "programs": (
        Guess("a", SURVEY, mounts=[Mount("/cgi-bin", "/srv/cgi")]),
        {"old": "compat:CGIDirectory('/srv/cgi', mount='/cgi-bin')"},
    ),
    "programs and a new one": (
        Guess("a", SURVEY, mounts=[Mount("", "/srv/a.cgi")], new="m:app"),
        {"old": "compat:CGIScript('/srv/a.cgi')", "new": "m:app"},
    ),
    "Apache": (
        Guess("a", apache=Apache((), port=81), mounts=[Mount("/a", "/srv/a"), Mount("/b", "/srv/b")]),
        {
            "old": "http://127.0.0.1:81",
            "new": "compat:CGIDirectory('/srv/a', mount='/a')",
            "programs2": "compat:CGIDirectory('/srv/b', mount='/b')",
        },
    ),
}


@pytest.mark.parametrize(("guess", "targets"), TARGETS.values(), ids=TARGETS)
def test_targets(guess: Guess, targets: dict[str, str]) -> None:
    """What serves today and what is to replace it, as far as it is known."""
    assert {name: target.app for name, target in read(document(guess)).targets.items()} == targets


def test_programs_as_apache_runs_them() -> None:
    """Variables, authorization and extensions go with the programs."""
    apache = Apache((), env={"A": 'b "c"'}, pass_env=("TZ",), pass_authorization=True)
    assert app_of(Mount("/x", "/srv/x", (".cgi",)), apache) == (
        "compat:CGIDirectory('/srv/x', mount='/x', extensions=('.cgi',), env={'A': 'b \"c\"'}, pass_env=('TZ',), "
        "pass_authorization=True)"
    )


def test_what_apache_does_besides() -> None:
    """Directives that were not carried over are named."""
    text = document(Guess("a", apache=Apache((), left=("line 3: RewriteEngine On",))))
    assert "#   line 3: RewriteEngine On" in text


@given(name=st.text(min_size=1), path=st.text(), count=st.integers(1, 5))
def test_any_names(name: str, path: str, count: int) -> None:
    """Whatever clients sent, the file can be read."""
    survey = Survey(
        exchanges=count,
        hosts={name: 1},
        endpoints={name: 1},
        unsafe={name: 1},
        patterns=(path,),
        parameters=(name,),
        candidates={name: (path,)},
        users={("basic", name): 1},
        cookies={name: (1, 1)},
        secrets={name: 1},
        redacted={(name, path): 1},
        login=LoginForm(path, (name,)),
        states=(name,),
    )
    read(document(Guess(name, survey, Apache((), left=(path,)), [Mount(path, name)], None, name)))


def test_redacted_secrets_are_ready_to_be_named() -> None:
    """Without the first # of each line they are what `[bind]` reads: a variable for each field and user."""
    text = document(Guess("x", Survey(exchanges=3, redacted={("pw", "al b"): 2, ("x-api-key", ""): 1})))
    lines = text.splitlines()
    first = lines.index("# [bind.secret]")
    bind = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines[first : first + 3]))["bind"]
    assert bind["secret"] == {
        "pw of al b": {"env": "HARNESS_SECRET_PW_AL_B"},
        "x-api-key": {"env": "HARNESS_SECRET_X_API_KEY"},
    }
