"""The places of max_concurrency: a limit within a process and across its forks; nobody takes one to the grave."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from compat.places import Places


def test_limit() -> None:
    """As many as there are places, and not one more."""
    places = Places(2)
    first, second = places.take(0), places.take(0)
    assert {first, second} == {0, 1}
    assert places.take(0.05) is None


def test_given_back() -> None:
    """A place that came back wakes who waits for it, well before the time is over."""
    places = Places(1)
    taken = places.take(0)
    assert taken == 0
    threading.Timer(0.1, places.leave, [taken]).start()
    began = time.monotonic()
    assert places.take(10) == 0
    assert time.monotonic() - began < 5


def test_threads() -> None:
    """Under twenty threads the limit holds, and each gets its turn."""
    places, inside, most, lock = Places(3), 0, 0, threading.Lock()

    def work() -> None:
        nonlocal inside, most
        place = places.take(20)
        assert place is not None
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        with lock:
            inside -= 1
        places.leave(place)
        done.append(place)

    done: list[int] = []
    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(done), most) == (20, 3)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_shared_across_forks() -> None:
    """A child's places count in its parent; when it is killed they are free again."""
    places = Places(2)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, str(places.take(0)).encode())
            time.sleep(60)
        finally:
            os._exit(0)
    try:
        assert os.read(reader, 10) == b"0"
        assert places.take(0) == 1
        assert places.take(0.05) is None
        os.kill(child, signal.SIGKILL)
        assert places.take(10) == 0
    finally:
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)


def test_no_descriptor_left(no_new_descriptors: None) -> None:
    """The file goes with its owner."""
    Places(1).take(0)
