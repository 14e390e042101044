"""The recordings share one port where it is free."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import pytest

from recordings import index
from recordings.index import HOST, free_port, recorded_index


def test_takes_the_wanted_port_if_it_is_free() -> None:
    """So that all cassettes name one Host."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    assert free_port(port) == port


def test_takes_another_port_if_somebody_listens() -> None:
    """A busy port is no reason not to record."""
    with socket.create_server((HOST, 0)) as busy:
        port = busy.getsockname()[1]
        assert free_port(port) not in (0, port)


def test_somebody_takes_the_port_before_the_recorder_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then it is another one, and links and redirects of the index say that."""
    pytest.importorskip("harness.postgres")
    with socket.create_server((HOST, 0)) as busy:
        taken = busy.getsockname()[1]
        said = [taken]
        monkeypatch.setattr(index, "free_port", lambda wanted: said.pop() if said else free_port(wanted))
        with recorded_index(tmp_path / "x.yaml", tmp_path, cgi=False) as base:
            page = urllib.request.urlopen(f"{base}/pypi", timeout=10)
            with page:
                text = page.read().decode()
    assert base != f"http://{HOST}:{taken}"
    assert f"{base}/pypi?:action=rss" in text
