"""A document as a row: masked, hashed, with the identity by which it is known when it comes again."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

from db.write.urls import canonical_url
from signals.model import Document, shanghai_day
from signals.privacy import mask

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL is no text to PostgreSQL, half a surrogate pair none to UTF-8."""


INDEXED_BYTES = 2_000
"""A longer address fits no index page of PostgreSQL: the document is stored, but not found by its address."""


def document_row(
    document: Document,
    now: datetime,
    salt: str,
    run_id: int | None,
    backfill: bool,
    correcting: bool | None = None,
) -> dict[str, Any]:
    """The columns of `documents`, and three that are none.

    `_said_first_seen`: the input itself said when it was first seen. `_by_people`: an import, not a site just asked
    (`correcting`, which is `backfill` unless said otherwise). `_came`: when it came, whatever first_seen_at says.
    """
    title, text = mask(storable(document.title)), mask(storable(document.text))
    subject = mask(storable(document.subject)) if document.subject else None
    content = digest(title, text, subject or "")
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
        "canonical_url": None if url is None or len(url.encode()) > INDEXED_BYTES else storable(url),
        "publisher": _optional(document.publisher),
        "author_hash": author,
        "channel": _optional(document.channel),
        "reach": document.reach,
        "official": document.official,
        "published_at": document.published_at,
        "first_seen_at": seen,
        **availability(document.published_at, seen),
        "backfilled": backfilled,
        "content_hash": content,
        "revision": 1,
        "fields": {storable(name): mask(storable(value)) for name, value in document.fields.items()},
        "encoding": document.encoding,
        "replaced_share": document.replaced_share,
        "root_id": None,
        "_said_first_seen": said,
        "_by_people": said or (backfill if correcting is None else correcting),
        "_came": now,
    }


def storable(text: str) -> str:
    """`text` without the characters that no database takes."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _optional(text: str | None) -> str | None:
    return None if text is None else storable(text)


def availability(published_at: datetime | None, first_seen_at: datetime) -> dict[str, Any]:
    """Columns available_at and available_day: the later of the two moments and its Shanghai day."""
    available = max(published_at, first_seen_at) if published_at else first_seen_at
    return {"available_at": available, "available_day": shanghai_day(available)}


def _identity(document: Document, content: str, author: str | None, url: str | None) -> str:
    if document.external_id is not None:
        return digest(document.source_id, "id", document.external_id)
    published = document.published_at.timestamp() if document.published_at else ""
    # Copies of one story on many sites are many documents: publisher, author and address tell them apart.
    return digest(
        document.source_id, content, str(published), document.publisher or "", author or "", url or ""
    )


def author_hash(author: str | None, salt: str) -> str | None:
    """32 hex digits that tell authors apart within this installation and nowhere else; None without an author."""
    if not author:
        return None
    return hmac.new(salt.encode(), author.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def digest(*parts: str) -> str:
    """32 hex digits over the parts in their order."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
