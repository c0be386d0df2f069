"""A workplace of its own: embedded database, the shipped settings, one fictional platform, no sample archive."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import write
from pipeline.forget import forget
from pipeline.prepare import SAMPLE, Workplace, open_workplace
from settings.models import Platform

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""
PLATFORM = Platform(id="lanqiao", name="岚桥优贷", category="网贷", brand=("岚桥优贷",))

Rows = list[Mapping[str, str]]


@pytest.fixture
def workplace(data_folder: Path) -> Iterator[Workplace]:
    found = open_workplace(NOW)
    forget(found, SAMPLE)
    with found.database.writing() as session:
        write.load_platforms(session, [PLATFORM], now=NOW, who="test", evidence=None)
    yield open_workplace(NOW)
    found.database.close()


@pytest.fixture
def table(tmp_path: Path) -> Callable[[Rows], Path]:
    """Writes rows into a CSV; the columns are those of the first row."""

    def write_rows(rows: Rows) -> Path:
        path = tmp_path / f"documents-{len(list(tmp_path.glob('documents-*')))}.csv"
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_rows
