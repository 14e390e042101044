"""Whole sessions recorded at one shop and replayed at two others, none of which knows the others' names."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.bind import Logins, read_fixed, read_logins
from harness.errors import TargetError
from harness.exchange import Exchange, Response
from harness.judge import Fronts, Judge, Verdict
from harness.normalise import Normaliser
from harness.player import Player
from harness.replay import Outcome, replay

OLD = {"SALT": "old", "FIRST": "140"}
NEW = {"SALT": "new", "FIRST": "205"}
HERE = Path("harness.toml")


def replayed(exchanges: Sequence[Exchange], old: Player, new: Player) -> list[Outcome]:
    """Replay and return all outcomes; each answer is a Response."""
    outcomes = list(replay(exchanges, old, new))
    assert all(isinstance(answer, Response) for outcome in outcomes for answer in (outcome.old, outcome.new))
    return outcomes


def statuses(outcomes: Sequence[Outcome]) -> list[tuple[int, int]]:
    """Return what both sides answered."""
    return [(outcome.old.status, outcome.new.status) for outcome in outcomes]  # type: ignore[union-attr]


def recorded(exchanges: Sequence[Exchange]) -> list[tuple[int, int]]:
    """Return what the recording says that both should answer."""
    return [(exchange.response.status,) * 2 for exchange in exchanges]  # type: ignore[union-attr, misc]


def verdicts(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Judge them as a scenario."""
    normaliser = Normaliser((2e9, float("inf")))
    judge = Judge(normaliser, normaliser, Fronts(False, False, False))
    return [judge.judge(outcome) for outcome in outcomes]


def whole_session(client: Any) -> None:
    """Log in, add three things, look at one, edit it by a form of each encoding, ask again for what is known, leave."""
    page = client.log_in()
    for name in (b"spade", b"rake", b"hoe"):
        page = client.ask("GET /items")
        added = client.send("POST /item/add", page, b"name=" + name)
    where = added.header(b"location").decode()
    page = client.ask(f"GET {where}")
    client.ask(f"GET {where}", headers=((b"If-None-Match", page.header(b"etag")),))
    page = client.ask(f"GET {where}")
    client.send("POST /item/edit", page, b"name=hoe12")
    page = client.ask(f"GET {where}?shown=12", headers=((b"Referer", b"http://shop.example" + where.encode()),))
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
        for pair in {**client.hidden(page), b"name": b"12"}.items()
    ]
    kind = ((b"Content-Type", b"multipart/form-data; boundary=b"),)
    client.ask("POST /item/edit", b"".join(parts) + b"--b--\r\n", kind)
    client.ask("GET /items")
    client.ask("GET /logout")
    client.ask("GET /items")


def test_a_session_is_replayed_under_each_side_s_own_names(client: Any, play: Any) -> None:
    """Session, form tokens, redirect targets, ids in paths and fields, validators: all that was accepted is again."""
    whole_session(client)
    outcomes = replayed(client.exchanges, play("old", **OLD), play("new", **NEW))
    assert statuses(outcomes) == recorded(client.exchanges)
    assert {status for status, _ in statuses(outcomes)} == {200, 302, 304}  # and the recording shows success
    assert [outcome.exchange for outcome in outcomes] == client.exchanges


def test_names_of_each_side_s_own_are_no_difference(client: Any, play: Any) -> None:
    """Sessions, tokens and ids read the same on both sides; the digests of validators do not, and are shown."""
    whole_session(client)
    found = verdicts(replayed(client.exchanges, play("old", **OLD), play("new", **NEW)))
    differences = {(d.aspect, d.path) for verdict in found for d in verdict.differences}
    assert differences == {("header", "ETag")}
    assert {verdict.kind for verdict in found} == {"judged"}


@pytest.mark.parametrize(
    ("broken", "aspects"),
    [("short token", {"body"}), ("redirect", {"header", "status", "body"}), ("text", {"body"})],
)
def test_a_real_change_beside_them_is_shown(client: Any, play: Any, broken: str, aspects: set[str]) -> None:
    """A token of another length, a redirect elsewhere, another text."""
    whole_session(client)
    found = verdicts(replayed(client.exchanges, play("old", **OLD), play("new", **NEW, BROKEN=broken)))
    seen = {d.aspect for verdict in found for d in verdict.differences if d.path != "ETag"}
    assert seen & aspects


