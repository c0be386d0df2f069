"""index_values -> platform_days -> flips: the composite, the level, and every change of level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from db import read, write
from db.read import PendingRow
from db.session import Session
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent
from pipeline.stages.days import TAIL, Group, covered_days, earliest, groups, judged
from pipeline.stages.facts import facts
from settings.models import Platform, Thresholds
from signals.floors import DENIAL_DAYS, event_ids, removed_mentions
from signals.model import FAILED_STATUSES, shanghai_day
from signals.warn import Evidence, Rules
from signals.warn import warn as decide


def warn(workplace: Workplace, *, now: datetime, report: Report = silent) -> int:
    """Decide what waits; one transaction a group of platforms. Returns platform days written.

    Mentions that an official clarification takes out are marked so, and their platforms wait for `index` again.
    """
    today = shanghai_day(now)
    with workplace.database.reading() as session:
        waiting = read.pending_rows(session, "warn")
        if not waiting:
            return 0
        pending = earliest(waiting)
        watch_list = {platform.id: platform for platform in read.watch_list(session)}
        version, thresholds = read.active_thresholds(session, now)
    done = written = 0
    for group in groups(pending, today):
        platforms = [watch_list[name] for name in group.platform_ids if name in watch_list]
        written += _one_group(workplace, group, platforms, (version, thresholds), waiting, now)
        done += len(group.platform_ids)
        report("warn", done, len(pending))
    return written


def _one_group(
    workplace: Workplace,
    group: Group,
    platforms: Sequence[Platform],
    active: tuple[int, Thresholds],
    waiting: Sequence[PendingRow],
    now: datetime,
) -> int:
    version, thresholds = active
    settings, today = workplace.settings, shanghai_day(now)
    names = [platform.id for platform in platforms]
    with workplace.database.reading() as session:
        declarations = read.source_declarations(session)
        source_days = read.source_days(session, group.start - timedelta(days=TAIL), today)
        days = judged(covered_days(source_days, [each["id"] for each in declarations]), group.start, today)
        floor_events = read.floor_events(
            session,
            names,
            group.start - timedelta(days=DENIAL_DAYS),
            today,
            event_ids(thresholds, settings.events),
        )
        evidence = _evidence(session, platforms, floor_events, group.start, today, thresholds)
    rules = Rules(thresholds, settings.indices, settings.events)
    warned = decide(evidence, names, days, rules, today=today)
    removed = removed_mentions(floor_events)
    stamp = {"threshold_version": version, "settings_hash": settings.hash}
    with workplace.database.writing() as session:
        count = write.save_platform_days(session, warned.platform_days.assign(**stamp), now)
        computed = [(name, day) for name in names for day in days]
        write.save_flips(session, warned.flips.assign(**stamp), now, computed=computed)
        write.clear_pending(session, "warn", dict.fromkeys(group.platform_ids, today), seen=waiting)
        write.remove_mentions(session, removed, reason="官方澄清", as_of=now)
    return count


def _evidence(
    session: Session,
    platforms: Sequence[Platform],
    floor_events: pd.DataFrame,
    start: date,
    today: date,
    thresholds: Thresholds,
) -> Evidence:
    names = [platform.id for platform in platforms]
    carry = timedelta(days=thresholds.carry_days)
    return Evidence(
        values=read.values_between(session, names, start - carry, today),
        floor_events=floor_events,
        prior=read.prior_days(session, names, start),
        sign_offs=read.sign_offs(session, names),
        failed_since={
            platform.id: platform.status_since or date.min
            for platform in platforms
            if platform.status in FAILED_STATUSES
        },
        facts=facts(session, names, start, today),
    )
