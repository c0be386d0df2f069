"""A child process must not outlive the one that started it, even when that one dies by kill -9."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

POLL_SECONDS = 1.0
VARIABLE = "TRUSTWATCH_PARENT_PID"


def watch_parent(on_death: Callable[[], None], expected: int | None = None) -> None:
    """Call `on_death` once, from a daemon thread, when the parent process is no longer `expected`.

    Without `expected` the process id comes from TRUSTWATCH_PARENT_PID; unset means that nobody is watched.
    """
    stated = os.environ.get(VARIABLE)
    parent = expected if expected is not None else int(stated) if stated else None
    if parent is None:
        return

    def poll() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(POLL_SECONDS)
        on_death()

    threading.Thread(target=poll, name="watch-parent", daemon=True).start()
