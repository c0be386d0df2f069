"""The engines side by side, from one run: python -m training.compare --data ../shared/data

Every engine is fitted and judged on the same folds, and timed on the same texts, each in a process of its own. Prints
the tables and writes them to docs/evaluation.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training import data
from training.engines import ENGINES
from training.evaluation_report import Measured, Report, render, speed_table, table
from training.measure import FOLDS

ROOT = Path(__file__).parents[1]
LENGTH = 200
"""Characters of a text on which speed is measured."""
GROUPS = (("ours",), ("linear",), ("lexicon",), ("snownlp", "snownlp-retrained"))
"""Engines fitted in one process: the last two share SnowNLP's slow segmentation. Speed is always measured alone."""


def main(arguments: list[str] | None = None) -> int:
    """Runs everything; exit code 2 where the labelled rows are missing."""
    options = _options(arguments)
    options.data = options.data.resolve()
    labelled = options.data / "finneg_dev.csv"
    if not labelled.exists():
        print(f"没有标注数据：{labelled}。请用 --data 指定含 finneg_dev.csv 的文件夹。", file=sys.stderr)
        return 2
    rows = data.read(labelled)
    folds = 1 if options.quick else FOLDS
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        texts = timed_texts(rows)
        figures = _accuracy(labelled, folds, folder)
        speeds = _speeds(texts, folder)
        documents = 6000 if options.quick else 10_000
        runs = _score_runs(options.data / "platform_dictionary.csv", documents, folder)
    measured = [Measured(name, ENGINES[name].title, figures[name], speeds[name]) for name in ENGINES]
    command = "python -m training.compare --data ../shared/data" + " --quick" * options.quick
    report = Report(rows, folds, FOLDS, measured, runs, len(texts), LENGTH, command)
    print(table(report), speed_table(report), sep="\n\n")
    if options.out is not None:
        options.out.write_text(render(report), encoding="utf-8")
        _say(f"已写入 {options.out}")
    return 0


def timed_texts(rows: data.Labelled) -> list[tuple[str, list[str]]]:
    """Different texts of exactly LENGTH characters with their candidates: longer ones cut, short ones left out."""
    found: dict[str, list[str]] = {}
    for text, names in zip(rows.texts, rows.candidates, strict=True):
        if len(text) >= LENGTH:
            found.setdefault(text[:LENGTH], names)
    return list(found.items())


def _accuracy(labelled: Path, folds: int, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for names in GROUPS:
        options = ["--data", str(labelled), "--folds", str(folds)]
        found |= _child(["accuracy", *names, *options], folder)
    return found


def _speeds(texts: Sequence[tuple[str, list[str]]], folder: Path) -> dict[str, Any]:
    path = folder / "texts.json"
    path.write_text(json.dumps(texts), encoding="utf-8")
    return {name: _child(["speed", name, "--texts", str(path)], folder) for name in ENGINES}


def _score_runs(dictionary: Path, documents: int, folder: Path) -> Any:
    """The command `score` on the texts that `_speeds` left in the folder."""
    words = [str(folder / "texts.json"), str(documents), str(dictionary) if dictionary.exists() else "-"]
    return _printed(["bench.score_speed", *words], f"pipeline score，{documents:,} 篇")


def _child(words: list[str], folder: Path) -> Any:
    return _printed(["training.measure", *words, "--models", str(folder)], " ".join(words[:3]))


def _printed(words: list[str], what: str) -> Any:
    """What a process of its own prints as its last line."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    _say(f"{what}：{time.perf_counter() - begin:.0f} 秒")
    return json.loads(done.stdout.splitlines()[-1])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="并排比较各判读引擎，写出 docs/evaluation.md")
    parser.add_argument("--data", type=Path, required=True, help="含 finneg_dev.csv 的文件夹")
    parser.add_argument("--quick", action="store_true", help="每种划分只做一折，测速只用 6,000 篇；不写文档")
    parser.add_argument("--out", type=Path, help="写到哪里；默认 docs/evaluation.md")
    options = parser.parse_args(arguments)
    if options.out is None and not options.quick:
        options.out = ROOT / "docs" / "evaluation.md"
    return options


if __name__ == "__main__":
    sys.exit(main())
