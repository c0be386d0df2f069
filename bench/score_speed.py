"""The command `score` over texts of 200 characters, by length of the watch list: documents/s, start-up, memory.

Goals: ≥ 5,000 documents/s a core (20,000 wished for), start-up ≤ 3 s, ≤ 500 MB, as fast with 100,000 names as with 67.

    python -m bench score
    python -m bench.score_speed one IN.csv OUT.csv LIST|- WORKERS     (one run, in this process; prints JSON)
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bench.articles import article

ROOT = Path(__file__).parents[1]
DOCUMENTS = int(os.environ.get("BENCH_SCORED", "10000"))
INVENTED = 100_000
LENGTH = 200
_STEMS = "安百诚达恩方光禾汇金嘉凯岚铭宁鹏启瑞森泰万旭盈正卓博诺亿聚惠信融通鼎元祥和顺利德隆昌茂丰裕华"
_TAILS = ("贷", "金服", "财富", "理财", "宝", "网贷", "金融", "普惠", "资本", "投资")
Asked = tuple[str, list[str]]
"""A text and its candidates."""


def measure(asked: Sequence[Asked], documents: int, dictionary: Path | None) -> list[dict[str, object]]:
    """The command over `documents` rows made of `asked`, with watch lists of several lengths, given names, two workers.

    Args: dictionary: a real watch list of some thousand names. Each entry has the fields `what`, `platforms`,
          `workers`, `per_second` (of processor time, None with several workers), `per_clock_second`, `start_up` and
          `start_up_clock` (seconds until the first answer), `memory` (peak, MB).
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        invented = folder / "invented.csv"
        _write(invented, [("name",), *((name,) for name in invented_names(INVENTED))])
        shipped, many = ("settings/platforms.toml", None), (f"{INVENTED:,} invented names", invented)
        real = (f"a list of {_count(dictionary):,}", dictionary) if dictionary else many
        runs = [("names to be found", *each, 1) for each in dict.fromkeys((shipped, real, many))]
        runs += [("candidates given", *real, 1), ("names to be found", *real, 2)]
        return [_measured(asked, documents, folder, *run) for run in runs]


def invented_names(count: int) -> list[str]:
    """Different names of three to six characters, always the same ones."""
    generator = random.Random(5)
    found: dict[str, None] = {}
    while len(found) < count:
        stem = "".join(generator.choices(_STEMS, k=generator.choice((2, 3, 3, 4))))
        found[stem + generator.choice(_TAILS)] = None
    return list(found)


def _measured(
    asked: Sequence[Asked],
    documents: int,
    folder: Path,
    what: str,
    label: str,
    platforms: Path | None,
    workers: int,
) -> dict[str, object]:
    given = what == "candidates given"
    rows = [
        (str(at), text, ";".join(names) if given else "")
        for at, (text, names) in zip(range(documents), _again(asked, documents), strict=True)
    ]
    _write(folder / "one.csv", [("id", "text", "entity"), rows[0]])
    _write(folder / "many.csv", [("id", "text", "entity"), *rows])
    idle, busy = (_child(folder / name, platforms, workers) for name in ("one.csv", "many.csv"))
    start = {"start_up": idle["end"], "start_up_clock": idle["end_clock"]}
    speed = {"per_second": busy["per_second"] if workers == 1 else None}
    rest = {"per_clock_second": busy["per_clock_second"], "memory": busy["memory"]}
    return {"what": what, "platforms": label, "workers": workers} | speed | rest | start


def _again(asked: Sequence[Asked], count: int) -> list[Asked]:
    return [asked[at % len(asked)] for at in range(count)]


def _child(path: Path, platforms: Path | None, workers: int) -> dict[str, float]:
    words = [str(path), str(path.with_suffix(".out")), str(platforms or "-"), str(workers)]
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bench.score_speed", "one", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"end_clock": time.perf_counter() - begin}


def _one(source: str, target: str, platforms: str, workers: str) -> dict[str, float]:
    """One run; speeds between the first batch and the last, so that start-up is not among them."""
    from pipeline.__main__ import application
    from pipeline.commands.score import run

    application(("score",))  # what a user's start-up loads
    told: list[tuple[int, float, float]] = []

    def report(stage: str, done: int, total: int, message: str = "") -> None:
        told.append((done, time.process_time(), time.perf_counter()))

    run(Path(source), Path(target), None if platforms == "-" else Path(platforms), int(workers), report)
    (first, processor, clock), (last, processor_end, clock_end) = told[0], told[-1]
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "per_second": (last - first) / max(processor_end - processor, 1e-9),
        "per_clock_second": (last - first) / max(clock_end - clock, 1e-9),
        "end": time.process_time(),
        "memory": max(peaks) / 1024,
    }


def run() -> None:
    """One line per watch list, on invented articles."""
    generator = random.Random(11)
    texts = [(article(generator, sentences=12)[:LENGTH], ["岚桥优贷"]) for _ in range(2000)]
    for found in measure(texts, DOCUMENTS, None):
        speed = found["per_second"] or found["per_clock_second"]
        print(
            f"{found['what']:18} {found['platforms']:24} workers {found['workers']}: {speed:8,.0f} documents/s, "
            f"start-up {found['start_up']:.1f} s, {found['memory']:.0f} MB"
        )


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)


def _count(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return sum(1 for _ in csv.reader(handle)) - 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(_one(*sys.argv[2:])))
    else:  # texts and candidates as JSON, number of documents, watch list or "-"
        file, number, names = sys.argv[1:]
        told = measure(
            json.loads(Path(file).read_text("utf-8")), int(number), None if names == "-" else Path(names)
        )
        print(json.dumps(told))
