"""A file from the browser into the data folder, and its row; the worker does everything else with it."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import Any

import pandas as pd

from app_pages import _data, _who
from db import read, write
from db.read import UploadRow
from db.write import InputRefused

FOLDER = "uploads"
LIMIT = 50_000_000
"""Bytes, as .streamlit/config.toml allows (maxUploadSize)."""
TYPES = ("csv", "tsv", "txt", "xlsx", "xlsm", "xls", "jsonl", "ndjson")
BUSY = ("waiting", "storing", "undoing")
WHATS = {"documents": "文档", "indicators": "数值指标", "failures": "出险名单"}
STATES = {
    "waiting": ("预演中", "plain"),
    "looked": ("待确认", "warn"),
    "refused": ("不能入库", "bad"),
    "storing": ("入库中", "plain"),
    "stored": ("已入库", "good"),
    "undoing": ("撤销中", "plain"),
    "undone": ("已撤销", "plain"),
    "dropped": ("已放弃", "plain"),
}
"""State of an upload -> its word and tone."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


def folder() -> Path:
    """data/uploads, as the worker knows it."""
    home = Path(__file__).parent.parent
    return Path(os.environ.get("TRUSTWATCH_DATA") or home / "data").resolve() / FOLDER


def safe_name(name: str) -> str:
    """A file's own name without anything that leads elsewhere, short enough for every file system."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .") or "文件"
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:60]}{dot}{suffix[:8]}" if dot else plain[:60]


def begin(
    what: str, name: str, content: bytes, *, source_id: str | None = None, list_name: str | None = None
) -> int:
    """Leave a file for the worker; the number of the upload. Raises InputRefused, NotAllowed, DatabaseError."""
    actor = _who.actor()
    if not content:
        raise InputRefused(f"“{name}”是空的，请检查导出是否完成")
    if len(content) > LIMIT:
        raise InputRefused(f"“{name}”超过 {LIMIT // 1_000_000} MB，请拆分后上传")
    digest = hashlib.sha256(content).hexdigest()
    place = f"{secrets.token_hex(8)}/{safe_name(name)}"
    _write(folder() / place, content)
    with _data.database().writing() as session:
        return write.begin_upload(
            session,
            actor,
            what=what,
            file=name,
            path=place,
            digest=digest,
            size=len(content),
            source_id=source_id,
            list_name=list_name,
            now=_data.now(),
        )


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: the row that names it is written afterwards."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise InputRefused(f"文件没有保存成功（{error.strerror}）：请让管理员检查磁盘空间与权限") from error


def one(number: int) -> UploadRow | None:
    """An upload as it is now; never cached."""
    with _data.database().reading() as session:
        return read.upload(session, number)


def latest(limit: int = 15) -> pd.DataFrame:
    """The newest uploads; never cached."""
    with _data.database().reading() as session:
        return read.uploads(session, limit=limit)


def refused_rows(report: object) -> pd.DataFrame:
    """The rows that storing refused, from their report in the data folder; empty where it is gone.

    Columns: 文件, 行, 字段, 值, 原因; masked and defused when they were written.
    """
    path = folder().parent / "reports" / Path(str(report or "")).name
    if not report or not path.is_file():
        return pd.DataFrame()
    return pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)


def progress(number: int) -> tuple[float, str]:
    """How far the worker is with an upload's present step: share 0..1 and a sentence."""
    requests = _data.requests()
    for row in requests.to_dict("records"):
        arguments: Any = row["arguments"]
        if row["what"] == "import" and arguments.get("upload") == number:
            message = row["message"] if isinstance(row["message"], str) else ""
            return float(row["progress"]), message if row["state"] == "running" else ""
    return 0.0, ""


def table_sources() -> dict[str, str]:
    """Sources whose mapping can read a file of people's own: id -> name, the general one first."""
    found = _data.sources()
    names = {
        row["id"]: row["name"]
        for row in found.to_dict("records")
        if row["config"].get("reader") == "table" and not row["demo"] and row["enabled"]
    }
    general = {name: label for name, label in names.items() if name == "import_documents"}
    return general | names
