"""Evaluated replays as `evaluate` left them on disk: one folder each under data/replays/."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from app_pages import _data
from signals.evaluation.evaluate import OURS

FOLDER = "replays"
REPLAYED, EVALUATED = "index_values.csv", "evaluation.csv"
COLUMNS = {
    EVALUATED: ("method", "metric", "value", "low", "high", "n"),
    "episodes.csv": (
        "platform",
        "start",
        "end",
        "days",
        "peak_level",
        "max_t",
        "outcome",
        "problem_date",
        "lead_days",
    ),
    "failures_judged.csv": (
        "platform",
        "problem_date",
        "reason",
        "status",
        "hit",
        "lead_days",
        "level_on_eve",
    ),
    "curve.csv": ("method", "level", "pod", "false_alarms_per_platform_year"),
}
DATES = ("start", "end", "problem_date")


class BrokenEvaluation(ValueError):
    """A file of an evaluation cannot be read; the message says which and what to do."""


@dataclass(frozen=True)
class Evaluated:
    """What `python -m pipeline evaluate` wrote. `about`: evaluation.json."""

    figures: pd.DataFrame
    episodes: pd.DataFrame
    failures: pd.DataFrame
    curve: pd.DataFrame
    about: dict[str, Any]

    @property
    def ours(self) -> dict[str, float]:
        """Metric -> value of this system."""
        mine = self.figures[self.figures["method"] == OURS]
        return dict(zip(mine["metric"], mine["value"], strict=True))


def root() -> Path:
    """Where replays lie: the data folder that the worker writes to."""
    home = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("TRUSTWATCH_DATA") or home / "data").resolve() / FOLDER


def replays() -> dict[str, bool]:
    """Name of each replay -> whether it has been evaluated, by name."""
    folder = root()
    if not folder.is_dir():
        return {}
    found = [
        path
        for path in sorted(folder.iterdir())
        if (path / REPLAYED).is_file() or (path / EVALUATED).is_file()
    ]
    return {path.name: (path / EVALUATED).is_file() for path in found}


def read(name: str) -> Evaluated:
    """An evaluation, `name` being one of `replays()`. Raises BrokenEvaluation."""
    folder = root() / name
    return _read(str(folder), (folder / EVALUATED).stat().st_mtime_ns)


@_data.cached(max_entries=8)
def _read(folder: str, written: int) -> Evaluated:
    path = Path(folder)
    figures, episodes, failures, curve = (_table(path / file) for file in COLUMNS)
    try:
        about = json.loads((path / "evaluation.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenEvaluation(f"{path.name}/evaluation.json 读不出：请重新运行 evaluate") from error
    return Evaluated(figures, episodes, failures, curve, dict(about))


def _table(path: Path) -> pd.DataFrame:
    wanted = COLUMNS[path.name]
    words = dict.fromkeys(
        ("platform", "reason", "method", "metric", "status", "outcome", "level_on_eve"), str
    )
    try:
        table = pd.read_csv(path, encoding="utf-8", dtype={n: t for n, t in words.items() if n in wanted})
    except (OSError, ValueError) as error:
        raise BrokenEvaluation(f"{path.parent.name}/{path.name} 读不出：请重新运行 evaluate") from error
    if missing := [name for name in wanted if name not in table.columns]:
        told = f"{path.parent.name}/{path.name} 缺少列 {'、'.join(missing)}：请重新运行 evaluate"
        raise BrokenEvaluation(told)
    for name in set(DATES) & set(table.columns):
        table[name] = [None if pd.isna(day) else day for day in pd.to_datetime(table[name]).dt.date]
    return table
