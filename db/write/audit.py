"""The audit log in: one entry per act, in the transaction of what it tells of, chained to the entry before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engines import to_json
from db.read.audit import GENESIS, digest
from db.read.export import export_needs
from db.roles import Actor, require
from db.schema import AuditEntry, AuditHead
from db.sql import add


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    reason: str | None = None,
    now: datetime,
) -> int:
    """Append one entry; it is committed or rolled back with the change it tells of. Returns its number.

    The head's row is locked until the end of the transaction: of two that write at once, the second waits and chains
    to the first. So call this last: what comes after it keeps others waiting.

    Args:    action: ≤ 32 letters, see db.read.audit.ACTS. subject: what it was done to, as people know it.
             detail: JSON; never a password, token or key.
    """
    head = _head(session)
    row: dict[str, Any] = {
        "id": head.count + 1,
        "at": now,
        "actor": _clean(actor.name)[:64],
        "role": "machine" if actor.machine else str(actor.role),
        "action": action,
        "subject": _clean(subject),
        "detail": _stored(detail),
        "reason": _clean(reason) if reason and reason.strip() else None,
        "previous": head.hash,
    }
    row["hash"] = digest(row)
    session.add(AuditEntry(**row))
    head.count, head.hash = row["id"], row["hash"]
    session.flush()
    return head.count


def record_export(
    session: Session,
    actor: Actor,
    table: str,
    filters: Mapping[str, Any],
    *,
    now: datetime,
    rows: int | None = None,
    on_screen: bool = False,
) -> None:
    """Somebody takes data out of the system. Raises NotAllowed.

    Args:    on_screen: a table that everybody who may read sees anyway; else an export of its own.
    """
    require(actor, "read" if on_screen else "export")
    if needed := export_needs(table):
        require(actor, needed)
    chosen = {name: value for name, value in filters.items() if value is not None}
    record(
        session,
        actor=actor,
        action="export",
        subject=table,
        detail={"filters": chosen, "rows": rows},
        now=now,
    )


def record_import(
    session: Session, actor: Actor, file: str, detail: Mapping[str, Any], *, now: datetime
) -> None:
    """A file is taken in at the command line; noted before its first row, so that a broken import is told of as well.

    Args:    file: its name, or the name of the variable with the address of a database. Raises NotAllowed.
    """
    require(actor, "upload")
    record(session, actor=actor, action="import", subject=file, detail=detail, now=now)


def _head(session: Session) -> AuditHead:
    """The head, locked. Without one the log goes on after its last entry: no entry is ever refused for that."""
    locked = select(AuditHead).where(AuditHead.id == 1).with_for_update()
    found = session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        last = session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
        first = {"id": 1, "count": last.id if last else 0, "hash": last.hash if last else GENESIS}
        add(session, AuditHead, [first])
        found = session.scalar(locked.execution_options(populate_existing=True))
    assert found is not None
    return found


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store."""
    return text.replace("\0", "").strip()


def _stored(detail: Mapping[str, Any]) -> dict[str, Any]:
    """As it will be read back, so that the hash covers what is stored."""
    found = json.loads(to_json(dict(detail)).replace("\\u0000", ""))
    assert isinstance(found, dict)
    return found
