"""The watch list in: platforms, their names by tier, their status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.read.watchlist import watch_list
from db.schema import Alias, PlatformStatus
from db.schema import Platform as Stored
from db.sql import add, among, insert, table, upsert
from settings.models import Platform
from signals.model import Status, shanghai_day


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What loading a watch list did."""

    added: int
    changed: int
    unchanged: int


def load_platforms(
    session: Session,
    platforms: Sequence[Platform],
    *,
    now: datetime,
    who: str,
    evidence: str | None,
    replace: bool = False,
) -> LoadCounts:
    """Add platforms not known yet; with `replace`, known ones become what is given. Loading twice changes nothing.

    Args:    who, evidence: recorded with a status that has no evidence of its own.
    """
    stored = {platform.id: platform for platform in watch_list(session)}
    known = set(session.scalars(select(Stored.id)))
    new = [platform for platform in platforms if platform.id not in known]
    changed = [p for p in platforms if replace and p.id in known and stored.get(p.id) != p]
    session.execute(delete(Alias).where(among(session, Alias.platform_id, [p.id for p in changed])))
    written = [*new, *changed]
    upsert(session, Stored, [_platform(platform, now) for platform in written], keep=["added_at"])
    names = [row for platform in written for row in alias_rows(platform)]
    if names:
        session.execute(insert(session, table(Alias)), names)
    statuses = [_status(platform, now, who, evidence) for platform in written]
    add(session, PlatformStatus, [status for status in statuses if status is not None])
    return LoadCounts(len(new), len(changed), len(platforms) - len(written))


def seed_industry(session: Session, industry_id: str, name: str, *, demo: bool, now: datetime) -> None:
    """The row of `platforms` that the industry's values hang on: never active, so that no list of platforms has it."""
    row = {"id": industry_id, "name": name, "category": name, "demo": demo, "active": False, "added_at": now}
    add(session, Stored, [row])


def _platform(platform: Platform, now: datetime) -> dict[str, Any]:
    row = {"id": platform.id, "name": platform.name, "category": platform.category}
    return row | {"demo": platform.demo, "active": True, "added_at": now}


def alias_rows(platform: Platform) -> Iterable[dict[str, Any]]:
    """The rows of `aliases` that a platform's names are."""
    tiers = {
        "legal_entity": platform.legal_entities,
        "full": platform.full,
        "brand": platform.brand,
        "not_this": platform.not_this,
        "old_name": platform.old_names,
    }
    for tier, names in tiers.items():
        for name in dict.fromkeys(names):
            yield {"platform_id": platform.id, "text": name, "tier": tier, "context": []}
    for name, context in {alias.text: alias.context for alias in platform.ambiguous}.items():
        yield {"platform_id": platform.id, "text": name, "tier": "ambiguous", "context": list(context)}


def _status(platform: Platform, now: datetime, who: str, evidence: str | None) -> dict[str, Any] | None:
    if platform.status == str(Status.OPERATING) and platform.status_since is None:
        return None  # in operation since ever is what no row means
    return {
        "platform_id": platform.id,
        "since": platform.status_since or shanghai_day(now),
        "status": platform.status,
        "evidence": platform.status_evidence or evidence,
        "recorded_at": now,
        "recorded_by": who,
    }
