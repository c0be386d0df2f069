"""The watch list as people edit it: add, rename, change names by tier, archive and bring back; every change audited.

Changed names change who is linked: the worker is asked to read again what bears on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.read.naming import naming
from db.read.watchlist import watch_list
from db.roles import Actor, require
from db.schema import Alias, Mention
from db.schema import Platform as Stored
from db.sql import insert, table
from db.write.audit import record
from db.write.discoveries import RESCORE, platform_id_of
from db.write.feedback import reread
from db.write.platforms import alias_rows, load_platforms
from db.write.uploads import InputRefused
from db.write.work import add_pending, enqueue, note_input
from settings.models import RESERVED_IDS, Platform
from signals.model import shanghai_day
from signals.text import fold

TIERS = ("full", "brand", "legal_entities", "old_names", "not_this")
LONGEST = 100
"""Characters of one name."""


def add_platform(session: Session, actor: Actor, platform: Platform, *, reason: str, now: datetime) -> str:
    """A platform nobody watched yet; its id is made of its name. Returns the id. Raises NotAllowed, InputRefused."""
    require(actor, "platform.edit")
    wanted = _clean(platform, id=platform_id_of(platform.name.strip()), demo=False)
    known = session.get(Stored, wanted.id, with_for_update=True)
    if known is not None:
        told = "已在监测名单上" if known.active else "已在名单中，但被归档；请改为恢复它"
        raise InputRefused(f"“{known.name}”{told}")
    _require_free(session, wanted)
    load_platforms(session, [wanted], now=now, who=actor.name, evidence=reason or None)
    _relink(session, wanted.id, _names(wanted), actor, now)
    add_pending(session, "index", [(wanted.id, shanghai_day(now))])
    detail = {"platform": wanted.id, "after": _plain(wanted)}
    _log(session, actor, wanted.name, detail, reason, now)
    return wanted.id


def edit_platform(
    session: Session, actor: Actor, platform: Platform, *, seen: Platform, reason: str, now: datetime
) -> bool:
    """A platform's name, class and names by tier become what is given. False: nothing is different.

    Args:    seen: the platform as the person saw it: of two who change it, the second is told.
    Raises:  NotAllowed, InputRefused.
    """
    require(actor, "platform.edit")
    session.get(Stored, platform.id, with_for_update=True)
    before = next((each for each in watch_list(session) if each.id == platform.id), None)
    if before is None:
        raise InputRefused("监测名单里没有这个平台，请刷新页面后重试")
    after = _clean(platform, **{name: getattr(before, name) for name in _KEPT})
    if _plain(after) == _plain(before):
        return False
    if _plain(before) != _plain(seen):
        raise InputRefused(f"“{before.name}”刚被他人修改，请刷新页面，核对后再改")
    if not reason.strip():
        raise InputRefused("请填写修改的理由：它会记入审计日志")
    _require_free(session, after)
    changed = update(Stored).where(Stored.id == after.id)
    session.execute(changed.values(name=after.name, category=after.category))
    session.execute(delete(Alias).where(Alias.platform_id == after.id))
    if names := list(alias_rows(after)):
        session.execute(insert(session, table(Alias)), names)
    if different := _meanings(before) ^ _meanings(after):
        _relink(session, after.id, sorted({name for _, name, _ in different}), actor, now)
    if before.category != after.category:  # judged beside others from today on
        add_pending(session, "index", [(after.id, shanghai_day(now))])
    detail = {"platform": after.id, "before": _plain(before), "after": _plain(after)}
    _log(session, actor, after.name, detail, reason, now)
    return True


_KEPT = ("id", "demo", "status", "status_since", "status_evidence")


def archive_platform(session: Session, actor: Actor, platform_id: str, *, reason: str, now: datetime) -> bool:
    """Watch it no longer; what was computed of it stays on record. False: it was archived already."""
    return _set_active(session, actor, platform_id, False, reason, now)


def restore_platform(session: Session, actor: Actor, platform_id: str, *, reason: str, now: datetime) -> bool:
    """Watch it again. False: it was never archived."""
    return _set_active(session, actor, platform_id, True, reason, now)


def reread_names(session: Session, platform_id: str, names: Iterable[str]) -> int | None:
    """Documents that are linked to a platform or hold one of these names wait for analysis; returns how many.

    None: search cannot tell which (it is not complete, or a name is too short): all have to be read again.
    """
    found = naming(session, list(names))
    if found is None:
        return None
    linked = select(Mention.document_id).where(Mention.platform_id == platform_id)
    return reread(session, found | set(session.scalars(linked)))


def _set_active(
    session: Session, actor: Actor, platform_id: str, active: bool, reason: str, now: datetime
) -> bool:
    require(actor, "platform.edit")
    found = session.get(Stored, platform_id, with_for_update=True)
    if found is None or platform_id in RESERVED_IDS:
        raise InputRefused("名单里没有这个平台，请刷新页面后重试")
    if found.active is active:
        return False
    if not reason.strip():
        raise InputRefused("请填写归档或恢复的理由：它会记入审计日志")
    found.active = active
    session.flush()
    if active:
        back = next(each for each in watch_list(session) if each.id == platform_id)
        _require_free(session, back)
    names = session.scalars(select(Alias.text).where(Alias.platform_id == platform_id))
    _relink(session, platform_id, sorted(names), actor, now)
    detail = {"platform": platform_id, "active": active}
    _log(session, actor, found.name, detail, reason, now)
    return True


def _relink(session: Session, platform_id: str, names: Iterable[str], actor: Actor, now: datetime) -> None:
    arguments = {"platform": platform_id, "names": list(names)}
    enqueue(session, RESCORE, arguments, actor.name, now)


def _clean(platform: Platform, **kept: Any) -> Platform:
    """Without blanks and repetitions, as the settings would accept it. Raises InputRefused."""
    told: dict[str, Any] = {"name": platform.name.strip(), "category": platform.category.strip()}
    for tier in TIERS:
        names = (name.strip() for name in getattr(platform, tier))
        told[tier] = tuple(dict.fromkeys(name for name in names if name))
    told["ambiguous"] = [alias.model_dump() for alias in platform.ambiguous]
    try:
        found = Platform.model_validate(platform.model_dump() | told | kept)
    except ValidationError as error:
        raise InputRefused("请填写平台的名称与类别，有歧义的名称要有语境词") from error
    if not (found.full or found.brand or found.ambiguous or found.legal_entities):
        raise InputRefused("请至少填写一个用来识别平台的名称（全称、品牌名、有歧义的名称或运营主体）")
    if longest := next((name for name in _names(found) if len(name) > LONGEST), None):
        raise InputRefused(f"名称“{longest[:20]}…”超过 {LONGEST} 字，请核对")
    return found


def _require_free(session: Session, platform: Platform) -> None:
    """Raises InputRefused where another platform bears one of the names: a text could not tell whom it means."""
    mine = {fold(name) for name in _names(platform)}
    for other in watch_list(session):
        taken = [name for name in _names(other) if fold(name) in mine]
        if other.id != platform.id and taken:
            raise InputRefused(f"“{taken[0]}”已是“{other.name}”的名称；请先在那里去掉，或换一个名称")


def _names(platform: Platform) -> list[str]:
    """All names by which it is known, each once."""
    named = [platform.name, *platform.full, *platform.brand, *platform.old_names, *platform.legal_entities]
    return list(dict.fromkeys(named + [alias.text for alias in platform.ambiguous]))


def _meanings(platform: Platform) -> set[tuple[str, str, tuple[str, ...]]]:
    """(tier, name, context) of every name that linking knows."""
    found = {(tier, name, ()) for tier in TIERS for name in getattr(platform, tier)}
    return found | {("ambiguous", alias.text, tuple(alias.context)) for alias in platform.ambiguous}


def _plain(platform: Platform) -> dict[str, Any]:
    """What people edit, as the log keeps it."""
    told = platform.model_dump(mode="json")
    return {name: told[name] for name in ("name", "category", *TIERS, "ambiguous")}


def _log(
    session: Session, actor: Actor, subject: str, detail: dict[str, Any], reason: str, now: datetime
) -> None:
    note_input(session, now)
    record(
        session,
        actor=actor,
        action="platform_edit",
        subject=subject,
        detail=detail,
        reason=reason,
        now=now,
    )