def test_a_session_goes_on_where_new_calls_its_cookie_otherwise(client: Any, play: Any) -> None:
    """The other name is a difference; what follows from it is none."""
    whole_session(client)
    outcomes = replayed(client.exchanges, play("old", **OLD), play("new", **NEW, BROKEN="cookie"))
    assert statuses(outcomes) == recorded(client.exchanges)
    differing = {d.path for verdict in verdicts(outcomes) for d in verdict.differences}
    assert differing <= {"ETag", "Set-Cookie"} | {path for path in differing if path.startswith("Set-Cookie")}
    assert any(path.startswith("Set-Cookie") for path in differing)


def test_nothing_is_bound_where_the_sides_answer_as_recorded(client: Any, play: Any) -> None:
    """The request is sent as it was."""
    whole_session(client)
    players = play("old", SALT="recorded"), play("new", SALT="recorded")
    outcomes = replayed(client.exchanges, *players)
    assert [outcome.old for outcome in outcomes] == [exchange.response for exchange in client.exchanges]
    assert [player.bindings.bind(exchange) is exchange for player in players for exchange in client.exchanges]
    assert outcomes[-1].names == ({}, {})


def test_an_interface_s_ids_and_tokens_are_bound(client: Any, play: Any) -> None:
    """JSON members and XML-RPC values, used in paths, headers and calls."""
    token = json.loads(client.ask("GET /api/token").body)["access_token"]
    bearer = (b"Authorization", b"Bearer " + token.encode())
    json_type = (b"Content-Type", b"application/json")
    number = json.loads(client.ask("POST /api/items", b'{"name": "spade"}', (bearer, json_type)).body)["id"]
    client.ask(f"GET /api/items/{number}", headers=(bearer,))
    call = "<methodCall><methodName>%s</methodName><params><param><value>%s</value></param></params></methodCall>"
    xml = ((b"Content-Type", b"text/xml"),)
    made = client.ask("POST /RPC2", (call % ("create", "<string>rake</string>")).encode(), xml)
    number = int(re.search(rb"<int>(\d+)</int>", made.body)[1])  # type: ignore[index]
    struct = f"<struct><member><name>item_id</name><value><int>{number}</int></value></member></struct>"
    client.ask("POST /RPC2", (call % ("get", struct)).encode(), xml)
    outcomes = replayed(client.exchanges, play("old", **OLD), play("new", **NEW))
    assert statuses(outcomes) == recorded(client.exchanges)
    assert [verdict.differences for verdict in verdicts(outcomes)] == [()] * 5


def logins(**table: Any) -> Logins:
    """Read one login."""
    return read_logins([table], HERE, {"SECRET": "alice:secret"})


BY_FORM = {"path": "/login", "form": {"user": "alice", "password": "secret"}}
STEPS = [{"path": "/login"}, BY_FORM]


@pytest.mark.parametrize("principal", ["cookie:sid", "*"])
def test_a_login_from_before_the_recording_is_made_up_for(client: Any, play: Any, principal: str) -> None:
    """The recording begins with a cookie that it never shows being set."""
    client.log_in()
    whole = client.since(3)
    page = client.ask("GET /items")
    client.send("POST /item/add", page, b"name=spade")
    client.ask("GET /item/12")
    given = logins(principal=principal, request=STEPS)
    late = client.since(3)
    assert len(late) > len(whole)
    outcomes = replayed(late, play("old", **OLD, logins=given), play("new", **NEW, logins=given))
    assert statuses(outcomes) == recorded(late)
    assert {302, 200} == {status for status, _ in statuses(outcomes)}


def test_without_a_login_such_a_recording_is_stale(client: Any, play: Any) -> None:
    """The control of the test above."""
    client.log_in()
    assert statuses(replayed(client.since(3), play("old", **OLD), play("new", **NEW))) == [(302, 302)]


