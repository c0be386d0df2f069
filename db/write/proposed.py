"""Threshold versions that were proposed and are in force for nobody until a person approves one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.schema import ThresholdVersion
from settings.models import Thresholds

PROPOSED = "proposed"


def propose_thresholds(session: Session, thresholds: Thresholds, *, who: str, why: str, now: datetime) -> int:
    """A version with state `proposed`; returns its number. The same content proposed for the same reason is one
    version: proposing again returns the first."""
    content = thresholds.model_dump(mode="json")
    earlier = session.execute(
        select(ThresholdVersion.id, ThresholdVersion.content)
        .where(ThresholdVersion.state == PROPOSED, ThresholdVersion.why == why)
        .order_by(ThresholdVersion.id)
    )
    for number, known in earlier:
        if known == content:
            return int(number)
    version = ThresholdVersion(
        content=content, who=who, why=why, created_at=now, effective_from=now, state=PROPOSED
    )
    session.add(version)
    session.flush()
    return version.id
