"""The sample archive as rows and as files: deterministic, ordered by availability, only ever growing.

Everything here is synthetic: platforms, companies, cities, outlets, people. The play is in stories.toml, the
sentences in texts/, the ground truth in truth.py. docs/sample-archive.md says what it shows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from collectors.sources.sample_archive.day import Row, availability, rows_of
from collectors.sources.sample_archive.script import load
from collectors.sources.sample_archive.truth import DAYS, EXPECTED
from settings.models import Platform
from signals.model import SHANGHAI, shanghai_day

__all__ = ["EXPECTED", "ArchiveDamaged", "documents", "platforms", "write_archive"]


class ArchiveDamaged(ValueError):
    """A file of the archive ends in something the generator did not write."""


def documents(anchor: date, until: datetime) -> Iterator[Row]:
    """Every row first seen up to `until` (aware), of the 400 days up to `anchor` and each day after it.

    In order of availability. A later `until` only adds rows at the end.
    """
    return _between(anchor, anchor - timedelta(days=DAYS - 1), until)


def platforms(anchor: date) -> tuple[Platform, ...]:
    """The twelve platforms with the life-cycle status that the play gives them by the anchor day."""
    filed = {one.platform_id: one.case_filed for one in EXPECTED.crises if one.case_filed is not None}
    return tuple(
        platform.model_copy(
            update={
                "status": "立案",
                "status_since": anchor + timedelta(days=filed[platform.id]),
                "status_evidence": "合成演示数据：公安机关警情通报",
            }
        )
        if platform.id in filed
        else platform
        for platform in load().platforms.values()
    )


def write_archive(folder: Path, anchor: date, until: datetime) -> list[Path]:
    """Bring the archive in `folder` up to `until`, one JSONL file per month; returns all its files in order.

    What a file holds is kept byte for byte and only added to, so that a reader may go on where it stopped.
    Files are replaced atomically. Raises ArchiveDamaged, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for start, end in _months(anchor - timedelta(days=DAYS - 1), shanghai_day(until)):
        path = folder / f"{start:%Y-%m}.jsonl"
        held = path.read_bytes() if path.exists() else b""
        last = _last_row(path, held)
        begin = start if last is None else date.fromisoformat(str(last["first_seen_at"])[:10])
        rows = _between(anchor, begin, min(until, _last_moment(end)))
        fresh = [row for row in rows if last is None or availability(row) > availability(last)]
        if fresh:
            _replace(path, held + _lines(fresh))
        if held or fresh:
            paths.append(path)
    return paths


def _between(anchor: date, first: date, until: datetime) -> Iterator[Row]:
    script, limit = load(), until.astimezone(SHANGHAI).isoformat()
    for number in range((shanghai_day(until) - first).days + 1):
        for row in rows_of(script, anchor, first + timedelta(days=number)):
            if str(row["first_seen_at"]) > limit:
                return
            yield row


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The calendar months from `first` to `last`, each as its first and last day within them."""
    while first <= last:
        after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        yield first, min(last, after - timedelta(days=1))
        first = after


def _last_moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI)


def _last_row(path: Path, held: bytes) -> Row | None:
    if not held:
        return None
    try:
        row: Row = json.loads(held[held.rstrip(b"\n").rfind(b"\n") + 1 :])
        if held.endswith(b"\n") and {"id", "first_seen_at"} <= set(row):
            return row
    except (ValueError, TypeError):
        pass
    raise ArchiveDamaged(f"{path}：末行不完整，演示数据文件已损坏；请删除该文件，程序会重新生成")


def _lines(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename, so that a reader or a crash never meets half a row."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)
