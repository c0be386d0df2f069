"""One engine measured in a process of its own: python -m training.measure accuracy|speed ENGINE ...

The last line printed is JSON; `training.compare` reads it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from training.engines import ENGINES, SEED, Engine

if TYPE_CHECKING:  # scikit-learn, which a measurement of speed and memory must not load
    from training.evaluate import Judged

FOLDS = 5
SECONDS = 8.0
"""The measurement of speed ends with the batch that passes this much processor time."""


def main(arguments: list[str] | None = None) -> int:
    """Prints one line of JSON."""
    options = _options(arguments)
    found: object
    if options.what == "speed":
        engine = ENGINES[options.engine[0]]()
        _pin()
        found = speed(
            engine, json.loads(options.texts.read_text("utf-8")), options.models / options.engine[0]
        )
    else:
        found = {
            name: accuracy(ENGINES[name](), options.data, options.folds, options.models / name)
            for name in options.engine
        }
    print(json.dumps(found))
    return 0


def accuracy(engine: Engine, path: Path, limit: int, model: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by fold kind ("never seen", "known") and task ("document", "platform"); saves the last fold's model."""
    from training import data, evaluate, folds

    rows = data.read(path)
    duplicates = folds.duplicate_groups(rows.texts)
    groups = folds.platform_groups(rows.candidates, rows.keys, duplicates)
    kinds: dict[str, Iterator[folds.Split]] = {
        "never seen": folds.unseen(rows.candidates, groups, FOLDS, SEED),
        "known": folds.known(rows.candidates, duplicates, FOLDS, SEED),
    }
    found: dict[str, dict[str, dict[str, float]]] = {}
    for kind, splits in kinds.items():
        parts: dict[str, list[Judged]] = {"document": [], "platform": []}
        for split in islice(splits, limit):
            engine.fit(rows.take(split.train))
            test = rows.take(split.test)
            judged = engine.documents(test.texts, test.candidates)
            parts["document"].append(evaluate.Judged(test.negative, judged, split.test))
            about = engine.platforms(test.texts, test.candidates)
            if about is not None:
                parts["platform"].append(evaluate.Judged(test.about, about, split.test[test.owner]))
        found[kind] = {
            task: asdict(evaluate.figures(_together(pieces), SEED))
            for task, pieces in parts.items()
            if pieces
        }
    engine.save(model)
    return found


def _together(parts: Sequence[Judged]) -> Judged:
    labels, probabilities, groups = zip(
        *((part.label, part.probability, part.group) for part in parts), strict=True
    )
    return type(parts[0])(np.concatenate(labels), np.concatenate(probabilities), np.concatenate(groups))


def speed(engine: Engine, rows: list[tuple[str, list[str]]], model: Path) -> dict[str, float]:
    """Documents per second of processor time, seconds until the first answer, peak memory in MB.

    Texts are read again and again until the time is over: a fast engine is through with them in a moment.
    """
    engine.load(model)
    texts, names = [text for text, _ in rows], [own for _, own in rows]
    engine.documents(texts[:1], names[:1])
    started = begin = time.process_time()
    done = 0
    while time.process_time() - begin < SECONDS:
        at = done % len(texts)
        done += len(engine.documents(texts[at : at + engine.batch], names[at : at + engine.batch]))
    spent = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"per_second": done / spent, "documents": done, "start_up": started, "memory": peak}


def _pin() -> None:
    """One core for this whole process, where the system lets us choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="在独立进程中测量一个判读引擎")
    parser.add_argument("what", choices=("accuracy", "speed"))
    parser.add_argument("engine", nargs="+", choices=list(ENGINES))
    parser.add_argument("--data", type=Path, help="标注数据 finneg_dev.csv")
    parser.add_argument("--folds", type=int, default=FOLDS, help="只做前几折")
    parser.add_argument("--texts", type=Path, help="测速文本（JSON）")
    parser.add_argument("--models", type=Path, required=True, help="存放训练结果的文件夹")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
