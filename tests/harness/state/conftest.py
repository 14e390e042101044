"""Fixtures of the drivers that have a server: one snapshot and one side a module, put back after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.state import SideState, State, open_state, read_spec


@pytest.fixture(scope="module")
def state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A snapshot made as `TABLE` of the module says."""
    with open_state(read_spec("seed", request.module.TABLE, tmp_path_factory.mktemp("app"))) as made:
        yield made


@pytest.fixture(scope="module")
def shared(state: State) -> SideState:
    """One side, put back after each test by `side`."""
    return state.side(0, "old")


@pytest.fixture
def side(shared: SideState) -> Iterator[SideState]:
    """A side equal to the snapshot."""
    yield shared
    shared.restore()
