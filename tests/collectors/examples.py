"""Sources and rows that several tests of collectors need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Refusal, Row, SourceConfig, UnreadableFile
from collectors.readers.table import read_file
from signals.model import Document

HEAD = "编号,标题,内容,日期\n"
GOOD = "1,提现困难,三日未到账,2026-11-18\n"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def table_source(**changes: Any) -> SourceConfig:
    """A complaints table with the usual columns."""
    settings: dict[str, Any] = {
        "id": "hotline",
        "name": "热线投诉",
        "kind": "complaint",
        "reader": "table",
        "path": "inbox/hotline/*",
        "covers": "all",
        "schedule": {"manual": True},
        "mapping": {"external_id": "编号", "title": "标题", "text": ["内容", "正文"], "published_at": "日期"},
    }
    return SourceConfig.model_validate(settings | changes)


def read(
    path: Path, mapping: Mapping[str, Any] | None = None, start_row: int = 0, **changes: Any
) -> list[Row]:
    """Every row of a file, read with the table source above."""
    return list(read_file(path, table_source(**changes), NOW, mapping=mapping, start_row=start_row))


def documents(rows: list[Row]) -> list[Document]:
    """The rows that were taken."""
    return [row.item for row in rows if isinstance(row.item, Document)]


def refusals(rows: list[Row]) -> list[Refusal]:
    """The rows that were not."""
    return [row.item for row in rows if isinstance(row.item, Refusal)]


def texts(rows: list[Row]) -> list[str]:
    """The texts of the rows that were taken."""
    return [document.text for document in documents(rows)]


def write(folder: Path, text: str | bytes, name: str = "投诉.csv", encoding: str = "utf-8") -> Path:
    """A file of a test."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def unreadable(path: Path, **changes: object) -> str:
    """The message of a file that cannot be read."""
    with pytest.raises(UnreadableFile) as caught:
        read(path, **changes)  # type: ignore[arg-type]
    return str(caught.value)
