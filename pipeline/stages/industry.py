"""index_days of all platforms -> index_days and index_values of the industry: only from the first day touched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from db import read, write
from db.read import PendingRow
from db.session import Session
from pipeline.prepare import Workplace
from pipeline.stages.days import covered_days, earliest, segments
from pipeline.stages.source_days import span
from pipeline.stages.standing import STANDING, read_again, standing, stored_rows
from settings.models import INDUSTRY, INDUSTRY_DEMO, RESERVED_IDS, Platform
from signals.coverage import HALF, observe
from signals.index import HORIZON_DAYS
from signals.industry import ROLLED, industry_values, policy_index
from signals.model import shanghai_day

COUNTED = "policy_documents_counted"
"""Fact: the highest document id whose day was handed to the industry's policy row."""
Declaration = dict[str, Any]


def industry_of(platform: Platform) -> str:
    """The industry that a platform is summed into."""
    return INDUSTRY_DEMO if platform.demo else INDUSTRY


def note_documents(workplace: Workplace, now: datetime) -> None:
    """Ask for the days on which regulators' documents became available since last asked, whomever they name."""
    kinds = workplace.settings.industry.policy.kinds
    with workplace.database.reading() as session:
        counted, newest = int(read.fact(session, COUNTED) or 0), read.newest_document(session)
        if newest <= counted:
            return
        marks = [
            (name, days[0])
            for name, demo in read.industry_ids(session).items()
            if (days := read.new_document_days(session, kinds, counted, newest, demo=demo))
        ]
    today = shanghai_day(now)
    with workplace.database.writing() as session:
        write.add_pending(session, "index", [(name, min(day, today)) for name, day in marks])
        write.set_fact(session, COUNTED, str(newest))


def industry(
    workplace: Workplace,
    watch_list: Mapping[str, Platform],
    declarations: Sequence[Declaration],
    now: datetime,
) -> int:
    """Compute the industry rows that wait; one transaction each. Returns index days written."""
    with workplace.database.reading() as session:
        waiting = [row for row in read.pending_rows(session, "index") if row.platform_id in RESERVED_IDS]
        known = read.industry_ids(session)
    written = 0
    for name, start in earliest(waiting).items():
        members = [one for one in watch_list.values() if one.demo == known[name]]
        written += _one(workplace, name, members, declarations, (start, waiting), now)
    return written


def _one(
    workplace: Workplace,
    name: str,
    members: Sequence[Platform],
    declarations: Sequence[Declaration],
    work: tuple[date, Sequence[PendingRow]],
    now: datetime,
) -> int:
    start, waiting = work
    today, demo = shanghai_day(now), name == INDUSTRY_DEMO
    start = min(start, today)
    with workplace.database.reading() as session:
        known = read.index_days(session, [name], start - timedelta(days=HORIZON_DAYS), today)
        rolled = _rolled(session, workplace, name, members, (start, today), demo)
        together = pd.concat([known[known["day"] < start], rolled], ignore_index=True)
        values = _values(session, workplace, members, declarations, together, (name, start, today))
    stored = known.loc[known["day"] >= start, "day"]
    with workplace.database.writing() as session:
        keys = {(name, day) for day in (*stored, *rolled["day"])}
        write.replace_index_days(session, rolled, platform_days_keys=keys)
        count = write.save_index_values(session, values, now)
        write.add_pending(session, "warn", [(name, start)])
        write.clear_pending(session, "index", {name: today}, seen=waiting)
    return count


def _rolled(
    session: Session,
    workplace: Workplace,
    name: str,
    members: Sequence[Platform],
    days: tuple[date, date],
    demo: bool,
) -> pd.DataFrame:
    """Rows of `index_days` of the industry: the members' sums, its own readings, and regulators' documents."""
    policy = workplace.settings.industry.policy
    summed = read.summed_index_days(session, [one.id for one in members], *days)
    own = standing(session, workplace.settings, {}, [name], days)
    counted = read.documents_by_day(session, policy.kinds, *days, demo=demo)
    documents = counted.assign(
        index_id=policy.id, impulse=counted["count"].astype("float64"), raw=counted["count"]
    )
    frames = [frame for frame in (summed, stored_rows(own), documents) if not frame.empty]
    if not frames:
        return pd.DataFrame({column: [] for column in ROLLED})
    rows = pd.concat(frames, ignore_index=True)
    added = rows.groupby(["day", "index_id"], as_index=False, sort=True)[["impulse", "count", "raw"]].sum()
    return added.assign(platform_id=name, impulse=added["impulse"].round(10))[list(ROLLED)]


def _values(
    session: Session,
    workplace: Workplace,
    members: Sequence[Platform],
    declarations: Sequence[Declaration],
    rolled: pd.DataFrame,
    what: tuple[str, date, date],
) -> pd.DataFrame:
    name, start, today = what
    settings = workplace.settings
    indices = [*settings.indices, policy_index(settings.industry)]
    source_days = read.source_days(session, start - timedelta(days=HORIZON_DAYS), today)
    told = _standing(session, rolled, [one.id for one in members] + [name], (start, today))
    policy = rolled[rolled["index_id"] == settings.industry.policy.id][["day", "count"]]
    parts = []
    for begin, end in segments(
        covered_days(source_days, [each["id"] for each in declarations]), start, today
    ):
        observation = observe(
            declarations, source_days, members, indices, begin - timedelta(days=HORIZON_DAYS), end
        )
        parts.append(
            industry_values(
                rolled,
                observation,
                settings.indices,
                settings.industry,
                (begin, end),
                policy=policy,
                readings_days=told,
                industry_id=name,
            )
        )
    return pd.concat(parts, ignore_index=True)


def _standing(
    session: Session, rolled: pd.DataFrame, reporting: Sequence[str], days: tuple[date, date]
) -> pd.DataFrame:
    """What indicators say of the industry; Y is NaN on days on which fewer than half of those who report were heard."""
    told = read_again(rolled)
    first = read.first_readings(session, reporting)
    if not first:
        return told
    heard = rolled[rolled["index_id"] == "Y"].set_index("day")["raw"].to_dict()
    in_scope = {day: sum(one <= day for one in first.values()) for day in span(*days)}
    blind = [day for day, count in in_scope.items() if count and heard.get(day, 0) < HALF * count]
    kept = told[~(told["index_id"].eq(STANDING["Y"]) & told["day"].isin(blind))]
    unheard = pd.DataFrame(
        {"day": blind, "platform_id": "", "index_id": "Y", "impulse": float("nan"), "count": 0}
    )
    return pd.concat([kept, unheard], ignore_index=True) if blind else kept
