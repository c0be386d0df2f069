"""Refused rows go into a file of their own: nothing is dropped without a line that says which, where and why."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

from collectors.base import Refusal
from pipeline.paths import data_dir
from signals.export import defuse
from signals.privacy import discreet, mask

COLUMNS = ("文件", "行", "字段", "值", "原因")


class RefusalReport:
    """data/reports/<source>-<file>-<time>.csv, created with the first refused row."""

    def __init__(self, source_id: str, path: Path | None) -> None:
        stem = re.sub(r"[^\w\-]+", "_", path.stem)[:60] if path else "live"
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        self.path = data_dir() / "reports" / f"{source_id}-{stem}-{moment}.csv"
        self._opened = False

    @property
    def opened(self) -> bool:
        """Whether there is a file: one row was refused at least."""
        return self._opened

    def add(self, refusal: Refusal) -> None:
        """One line, on disk at once; values are masked like all that is stored, and cannot run as formulas.

        A reason may quote what it refuses, so it is masked too. Row and field are ours and stay.
        """
        row = [
            discreet(refusal.file),
            refusal.row,
            refusal.field,
            mask(refusal.value or ""),
            discreet(refusal.reason),
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8" if self._opened else "utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            if not self._opened:
                writer.writerow(COLUMNS)
            writer.writerow([defuse(str(item)) for item in row])
        self._opened = True
