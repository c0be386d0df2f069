"""Replay folders as `replay` writes them, from the letters of tests/signals/replays.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from signals.evaluation.grid import grid
from tests.signals.replays import frame

COLUMNS = ["platform", "day", *"RNCKSDY", "T", "composite", "scope", "coverage", "level"]


def write_replay(folder: Path, platforms: Mapping[str, str]) -> Path:
    """index_values.csv (every index at T), flips.csv, baselines.csv (no document at all) and replay.json."""
    rows = frame(platforms)
    folder.mkdir(parents=True, exist_ok=True)
    table = rows.assign(composite=rows["T"], scope=1.0, coverage=1.0, **dict.fromkeys("RNCKSDY", rows["T"]))
    table[COLUMNS].to_csv(folder / "index_values.csv", index=False)
    pd.DataFrame(columns=["platform", "day", "from", "to", "reason"]).to_csv(
        folder / "flips.csv", index=False
    )
    counted = rows[["platform", "day"]].assign(negative_count=0, complaint_count=0, snownlp_mean=float("nan"))
    counted.to_csv(folder / "baselines.csv", index=False)
    (folder / "replay.json").write_text(json.dumps({"platforms": len(grid(rows).platforms)}), "utf-8")
    return folder


def write_failures(path: Path, text: str) -> Path:
    """The list as written by hand."""
    path.write_text(text, "utf-8")
    return path
