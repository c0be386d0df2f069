"""index_values -> platform_days -> flips: the composite, the level, and every change of level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from db import read, write
from db.read import PendingRow, ThresholdVersionRow
from db.session import Session
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent
from pipeline.stages.days import TAIL, Group, covered_days, earliest, groups, judged
from pipeline.stages.facts import facts
from pipeline.stages.in_force import spells
from settings.models import Platform, Settings
from signals.floors import DENIAL_DAYS, event_ids, removed_mentions
from signals.model import FAILED_STATUSES, shanghai_day
from signals.warn import Evidence, Rules, Warned
from signals.warn import warn_scoped as decide

History = Sequence[ThresholdVersionRow]


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
        watched = read.watch_list(session)
        failed = {platform.id: _failed_since(platform) for platform in watched}
        failed |= dict.fromkeys(read.industry_ids(session))
        classes = {platform.id: platform.category for platform in watched}
        history = read.threshold_history(session)
    done = written = 0
    for group in groups(pending, today):
        known = {name: failed[name] for name in group.platform_ids if name in failed}
        written += _one_group(workplace, group, known, classes, history, waiting, now)
        done += len(group.platform_ids)
        report("warn", done, len(pending))
    return written


def _failed_since(platform: Platform) -> date | None:
    return (platform.status_since or date.min) if platform.status in FAILED_STATUSES else None


def _one_group(
    workplace: Workplace,
    group: Group,
    failed: Mapping[str, date | None],
    classes: Mapping[str, str],
    history: History,
    waiting: Sequence[PendingRow],
    now: datetime,
) -> int:
    """`failed`: the platforms, each with the first day of a failed status; `classes`: platform -> its class."""
    settings, today, names = workplace.settings, shanghai_day(now), list(failed)
    with workplace.database.reading() as session:
        declarations = read.source_declarations(session)
        source_days = read.source_days(session, group.start - timedelta(days=TAIL), today)
        days = judged(covered_days(source_days, [each["id"] for each in declarations]), group.start, today)
        events = {event for each in history for event in event_ids(each.thresholds, settings.events)}
        floor_events = read.floor_events(
            session, names, group.start - timedelta(days=DENIAL_DAYS), today, sorted(events)
        )
        evidence = _evidence(session, failed, floor_events, (group.start, today), history)
    categories = {name: classes.get(name) for name in names}  # 全行业 belongs to none
    warned = _decided(evidence, categories, days, history, settings, now)
    removed = removed_mentions(floor_events)
    with workplace.database.writing() as session:
        count = write.save_platform_days(session, warned.platform_days, now)
        computed = [(name, day) for name in names for day in days]
        write.save_flips(session, warned.flips, now, computed=computed)
        write.clear_pending(session, "warn", dict.fromkeys(group.platform_ids, today), seen=waiting)
        write.remove_mentions(session, removed, reason="官方澄清", as_of=now)
    return count


def _decided(
    evidence: Evidence,
    categories: Mapping[str, str | None],
    days: Sequence[date],
    history: History,
    settings: Settings,
    now: datetime,
) -> Warned:
    """Each day by the thresholds in force on it, which its rows name; the state goes on from version to version."""
    platform_days, flips = [], []
    for version, run in spells(history, days, now):
        rules = Rules(version.thresholds, settings.indices, settings.events)
        warned = decide(evidence, categories, run, rules, today=shanghai_day(now))
        stamp = {"threshold_version": version.id, "settings_hash": settings.hash}
        platform_days.append(warned.platform_days.assign(**stamp))
        flips.append(warned.flips.assign(**stamp))
        last = warned.platform_days[warned.platform_days["day"] == run[-1]]
        evidence = replace(evidence, prior=last[["platform_id", "state"]])
    return Warned(pd.concat(platform_days, ignore_index=True), pd.concat(flips, ignore_index=True))


def _evidence(
    session: Session,
    failed: Mapping[str, date | None],
    floor_events: pd.DataFrame,
    days: tuple[date, date],
    history: History,
) -> Evidence:
    names, (start, today) = list(failed), days
    carry = timedelta(days=max(version.thresholds.carry_days for version in history))
    return Evidence(
        values=read.values_between(session, names, start - carry, today),
        floor_events=floor_events,
        prior=read.prior_days(session, names, start),
        sign_offs=read.sign_offs(session, names),
        failed_since={name: since for name, since in failed.items() if since is not None},
        facts=facts(session, names, start, today),
    )
