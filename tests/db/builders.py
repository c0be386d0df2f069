"""Small synthetic rows for the database tests; every name in them is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from sqlalchemy import func, select

from db import read, write
from db.roles import Actor, Role
from db.schema import Base
from db.session import Database, Session
from db.write import AnalysisRow
from settings.models import Platform
from signals.model import Document, EventHit, Kind, Mention, Polarity, Span

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
TODAY = date(2026, 11, 20)
SALT = "salt"
LATER = NOW + timedelta(hours=1)


def analyst(name: str = "陈一") -> Actor:
    """A person who may correct and decide about names."""
    return Actor(name, Role.ANALYST)


def add_source(session: Session, source_id: str = "news", *, demo: bool = False, **more: object) -> None:
    """A source the documents can belong to."""
    row: dict[str, object] = {
        "id": source_id,
        "name": f"来源{source_id}",
        "kinds": ["news"],
        "config": {"covers": "all", "expected": {"news": 3.0}},
        "enabled": True,
        "demo": demo,
        "verified": True,
    }
    write.upsert_sources(session, [row | more])


def add_platforms(session: Session, *ids: str, demo: bool = False) -> None:
    """Platforms named after their id."""
    platforms = [
        Platform(id=name, name=f"平台{name}", category="支付", full=(f"平台{name}",), demo=demo)
        for name in ids
    ]
    write.load_platforms(session, platforms, now=NOW, who="测试", evidence=None)


def document(number: int, **changes: object) -> Document:
    """Document `number` of source `news`: published `number` hours before NOW, by one of three papers."""
    plain = Document(
        source_id="news",
        kind=Kind.NEWS,
        title=f"甲平台公告{number}",
        text=f"甲平台第{number}号消息：提现困难。",
        external_id=str(number),
        publisher=f"报纸{number % 3}",
        published_at=NOW - timedelta(hours=number),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def store(session: Session, documents: Sequence[Document], **changes: object) -> write.StoreCounts:
    """store_documents as a live source would call it."""
    options: dict[str, object] = {"now": NOW, "salt": SALT}
    return write.store_documents(session, documents, **(options | changes))  # type: ignore[arg-type]


def mention(platform_id: str, **changes: object) -> Mention:
    """A negative, asserted mention with one event."""
    plain = Mention(
        platform_id=platform_id,
        relevance=1.0,
        negative=0.9,
        polarity=Polarity.ASSERTED,
        events=(
            EventHit(
                "withdrawal_difficulty", Polarity.ASSERTED, Span("text", 9, 13, "withdrawal_difficulty")
            ),
        ),
        severity=0.8,
        spans=(Span("title", 0, 3, "甲平台"), Span("text", 0, 3, "甲平台")),
        model_version="m1",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def analyse_all(
    database: Database,
    *platforms: str,
    as_of: datetime = NOW,
    version: str = "v1",
    **changes: object,
) -> list[read.StoredDocument]:
    """Every waiting document mentions all `platforms`; returns the documents."""
    with database.reading() as session:
        waiting = read.waiting_documents(session, version, limit=10_000)
    rows = [
        AnalysisRow(item.id, [mention(name, **changes) for name in platforms], revision=item.revision)
        for item in waiting
    ]
    with database.writing() as session:
        write.save_analysis(session, rows, version=version, as_of=as_of)
    return waiting


def platform_day_rows(platform_id: str, days: Sequence[date], **changes: object) -> pd.DataFrame:
    """Rows for save_platform_days; T and T* are 40."""
    row: dict[str, object] = {
        "t": 40.0,
        "t_star": 40.0,
        "q": 40.0,
        "scope": 1.0,
        "coverage": 1.0,
        "level": "蓝",
        "level_before_grey": None,
        "since": days[0],
        "provisional": False,
        "reason": "提现困难",
        "floor": None,
        "state": {"peak": 40.0},
        "threshold_version": 1,
        "settings_hash": "abc",
    }
    return pd.DataFrame([{"platform_id": platform_id, "day": day} | row | changes for day in days])


def index_value_rows(platform_id: str, days: Sequence[date], **changes: object) -> pd.DataFrame:
    """Rows for save_index_values, index N."""
    row: dict[str, object] = {
        "index_id": "N",
        "value": 30.0,
        "level_part": 0.3,
        "surprise_part": 0.0,
        "accumulated": 0.5,
        "saturation": 1.5,
        "count": 2,
        "expected": 1.0,
        "observed": True,
    }
    return pd.DataFrame([{"platform_id": platform_id, "day": day} | row | changes for day in days])


def flip_rows(platform_id: str, days: Sequence[date], **changes: object) -> pd.DataFrame:
    """Rows for save_flips."""
    row: dict[str, object] = {
        "level_from": "正常",
        "level_to": "蓝",
        "reason": "提现困难",
        "t": 40.0,
        "t_star": 40.0,
        "threshold_version": 1,
        "settings_hash": "abc",
    }
    return pd.DataFrame([{"platform_id": platform_id, "day": day} | row | changes for day in days])


def days(count: int, end: date = TODAY) -> list[date]:
    """`count` days that end on `end`."""
    return [end - timedelta(days=back) for back in range(count - 1, -1, -1)]


def count(session: Session, model: type[Base]) -> int:
    """Rows of a table."""
    return session.scalar(select(func.count()).select_from(model)) or 0


def counts(database: Database) -> dict[str, int]:
    """Rows of every table."""
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
