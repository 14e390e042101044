"""pytest with recordings: collected, replayed, told apart, rewritten; each by a real pytest in a folder of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.pytest_plugin import configured
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


def by_hand(folder, *calls):
    """Write a file of tests, one for each call of `harness_replay`."""
    tests = [f"def test_{number}(harness_replay):\n    harness_replay({call})\n" for number, call in enumerate(calls)]
    (folder / "test_hand.py").write_text("\n\n".join(tests))


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


def test_each_target_is_asked_for_itself(shop):
    """Two tests on one cassette, each with a target of its own: the second is not judged by what the first showed."""
    (shop / "other.py").write_text(SHOP.replace('"text/html"', '"text/plain"'))
    calls = [f"'visits.yaml', 1, target='{name}:application'" for name in ("shop", "other")]
    for each in (calls, calls[::-1]):
        by_hand(shop, *each)
        _, text = run(shop, "test_hand.py")
        assert "1 failed, 1 passed" in text, text
        assert "+ text/plain\n" in text, text


def test_a_test_by_hand_beside_a_collected_one_sees_the_whole_recording(shop):
    """The collected test needs the first exchange alone, the other one the third."""
    by_hand(shop, "'visits.yaml', 3")
    words = ("visits.yaml::1 GET /", "test_hand.py", "--harness-target", "shop:application")
    status, text = run(shop, *words)
    assert (status, "2 passed" in text) == (0, True), text
    status, text = run(shop, *words[1:2], *words[:1], *words[2:])
    assert (status, "2 passed" in text) == (0, True), text


def test_what_cannot_be_replayed_is_told_without_a_traceback(shop):
    """A number that the cassette has not, a cassette that is not there."""
    by_hand(shop, "'visits.yaml', 99", "'visits.yaml', 0", "'missing.yaml'", "'missing.yaml', 1")
    status, text = run(shop, "test_hand.py", "--harness-target", "shop:application")
    assert (status, "4 failed" in text, "Traceback" in text or "Error" in text) == (1, True, False), text
    for told in (
        "has no exchange 99, but 1 to 3",
        "has no exchange 0, but 1 to 3",
        "missing.yaml: no such file or folder",
    ):
        assert told in text, text


def test_a_target_that_does_not_start_is_started_once(shop):
    """However many tests ask for it; each fails with the reason."""
    (shop / "shop.py").write_text("open('starts', 'a').write('x')\nraise RuntimeError('no database')\n")
    _, text = run(shop, "visits.yaml", "--harness-target", "shop:application")
    assert "3 failed" in text, text
    assert text.count("no database") >= 3, text
    assert (shop / "starts").read_text() == "x"


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "harness.toml",
            '[pytest]\nrecordings = "visits.yaml"',
            "recordings must be a list of paths, not 'visits.yaml'",
        ),
        ("harness.toml", "[pytest]\nrecordings = [3]", "recordings must be a list of paths, not [3]"),
        ("harness.toml", "[pytest]\ntarget = 3", "target must be a string, not 3"),
        ("harness.toml", "[pytest]\nrecordigns = []", "[pytest] may have target and recordings"),
        ("harness.toml", "[pytest", "harness.toml: cannot be read"),
        ("pyproject.toml", '[tool.harness.pytest]\nrecordings = "x"', "recordings must be a list of paths, not 'x'"),
    ],
)
def test_a_configuration_that_collects_nothing_by_mistake_is_an_error(tmp_path, file, text, told):
    """Else tests are missing, and nobody is told."""
    (tmp_path / file).write_text(text)
    with pytest.raises(pytest.UsageError, match=re.escape(told)):
        configured(tmp_path)


def test_pytest_ends_at_such_a_configuration(shop):
    """Before any test."""
    (shop / "harness.toml").write_text("[pytest")
    status, shown = run(shop, ".")
    assert (status, "harness.toml: cannot be read" in shown) == (4, True), shown


def test_a_listed_place_that_is_not_there_is_warned_of(shop):
    """It may come later."""
    (shop / "harness.toml").write_text('[pytest]\nrecordings = ["recs"]\n')
    status, text = run(shop, ".")
    assert (status, "recordings: there is no" in text) == (5, True), text


def test_pyproject_lists_recordings_as_harness_toml_does(shop):
    """Where there is no harness.toml."""
    (shop / "harness.toml").unlink()
    (shop / "pyproject.toml").write_text(
        '[tool.harness.pytest]\ntarget = "shop:application"\nrecordings = ["visits.yaml"]\n'
    )
    status, text = run(shop, ".")
    assert (status, "3 passed" in text) == (0, True), text


@pytest.mark.parametrize("words", [(), ("-p", "xdist", "-n", "2"), ("-p", "xdist", "-n", "2", "--dist", "loadfile")])
def test_update_rewrites_all_that_failed_whoever_ran_it(shop, words):
    """Of workers, too: one process writes, once, and says so."""
    change(shop, '"text/html"', '"text/plain"')
    status, text = run(shop, "visits.yaml", "--harness-target", "shop:application", "--harness-update", *words)
    assert (status, "3 failed" in text) == (1, True), text
    assert text.count("visits.yaml: 3 recorded answers rewritten; look at the change") == 1, text
    types = [exchange.response.header(b"content-type") for exchange in open_recordings([shop / "visits.yaml"])[0]]
    assert types == [b"text/plain"] * 3


def test_a_test_by_hand_shows_all_that_failed_and_updates_it_at_once(shop):
    """Not the first only: one run for each would be needed."""
    change(shop, '"text/html"', '"text/plain"')
    by_hand(shop, "'visits.yaml'")
    _, text = run(shop, "test_hand.py", "--harness-target", "shop:application", "--harness-update")
    assert "visits.yaml: 3 recorded answers rewritten" in text, text
    assert [f"visits.yaml#{number}: GET" in text for number in (1, 2, 3)] == [True] * 3, text


def test_update_leaves_what_two_targets_answer_otherwise(shop):
    """What would suit one would fail at the other; it is told."""
    (shop / "other.py").write_text(SHOP.replace('"text/html"', '"text/plain"'))
    by_hand(shop, *(f"'visits.yaml', 1, target='{name}:application'" for name in ("shop", "other")))
    before = (shop / "visits.yaml").read_bytes()
    _, text = run(shop, "test_hand.py", "--harness-update")
    told = "visits.yaml: not rewritten, since other:application and shop:application do not answer alike: #1"
    assert told in text, text
    assert (shop / "visits.yaml").read_bytes() == before


def test_a_damaged_file_of_a_listed_folder_is_an_error_of_collection(shop):
    """Named, with the reason, and without a traceback."""
    (shop / "recs").mkdir()
    (shop / "recs" / "other.yaml").write_text("a: [\n")
    status, text = run(shop, "recs", "--harness-target", "shop:application")
    assert (status, "recs/other.yaml" in text, "Traceback" in text) == (2, True, False), text


def test_a_worker_that_dies_is_told_of(shop):
    """What failed in it is lost, and not silently."""
    change(shop, '"text/html"', '"text/plain"')
    by_hand(shop, "'visits.yaml', 1")
    (shop / "test_zcrash.py").write_text("import os\n\ndef test_crash():\n    os._exit(3)\n")
    words = ("test_hand.py", "test_zcrash.py", "--harness-target", "shop:application", "--harness-update")
    _, text = run(shop, *words, "-p", "xdist", "-n", "1")
    assert "a worker ended early: of what failed in it, nothing is rewritten" in text, text
