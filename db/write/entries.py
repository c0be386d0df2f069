"""Letters and calls that a person types in: documents of a manual source, masked and known again like all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.read.watchlist import watch_list
from db.read.work import fact
from db.roles import Actor, require
from db.schema import Document as Stored
from db.schema import ManualEntry, Source
from db.sql import add
from db.write.audit import record
from db.write.documents import store_documents
from db.write.rows import digest
from db.write.sources import save_source_days
from db.write.uploads import InputRefused
from db.write.withdrawal import withdraw_documents
from settings.models import Platform
from signals.model import Document, Kind, day_start, shanghai_day

SOURCE = "manual_entry"
LONGEST = 20_000
EARLIEST = date(2000, 1, 1)
SALT = "author_salt"


@dataclass(frozen=True, slots=True)
class EntryKind:
    """What can be typed in: its word, and what it becomes."""

    word: str
    kind: Kind
    official: bool
    channel: str


KINDS: Mapping[str, EntryKind] = {
    "letter": EntryKind("监管函", Kind.REGULATORY, True, "来函"),
    "talk": EntryKind("监管约谈", Kind.REGULATORY, True, "约谈"),
    "call": EntryKind("来电投诉", Kind.COMPLAINT, False, "来电"),
    "visit": EntryKind("来信来访", Kind.COMPLAINT, False, "来信来访"),
}

DECLARATION: Mapping[str, Any] = {
    "id": SOURCE,
    "name": "人工录入",
    "kinds": [str(Kind.REGULATORY), str(Kind.COMPLAINT)],
    "config": {
        "id": SOURCE,
        "name": "人工录入",
        "kinds": [str(Kind.REGULATORY), str(Kind.COMPLAINT)],
        "covers": "all",
        "schedule": {"manual": True},
    },
    "enabled": True,
    "demo": False,
    "verified": True,
    "state": "ok",
}
"""The source that all entries belong to; like what people import, it speaks of the platforms it names alone."""


def enter(
    session: Session,
    actor: Actor,
    *,
    what: str,
    platform_id: str,
    day: date,
    sender: str,
    title: str = "",
    text: str,
    now: datetime,
) -> tuple[int, bool]:
    """A letter or a call becomes a document that counts from now on. Returns (number, whether it is new).

    The same entry again (a double click, a colleague with the same letter) is the one that stands.

    Args:    what: a key of KINDS. day: of the letter or call, Asia/Shanghai. sender: who wrote, or the channel of
             the call.
    Raises:  NotAllowed, InputRefused.
    """
    require(actor, "enter")
    kind = KINDS.get(what)
    platform = next((each for each in watch_list(session) if each.id == platform_id), None)
    if kind is None or platform is None:
        raise InputRefused("请选择类型，以及监测名单上的一个平台")
    _require(day, sender, text, shanghai_day(now))
    key = digest(platform_id, what, day.isoformat(), sender.strip(), title.strip(), text.strip())
    if (known := _standing(session, key)) is not None:
        return known, False
    add(session, Source, [dict(DECLARATION)])
    document = Document(
        source_id=SOURCE,
        kind=kind.kind,
        title=title.strip() or f"{kind.word}：{platform.name}",
        text=text.strip(),
        external_id=key,
        publisher=sender.strip(),
        published_at=day_start(day),
        official=kind.official,
        channel=kind.channel,
        subject=surest_name(platform),
    )
    store_documents(session, [document], now=now, salt=fact(session, SALT) or "")
    stored = session.scalars(
        select(Stored).where(Stored.source_id == SOURCE, Stored.external_id == key)
    ).one()
    entry = ManualEntry(
        document_id=stored.id, platform_id=platform_id, what=what, day=day, who=actor.name, at=now
    )
    session.add(entry)
    session.flush()
    _vouch(session, str(kind.kind), shanghai_day(now))
    detail = {"entry": entry.id, "document": stored.id, "what": what, "day": day.isoformat()}
    record(session, actor=actor, action="entry", subject=platform.name, detail=detail, now=now)
    return entry.id, True


def undo_entry(session: Session, actor: Actor, number: int, *, reason: str, now: datetime) -> bool:
    """Take an entry back: its document goes with what came of it. False: it was taken back before.

    Raises NotAllowed, InputRefused.
    """
    require(actor, "enter")
    entry = session.scalar(select(ManualEntry).where(ManualEntry.id == number).with_for_update())
    if entry is None:
        raise InputRefused("没有这条录入，请刷新页面后重试")
    if entry.undone_at is not None:
        return False
    if not reason.strip():
        raise InputRefused("请填写撤销的理由：它会记入审计日志")
    if entry.document_id is not None:
        withdraw_documents(session, [entry.document_id])
    entry.document_id, entry.undone_at, entry.undone_by = None, now, actor.name
    detail = {"entry": number, "what": entry.what, "day": entry.day.isoformat()}
    subject = entry.platform_id
    record(session, actor=actor, action="entry_undo", subject=subject, detail=detail, reason=reason, now=now)
    return True


def surest_name(platform: Platform) -> str:
    """The name by which linking knows the platform without doubt, as it is written into an entry's subject."""
    sure = (*platform.full, *platform.brand, *platform.legal_entities)
    if platform.name in sure or not (sure or platform.ambiguous):
        return platform.name
    if sure:
        return sure[0]
    alias = platform.ambiguous[0]
    return next((form for form in alias.context if alias.text in form), f"{alias.text} {alias.context[0]}")


def _require(day: date, sender: str, text: str, today: date) -> None:
    if not text.strip() or len(text) > LONGEST:
        raise InputRefused(f"请填写内容（至多 {LONGEST:,} 字）")
    if not sender.strip() or len(sender) > 200:
        raise InputRefused("请填写来文单位或来电渠道（至多 200 字）")
    if not EARLIEST <= day <= today:
        raise InputRefused(f"日期应在 {EARLIEST} 与今天（{today}）之间")


def _standing(session: Session, key: str) -> int | None:
    statement = (
        select(ManualEntry.id)
        .join(Stored, Stored.id == ManualEntry.document_id)
        .where(Stored.source_id == SOURCE, Stored.external_id == key, ManualEntry.undone_at.is_(None))
    )
    return session.scalar(statement)


def _vouch(session: Session, kind: str, today: date) -> None:
    """The source answered today, for this kind: by what it brought."""
    brought = select(func.count()).where(
        Stored.source_id == SOURCE, Stored.available_day == today, Stored.kind == kind
    )
    items = session.scalar(brought) or 0
    row = {"source_id": SOURCE, "day": today, "kind": kind, "answered": True, "items": items}
    save_source_days(session, [row | {"expected": 0.0}])
