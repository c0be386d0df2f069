"""Everything a brief is composed from, read in one reading session: all its figures are of one moment."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from db import read
from db.schema import SCHEMA_VERSION
from db.session import Session
from pipeline.errors import UsageFault
from settings.models import INDUSTRY, INDUSTRY_DEMO, Settings
from signals.brief import POLICY_DAYS, SPARK_DAYS, Brief, Material, Period, Stamp, chosen, compose

EVIDENCE_SHOWN = 6
"""Rows read of a platform's evidence: copies of one story are told once."""

REGULATORS = ("regulatory",)


def brief_of(session: Session, settings: Settings, period: Period, day: date, *, demo: bool) -> Brief:
    """The brief of the period that ends on `day`. Raises UsageFault where nothing was computed for that day."""
    return compose(material(session, settings, period, day, demo=demo))


def material(session: Session, settings: Settings, period: Period, day: date, *, demo: bool) -> Material:
    """What `compose` wants. Raises UsageFault where nothing was computed for that day."""
    start = day - timedelta(days=period.days - 1)
    before = start - timedelta(days=1)
    levels = read.levels_on(session, (before, day), demo=demo)
    now = levels[levels["day"] == day].reset_index(drop=True)
    if now.empty:
        what = "演示" if demo else "真实"
        raise UsageFault(f"{day} 还没有{what}平台的计算结果，无法生成简报；请等后台算完，或换一天")
    top = chosen(now)
    first = day - timedelta(days=SPARK_DAYS - 1)
    courses: dict[str, dict[date, float | None]] = {}
    for row in read.level_days(session, top, first, day).itertuples():
        courses.setdefault(str(row.platform_id), {})[row.day] = row.t_star
    sources, source_days = read.sources(session), read.source_days(session, start, day)
    industry_id = INDUSTRY_DEMO if demo else INDUSTRY
    return Material(
        period=period,
        day=day,
        demo=demo,
        now=now,
        before=levels[levels["day"] == before].reset_index(drop=True),
        flips=read.flips(session, start=start, end=day, demo=demo),
        evidence={platform: read.evidence(session, platform, day, limit=EVIDENCE_SHOWN) for platform in top},
        courses=courses,
        industry=read.platform_days(session, industry_id, min(first, before), day),
        policy=_policy(session, day, sources, source_days, demo=demo),
        sources=sources,
        source_days=source_days,
        statuses=read.statuses_upto(session, day),
        events={event.id: event.name for event in settings.events},
        stamp=Stamp(
            SCHEMA_VERSION,
            settings.hash,
            read.model_version(session),
            max(now["as_of"], default=None),
            tuple(sorted({int(version) for version in now["threshold_version"]})),
        ),
    )


def _policy(
    session: Session, day: date, sources: pd.DataFrame, source_days: pd.DataFrame, *, demo: bool
) -> pd.DataFrame | None:
    """Regulators' documents by day over two spans; None where no source of theirs answered: that is not none."""
    mine = set(sources.loc[sources["demo"] == demo, "id"])
    answered = source_days[source_days["kind"].isin(REGULATORS) & source_days["answered"]]
    if not mine & set(answered["source_id"]):
        return None
    first = day - timedelta(days=2 * POLICY_DAYS - 1)
    return read.documents_by_day(session, REGULATORS, first, day, demo=demo)
