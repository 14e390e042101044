"""A client that does not do what it should is told, and never recorded as if it had."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from recordings.session import ClientError, Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session whose client is this Python; no index is asked."""
    return Session("http://127.0.0.1:1", tmp_path, Path(sys.executable))


def test_returns_what_a_client_printed(session: Session) -> None:
    """Standard output and error together, as a person would see them."""
    assert session.client("-c", "import sys; print('out'); sys.stderr.write('err')", says="out").split() == [
        "out",
        "err",
    ]


@pytest.mark.parametrize(
    ("program", "status"),
    [
        pytest.param("print('Successfully installed'); raise SystemExit(1)", 0, id="ends with an error"),
        pytest.param("print('Nothing to do')", 0, id="does not say what it says on success"),
        pytest.param("print('Successfully installed')", 1, id="succeeds where it should be refused"),
    ],
)
def test_another_end_is_an_error(session: Session, program: str, status: int) -> None:
    """Exit status and printed line are both checked; the error shows what was printed."""
    with pytest.raises(ClientError, match=r"printed:\n[SN]"):
        session.client("-c", program, says="Successfully installed", status=status)


def test_a_client_gets_nothing_of_our_environment(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who makes the recordings must not show in them."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://example.org/")
    monkeypatch.setenv("HTTP_PROXY", "http://example.org/")
    printed = session.client("-c", "import os; print(sorted(os.environ)); print(os.environ['HOME'])")
    assert "PIP_INDEX_URL" not in printed
    assert "HTTP_PROXY" not in printed
    assert str(session.work) in printed
    assert os.environ["HOME"] != str(session.work)
