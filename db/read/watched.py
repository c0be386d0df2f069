"""我的关注 out."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.schema import Account, Platform, WatchedPlatform


def watched(session: Session, who: str) -> frozenset[str]:
    """Ids of the active platforms that the person of this name keeps an eye on; nobody's = empty."""
    statement = (
        select(WatchedPlatform.platform_id)
        .join(Account, Account.id == WatchedPlatform.account_id)
        .join(Platform, Platform.id == WatchedPlatform.platform_id)
        .where(Account.name == who, Platform.active)
    )
    return frozenset(session.scalars(statement))
