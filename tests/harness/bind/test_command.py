"""A login by command: a real program, what it prints and what it sees."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.bind import LoginError, run_command
from harness.bind.logins import Login
from harness.bind.principal import Principal


def login(code: str, folder: Path, *env: str) -> Login:
    """A login by a Python program."""
    return Login(Principal("*"), command=(sys.executable, "-c", code), env=env, folder=folder)


def test_header_lines_become_credentials(tmp_path: Path) -> None:
    """In any case, among other lines."""
    code = "print('Hello\\ncookie: sid=1; lang=en\\nAuthorization: Bearer x')"
    made = run_command(login(code, tmp_path))
    assert (made.cookies, made.authorization) == ({b"sid": b"1", b"lang": b"en"}, b"Bearer x")


def test_it_runs_beside_the_configuration_and_sees_only_what_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PATH, and the variables that the login names."""
    monkeypatch.setenv("SHOP_SECRET", "s")
    monkeypatch.setenv("OTHER_SECRET", "o")
    code = "import os; print('Cookie: at=' + os.getcwd(), *sorted(set(os.environ) - {'LC_CTYPE'}), sep=';')"
    made = run_command(login(code, tmp_path, "SHOP_SECRET"))
    assert made.cookies == {b"at": str(tmp_path.resolve()).encode()}
    code = "import os; print('Cookie: seen=' + '-'.join(sorted(set(os.environ) - {'LC_CTYPE'})))"
    assert run_command(login(code, tmp_path, "SHOP_SECRET")).cookies == {b"seen": b"PATH-SHOP_SECRET"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('no such user')", "ended with exit status 1: no such user"),
        ("print('sid=1')", "printed no line that begins with Cookie: or Authorization:"),
    ],
)
def test_a_command_that_fails_says_why(tmp_path: Path, code: str, words: str) -> None:
    """Its status and its last words."""
    with pytest.raises(LoginError, match=words):
        run_command(login(code, tmp_path))


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    """Named."""
    with pytest.raises(LoginError, match="/no/such: No such file"):
        run_command(Login(Principal("*"), command=("/no/such",), folder=tmp_path))
