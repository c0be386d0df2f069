"""Versions of the thresholds out: who proposed what and why, who decided, and drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.read.work import NONE_IN_FORCE, NoThresholds
from db.schema import Flip, Platform, ThresholdDraft, ThresholdVersion
from db.sql import frame, latest
from settings.models import Thresholds

PROPOSED, ACTIVE, REJECTED, WITHDRAWN = "proposed", "active", "rejected", "withdrawn"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with its history; see db.schema.ThresholdVersion."""

    id: int
    thresholds: Thresholds
    who: str
    why: str
    created_at: datetime
    effective_from: datetime
    state: str
    base_id: int | None
    copy_of: int | None
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None

    @property
    def content(self) -> dict[str, Any]:
        """As it is stored."""
        return self.thresholds.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A person's draft. `content` need not be valid against the present models."""

    base_id: int
    content: dict[str, Any]
    why: str
    saved_at: datetime


def threshold_versions(session: Session) -> list[VersionRow]:
    """All of them, the newest number first."""
    found = session.scalars(select(ThresholdVersion).order_by(ThresholdVersion.id.desc()))
    return [_row(one) for one in found]


def threshold_version(session: Session, number: int) -> VersionRow | None:
    """One of them."""
    found = session.get(ThresholdVersion, number)
    return None if found is None else _row(found)


def newest_approved(session: Session) -> VersionRow:
    """The approved version that will be the last to come into force: what edits begin from. Raises NoThresholds."""
    found = session.scalar(
        select(ThresholdVersion)
        .where(ThresholdVersion.state == ACTIVE)
        .order_by(ThresholdVersion.effective_from.desc(), ThresholdVersion.id.desc())
        .limit(1)
    )
    if found is None:
        raise NoThresholds(NONE_IN_FORCE)
    return _row(found)


def newest_proposal(session: Session) -> int:
    """The newest version that waits for a decision; 0 = none does."""
    waiting = select(func.max(ThresholdVersion.id)).where(ThresholdVersion.state == PROPOSED)
    return session.scalar(waiting) or 0


def threshold_draft(session: Session, who: str) -> DraftRow | None:
    """What a person has not submitted yet."""
    found = session.get(ThresholdDraft, who)
    return None if found is None else DraftRow(found.base_id, found.content, found.why, found.saved_at)


def version_flips(session: Session, number: int, *, limit: int = 200) -> pd.DataFrame:
    """The newest changes of level that a version decided: platform_id, name, day, level_from, level_to, reason."""
    statement = (
        select(Flip.platform_id, Platform.name, Flip.day, Flip.level_from, Flip.level_to, Flip.t, Flip.reason)
        .join(Platform, Platform.id == Flip.platform_id)
        .where(Flip.threshold_version == number, ~Flip.withdrawn, latest(Flip))
        .order_by(Flip.day.desc(), Flip.platform_id)
        .limit(limit)
    )
    return frame(session, statement)


def _row(found: ThresholdVersion) -> VersionRow:
    return VersionRow(
        id=found.id,
        thresholds=Thresholds.model_validate(found.content),
        who=found.who,
        why=found.why,
        created_at=found.created_at,
        effective_from=found.effective_from,
        state=found.state,
        base_id=found.base_id,
        copy_of=found.copy_of,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
        comment=found.comment,
    )
