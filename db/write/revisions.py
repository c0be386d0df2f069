"""Taking a revision back: a document says again what it said before, as a further revision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.schema import Document, DocumentRevision
from db.sql import add
from db.write.rows import availability, digest
from db.write.search import add_to_search, remove_from_search
from db.write.versions import KEPT, KNOWN, REPLACED, former_content

TIMES = ("published_at", "first_seen_at")


def restore_revision(session: Session, document_id: int, revision: int, *, now: datetime) -> bool:
    """The document's content is again that of `revision`, and waits for analysis; what it said meanwhile is kept.

    False: that content is not there any more (purged).
    """
    kept = session.get(DocumentRevision, (document_id, revision))
    old = session.execute(select(*KNOWN).where(Document.id == document_id)).first()
    if kept is None or old is None or old.purged_at is not None:
        return False
    values = {name: kept.content[name] for name in (*KEPT, *REPLACED) if name in kept.content}
    for name in TIMES:
        values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
    values |= availability(values["published_at"], values["first_seen_at"])
    values["content_hash"] = digest(values["title"], values["text"], values["subject"] or "")
    former: dict[str, Any] = {"document_id": document_id, "revision": old.revision, "replaced_at": now}
    add(session, DocumentRevision, [former | {"content": former_content(old)}])
    remove_from_search(session, [document_id])
    changed = update(Document).where(Document.id == document_id)
    session.execute(changed.values(**values, revision=old.revision + 1, analysed_with=None))
    add_to_search(session, [document_id])
    return True
