"""Long loops over documents: the cycle collector would walk all that is loaded again and again, a tenth of the time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 20
"""Batches between two collections: what little cyclic garbage there is must not pile up over millions of rows."""


@contextmanager
def bulk() -> Iterator[Callable[[], None]]:
    """Collection only when the loop calls what this yields, once a batch; as before afterwards."""
    enabled = gc.isenabled()
    batches = 0

    def batch_done() -> None:
        nonlocal batches
        batches += 1
        if batches % EVERY == 0:
            gc.collect()

    gc.freeze()
    gc.disable()
    try:
        yield batch_done
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
