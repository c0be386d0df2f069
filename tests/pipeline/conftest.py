"""A workplace of its own: embedded database, the shipped settings, one fictional platform, no sample archive."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
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


@pytest.fixture(scope="session")
def workplace_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of such a workplace, to copy from: migrating and seeding one takes a second."""
    folder = tmp_path_factory.mktemp("workplace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUSTWATCH_DATA", str(folder))
        patch.delenv("TRUSTWATCH_DATABASE_URL", raising=False)
        found = open_workplace(NOW)
        forget(found, SAMPLE)
        with found.database.writing() as session:
            write.load_platforms(session, [PLATFORM], now=NOW, who="test", evidence=None)
        found.database.close()
    path = folder / "trustwatch.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def workplace(data_folder: Path, workplace_template: Path) -> Iterator[Workplace]:
    data_folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(workplace_template, data_folder / workplace_template.name)
    found = open_workplace(NOW)
    yield found
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
