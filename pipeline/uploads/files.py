"""Where uploads lie, and what they are for: files below data/uploads, which go when they are dealt with."""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from collectors.base import SourceConfig
from db import read
from db.read import UploadRow
from pipeline.errors import UsageFault
from pipeline.indicator_rows import HEADERS, OPTIONAL
from pipeline.paths import data_dir
from pipeline.prepare import Workplace
from pipeline.uploads.tables import Field

FOLDER = "uploads"
LEFT_OVER = timedelta(days=1)
"""A file that no upload refers to for so long was never finished, or is done with."""
FORGOTTEN = timedelta(days=7)
"""An upload that nobody confirmed for so long is dropped with its file."""

_WORDS = {
    "platform": "平台",
    "name": "指标",
    "period_end": "期末",
    "value": "数值",
    "unit": "单位",
    "available_at": "获知时间",
}
INDICATOR_FIELDS = [Field(name, _WORDS[name], names, name not in OPTIONAL) for name, names in HEADERS.items()]


def file_of(upload: UploadRow, digest: str) -> Path:
    """The file as it was uploaded. Raises UsageFault: it is gone, changed, or not where uploads lie."""
    folder = (data_dir() / FOLDER).resolve()
    path = (folder / upload.path).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise UsageFault("上传的文件已不在服务器上，请重新上传")
    with path.open("rb") as handle:
        if hashlib.file_digest(handle, "sha256").hexdigest() != digest:
            raise UsageFault("服务器上的文件与上传时不同，请重新上传")
    return path


def source_of(workplace: Workplace, upload: UploadRow) -> SourceConfig:
    """The source whose mapping reads the file. Raises UsageFault."""
    source = workplace.source(upload.source_id or "")
    if source is None or source.path is None:
        raise UsageFault(f"数据源 {upload.source_id!r} 已停用或不读文件，请另选一个数据源重新上传")
    return source


def remove_file(path: str) -> None:
    """Nothing more is to be done with what lies there, below data/uploads; its folder goes with it."""
    folder = (data_dir() / FOLDER).resolve()
    found = (folder / path).resolve()
    if found.is_relative_to(folder) and found.parent != folder:
        shutil.rmtree(found.parent, ignore_errors=True)


def left_over(workplace: Workplace, now: datetime) -> list[Path]:
    """Folders below data/uploads that no waiting upload refers to, old enough that no page is about to say so."""
    folder = data_dir() / FOLDER
    with workplace.database.reading() as session:
        wanted = {Path(path).parts[0] for path in read.upload_paths(session)}
    old = now.timestamp() - LEFT_OVER.total_seconds()
    if not folder.is_dir():
        return []
    return [each for each in folder.iterdir() if each.name not in wanted and each.stat().st_mtime < old]
