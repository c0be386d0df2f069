"""Refused rows go into a file of their own: nothing is dropped without a line that says which, where and why."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from collectors.base import Refusal
from pipeline.paths import data_dir
from signals.export import defuse
from signals.privacy import mask

COLUMNS = ("文件", "行", "字段", "值", "原因")


class RefusalReport:
    """data/reports/<source>-<file>-<time>.csv, created with the first refused row."""

    def __init__(self, source_id: str, path: Path | None) -> None:
        stem = re.sub(r"[^\w\-]+", "_", path.stem)[:60] if path else "live"
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        self.path = data_dir() / "reports" / f"{source_id}-{stem}-{moment}.csv"
        self._handle: IO[str] | None = None

    def add(self, refusal: Refusal) -> None:
        """One line; values are masked like everything that is stored, and cannot run as formulas."""
        if self._handle is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = self.path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._handle).writerow(COLUMNS)
        row = [refusal.file, refusal.row, refusal.field, mask(refusal.value or ""), refusal.reason]
        csv.writer(self._handle).writerow([defuse(str(item)) for item in row])

    def close(self) -> Path | None:
        """The report's path; None when nothing was refused."""
        if self._handle is None:
            return None
        self._handle.close()
        return self.path
