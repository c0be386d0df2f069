"""source_days -> pending: when what is observed today differs from what today's rows say, they are computed again.

A source that falls silent lowers the coverage of what it feeds the same day, without any document to set it off.
"""

from __future__ import annotations

from datetime import date, datetime

import numpy as np

from db import read, write
from db.session import Session
from pipeline.prepare import Workplace
from pipeline.stages.index import declared
from settings.models import Platform
from signals.calendar import day_number
from signals.coverage import observe
from signals.model import shanghai_day

Seen = dict[tuple[str, str], bool]
"""(platform, index) in scope today -> whether it is observed."""


def follow(workplace: Workplace, now: datetime) -> int:
    """Ask for today's rows of every platform whose coverage changed since they were computed; returns how many.

    Compared with the stored rows, not with a memory: what a killed worker left undone is found by the next.
    """
    today = shanghai_day(now)
    with workplace.database.reading() as session:
        watch_list = read.watch_list(session)
        stored = _stored(session, watch_list, today)
        found = _found(workplace, session, watch_list, today)
    changed = {platform for (platform, index), seen in found.items() if stored.get((platform, index)) != seen}
    if changed:
        with workplace.database.writing() as session:
            write.add_pending(session, "index", [(platform, today) for platform in changed])
    return len(changed)


def _stored(session: Session, watch_list: tuple[Platform, ...], today: date) -> Seen:
    values = read.values_between(session, [platform.id for platform in watch_list], today, today)
    keys = zip(values["platform_id"], values["index_id"], strict=True)
    return dict(zip(keys, map(bool, values["observed"]), strict=True))


def _found(workplace: Workplace, session: Session, watch_list: tuple[Platform, ...], today: date) -> Seen:
    indices = workplace.settings.indices
    days = read.source_days(session, today, today)
    seen = observe(declared(session), days, watch_list, indices, today, today)
    number = day_number(today)
    result: Seen = {}
    for index in indices:
        in_scope, observed = seen.of_index(index.id, number, number)
        for place in np.flatnonzero(in_scope[0]):
            result[seen.platform_ids[place], index.id] = bool(observed[0, place])
    return result
