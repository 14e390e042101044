"""pytest with recordings: collected, replayed, told apart, rewritten; each by a real pytest in a folder of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings, writer_for

ROOT = Path(__file__).parents[2]
SHOP = """
COUNT = {"visits": 0}

def application(environ, start_response):
    COUNT["visits"] += 1
    path = environ["PATH_INFO"]
    body = b"visit %d" % COUNT["visits"] if path == "/visits" else b"<p>" + WORD + b"</p>"
    start_response("200 OK", [("Content-Type", TYPE), ("Content-Length", str(len(body)))])
    return [body]

WORD, TYPE = b"good", "text/html"
"""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
ANSWERS = {"/": b"<p>good</p>", "/other": b"<p>good</p>", "/visits": b"visit 3"}


@pytest.fixture
def shop(tmp_path):
    """A folder with an application, a recording of it and a harness.toml that lists neither."""
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "harness.toml").write_text("")
    writer = writer_for(tmp_path / "visits.yaml")
    writer.open()
    for number, (path, body) in enumerate(ANSWERS.items(), 1):
        headers = ((b"Content-Type", b"text/html"), (b"Content-Length", str(len(body)).encode()))
        request = Request(f"GET {path} HTTP/1.1".encode(), ((b"Host", b"x"),))
        writer.add(Exchange(f"visits.yaml#{number}", request, Response(200, b"OK", headers, body), started=number))
    writer.close()
    return tmp_path


def run(folder, *words):
    """Run pytest there; return its exit status and what it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "harness.pytest_plugin", *words],
        cwd=folder,
        env={**ENVIRONMENT, "PYTHONPATH": f"{ROOT}:{folder}", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def change(folder, before, after):
    """Change the application."""
    path = folder / "shop.py"
    path.write_text(path.read_text().replace(before, after))


def test_each_exchange_of_a_recording_is_a_test(shop):
    """Named by number and request; an application that answers as recorded passes."""
    status, text = run(shop, "visits.yaml", "--harness-target", "shop:application", "-v")
    assert status == 0, text
    assert [line.split("::")[1].split(" PASSED")[0] for line in text.splitlines() if "PASSED" in line] == [
        "1 GET /",
        "2 GET /other",
        "3 GET /visits",
    ]


def test_a_change_fails_the_test_of_its_exchange_in_the_words_of_the_report(shop):
    """The path, the group's title and id, both values, and a curl command."""
    change(shop, '"text/html"', '"text/plain" if 0 else "text/html; charset=utf-8"')
    status, text = run(shop, "visits.yaml", "--harness-target", "shop:application", "-k", "2")
    assert status == 1, text
    assert "visits.yaml#2: GET /other HTTP/1.1" in text
    assert "- text/html\n" in text
    assert "+ text/html; charset=utf-8\n" in text
    assert "curl --include" in text
    assert "1 failed, 2 deselected" in text


def test_a_chosen_test_follows_what_came_before_it(shop):
    """The third visit is the third also where the first two tests were not chosen."""
    assert run(shop, "visits.yaml", "--harness-target", "shop:application", "-k", "visits and 3")[0] == 0


def test_recordings_are_collected_only_where_that_was_asked_for(shop):
    """By default nothing is; harness.toml can list folders, and name the target."""
    assert run(shop, ".")[0] == 5  # pytest's status for no test at all
    (shop / "harness.toml").write_text('[pytest]\ntarget = "shop:application"\nrecordings = ["visits.yaml"]\n')
    status, text = run(shop, ".")
    assert (status, "3 passed" in text) == (0, True), text


def test_a_test_by_hand_replays_a_cassette(shop):
    """Five lines: a function that asks for `harness_replay`."""
    (shop / "test_shop.py").write_text("def test_good(harness_replay):\n    harness_replay('visits.yaml', 1)\n")
    words = ("test_shop.py", "--harness-target", "shop:application")
    assert run(shop, *words)[0] == 0
    change(shop, "good", "bad")
    status, text = run(shop, *words)
    assert status == 1, text
    assert "visits.yaml#1: GET / HTTP/1.1" in text, text


def test_without_a_target_the_error_says_what_to_give(shop):
    """Nothing is guessed."""
    (shop / "test_shop.py").write_text("def test_good(harness_replay):\n    harness_replay('visits.yaml', 1)\n")
    status, text = run(shop, "test_shop.py")
    assert status == 1, text
    assert "--harness-target TARGET" in text, text


def test_update_rewrites_the_answers_that_failed(shop):
    """And only those; afterwards the tests pass."""
    change(shop, 'b"<p>" + WORD', 'b"<p>" + (b"new" if path == "/other" else WORD)')
    status, text = run(shop, "visits.yaml", "--harness-target", "shop:application", "--harness-update")
    assert status == 1, text
    assert "visits.yaml: 1 recorded answers rewritten" in text, text
    assert [exchange.response.body for exchange in open_recordings([shop / "visits.yaml"])[0]] == [
        b"<p>good</p>",
        b"<p>new</p>",
        b"visit 3",
    ]
    assert run(shop, "visits.yaml", "--harness-target", "shop:application")[0] == 0


def test_a_damaged_recording_is_an_error_of_collection(shop):
    """Named, with the reason."""
    (shop / "visits.yaml").write_text("interactions:\n- 3\n")
    status, text = run(shop, "visits.yaml", "--harness-target", "shop:application")
    assert status == 2, text
    assert "visits.yaml" in text, text
