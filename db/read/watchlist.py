"""The watch list out: for linking, for pages, for search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from db.schema import Alias, PlatformStatus
from db.schema import Platform as Stored
from db.sql import among
from settings.models import RESERVED_IDS, AmbiguousAlias, Platform, StatusWord
from signals.model import Status


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One entry of a platform's life-cycle history."""

    since: date
    status: str
    evidence: str | None


@dataclass(frozen=True, slots=True)
class PlatformInfo:
    """A platform for people: names by tier, statuses oldest first (none = 在营)."""

    id: str
    name: str
    category: str
    demo: bool
    aliases: Mapping[str, tuple[str, ...]]
    statuses: tuple[StatusEntry, ...]

    @property
    def legal_entities(self) -> tuple[str, ...]:
        """Names of the companies behind the brand."""
        return self.aliases.get("legal_entity", ())

    @property
    def status(self) -> str:
        """The present life-cycle status."""
        return self.statuses[-1].status if self.statuses else str(Status.OPERATING)

    @property
    def status_since(self) -> date | None:
        """Since when; None = always so, or not known."""
        return self.statuses[-1].since if self.statuses else None


def watch_list(session: Session, *, demo: bool | None = None) -> tuple[Platform, ...]:
    """Active platforms, ordered by id, as settings know them. `demo`: only the fictional ones, or only the real."""
    condition: list[ColumnElement[bool]] = [Stored.active.is_(True)]
    if demo is not None:
        condition.append(Stored.demo.is_(demo))
    platforms = session.execute(_platforms(*condition)).all()
    names, statuses = _aliases(session, None), _statuses(session, None)
    return tuple(_settings(row, names[row.id], statuses[row.id]) for row in platforms)


def platform(session: Session, platform_id: str) -> PlatformInfo | None:
    """One platform, inactive ones too; None = no such id."""
    found = _infos(session, session.execute(_platforms(Stored.id == platform_id)).all())
    return found[0] if found else None


def platform_infos(session: Session, *, active: bool = True) -> list[PlatformInfo]:
    """All platforms that are watched, or those that are archived, by name; the industry's rows are neither."""
    rows = session.execute(_platforms(Stored.active.is_(active), Stored.id.not_in(RESERVED_IDS))).all()
    return sorted(_infos(session, rows), key=lambda info: (info.name, info.id))


def search_platforms(session: Session, text: str, limit: int = 20) -> list[PlatformInfo]:
    """Active platforms one of whose names contains `text` (case ignored); shortest name first."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    named = select(Alias.platform_id).where(
        func.lower(Alias.text).contains(wanted, autoescape=True), Alias.tier != "not_this"
    )
    condition = or_(func.lower(Stored.name).contains(wanted, autoescape=True), Stored.id.in_(named))
    statement = _platforms(Stored.active, condition).order_by(None)
    rows = session.execute(statement.order_by(func.length(Stored.name), Stored.id).limit(limit)).all()
    return _infos(session, rows)


def _platforms(*conditions: ColumnElement[bool] | Any) -> Any:
    columns = (Stored.id, Stored.name, Stored.category, Stored.demo)
    return select(*columns).where(*conditions).order_by(Stored.id)


def _aliases(session: Session, ids: list[str] | None) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    statement = select(Alias.platform_id, Alias.text, Alias.tier, Alias.context).order_by(Alias.id)
    for row in _only(session, statement, Alias.platform_id, ids):
        found[row.platform_id].append(row)
    return found


def _statuses(session: Session, ids: list[str] | None) -> dict[str, list[StatusEntry]]:
    found: dict[str, list[StatusEntry]] = defaultdict(list)
    columns = (
        PlatformStatus.platform_id,
        PlatformStatus.since,
        PlatformStatus.status,
        PlatformStatus.evidence,
    )
    statement = select(*columns).order_by(PlatformStatus.since)
    for row in _only(session, statement, PlatformStatus.platform_id, ids):
        found[row.platform_id].append(StatusEntry(row.since, row.status, row.evidence))
    return found


def _only(session: Session, statement: Any, column: Any, ids: list[str] | None) -> Iterable[Any]:
    if ids is None:
        yield from session.execute(statement)
        return
    yield from session.execute(statement.where(among(session, column, ids)))


def _infos(session: Session, rows: Iterable[Any]) -> list[PlatformInfo]:
    rows = list(rows)
    ids = [row.id for row in rows]
    names, statuses = _aliases(session, ids), _statuses(session, ids)
    return [
        PlatformInfo(
            row.id, row.name, row.category, row.demo, _by_tier(names[row.id]), tuple(statuses[row.id])
        )
        for row in rows
    ]


def _by_tier(aliases: Iterable[Any]) -> dict[str, tuple[str, ...]]:
    tiers: dict[str, tuple[str, ...]] = {}
    for alias in aliases:
        tiers[alias.tier] = (*tiers.get(alias.tier, ()), alias.text)
    return tiers


def _settings(row: Any, aliases: list[Any], statuses: list[StatusEntry]) -> Platform:
    tiers = _by_tier(aliases)
    last = statuses[-1] if statuses else None
    return Platform(
        id=row.id,
        name=row.name,
        category=row.category,
        demo=row.demo,
        legal_entities=tiers.get("legal_entity", ()),
        full=tiers.get("full", ()),
        brand=tiers.get("brand", ()),
        not_this=tiers.get("not_this", ()),
        old_names=tiers.get("old_name", ()),
        ambiguous=tuple(
            AmbiguousAlias(text=alias.text, context=tuple(alias.context))
            for alias in aliases
            if alias.tier == "ambiguous"
        ),
        status=cast(StatusWord, last.status if last else str(Status.OPERATING)),  # the model checks it
        status_since=last.since if last else None,
        status_evidence=last.evidence if last else None,
    )
