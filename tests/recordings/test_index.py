"""The recordings share one port where it is free."""

from __future__ import annotations

import socket

from recordings.index import HOST, free_port


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
