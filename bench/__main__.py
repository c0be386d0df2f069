"""python -m bench [NAME…]: run all benchmarks, or the named ones, and print their figures."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the pipeline does

from bench import (
    collect_speed,
    daily_index,
    import_speed,
    pages_speed,
    preview_speed,
    privacy,
    replay_speed,
    score_speed,
    search_speed,
    sessions_speed,
    signals,
    soak,
    stories,
)

BENCHMARKS: dict[str, Callable[[], None]] = {
    "import": import_speed.run,
    "collect": collect_speed.run,
    "soak": soak.run,
    "index": daily_index.run,
    "privacy": privacy.run,
    "stories": stories.run,
    "score": score_speed.run,
    "signals": signals.run,
    "replay": replay_speed.run,
    "search": search_speed.run,
    "preview": preview_speed.run,
    "pages": pages_speed.run,
    "sessions": sessions_speed.run,
}


def main(names: list[str]) -> None:
    """Unknown names end with the list of known ones."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"unknown benchmark {unknown}; there are: {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"== {name}", flush=True)
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
