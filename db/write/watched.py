"""我的关注 in: a person marks a platform, or takes the mark away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.roles import Actor, NotAllowed, require
from db.schema import Account, Platform, WatchedPlatform
from db.sql import changed_rows, insert, table
from db.write.audit import record


def watch(session: Session, actor: Actor, platform_id: str, *, now: datetime) -> bool:
    """Mark a platform; False: it was marked already. KeyError: no such platform. Raises NotAllowed."""
    account = _account(session, actor)
    name = _name(session, platform_id)
    row = {"account_id": account, "platform_id": platform_id, "since": now}
    statement = insert(session, table(WatchedPlatform)).values(row).on_conflict_do_nothing()
    added = session.scalar(statement.returning(table(WatchedPlatform).c.platform_id))
    return _logged(session, actor, "watch", name, added is not None, now)


def unwatch(session: Session, actor: Actor, platform_id: str, *, now: datetime) -> bool:
    """Take the mark away; False: there was none. KeyError: no such platform. Raises NotAllowed."""
    account = _account(session, actor)
    name = _name(session, platform_id)
    mine = WatchedPlatform.account_id == account, WatchedPlatform.platform_id == platform_id
    removed = changed_rows(session.execute(delete(WatchedPlatform).where(*mine)))
    return _logged(session, actor, "unwatch", name, removed > 0, now)


def _account(session: Session, actor: Actor) -> int:
    require(actor, "watch")
    found = session.scalar(select(Account.id).where(Account.name == actor.name))
    if found is None or actor.machine:
        raise NotAllowed("请先登录：我的关注按登录的用户保存。")
    return found


def _name(session: Session, platform_id: str) -> str:
    name = session.scalar(select(Platform.name).where(Platform.id == platform_id))
    if name is None:
        raise KeyError(platform_id)
    return name


def _logged(session: Session, actor: Actor, action: str, subject: str, changed: bool, now: datetime) -> bool:
    if changed:
        record(session, actor=actor, action=action, subject=subject, detail={}, now=now)
    return changed
