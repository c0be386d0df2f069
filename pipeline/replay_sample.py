"""A source's frozen sample, read without any network: the proof that a deployment can run where there is no pytest.

tests/test_sources.py replays the same samples through the real HTTP stack.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from collectors.base import (
    Ask,
    Context,
    Politeness,
    Refusal,
    Response,
    Row,
    SourceBroken,
    SourceConfig,
    UnreadableFile,
    collect,
)
from collectors.config import Sql
from collectors.readers.table import read_file
from pipeline.sample_answers import SampleAnswers

Told = Mapping[str, Any] | str


@dataclass(frozen=True)
class Replay:
    """What the sample gave beside what expected.json says; `wanted` None: there is no expected.json yet."""

    found: list[Told]
    wanted: list[Told] | None
    now: datetime

    @property
    def same(self) -> bool:
        """Whether every row came out as promised, in order."""
        return self.found == self.wanted


def replay(source: SourceConfig, folder: Path, now: datetime) -> Replay:
    """Reads the sample against the clock of expected.json, or `now` where there is none.

    Raises: SourceError: the sample lacks an answer, or the source says that its page is broken. UnreadableFile.
    """
    expected = _expected(folder)
    clock = datetime.fromisoformat(expected["now"]) if expected else now
    found = [told(row) for row in _rows(source, folder, clock)]
    return Replay(found, expected["rows"] if expected else None, clock)


def differences(done: Replay, limit: int = 10) -> list[str]:
    """The first rows that came out otherwise than promised, one line for each side."""
    lines = []
    for number, (found, wanted) in enumerate(zip_longest(done.found, done.wanted or []), 1):
        if found != wanted:
            lines += [f"第 {number} 条应为：{_line(wanted)}", f"第 {number} 条读到：{_line(found)}"]
    return lines[: 2 * limit] + (["……"] if len(lines) > 2 * limit else [])


def write_expected(folder: Path, done: Replay) -> Path:
    """Replaces expected.json by what came out; a person has to read it."""
    path = folder / "expected.json"
    kept = _expected(folder) or {}
    text = json.dumps({**kept, "now": done.now.isoformat(), "rows": done.found}, ensure_ascii=False, indent=1)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text + "\n", "utf-8")
    os.replace(unfinished, path)
    return path


def told(row: Row) -> Told:
    """A row as expected.json writes it: what is known of a document, or the refusal as people read it."""
    if isinstance(row.item, Refusal):
        return str(row.item).replace("\n", " ")
    known = {name: value for name, value in asdict(row.item).items() if value not in (None, {}, False)}
    known.pop("source_id")
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in known.items()}


def _line(row: Told | None) -> str:
    return "（没有这一条）" if row is None else json.dumps(row, ensure_ascii=False)


def _expected(folder: Path) -> dict[str, Any] | None:
    path = folder / "expected.json"
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8-sig"))
        datetime.fromisoformat(found["now"])
        if not isinstance(found["rows"], list):
            raise ValueError("rows")
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(
            f'{path}：读不懂（{error}）；应为 {{"now": "2026-11-21T12:00:00+08:00", "rows": […]}}'
        ) from error
    return dict(found)


def _rows(source: SourceConfig, folder: Path, now: datetime) -> Iterator[Row]:
    sample = folder / "sample"
    if not sample.is_dir():
        raise UnreadableFile(f"{sample}：没有样例文件夹，请按 docs/adding-a-source.md 保存一份样例")
    if source.reader == "table":
        for path in sorted(sample.iterdir()):
            yield from read_file(path, source, now)
        return
    if source.sql is not None:
        with _database(sample, source.sql) as environ:
            context = Context(get=_no_web, now=now, data_dir=folder, environ=environ)
            yield from collect(source, context)
        return
    answers = SampleAnswers(sample)
    yield from collect(source, Context(get=answers, now=now, data_dir=folder, platforms=answers.platforms))


@contextmanager
def _database(sample: Path, settings: Sql) -> Iterator[Mapping[str, str]]:
    """A throw-away SQLite file made by the sample's *.sql, as the environment names a database."""
    with tempfile.TemporaryDirectory(prefix="trustwatch-sample-") as scratch:
        path = Path(scratch) / "sample.db"
        with closing(sqlite3.connect(path)) as connection:
            for script in sorted(sample.glob("*.sql")):
                try:
                    connection.executescript(script.read_text("utf-8"))
                except sqlite3.Error as error:
                    raise UnreadableFile(f"{script}：SQLite 不能执行（{error}），请改正") from error
            connection.commit()
        yield {settings.database: f"sqlite:///{path}"}


def _no_web(url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
    raise SourceBroken(f"{url}：数据库样例不访问网络")
