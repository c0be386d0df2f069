"""What the worker remembers of its turns, for 系统健康: when each stage last did something, and what failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from db import read, write
from db.session import Database

STAGES = "stage_runs"
"""Fact: stage -> {"at", "done"}: when it last had something to do, and how many pieces that was."""
FAILURE = "last_failure"
"""Fact: {"at", "message"} of the last turn that ended in an error."""


def remember(database: Database, done: Mapping[str, int], now: datetime) -> None:
    """Note the stages that did something; nothing is written where none did."""
    fresh = {stage: {"at": now.isoformat(), "done": count} for stage, count in done.items() if count}
    if not fresh:
        return
    with database.writing() as session:
        known = json.loads(read.fact(session, STAGES) or "{}")
        write.set_fact(session, STAGES, json.dumps({**known, **fresh}, ensure_ascii=False))


def remember_failure(database: Database, message: str, now: datetime) -> None:
    """Note why a turn failed: the heartbeat forgets it with the next good one."""
    told = {"at": now.isoformat(), "message": message[:500]}
    with database.writing() as session:
        write.set_fact(session, FAILURE, json.dumps(told, ensure_ascii=False))