def test_a_login_in_the_recording_is_the_one_that_counts(client: Any, play: Any) -> None:
    """A configured login would have another session; here it could not even be made."""
    client.log_in()
    given = logins(principal="cookie:sid", request=[{"path": "/nowhere"}])
    outcomes = replayed(client.exchanges, play("old", **OLD, logins=given), play("new", **NEW, logins=given))
    assert statuses(outcomes) == recorded(client.exchanges)


@pytest.mark.parametrize(
    ("principal", "way"),
    [
        ("basic:al", {"remote_user": "alice"}),
        ("basic:al", {"basic": "alice:secret"}),
        ("basic:al", {"basic_env": "SECRET"}),
        ("basic:al", {"request": STEPS}),
        ("remote:al", {"remote_user": "alice"}),
    ],
    ids=["remote user", "basic", "basic from the environment", "requests", "another user"],
)
def test_a_principal_gets_the_test_credentials(client: Any, play: Any, principal: str, way: dict[str, Any]) -> None:
    """The recorded user is unknown to the targets, or has another password."""
    headers = ((b"Authorization", b"Basic YWw6cmVhbA=="),) if principal == "basic:al" else ()
    user = "al" if principal == "remote:al" else ""
    client.ask("GET /items", headers=headers, user=user)
    sent = client.exchanges
    plain = replayed(sent, play("old", **OLD), play("new", **NEW))
    given = logins(principal=principal, **way)
    dressed = replayed(sent, play("old", **OLD, logins=given), play("new", **NEW, logins=given))
    refused = 302 if principal == "basic:al" else 200  # REMOTE_USER is believed as it is
    assert (statuses(plain), statuses(dressed)) == ([(refused, refused)], [(200, 200)])


def test_another_principal_gets_none(client: Any, play: Any) -> None:
    """Only who is named."""
    client.ask("GET /items", headers=((b"Authorization", b"Basic Ym9iOnJlYWw="),))
    given = logins(principal="basic:al", basic="alice:secret")
    outcomes = replayed(client.exchanges, play("old", **OLD, logins=given), play("new", **NEW, logins=given))
    assert statuses(outcomes) == [(302, 302)]


def test_each_principal_s_own_cookie_may_be_fixed(client: Any, play: Any) -> None:
    """A session that both targets know from their starting state."""
    client.log_in()
    given = logins(principal="cookie:sid", cookie="sid=known-to-nobody")
    outcomes = replayed(client.since(3), play("old", **OLD, logins=given), play("new", **NEW, logins=given))
    assert statuses(outcomes) == [(302, 302)]  # sent, and unknown


WRONG = {"path": "/login", "form": {"user": "alice", "password": "wrong"}}


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"path": "/login"}, WRONG], "request 2, POST /login: answered 401"),
        ([{"path": "/login", "expect": 302}], "request 1, GET /login: answered 200, expected 302"),
        ([{"path": "/nowhere", "expect": 302}], "no answer set a cookie"),
    ],
    ids=["wrong password", "not what was expected", "no cookie"],
)
def test_a_login_that_fails_is_no_verdict(client: Any, play: Any, steps: list[Any], words: str) -> None:
    """The message names principal, target, request and what was answered."""
    client.log_in()
    given = logins(principal="cookie:sid", request=steps)
    with pytest.raises(TargetError) as error:
        replayed(client.since(3), play("the old one", **OLD, logins=given), play("new", **NEW))
    assert "cookie:sid" in str(error.value)
    assert "the old one" in str(error.value)
    assert words in str(error.value)


def test_fixed_substitutions_hold_on_both_sides(client: Any, play: Any) -> None:
    """What redaction put into a recording, also inside Basic credentials."""
    client.ask("GET /items", headers=((b"Authorization", b"Basic YWxpY2U6Ujdha2VuLTE="),))  # alice:R7aken-1
    fixed = read_fixed({"R7aken-1": "secret"}, HERE, {})
    outcomes = replayed(client.exchanges, play("old", **OLD, fixed=fixed), play("new", **NEW, fixed=fixed))
    assert statuses(outcomes) == [(200, 200)]
