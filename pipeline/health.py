"""The state of every source from its contract and the clock: ok | late | broken | blocked | off | new.

A run says ok, broken or blocked the moment it ends (stages/ledger.py). What only the passing of time shows is found
here: a source is late that has brought nothing new for longer than its `freshness_hours`, or today fewer than half of
the items expected by now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from collectors.base import SourceConfig
from collectors.expected import rests, waiting_hours
from db import read, write
from db.read.freshness import newest_documents
from db.session import Session
from pipeline.paths import source_folders
from pipeline.prepare import Workplace
from pipeline.stages.source_days import expected_by
from signals.coverage import HALF, RARE
from signals.model import Kind, shanghai_day

FAULTS = "source_faults"
"""Fact: the sources that could not be loaded, a JSON list of {"file", "message"}, for the page 数据源."""
Change = tuple[str, str | None]
"""New state and its reason."""


def refresh(workplace: Workplace, now: datetime) -> int:
    """Bring the states up to date; returns how many changed. One transaction, nothing written when nothing changed."""
    with workplace.database.reading() as session:
        known = read.sources(session)
        evidence = _evidence(session, now)
    changes: dict[str, Change] = {}
    for row in known[~known["removed"]].to_dict("records"):
        source = workplace.source(str(row["id"]))
        if source is not None and (change := _change(source, row, evidence, now)):
            changes[source.id] = change
    if changes:
        with workplace.database.writing() as session:
            for source_id, (state, reason) in changes.items():
                write.set_source_state(session, source_id, state, reason)
    return len(changes)


def lateness(
    session: Session, source: SourceConfig, last_success: datetime | None, now: datetime
) -> str | None:
    """Why a source that answers is late all the same; None when it is not. For the end of a run."""
    counts = read.document_counts(session, source.id, start=shanghai_day(now))
    items = {(source.id, row.kind): int(row.items) for row in counts.itertuples()}
    return _late(source, last_success, _Evidence(newest_documents(session), items), now)


@dataclass(frozen=True)
class _Evidence:
    """What lateness is judged by: newest document by source, today's items by source and kind."""

    newest: Mapping[str, datetime]
    items: Mapping[tuple[str, str], int]


def _evidence(session: Session, now: datetime) -> _Evidence:
    today = shanghai_day(now)
    days = read.source_days(session, today, today)
    items = {(row.source_id, row.kind): int(row.items) for row in days.itertuples()}
    return _Evidence(newest_documents(session), items)


def _change(
    source: SourceConfig, row: Mapping[str, Any], evidence: _Evidence, now: datetime
) -> Change | None:
    state = str(row["state"])
    if not source.enabled:
        return None if state == "off" else ("off", None)
    if state == "off":
        return ("new", None)
    if state not in ("ok", "late"):
        return None
    last = row["last_success_at"]
    why = _late(source, None if pd.isna(last) else last, evidence, now)
    wanted = ("late", why) if why else ("ok", None)
    return None if wanted == (state, row["state_reason"]) else wanted


def _late(
    source: SourceConfig, last_success: datetime | None, evidence: _Evidence, now: datetime
) -> str | None:
    if source.schedule.manual:
        return None
    return _stale(source, last_success, evidence.newest.get(source.id), now) or _short(source, evidence, now)


def _stale(
    source: SourceConfig, last_success: datetime | None, newest: datetime | None, now: datetime
) -> str | None:
    limit = source.freshness_hours
    if last_success is not None and waiting_hours(source, last_success, now) > limit:
        return f"已超过 {limit:g} 小时没有成功采集"
    if source.may_be_empty or newest is None:  # a search for a name may find nothing for years
        return None
    if waiting_hours(source, newest, now) <= limit:
        return None
    return f"已超过 {limit:g} 小时没有新内容" + ("（周末与节假日不计）" if rests(source) else "")


def _short(source: SourceConfig, evidence: _Evidence, now: datetime) -> str | None:
    """Fewer than half of what should have come today by the newest run that was due. A few items say nothing."""
    today = shanghai_day(now)
    due = sum(expected_by(source, Kind(kind), today, now) for kind in source.kinds)
    came = sum(evidence.items.get((source.id, kind), 0) for kind in source.kinds)
    if due < RARE or came >= HALF * due:
        return None
    return f"今天到目前为止只有 {came} 条，预期约 {due:.0f} 条"


def remember_faults(workplace: Workplace) -> None:
    """Leave the source.toml files that could not be loaded for the pages, without the paths of this installation."""
    found = [_fault(message) for message in workplace.faults]
    with workplace.database.writing() as session:
        write.set_fact(session, FAULTS, json.dumps(found, ensure_ascii=False))


def _fault(message: str) -> dict[str, str]:
    for folder in source_folders():
        message = message.replace(f"{folder}/", "").replace(str(folder), folder.name)
    file, colon, rest = message.partition("：")
    return {"file": file if colon else "", "message": rest if colon else message}
