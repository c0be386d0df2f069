"""What storing documents would do, without doing it: the judgement of `store_documents`, and no write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from db.write.rows import document_row
from db.write.versions import LABEL_FIELDS, Fate, Outcome, Row, judge, stored_versions
from signals.model import Document, shanghai_day

SHOWN = ("title", "text", "subject", "kind", "official", "publisher", "channel", "reach", "published_at")
EARLIER_ROW = "（本次靠前的一行）"
"""Stands for a text that is not stored yet: those of a whole file would not fit into memory."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of one document; `changes`: column (or label of a complaint) -> stored value, new value."""

    outcome: Outcome
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Version:
    """A row as it would be stored, with what the next one of its identity is judged by, and without its text."""

    id: int
    identity: str
    root_id: int | None
    revision: int
    backfilled: bool
    content_hash: str
    official: bool
    channel: str | None
    reach: float | None
    available_day: date
    purged_at: None
    title: str
    subject: str | None
    kind: str
    publisher: str | None
    published_at: datetime | None
    first_seen_at: datetime
    fields: Mapping[str, str]
    text: str = EARLIER_ROW


def preview_documents(
    session: Session,
    documents: Sequence[Document],
    *,
    now: datetime,
    salt: str,
    backfill: bool,
    seen: dict[str, Any],
) -> list[Verdict]:
    """A verdict per document, in order, as `store_documents` with the same arguments would decide now.

    Args:    seen: what earlier batches of the same import would have stored: {} at first, the same dict for each
             batch. A changed text of a row that only `seen` knows is shown as 本次靠前的一行.
    """
    rows = [document_row(document, now, salt, None, backfill) for document in documents]
    today = shanghai_day(now)
    known = stored_versions(session, {row["identity"] for row in rows} - seen.keys())
    verdicts = []
    for row in rows:
        identity = row["identity"]
        versions = seen.get(identity) or known.get(identity, [])
        fate = judge(row, versions, today)
        verdicts.append(Verdict(fate.outcome, _changes(fate.target or (versions or [None])[-1], fate)))
        if fate.outcome != "duplicate":
            seen[identity] = _after(versions, fate)
    return verdicts


def _changes(old: Any, fate: Fate) -> dict[str, tuple[Any, Any]]:
    if fate.outcome != "revised":
        return {}
    names = [*SHOWN, *(["first_seen_at"] if fate.target is not None else [])]
    pairs = {name: (getattr(old, name), fate.row[name]) for name in names}
    if old.content_hash == fate.row["content_hash"]:
        del pairs["text"]
    labels = {name: (old.fields.get(name), fate.row["fields"].get(name)) for name in LABEL_FIELDS}
    return {name: (before, after) for name, (before, after) in {**pairs, **labels}.items() if before != after}


def _after(versions: Sequence[Any], fate: Fate) -> list[Any]:
    new = _version(fate.row, fate.target.id if fate.target is not None else -1)
    if fate.target is None:
        return [*versions, new]
    kept = replace(new, identity=fate.target.identity, root_id=fate.target.root_id)
    return [kept if each is fate.target else each for each in versions]


def _version(row: Row, number: int) -> _Version:
    names = [name for name in _Version.__slots__ if name not in ("id", "purged_at", "text", "fields")]
    labels = {name: row["fields"][name] for name in LABEL_FIELDS if name in row["fields"]}
    return _Version(
        id=number, purged_at=None, fields=labels, **{name: row[name] for name in names if name in row}
    )
