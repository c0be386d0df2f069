"""Names that nobody watches yet: what documents bring, and what people decide about them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.read.watchlist import watch_list
from db.roles import Actor, require
from db.schema import Discovery, DiscoveryDay, DiscoveryDocument, Document, Mention, Platform
from db.sql import among, upsert
from db.write.audit import record
from db.write.feedback import CorrectionRefused, reread
from db.write.platforms import load_platforms
from db.write.work import enqueue
from settings.models import Platform as Entry
from signals.model import shanghai_day
from signals.names import watch_list_entry
from signals.text import fold

RESCORE = "rescore"
"""The request by which the worker reads documents again: {} = all of them, {"name": …} = those that bear on a name."""
UNCATEGORISED = "未分类"


def save_discoveries(session: Session, found: Mapping[int, Mapping[str, float]]) -> None:
    """What each of these documents names, with confidence 0..1; the same documents again replace what they said.

    Keys are all documents that were looked at, those without a name too. Names on the watch list since keep the
    documents that first brought them.
    """
    if not found:
        return
    documents = {
        row.id: row
        for row in session.execute(
            select(Document.id, Document.available_at, Document.available_day).where(
                among(session, Document.id, list(found))
            )
        )
    }
    touched = _forget(session, documents)
    rows = [
        {
            "name": name,
            "day": documents[number].available_day,
            "document_id": number,
            "confidence": confidence,
        }
        for number, names in found.items()
        if number in documents
        for name, confidence in names.items()
    ]
    _first_seen(session, rows, documents)
    upsert(session, DiscoveryDocument, rows)
    _count(session, touched | {(row["name"], row["day"]) for row in rows})


def _forget(session: Session, documents: Collection[int]) -> set[tuple[str, date]]:
    promoted = select(Discovery.name).where(Discovery.promoted_at.is_not(None))
    these = (
        among(session, DiscoveryDocument.document_id, list(documents)),
        DiscoveryDocument.name.not_in(promoted),
    )
    touched = session.execute(select(DiscoveryDocument.name, DiscoveryDocument.day).where(*these).distinct())
    keys = {(row.name, row.day) for row in touched}
    if keys:
        session.execute(delete(DiscoveryDocument).where(*these))
    return keys


def _first_seen(session: Session, rows: Collection[Mapping[str, Any]], documents: Mapping[int, Any]) -> None:
    earliest: dict[str, datetime] = {}
    for row in rows:
        at = documents[row["document_id"]].available_at
        earliest[row["name"]] = min(at, earliest.get(row["name"], at))
    known = select(Discovery.name, Discovery.first_seen).where(among(session, Discovery.name, list(earliest)))
    before = {row.name: row.first_seen for row in session.execute(known)}
    news = [{"name": n, "first_seen": at} for n, at in earliest.items() if n not in before or at < before[n]]
    upsert(session, Discovery, news)


def _count(session: Session, keys: Collection[tuple[str, date]]) -> None:
    """Count these days of these names anew."""
    if not keys:
        return
    of_these = (
        among(session, DiscoveryDocument.name, {name for name, _ in keys}),
        among(session, DiscoveryDocument.day, {day for _, day in keys}),
    )
    unknown = func.count().filter(Document.publisher.is_(None))  # an unknown publisher may be anyone
    statement = (
        select(
            DiscoveryDocument.name,
            DiscoveryDocument.day,
            func.count().label("documents"),
            (func.count(Document.publisher.distinct()) + unknown).label("publishers"),
            func.avg(DiscoveryDocument.confidence).label("confidence"),
        )
        .join(Document, Document.id == DiscoveryDocument.document_id)
        .where(*of_these)
        .group_by(DiscoveryDocument.name, DiscoveryDocument.day)
    )
    rows = [dict(row) for row in session.execute(statement).mappings() if (row["name"], row["day"]) in keys]
    upsert(session, DiscoveryDay, rows)
    for name, day in set(keys) - {(row["name"], row["day"]) for row in rows}:
        session.execute(delete(DiscoveryDay).where(DiscoveryDay.name == name, DiscoveryDay.day == day))


def prune_discoveries(session: Session, before: date) -> int:
    """Forget what names were found earlier than this day, and names of which nothing is left and nothing decided.

    Returns how many names went.
    """
    for model in (DiscoveryDocument, DiscoveryDay):
        session.execute(delete(model).where(model.day < before))
    left = select(DiscoveryDay.name)
    undecided = Discovery.dismissed_at.is_(None), Discovery.promoted_at.is_(None), Discovery.name.not_in(left)
    gone = list(session.scalars(select(Discovery.name).where(*undecided)))
    session.execute(delete(Discovery).where(among(session, Discovery.name, gone)))
    return len(gone)


def promote(
    session: Session,
    name: str,
    *,
    actor: Actor,
    evidence: str | None,
    now: datetime,
    category: str = UNCATEGORISED,
) -> str:
    """Put a discovered name on the watch list; the worker reads the documents that name it again. Returns its id.

    Who and the evidence are recorded with its status 在营. Doing it twice changes nothing. Raises CorrectionRefused,
    NotAllowed.
    """
    require(actor, "discover")
    found = _discovery(session, name)
    if found.promoted_at is not None and found.platform_id is not None:
        return found.platform_id
    platform_id = platform_id_of(name)
    if (bearer := _bearer(session, name)) is not None:
        raise CorrectionRefused(f"“{name}”已是监测名单中“{bearer}”的名称，无需再加入")
    entry = watch_list_entry(platform_id, name, category.strip() or UNCATEGORISED)
    seen = {"status_since": shanghai_day(now), "status_evidence": evidence or "由“新平台发现”加入"}
    load_platforms(session, [entry.model_copy(update=seen)], now=now, who=actor.name, evidence=evidence)
    session.execute(update(Platform).where(Platform.id == platform_id).values(active=True))
    found.promoted_at, found.promoted_by, found.platform_id = now, actor.name, platform_id
    found.dismissed_at = found.dismissed_by = None
    enqueue(session, RESCORE, {"name": name}, actor.name, now)
    _note(session, actor, "discovery_promote", name, {"platform": platform_id}, now)
    return platform_id


def undo_promotion(session: Session, name: str, *, actor: Actor, now: datetime) -> bool:
    """Take the name off the watch list again; what was computed of it stays on record. False: it was not on it."""
    require(actor, "discover")
    found = _discovery(session, name)
    if found.promoted_at is None:
        return False
    platform_id = found.platform_id
    session.execute(update(Platform).where(Platform.id == found.platform_id).values(active=False))
    found.promoted_at = found.promoted_by = found.platform_id = None
    enqueue(session, RESCORE, {"name": name}, actor.name, now)
    _note(session, actor, "discovery_demote", name, {"platform": platform_id}, now)
    return True


def dismiss(session: Session, name: str, *, actor: Actor, now: datetime) -> None:
    """Refuse a name: it is not offered again. Raises CorrectionRefused, NotAllowed."""
    require(actor, "discover")
    found = _discovery(session, name)
    if found.promoted_at is not None:
        raise CorrectionRefused(f"“{name}”已加入监测名单，请先撤销加入")
    if found.dismissed_at is None:
        found.dismissed_at, found.dismissed_by = now, actor.name
        _note(session, actor, "discovery_dismiss", name, {}, now)


def undo_dismissal(session: Session, name: str, *, actor: Actor, now: datetime) -> bool:
    """Offer a refused name again. False: it was not refused."""
    require(actor, "discover")
    found = _discovery(session, name)
    if found.dismissed_at is None:
        return False
    found.dismissed_at = found.dismissed_by = None
    _note(session, actor, "discovery_restore", name, {}, now)
    return True


def _note(
    session: Session, actor: Actor, action: str, name: str, detail: Mapping[str, Any], now: datetime
) -> None:
    record(session, actor=actor, action=action, subject=name, detail=detail, now=now)


def reread_name(session: Session, name: str) -> int:
    """Documents that brought a name or are linked by it wait for the analyse stage again; returns how many."""
    linked = select(Mention.document_id).where(Mention.platform_id == platform_id_of(name))
    brought = select(DiscoveryDocument.document_id).where(DiscoveryDocument.name == name)
    return reread(session, set(session.scalars(brought)) | set(session.scalars(linked)))


def platform_id_of(name: str) -> str:
    """The id of a platform of which only the name is known; the same name has the same id."""
    return "n-" + hashlib.sha256(name.encode()).hexdigest()[:12]


def _discovery(session: Session, name: str) -> Discovery:
    found = session.scalar(select(Discovery).where(Discovery.name == name).with_for_update())
    if found is None:
        raise CorrectionRefused(f"没有发现过“{name}”，请刷新页面后重试")
    return found


def _bearer(session: Session, name: str) -> str | None:
    """The platform of the watch list that bears the name already."""
    folded = fold(name.strip())
    return next((each.name for each in watch_list(session) if folded in map(fold, _names(each))), None)


def _names(platform: Entry) -> list[str]:
    names = [platform.name, *platform.full, *platform.brand, *platform.old_names, *platform.legal_entities]
    return names + [alias.text for alias in platform.ambiguous]
