"""Work shared among threads, each with a number of its own; the first error stops all and is raised."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Advance = Callable[[int], None]
Item = TypeVar("Item")


def shared(items: Sequence[Item], workers: int, do: Callable[[int, Item], int], advance: Advance) -> None:
    """Call `do(number of the worker, item)` for all items; `advance` hears the sum of what it returned."""
    left: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        left.put(item)
    lock = threading.Lock()
    failed: list[BaseException] = []
    done = 0

    def work(index: int) -> None:
        nonlocal done
        try:
            while not failed:
                gone = do(index, left.get_nowait())
                with lock:
                    done += gone
                    advance(done)
        except queue.Empty:
            pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(1, workers)]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
