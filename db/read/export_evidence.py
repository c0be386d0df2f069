"""The documents that a platform's day rests on, for rows that come platform by platform and day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from heapq import heappush, heappushpop, nlargest
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Mention
from db.sql import latest

KEPT = 5
DAYS = 30
"""The same span and order as `evidence`, which the page 平台详情 shows."""

Strong = tuple[float, int]
"""Strength and document; the order of evidence."""


def with_evidence(
    session: Session, rows: Iterator[dict[str, object]], start: date | None, end: date | None
) -> Iterator[dict[str, object]]:
    """The rows, each with `evidence_ids`: the five strongest documents of the thirty days up to its own, joined by ；.

    Holds five documents a day of one platform at a time. None where nothing was said.
    """
    for platform_id, mine in groupby(rows, key=lambda row: row["platform_id"]):
        strongest = _by_day(session, str(platform_id), start, end)
        told: tuple[object, str | None] = (None, None)
        for row in mine:
            if row["day"] != told[0]:
                told = row["day"], _told(strongest, row["day"])
            yield row | {"evidence_ids": told[1]}


def _by_day(
    session: Session, platform_id: str, start: date | None, end: date | None
) -> dict[date, list[Strong]]:
    strength = func.coalesce(Mention.weight, Mention.relevance * Mention.negative)
    statement = select(Mention.available_day, strength, Mention.document_id).where(
        Mention.platform_id == platform_id, ~Mention.removed, latest(Mention)
    )
    if start is not None:
        statement = statement.where(Mention.available_day > start - timedelta(days=DAYS))
    if end is not None:
        statement = statement.where(Mention.available_day <= end)
    found: dict[date, list[Strong]] = defaultdict(list)
    for day, strong, document in session.execute(statement, execution_options={"yield_per": 5_000}):
        push = heappush if len(found[day]) < KEPT else heappushpop
        push(found[day], (strong, document))
    return found


def _told(strongest: dict[date, list[Strong]], day: object) -> str | None:
    assert isinstance(day, date)
    window = (one for back in range(DAYS) for one in strongest.get(day - timedelta(days=back), ()))
    return "；".join(str(document) for _, document in nlargest(KEPT, window)) or None
