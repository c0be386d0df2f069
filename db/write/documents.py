"""Documents in: masked, hashed, recognised when they come again, kept in full when they change."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from db.schema import Document as Stored
from db.schema import DocumentRevision
from db.sql import add, among, insert, table
from db.write.urls import canonical_url
from signals.model import Document, shanghai_day
from signals.privacy import mask

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL is no text to PostgreSQL, half a surrogate pair none to UTF-8."""

LABEL_FIELDS = ("status", "resolved_at")
"""Fields whose change makes a new revision: a complaint's progress. Read counters and the like do not."""

KEPT = ("title", "text", "subject", "kind", "publisher", "published_at", "first_seen_at", "fields")
"""What document_revisions keeps of the former content."""

KNOWN = (
    *(Stored.id, Stored.identity, Stored.revision, Stored.backfilled, Stored.content_hash, Stored.official),
    *(Stored.channel, Stored.reach),
    *(getattr(Stored, name) for name in KEPT),
)
"""Columns by which a document that comes again is judged."""

COMPARED = ("content_hash", "kind", "published_at", "official", "publisher", "channel", "reach")


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What became of handed-over rows. `refused` is the caller's: the store refuses none."""

    stored: int = 0
    duplicates: int = 0
    revised: int = 0
    refused: int = 0

    @property
    def items(self) -> int:
        """All rows seen."""
        return self.stored + self.duplicates + self.revised + self.refused

    def __add__(self, other: StoreCounts) -> StoreCounts:
        return StoreCounts(
            self.stored + other.stored,
            self.duplicates + other.duplicates,
            self.revised + other.revised,
            self.refused + other.refused,
        )


def store_documents(
    session: Session,
    documents: Sequence[Document],
    *,
    now: datetime,
    salt: str,
    run_id: int | None = None,
    backfill: bool = False,
) -> StoreCounts:
    """Store what is new, revise what changed, count what was there. Best in batches of 500 to 1,000.

    Args:    now: when it is seen, for documents that do not say. salt: local secret mixed into author hashes.
             backfill: documents without first_seen_at become 回填, available when published.
    A document that changed keeps its former content in `document_revisions`, its first_seen_at unless the input gives
    another, and waits for analysis again.
    """
    rows = [_row(document, now, salt, run_id, backfill) for document in documents]
    counts = StoreCounts()
    while rows:  # the same document twice in a batch: the later one meets the earlier one in the next round
        first: dict[str, dict[str, Any]] = {}
        again = [row for row in rows if first.setdefault(row["identity"], row) is not row]
        counts += _store_distinct(session, first, now)
        rows = again
    return counts


def _store_distinct(session: Session, rows: Mapping[str, dict[str, Any]], now: datetime) -> StoreCounts:
    known = _known(session, list(rows))
    new = [_insertable(row) for identity, row in rows.items() if identity not in known]
    if new:
        statement = insert(session, table(Stored)).on_conflict_do_nothing(index_elements=["identity"])
        session.execute(statement, new)
    changed = [(known[i], row) for i, row in rows.items() if i in known and _differs(known[i], row)]
    _revise(session, changed, now)
    return StoreCounts(len(new), len(rows) - len(new) - len(changed), len(changed))


def _known(session: Session, identities: list[str]) -> dict[str, Any]:
    statement = select(*KNOWN).where(among(session, Stored.identity, identities))
    return {row.identity: row for row in session.execute(statement)}


def _differs(old: Any, new: Mapping[str, Any]) -> bool:
    if any(getattr(old, name) != new[name] for name in COMPARED):
        return True
    if new["_said_first_seen"] and old.first_seen_at != new["first_seen_at"]:
        return True
    return any(old.fields.get(name) != new["fields"].get(name) for name in LABEL_FIELDS)


def _revise(session: Session, changed: Sequence[tuple[Any, dict[str, Any]]], now: datetime) -> None:
    if not changed:
        return
    former = [
        {"document_id": old.id, "revision": old.revision, "replaced_at": now, "content": _content(old)}
        for old, _ in changed
    ]
    add(session, DocumentRevision, former)
    target = table(Stored)
    values = [_revision(old, new) for old, new in changed]
    names = [name for name in values[0] if name != "key"]
    statement = update(target).where(target.c.id == bindparam("key"))
    session.execute(statement.values({name: bindparam(name) for name in names}), values)


def _content(old: Any) -> dict[str, object]:
    kept = {name: getattr(old, name) for name in KEPT}
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in kept.items()}


def _revision(old: Any, new: dict[str, Any]) -> dict[str, Any]:
    row = _insertable(new)
    if not new["_said_first_seen"] and not (old.backfilled and new["backfilled"]):
        row["first_seen_at"], row["backfilled"] = old.first_seen_at, old.backfilled
    row |= _availability(row["published_at"], row["first_seen_at"])
    for name in ("identity", "source_id", "external_id", "run_id"):
        del row[name]
    return row | {"key": old.id, "revision": old.revision + 1, "analysed_with": None}


def _insertable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _row(document: Document, now: datetime, salt: str, run_id: int | None, backfill: bool) -> dict[str, Any]:
    title, text = mask(_clean(document.title)), mask(_clean(document.text))
    subject = mask(_clean(document.subject)) if document.subject else None
    content = _digest(title, text, subject or "")
    author = author_hash(document.author, salt)
    said = document.first_seen_at is not None
    backfilled = backfill and not said and document.published_at is not None
    seen = document.first_seen_at or (document.published_at if backfilled else None) or now
    url = canonical_url(document.url)
    return {
        "identity": _identity(document, content, author, url),
        "source_id": document.source_id,
        "external_id": _optional(document.external_id),
        "run_id": run_id,
        "kind": str(document.kind),
        "title": title,
        "text": text,
        "subject": subject,
        "url": _optional(document.url),
        "canonical_url": _optional(url),
        "publisher": _optional(document.publisher),
        "author_hash": author,
        "channel": _optional(document.channel),
        "reach": document.reach,
        "official": document.official,
        "published_at": document.published_at,
        "first_seen_at": seen,
        **_availability(document.published_at, seen),
        "backfilled": backfilled,
        "content_hash": content,
        "revision": 1,
        "fields": {_clean(name): mask(_clean(value)) for name, value in document.fields.items()},
        "encoding": document.encoding,
        "replaced_share": document.replaced_share,
        "_said_first_seen": said,
    }


def _clean(text: str) -> str:
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _optional(text: str | None) -> str | None:
    return None if text is None else _clean(text)


def _availability(published_at: datetime | None, first_seen_at: datetime) -> dict[str, Any]:
    available = max(published_at, first_seen_at) if published_at else first_seen_at
    return {"available_at": available, "available_day": shanghai_day(available)}


def _identity(document: Document, content: str, author: str | None, url: str | None) -> str:
    if document.external_id is not None:
        return _digest(document.source_id, "id", document.external_id)
    published = document.published_at.timestamp() if document.published_at else ""
    # Copies of one story on many sites are many documents: publisher, author and address tell them apart.
    return _digest(
        document.source_id, content, str(published), document.publisher or "", author or "", url or ""
    )


def author_hash(author: str | None, salt: str) -> str | None:
    """32 hex digits that tell authors apart within this installation and nowhere else; None without an author."""
    if not author:
        return None
    return hmac.new(salt.encode(), author.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def _digest(*parts: str) -> str:
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
