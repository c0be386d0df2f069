"""The mention table of the number side, and what hangs on single mentions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Select, Text, case, cast, func, or_, select
from sqlalchemy.orm import Session

from db.schema import GONE, Document, Mention
from db.sql import among, frame, latest
from signals.model import Kind

RESOLVED = frozenset({"已完成", "已解决", "已关闭", "已和解", "已撤诉", "已撤销", "resolved"})
UNRESOLVED_AFTER = timedelta(days=15)
MENTION_DAYS = 90

COLUMNS = (
    Mention.document_id,
    Mention.platform_id,
    Mention.as_of,
    Document.available_at,
    Mention.available_day.label("day"),
    Mention.kind,
    Document.publisher,
    Document.author_hash.label("author"),
    Document.story_id,
    Document.root_id,
    Document.official,
    Document.channel,
    Document.reach,
    Mention.relevance,
    Mention.negative,
    Mention.severity,
    Mention.polarity,
    Mention.events,
    Mention.weight,
    Document.content_hash,
    Document.source_id,
    Document.purged_at.is_not(None).label("purged"),
    Document.published_at,
    # Only complaints have a progress to read; parsing everyone's fields would cost more than the rest.
    case((Mention.kind == Kind.COMPLAINT, Document.fields), else_=None).label("fields"),
)


def mention_table(session: Session, platform_ids: Sequence[str], days: tuple[date, date]) -> pd.DataFrame:
    """Mentions of these platforms available on days[0]..days[1] inclusive: latest versions, removed ones left out.

    Columns: document_id, platform_id, as_of, available_at (datetime64[us, UTC]), day (datetime64[s], midnight of the
    Shanghai day, naive), kind, publisher, author (hash), story_id, root_id (the first version of an edited page, NaN =
    this is it), official, channel, reach (NaN = unknown), relevance, negative, severity, polarity, events (list of
    dicts with id and polarity), weight (NaN = not weighed yet), content_hash, source_id, purged (the content is gone:
    its weight stands), unresolved (a complaint that was still open 15 days after it was made when it reached us).
    Ordered by platform, available_at, document.
    """
    statement = _mentions().where(Mention.available_day.between(*days))
    these = among(session, Mention.platform_id, platform_ids)
    return _finish(frame(session, statement.where(these)))


def story_context(
    session: Session, story_ids: Collection[int], before: datetime, hours: int = 72
) -> pd.DataFrame:
    """The mentions (same columns) of these stories that became available in the `hours` before `before`.

    Earlier versions of pages edited in these stories are among them however old: what they said is no news.
    """
    since = before - timedelta(hours=hours)
    these = among(session, Document.story_id, story_ids)
    edits = select(Document.root_id).where(these, Document.root_id.is_not(None))
    page = or_(Document.id.in_(edits), Document.root_id.in_(edits))
    statement = _mentions().where(Document.available_at < before, or_(Document.available_at >= since, page))
    return _finish(frame(session, statement.where(these)))


def floor_events(
    session: Session, platform_ids: Sequence[str], start: date, end: date, event_ids: Collection[str]
) -> pd.DataFrame:
    """Mentions carrying one of these events, a row per mention and event, start..end inclusive.

    Columns: those of the mention table and event_id; `polarity` is the event's own. A later version of a page that
    claims what an earlier one claimed is no new claim: it has that one's available_at and content_hash.
    """
    named = or_(*(cast(Mention.events, Text).contains(f'"{event}"', autoescape=True) for event in event_ids))
    claimed = Mention.negative > 0  # 0 is a person's word, no model's: not negative, so no floor rests on it
    statement = _mentions().where(Mention.available_day.between(start, end), named, claimed)
    these = among(session, Mention.platform_id, platform_ids)
    found = _finish(frame(session, statement.where(these)))
    found = found.explode("events", ignore_index=True)
    found["event_id"] = [event["id"] for event in found["events"]]
    found["polarity"] = [event["polarity"] for event in found["events"]]
    found = found[found["event_id"].isin(list(event_ids))].drop(columns="events").reset_index(drop=True)
    return _as_first_claimed(session, found)


def _as_first_claimed(session: Session, claims: pd.DataFrame) -> pd.DataFrame:
    edited = claims["root_id"].notna()
    if not edited.any():
        return claims
    first = _first_claims(session, {int(root) for root in claims.loc[edited, "root_id"]})
    names = ["root_id", "platform_id", "event_id", "polarity"]
    for place, *claim in claims.loc[edited, names].itertuples(name=None):
        document, available, content = first.get(tuple(claim), (None, None, None))
        if document is not None and document < claims.loc[place, "document_id"]:
            claims.loc[place, ["available_at", "content_hash"]] = [available, content]
    return claims


def _first_claims(session: Session, roots: Collection[int]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(root, platform, event, polarity) -> document, available_at and content hash of the first version saying so.

    Claims that were denied since are among them.
    """
    page = func.coalesce(Document.root_id, Document.id)
    versions = or_(among(session, Document.id, roots), among(session, Document.root_id, roots))
    statement = (
        select(
            page,
            Mention.platform_id,
            Mention.events,
            Document.id,
            Document.available_at,
            Document.content_hash,
        )
        .join(Document, Document.id == Mention.document_id)
        .where(versions, latest(Mention), or_(~Mention.removed, Mention.removed_reason != GONE))
        .order_by(Document.id)
    )
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for root, platform, events, *version in session.execute(statement):
        for event in events:
            found.setdefault((root, platform, event["id"], event["polarity"]), tuple(version))
    return found


def _mentions() -> Select[*tuple[Any, ...]]:
    return (
        select(*COLUMNS)
        .join(Document, Document.id == Mention.document_id)
        .where(~Mention.removed, latest(Mention))
    )


def _finish(found: pd.DataFrame) -> pd.DataFrame:
    found["unresolved"] = [
        fields is not None and _unresolved(fields, published, available)
        for fields, published, available in zip(
            found["fields"], found["published_at"], found["available_at"], strict=True
        )
    ]
    found["unresolved"] = found["unresolved"].astype(bool)
    found["day"] = pd.to_datetime(found["day"]).astype("datetime64[s]")
    found = found.drop(columns=["fields", "published_at"])
    return found.sort_values(["platform_id", "available_at", "document_id"], ignore_index=True)


def _unresolved(fields: dict[str, str], published: datetime, available: datetime) -> bool:
    """Judged by what was known when the complaint reached us: a later judgement would rewrite a finished day."""
    status = fields.get("status")
    if not status or status in RESOLVED or pd.isna(published):
        return False
    return available - published >= UNRESOLVED_AFTER
