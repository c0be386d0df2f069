"""What becomes of a document that came: new, known, corrected in place, or a later version in a row of its own.

What a site changes after the day is over must not count on that day: nobody could have read it then. People's
imports correct in place: METHOD section 1 allows corrections by people, and replays read what was known at the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.schema import Document as Stored
from db.sql import among
from db.write.rows import availability, digest

LABEL_FIELDS = ("status", "resolved_at")
"""Fields whose change makes a new revision: a complaint's progress. Read counters and the like do not."""

KEPT = ("title", "text", "subject", "kind", "publisher", "published_at", "first_seen_at", "fields")
"""What document_revisions keeps of the former content."""

REPLACED = ("official", "channel", "reach", "backfilled")
"""What document_revisions keeps besides, so that a revision can be taken back; rows from before this have it not."""

CONTENT = ("content_hash", "kind", "official")
"""What a document says. A site that changes it after the day is over has published something else."""

ATTRIBUTES = ("publisher", "channel", "reach")
"""What is known about a document besides: set right in place, whenever it is learnt."""

KNOWN = (
    *(Stored.id, Stored.identity, Stored.root_id, Stored.revision, Stored.backfilled, Stored.content_hash),
    *(Stored.official, Stored.channel, Stored.reach, Stored.available_day, Stored.purged_at),
    *(getattr(Stored, name) for name in KEPT),
)
"""Columns by which a document that comes again is judged."""

Row = dict[str, Any]
Outcome = Literal["new", "duplicate", "revised"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What is to be done with a row: insert it (`new`, or `revised` without `target`), update `target`, or nothing."""

    outcome: Outcome
    row: Row
    target: Any = None


def stored_versions(session: Session, identities: Collection[str]) -> dict[str, list[Any]]:
    """By identity of the first version: all versions stored, in their order."""
    roots = list(session.execute(select(*KNOWN).where(among(session, Stored.identity, identities))))
    later: dict[int, list[Any]] = defaultdict(list)
    of_these = among(session, Stored.root_id, [root.id for root in roots])
    edits = select(*KNOWN).where(Stored.root_id.is_not(None), of_these).order_by(Stored.id)
    for edit in session.execute(edits):
        later[edit.root_id].append(edit)
    return {root.identity: [root, *later[root.id]] for root in roots}


def judge(row: Row, versions: Sequence[Any], today: date) -> Fate:
    """Decide about `row`, of which `versions` are stored (first version first).

    Args:    versions: rows with the columns KNOWN. today: the Shanghai day on which the row came.
    """
    if not versions:
        return Fate("new", row)
    if row["_by_people"]:
        same = (each for each in reversed(versions) if each.content_hash == row["content_hash"])
        return _in_place(next(same, versions[0]), row)
    newest = versions[-1]
    if newest.available_day >= today or not _differ(newest, row, CONTENT):
        dated = newest.published_at is not None or newest.available_day < today
        # Sites touch dates, and 3小时前 is another moment every time: the first date stands.
        return _in_place(newest, row | {"published_at": newest.published_at} if dated else row)
    seen = [version.content_hash for version in versions].count(row["content_hash"])
    if newest.purged_at is not None or seen > 1:
        return Fate("duplicate", row)  # to and fro for the second time: both are known
    return Fate("revised", _edit(row, versions))


def _in_place(target: Any, row: Row) -> Fate:
    if target.purged_at is not None or not _changes(target, row):
        return Fate("duplicate", row)
    return Fate("revised", _revision(target, row), target)


def _changes(old: Any, new: Mapping[str, Any]) -> bool:
    if _differ(old, new, (*CONTENT, *ATTRIBUTES, "published_at")):
        return True
    if new["_said_first_seen"] and old.first_seen_at != new["first_seen_at"]:
        return True
    return any(old.fields.get(name) != new["fields"].get(name) for name in LABEL_FIELDS)


def _differ(old: Any, new: Mapping[str, Any], names: Sequence[str]) -> bool:
    return any(getattr(old, name) != new[name] for name in names)


def _revision(old: Any, new: Row) -> Row:
    """The row as it is to be; it was first seen when it was, unless the input says otherwise."""
    row = dict(new)
    moved = (
        new["_by_people"] and old.backfilled and new["backfilled"]
    )  # people may set right when it was published
    if not new["_said_first_seen"] and not moved:
        row["first_seen_at"], row["backfilled"] = old.first_seen_at, old.backfilled
    return row | availability(row["published_at"], row["first_seen_at"]) | {"revision": old.revision + 1}


def _edit(row: Row, versions: Sequence[Any]) -> Row:
    root, number = versions[0], len(versions) + 1
    identity = digest(root.identity, "edit", str(number))
    # Also the edit of an old page is new today: nobody could read it before it came.
    seen = {
        "first_seen_at": row["_came"],
        "backfilled": False,
        **availability(row["published_at"], row["_came"]),
    }
    return row | seen | {"identity": identity, "root_id": root.id, "revision": number}


def former_content(old: Any) -> dict[str, object]:
    """What `document_revisions` keeps of a stored row: all that taking a revision back needs."""
    kept = {name: getattr(old, name) for name in (*KEPT, *REPLACED)}
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in kept.items()}
