"""`harness characterize` as a user runs it: what it writes passes at once, and fails when the behaviour changes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.characterize import needed as needed_module
from harness.config import find_config
from harness.exchange import Exchange, Request, Response
from harness.pipeline import Options
from harness.recording import open_recordings, writer_for
from harness.targets import parse_target

ROOT = Path(__file__).parents[3]
SHOP = """
def application(environ, start_response):
    path, cookie = environ["PATH_INFO"], environ.get("HTTP_COOKIE", "")
    headers = [("Content-Type", "text/html")]
    if path == "/login":
        headers.append(("Set-Cookie", "who=me"))
    body = b"<p>" + (b"basket" if "who=me" in cookie else b"stranger") + b"</p>"
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [body]
"""


def exchange(number, path, body, *headers, cookie=b""):
    """Return one exchange."""
    asked = ((b"Host", b"x"), *(((b"Cookie", cookie),) if cookie else ()))
    answer = ((b"Content-Type", b"text/html"), *headers, (b"Content-Length", str(len(body)).encode()))
    request = Request(b"GET %s HTTP/1.1" % path, asked)
    return Exchange(f"day.archive#{number}", request, Response(200, b"OK", answer, body), started=number)


@pytest.fixture
def shop(tmp_path):
    """A folder with an application and a recording of it."""
    (tmp_path / "shop.py").write_text(SHOP)
    writer = writer_for(tmp_path / "day.archive")
    writer.open()
    writer.add(exchange(1, b"/a", b"<p>stranger</p>"))
    writer.add(exchange(2, b"/login", b"<p>stranger</p>", (b"Set-Cookie", b"who=me")))
    writer.add(exchange(3, b"/basket", b"<p>basket</p>", cookie=b"who=me"))
    writer.close()
    return tmp_path


def run(folder, module, *words):
    """Run a module there; return its exit status and what it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", *module.split(), *words],
        cwd=folder,
        env={
            "PYTHONPATH": f"{ROOT}:{folder}",
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def pytest_run(folder, *words):
    """Run pytest with the plugin."""
    return run(folder, "pytest -q -p no:cacheprovider -p harness.pytest_plugin", *words)


def test_a_test_of_an_archive_passes_and_fails_when_the_behaviour_changes(shop):
    """With the one exchange it needs."""
    words = ("day.archive", "--path", "/basket", "--target", "shop:application", "-o", "test_basket.py")
    status, text = run(shop, "harness characterize", *words)
    assert status == 0, text
    assert len(open_recordings([shop / "test_basket.yaml"])[0]) == 1
    assert "def test_get_basket_answers_200(harness_replay):" in (shop / "test_basket.py").read_text()
    status, text = pytest_run(shop, "test_basket.py")
    assert (status, "1 passed" in text) == (0, True), text
    (shop / "shop.py").write_text(SHOP.replace('b"basket"', 'b"empty"'))
    status, text = pytest_run(shop, "test_basket.py")
    assert (status, "basket" in text, "+ " in text) == (1, True, True), text


def test_a_group_of_a_report_is_pinned_at_old(shop):
    """The test passes at old and fails at new."""
    (shop / "other.py").write_text(SHOP.replace("text/html", "text/plain"))
    targets = ("--old", "shop:application", "--new", "other:application")
    assert run(shop, "harness diff", "day.archive", *targets, "--json", "report.json")[0] == 1
    group = json.loads((shop / "report.json").read_text())["groups"][0]["id"]
    status, text = run(shop, "harness characterize", "report.json", "--group", group, "-o", "test_type.py")
    assert status == 0, text
    assert pytest_run(shop, "test_type.py")[0] == 0
    assert pytest_run(shop, "test_type.py", "--harness-target", "other:application")[0] == 1


def test_a_curl_command_is_asked_now(shop):
    """And its answer pinned."""
    words = ("curl -H 'Accept: text/html' http://localhost/a", "--target", "shop:application", "-o", "test_a.py")
    status, text = run(shop, "harness characterize", *words)
    assert status == 0, text
    assert open_recordings([shop / "test_a.yaml"])[0].__len__() == 1
    assert pytest_run(shop, "test_a.py")[0] == 0


def test_what_is_answered_otherwise_than_recorded_is_told_and_pinned_as_now(shop):
    """So that the test passes at once."""
    (shop / "shop.py").write_text(SHOP.replace('b"stranger"', 'b"guest"'))
    status, text = run(
        shop, "harness characterize", "day.archive", "1", "--target", "shop:application", "-o", "test_now.py"
    )
    assert (status, "day.archive#1: pinned as answered now" in text) == (0, True), text
    assert pytest_run(shop, "test_now.py")[0] == 0


SECRET = "sk_live_51H8abcdEFGHijklMNOPqrst"
SECRETIVE = SHOP.replace("[*headers,", f'[*headers, ("X-Api-Key", "{SECRET}"),').replace(
    'b"</p>"', 'b"</p><input name=password value=hunter2secret><i>alice@shop.example</i>"'
)


@pytest.mark.parametrize("source", [["day.archive", "1"], ["curl http://localhost/a"]], ids=["archive", "curl"])
def test_secrets_in_answers_of_now_are_redacted_and_are_no_difference_afterwards(shop, source):
    """The cassette is meant to be committed; a word in the place of a secret is a difference, and so is its absence."""
    (shop / "shop.py").write_text(SECRETIVE)
    words = (*source, "--target", "shop:application", "-o", "test_key.py")
    status, text = run(shop, "harness characterize", *words)
    assert status == 0, text
    written = (shop / "test_key.yaml").read_text()
    assert [SECRET in written, "hunter2" in written, "redactions:" in written] == [False, False, True], written
    assert "test_key.yaml" not in text.replace("wrote test_key.yaml", ""), text
    assert pytest_run(shop, "test_key.py")[0] == 0
    changed = SECRETIVE.replace(f'("X-Api-Key", "{SECRET}"),', "").replace("alice@shop.example", "nobody")
    (shop / "shop.py").write_text(changed)
    status, text = pytest_run(shop, "test_key.py")
    assert (status, "header X-Api-Key" in text, "+ nobody" in text, "password" in text) == (1, True, True, False), text


def test_secrets_are_written_in_clear_if_asked(shop):
    """By --no-redaction."""
    (shop / "shop.py").write_text(SECRETIVE)
    words = ("day.archive", "1", "--target", "shop:application", "-o", "test_key.py", "--no-redaction")
    assert run(shop, "harness characterize", *words)[0] == 0
    assert SECRET in (shop / "test_key.yaml").read_text()
    assert pytest_run(shop, "test_key.py")[0] == 0


def test_answers_that_pytest_rewrites_are_redacted(shop):
    """Those beside it stay as they were."""
    (shop / "shop.py").write_text(SHOP)
    words = ("day.archive", "1", "--target", "shop:application", "-o", "test_key.py")
    assert run(shop, "harness characterize", *words)[0] == 0
    (shop / "shop.py").write_text(SECRETIVE)
    status, text = pytest_run(shop, "test_key.py", "--harness-update")
    written = (shop / "test_key.yaml").read_text()
    assert (status, SECRET in written, "X-Api-Key" in written) == (1, False, True), text
    assert pytest_run(shop, "test_key.py")[0] == 0


DRAWN = """
import os, random

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html"), ("X-Process", str(os.getpid()))])
    drawn = {"/mood": random.choice(["red", "blue", "green"]), "/number": str(random.randrange(10**6))}
    return [("<p>" + drawn.get(environ["PATH_INFO"], "stranger") + "</p>").encode()]
"""


@pytest.fixture
def drawing(shop):
    """The folder, where the application answers with what is drawn, recorded by another process."""
    (shop / "shop.py").write_text(DRAWN)
    writer = writer_for(shop / "drawn.archive")
    writer.open()
    process = (b"X-Process", b"77")
    for number, (path, body) in enumerate(((b"/mood", b"<p>red</p>"), (b"/number", b"<p>37</p>")), 1):
        writer.add(exchange(number, path, body, process))
    writer.close()
    return shop


@pytest.mark.parametrize(
    "source", [["drawn.archive", "1", "2"], ["drawn.archive", "2"], ["curl http://localhost/mood"]]
)
def test_what_is_drawn_anew_is_pinned_by_its_form(drawing, source):
    """The test passes at once, each time, and where other numbers are drawn; not with what has another form."""
    words = ("drawn.archive", "1", "2", "--target", "shop:application", "-o", "tests/test_drawn.py")
    status, text = run(drawing, "harness characterize", *words)
    assert status == 0, text
    assert "wrote tests/test_drawn.noise.toml" in text, text
    assert "header X-Process (number)" in text, text
    for code in (DRAWN, DRAWN.replace("drawn = {", "random.random(); drawn = {")):
        (drawing / "shop.py").write_text(code)
        status, text = pytest_run(drawing, "tests/test_drawn.py")
        assert status == 0, text
    (drawing / "shop.py").write_text(DRAWN.replace("str(os.getpid())", '"none"'))
    status, text = pytest_run(drawing, "tests/test_drawn.py")
    assert (status, "header X-Process" in text) == (1, True), text


def test_a_test_that_would_not_pass_is_not_written(shop):
    """Where each answer is another, in a way that no rule knows: with the reason."""
    text = '"".join(("a cat ", "the dogs ")[int(one)] for one in bin(os.getpid())[2:])'
    (shop / "shop.py").write_text(DRAWN.replace('"stranger"', text))
    words = ("day.archive", "1", "--target", "shop:application", "-o", "test_free.py")
    status, text = run(shop, "harness characterize", *words)
    assert (status, "a test would not pass" in text, "wrote" in text) == (2, True, False), text
    assert not list(shop.glob("test_free*"))


def test_a_test_passes_from_any_folder(shop):
    """The target begins where its module is."""
    words = ("day.archive", "1", "--target", "shop:application", "-o", "tests/test_a.py")
    assert run(shop, "harness characterize", *words)[0] == 0
    (shop / "pytest.ini").write_text("[pytest]\n")
    status, text = run(shop / "tests", "pytest -q -p no:cacheprovider -p harness.pytest_plugin", "test_a.py")
    assert status == 0, text


def test_only_what_is_built_upon_is_kept(tmp_path):
    """Of many requests of other clients the one that wrote what is read."""
    (tmp_path / "shop.py").write_text(
        """
KEPT = {}

def application(environ, start_response):
    if environ["PATH_INFO"] == "/set":
        KEPT["x"] = environ["QUERY_STRING"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [KEPT.get("x", "nothing").encode() if environ["PATH_INFO"] == "/get" else b"yes"]
"""
    )
    writer = writer_for(tmp_path / "day.archive")
    writer.open()
    for number in range(1, 21):
        path, body = {7: (b"/set?y", b"yes"), 20: (b"/get", b"y")}.get(number, (b"/%d" % number, b"yes"))
        request = Request(b"GET %s HTTP/1.1" % path, ((b"Host", b"x"), (b"User-Agent", b"client/%d" % number)))
        headers = ((b"Content-Type", b"text/plain"), (b"Content-Length", str(len(body)).encode()))
        writer.add(Exchange(f"day.archive#{number}", request, Response(200, b"OK", headers, body), started=number))
    writer.close()
    words = ("day.archive", "20", "--target", "shop:application", "-o", "test_get.py")
    status, text = run(tmp_path, "harness characterize", *words)
    assert (status, "2 exchanges, 1 of them built upon" in text) == (0, True), text
    kept = [each.request.path for each in open_recordings([tmp_path / "test_get.yaml"])[0]]
    assert kept == [b"/set", b"/get"]
    assert pytest_run(tmp_path, "test_get.py")[0] == 0


def test_what_was_too_much_to_be_replayed_is_told(shop, monkeypatch):
    """Since what is pinned as now may be so because of it."""
    monkeypatch.chdir(shop)
    monkeypatch.setattr(needed_module, "MOST", 2)
    writer = writer_for(shop / "clients.archive")
    writer.open()
    for number in (1, 2, 3):
        one = exchange(number, b"/basket", b"<p>basket</p>")
        headers = (*one.request.headers, (b"User-Agent", b"client/%d" % number))
        writer.add(replace(one, request=replace(one.request, headers=headers)))
    writer.close()
    (recording,) = open_recordings([shop / "clients.archive"])
    (shop / "shop.py").write_text(SHOP.replace('b"basket"', 'b"empty"'))
    config = find_config(shop)
    options = Options(parse_target("recorded", config), parse_target("shop:application", config), config)
    found = needed_module.needed(recording, [list(recording)[2]], options, "x.yaml")
    assert (found.changed, found.untried) == (["x.yaml#1"], 2)


def test_a_group_of_a_report_on_several_folders(shop):
    """The report tells recordings of one name apart by their folders; what is elsewhere is given."""
    for name in ("one", "two"):
        (shop / "rec" / name).mkdir(parents=True)
        (shop / "rec" / name / "day.archive").write_bytes((shop / "day.archive").read_bytes())
    (shop / "day.archive").unlink()
    (shop / "other.py").write_text(SHOP.replace("text/html", "text/plain"))
    targets = ("--old", "shop:application", "--new", "other:application")
    assert run(shop, "harness diff", "rec", *targets, "--json", "report.json")[0] == 1
    status, text = run(shop, "harness characterize", "report.json", "-o", "test_type.py")
    assert status == 0, text
    assert pytest_run(shop, "test_type.py")[0] == 0
    (shop / "rec").rename(shop / ".gone")
    status, text = run(shop, "harness characterize", "report.json", "-o", "test_gone.py")
    assert (status, "--recording ARCHIVE" in text) == (2, True), text
    where = ("--recording", ".gone/one/day.archive")
    status, text = run(shop, "harness characterize", "report.json", "-o", "test_gone.py", *where)
    assert status == 0, text
    assert pytest_run(shop, "test_gone.py")[0] == 0


WRONG = {
    "no target": (["day.archive", "1", "-o", "test_x.py"], "--target TARGET"),
    "a name pytest passes over": (["day.archive", "1", "--target", "shop:application", "-o", "x.py"], "test_*.py"),
    "no such exchange": (["day.archive", "9", "--target", "shop:application", "-o", "test_x.py"], "no exchange"),
    "a group of no report": (
        ["day.archive", "1", "--group", "3f", "--target", "shop:application", "-o", "test_x.py"],
        "day.archive is not",
    ),
    "nothing meant": (
        ["day.archive", "--path", "/z", "--target", "shop:application", "-o", "test_x.py"],
        "no exchange is meant",
    ),
}


@pytest.mark.parametrize(("words", "reason"), WRONG.values(), ids=WRONG.keys())
def test_wrong_use_is_told_and_writes_nothing(shop, words, reason):
    """Exit status 2."""
    status, text = run(shop, "harness characterize", *words)
    assert (status, reason in text) == (2, True), text
    assert not list(shop.glob("*x.py"))


def test_nothing_is_written_over(shop):
    """Neither tests nor cassettes."""
    (shop / "test_x.yaml").write_text("mine")
    words = ("day.archive", "1", "--target", "shop:application", "-o", "test_x.py")
    status, text = run(shop, "harness characterize", *words)
    assert (status, "test_x.yaml: exists" in text) == (2, True), text
    assert (shop / "test_x.yaml").read_text() == "mine"
