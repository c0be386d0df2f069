"""mentions, indicators -> index_days -> index_values. Reads roll-ups, never old documents: the cost follows platforms
and days. The rows of the industry come last, from those of the platforms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from db import read, write
from db.read import PendingRow
from db.session import Session
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent
from pipeline.stages.days import Group, covered_days, earliest, groups, segments
from pipeline.stages.feedback import left_without_source
from pipeline.stages.industry import industry, industry_of, note_documents
from pipeline.stages.source_days import CLOSED, fill_silence, span
from pipeline.stages.standing import STANDING, read_again, standing, stored_rows
from settings.models import RESERVED_IDS, Platform
from signals.coverage import observe
from signals.index import HORIZON_DAYS, index_values
from signals.indices import CONTEXT_DAYS, roll_up
from signals.model import Kind, day_start, shanghai_day
from signals.rates import DAYS as RATE_DAYS
from signals.rates import daily_rate
from signals.weight import weigh

STORY_HOURS = 24 * 45
"""A story's first mention must be seen for its late copies to weigh nothing."""
WeightRow = tuple[int, str, datetime, float]
Declaration = dict[str, Any]


def open_days(workplace: Workplace, now: datetime) -> None:
    """After midnight: days without an answer are written down, yesterday is decided for all and today begun.

    On the first run only today: what lies before comes with the documents.
    """
    today = shanghai_day(now)
    with workplace.database.reading() as session:
        closed = read.fact(session, CLOSED)
    if closed == (today - timedelta(days=1)).isoformat():
        return
    fill_silence(workplace.database, workplace.sources, now)
    first = date.fromisoformat(closed) + timedelta(days=1) if closed else today
    with workplace.database.writing() as session:
        names = [platform.id for platform in read.watch_list(session)] + list(read.industry_ids(session))
        write.add_pending(session, "index", [(name, first) for name in names])
        write.set_fact(session, CLOSED, (today - timedelta(days=1)).isoformat())


def index(workplace: Workplace, *, now: datetime, report: Report = silent) -> int:
    """Compute what waits; one transaction a group of platforms. Returns platform-index-days written."""
    note_documents(workplace, now)
    today = shanghai_day(now)
    with workplace.database.reading() as session:
        waiting = read.pending_rows(session, "index")
        if not waiting:
            return 0
        pending = earliest(row for row in waiting if row.platform_id not in RESERVED_IDS)
        watch_list = {platform.id: platform for platform in read.watch_list(session)}
        declarations = declared(session)
    done = written = 0
    for group in groups(pending, today):
        written += _one_group(workplace, group, watch_list, declarations, waiting, now)
        done += len(group.platform_ids)
        report("index", done, len(pending))
    return written + industry(workplace, watch_list, declarations, now)


def declared(session: Session) -> list[Declaration]:
    """What each source covers. What people import by hand speaks of the platforms it names, and of no others."""
    found = []
    for each in read.source_declarations(session):
        if each["covers"] == "all" and each["config"].get("schedule", {}).get("manual"):
            each = {**each, "covers": read.mentioned_platforms(session, each["id"])}
        found.append(each)
    return found


def _one_group(
    workplace: Workplace,
    group: Group,
    watch_list: Mapping[str, Platform],
    declarations: Sequence[Declaration],
    waiting: Sequence[PendingRow],
    now: datetime,
) -> int:
    database, settings, today = workplace.database, workplace.settings, shanghai_day(now)
    platforms = [watch_list[name] for name in group.platform_ids if name in watch_list]
    names = [platform.id for platform in platforms]
    with database.reading() as session:
        weighed, stored = _weighed(session, names, group.start, today, declarations)
        rolled = roll_up(weighed, settings.indices, settings.events)
        rolled = rolled[rolled["day"] >= group.start]
        horizon = group.start - timedelta(days=HORIZON_DAYS)
        known = read.index_days(session, names, horizon, today)
        earlier = known[known["day"] < group.start]
        recent = known[known["day"] >= group.start]
        told = recent[recent["index_id"].isin(STANDING)]
        stands = standing(session, settings, watch_list, names, (group.start, today))
        values = _values(
            session,
            workplace,
            platforms,
            declarations,
            (pd.concat([earlier, rolled]), pd.concat([read_again(earlier), stands])),
            group.start,
            today,
        )
        mentioned = _keys(rolled, recent[~recent["index_id"].isin(STANDING)])
        kept = set(rolled[["platform_id", "day"]].itertuples(index=False, name=None))
        emptied = sorted({name for name, _ in mentioned - kept})
        values = left_without_source(session, emptied, values, group.start, today)
    rolled = pd.concat([rolled, stored_rows(stands)[list(rolled.columns)]], ignore_index=True)
    keys = mentioned | _keys(rolled, told)
    with database.writing() as session:
        write.save_weights(session, stored)
        write.replace_index_days(session, rolled, platform_days_keys=keys)
        count = write.save_index_values(session, values, now)
        write.add_pending(session, "warn", [(name, group.start) for name in names])
        write.add_pending(session, "index", {(industry_of(one), group.start) for one in platforms})
        write.clear_pending(session, "index", dict.fromkeys(group.platform_ids, today), seen=waiting)
    return count


