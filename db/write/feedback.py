"""People's corrections of mentions: they win at once for a document and its story, and nothing of them is deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.roles import Actor, require
from db.schema import Correction, Document
from db.schema import Mention as Stored
from db.sql import among, changed_rows, table, upsert
from db.write.audit import record
from db.write.work import add_pending
from settings.models import EventSettings
from signals.corrections import REASONS, Said, What, corrected
from signals.model import EventHit, Mention, Polarity, Span

TICK = timedelta(microseconds=1)
Events = Mapping[str, EventSettings]
COMPARED = ("relevance", "negative", "polarity", "severity", "events", "spans", "needs_review", "removed")


class CorrectionRefused(ValueError):
    """A correction or decision that cannot be taken: about nothing. The message is for the user."""


def correct(
    session: Session,
    document_id: int,
    platform_id: str,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    events: Events,
    event_id: str | None = None,
    note: str | None = None,
) -> int:
    """A person corrects what a document says about a platform; its whole story follows at once. Returns the number.

    New versions of the mentions, valid from `now`, and their days wait for `index`. The same correction while it stands
    is not made twice. Documents that join the story later, and later analyses, follow too (pipeline.stages.feedback).

    Args:    what: see signals.corrections.What. events: all events by id. event_id: with wrong_event only.
    Raises:  CorrectionRefused, NotAllowed.
    """
    require(actor, "correct")
    said = Said(What(what), event_id)
    if (said.what is What.WRONG_EVENT) != (event_id is not None):
        raise CorrectionRefused("请指明哪一个事件有误")
    story = _story(session, document_id)
    if not any(row.platform_id == platform_id for row in _versions(session, [document_id], platform_id)):
        raise CorrectionRefused("该文本没有提及这个平台，请刷新页面后重试")
    standing = select(Correction.id).where(
        Correction.document_id == document_id,
        Correction.platform_id == platform_id,
        Correction.what == str(said.what),
        Correction.event_id.is_(None) if event_id is None else Correction.event_id == event_id,
        Correction.undone_at.is_(None),
    )
    if (known := session.scalar(standing)) is not None:
        return known
    row = Correction(
        document_id=document_id,
        platform_id=platform_id,
        what=str(said.what),
        event_id=event_id,
        note=(note or "").strip() or None,
        who=actor.name,
        at=now,
    )
    session.add(row)
    session.flush()
    _rewrite(session, story, platform_id, now, events, _latest)
    _note(session, actor, "correct", row, now, row.note)
    return row.id


def undo_correction(
    session: Session, correction_id: int, *, actor: Actor, now: datetime, events: Events
) -> bool:
    """Take a correction back: what the model said stands again at once, and the story is read anew.

    The correction stays on record with who took it back and when. False: that was done before. Raises
    CorrectionRefused, NotAllowed.
    """
    require(actor, "correct")
    row = session.get(Correction, correction_id)
    if row is None:
        raise CorrectionRefused("找不到这条更正，请刷新页面后重试")
    story = _story(session, row.document_id)
    taken = update(Correction).where(Correction.id == correction_id, Correction.undone_at.is_(None))
    if not changed_rows(session.execute(taken.values(undone_at=now, undone_by=actor.name))):
        return False
    _rewrite(session, story, row.platform_id, now, events, _untouched)
    reread(session, story)
    _note(session, actor, "correct_undo", row, now)
    return True


def _note(
    session: Session, actor: Actor, action: str, row: Correction, now: datetime, reason: str | None = None
) -> None:
    detail = {"correction": row.id, "document": row.document_id, "what": row.what, "event": row.event_id}
    record(
        session, actor=actor, action=action, subject=row.platform_id, detail=detail, reason=reason, now=now
    )


def reread(session: Session, document_ids: Collection[int]) -> int:
    """These documents wait for the analyse stage again; purged ones have nothing left to read. Returns how many."""
    these = among(session, Document.id, list(document_ids))
    statement = update(Document).where(
        these, Document.analysed_with.is_not(None), Document.purged_at.is_(None)
    )
    return changed_rows(session.execute(statement.values(analysed_with=None)))


class _Made(NamedTuple):
    """A correction and the time for which it stood; `until` None = it stands."""

    said: Said
    at: datetime
    until: datetime | None

    def covers(self, moment: datetime) -> bool:
        return self.at <= moment and (self.until is None or moment < self.until)


Choice = Callable[[Sequence[Any], Sequence[_Made]], Any]
"""From the versions of a mention, oldest first, the one that the corrections are applied to; None = leave it alone."""


def _story(session: Session, document_id: int) -> list[int]:
    """The document and all that tell its story. Locked, so that two people correct one after the other."""
    own = session.execute(
        select(Document.id, Document.story_id).where(Document.id == document_id).with_for_update()
    ).first()
    if own is None:
        raise CorrectionRefused("该文本已不存在，请刷新页面后重试")
    if own.story_id is None:
        return [own.id]
    return list(session.scalars(select(Document.id).where(Document.story_id == own.story_id)))


def _versions(session: Session, documents: Collection[int], platform_id: str) -> list[Any]:
    these = among(session, Stored.document_id, list(documents))
    statement = select(*table(Stored).c).where(these, Stored.platform_id == platform_id)
    return list(session.execute(statement.order_by(Stored.document_id, Stored.as_of)))


def _made(session: Session, documents: Collection[int], platform_id: str) -> list[_Made]:
    statement = (
        select(Correction)
        .where(among(session, Correction.document_id, list(documents)), Correction.platform_id == platform_id)
        .order_by(Correction.at, Correction.id)
    )
    rows = session.scalars(statement)
    return [_Made(Said(What(row.what), row.event_id), row.at, row.undone_at) for row in rows]


def _rewrite(
    session: Session,
    documents: Collection[int],
    platform_id: str,
    now: datetime,
    events: Events,
    choose: Choice,
) -> None:
    """A new version of every mention of the story that what stands now makes different."""
    made = _made(session, documents, platform_id)
    said = [one.said for one in made if one.until is None]
    written, stale = [], []
    for versions in _by_document(_versions(session, documents, platform_id)):
        latest, base = versions[-1], choose(versions, made)
        if base is None:
            continue
        version = _corrected(base, latest, said, now, events)
        if any(version[name] != getattr(latest, name) for name in COMPARED):
            written.append(version)
        if base is not latest:
            stale.append(latest.document_id)
    upsert(session, Stored, written)
    add_pending(session, "index", {(platform_id, version["available_day"]) for version in written})
    reread(session, stale)


def _by_document(rows: Iterable[Any]) -> Iterable[list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.document_id, []).append(row)
    return found.values()


def _latest(versions: Sequence[Any], made: Sequence[_Made]) -> Any:
    """The latest version; where people had taken it out, the last one that they had not touched."""
    latest = versions[-1]
    if not latest.removed:
        return latest
    return _untouched(versions, made)


def _untouched(versions: Sequence[Any], made: Sequence[_Made]) -> Any:
    """The latest version that no correction shaped; None where analysis or a denial had taken the mention out."""
    latest = versions[-1]
    if latest.removed and latest.removed_reason != REASONS[What.WRONG_PLATFORM]:
        return None
    own = [row for row in versions if not any(one.covers(row.as_of) for one in made)]
    return own[-1] if own else None


def _corrected(base: Any, latest: Any, said: Sequence[Said], now: datetime, events: Events) -> dict[str, Any]:
    mention = corrected(_mention(base), said, events)
    version = dict(base._mapping) | {"as_of": max(now, latest.as_of + TICK)}
    if mention is None:
        reason = REASONS[What.WRONG_PLATFORM]
        return version | {"removed": True, "removed_reason": reason, "weight": 0.0}
    return version | {
        "relevance": mention.relevance,
        "negative": mention.negative,
        "polarity": str(mention.polarity),
        "severity": mention.severity,
        "events": [event for event in base.events if event["id"] in {hit.event_id for hit in mention.events}],
        "spans": [span for span in base.spans if span["label"] in {span.label for span in mention.spans}],
        "needs_review": mention.needs_review,
        "weight": None,
        "removed_reason": REASONS[said[-1].what] if said else None,
    }


def _mention(row: Any) -> Mention:
    return Mention(
        platform_id=row.platform_id,
        relevance=row.relevance,
        negative=row.negative,
        polarity=Polarity(row.polarity),
        events=tuple(
            EventHit(
                hit["id"], Polarity(hit["polarity"]), Span(hit["part"], hit["start"], hit["end"], hit["id"])
            )
            for hit in row.events
        ),
        severity=row.severity,
        spans=tuple(Span(**span) for span in row.spans),
        model_version=row.model_version,
        needs_review=row.needs_review,
    )
