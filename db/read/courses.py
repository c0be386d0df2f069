"""Many platforms' days at once, in the few columns that a chart shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from db.schema import PlatformDay
from db.sql import among, latest, plain_frame


def level_days(session: Session, platform_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Latest versions, start..end inclusive, by platform and day.

    Columns: platform_id, day (date), level, level_before_grey, t, t_star (0..100, NaN = unknown), coverage (0..1).
    A day without a row was not computed. Each platform's days lie side by side: the cost follows the rows handed out.
    """
    # Each day is parsed once, not once a platform.
    day: Any = type_coerce(PlatformDay.day, String).label("day")
    statement = (
        select(
            PlatformDay.platform_id,
            day,
            PlatformDay.level,
            PlatformDay.level_before_grey,
            PlatformDay.t,
            PlatformDay.t_star,
            PlatformDay.coverage,
        )
        .where(
            among(session, PlatformDay.platform_id, platform_ids),
            PlatformDay.day.between(start, end),
            latest(PlatformDay),
        )
        .order_by(PlatformDay.platform_id, PlatformDay.day)
    )
    found = plain_frame(session, statement)
    days = {text: date.fromisoformat(str(text)) for text in found["day"].unique()}
    return found.assign(day=found["day"].map(days).astype(object))