def _keys(rolled: pd.DataFrame, known: pd.DataFrame) -> set[tuple[str, date]]:
    """Platform-days whose roll-ups are written or, where nothing is left of them, removed."""
    together = pd.concat([rolled[["platform_id", "day"]], known[["platform_id", "day"]]])
    return set(together.itertuples(index=False, name=None))


def _weighed(
    session: Session, names: Sequence[str], start: date, today: date, declarations: Sequence[Declaration]
) -> tuple[pd.DataFrame, list[WeightRow]]:
    """Mentions of the wanted days and the context days before them with their weights, and the rows to store."""
    first = start - timedelta(days=CONTEXT_DAYS)
    mentions = read.mention_table(session, names, (first, today))
    stories = [int(story) for story in mentions["story_id"].dropna().unique()]
    before = read.story_context(session, stories, day_start(first), hours=STORY_HOURS)
    before = before[before["platform_id"].isin(names)]
    together = pd.concat([before, mentions], ignore_index=True) if len(before) else mentions
    together = together.assign(daily_rate=_rates(session, together, declarations))
    weights = weigh(together).to_numpy()[len(together) - len(mentions) :]
    weighed = mentions.assign(weight=weights)
    fresh = weighed[weighed["day"] >= pd.Timestamp(start)]
    stored = fresh[["document_id", "platform_id", "as_of", "weight"]].itertuples(index=False, name=None)
    return weighed, list(stored)


def _rates(
    session: Session, mentions: pd.DataFrame, declarations: Sequence[Declaration]
) -> pd.Series | float:
    """The usual complaints a day of each mention's source: up to it, texts without an author are distinct people's."""
    filed = mentions["kind"] == Kind.COMPLAINT
    if not filed.any():
        return math.nan
    first, last = mentions.loc[filed, "day"].min().date(), mentions.loc[filed, "day"].max().date()
    brought = read.source_days(session, first - timedelta(days=RATE_DAYS), last)
    brought = brought[(brought["kind"] == Kind.COMPLAINT) & brought["answered"]]
    promised = {
        each["id"]: float((each["config"].get("expected") or {}).get(Kind.COMPLAINT, 0.0))
        for each in declarations
    }
    rates = pd.Series(math.nan, index=mentions.index)
    rates[filed] = daily_rate(mentions[filed], brought, promised)
    return rates


def _values(
    session: Session,
    workplace: Workplace,
    platforms: Sequence[Platform],
    declarations: Sequence[Declaration],
    rolled: tuple[pd.DataFrame, pd.DataFrame],
    start: date,
    today: date,
) -> pd.DataFrame:
    """Args: rolled: roll-ups of mentions, and what indicators say, with the days before `start`."""
    roll_ups, stands = rolled
    first = start - timedelta(days=HORIZON_DAYS)
    source_days = read.source_days(session, first, today)
    indices = workplace.settings.indices
    parts = []
    covered = covered_days(source_days, [each["id"] for each in declarations])
    told = stands.loc[stands["day"] >= start, "day"]
    if len(told):  # also where no source of documents speaks of a platform, its figures do
        covered += span(min(told), today)
    for begin, end in segments(covered, start, today):
        observation = observe(
            declarations, source_days, platforms, indices, begin - timedelta(days=HORIZON_DAYS), end
        )
        parts.append(index_values(roll_ups, observation, indices, begin, end, readings_days=stands))
    return pd.concat(parts, ignore_index=True)
