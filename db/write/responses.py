"""What sites answered: validators for asking again politely, and failures kept for people."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.schema import KeptResponse, PageValidator
from db.sql import upsert
from db.write.rows import storable
from signals.privacy import discreet

KEPT = 5
"""Failures kept per source."""
KEPT_BYTES = 65_536
URL_LIMIT = 2_000
"""A longer address does not fit an index page of PostgreSQL: such a page is simply read in full every time."""
PRIVATE_HEADERS = frozenset({"set-cookie", "cookie", "authorization", "proxy-authorization"})
DECLARED = re.compile(rb"""charset\s*=\s*["']?([A-Za-z0-9_:.\-]{2,40})""")


def save_validators(
    session: Session,
    source_id: str,
    reading: str,
    pages: Mapping[str, tuple[str | None, str | None]],
    now: datetime,
) -> None:
    """Remember (ETag, Last-Modified) of pages read whole, in the transaction that closes their run.

    Those saved under another `reading` go; a page that brought neither loses what it had.
    """
    stale = PageValidator.reading != reading
    session.execute(delete(PageValidator).where(PageValidator.source_id == source_id, stale))
    rows: list[dict[str, object]] = []
    for url, (etag, last_modified) in pages.items():
        if len(url.encode()) > URL_LIMIT:
            continue
        if etag is None and last_modified is None:
            session.execute(
                delete(PageValidator).where(PageValidator.source_id == source_id, PageValidator.url == url)
            )
            continue
        row: dict[str, object] = {"source_id": source_id, "url": url, "reading": reading, "saved_at": now}
        rows.append(row | {"etag": etag, "last_modified": last_modified})
    upsert(session, PageValidator, rows)


def keep_response(
    session: Session,
    source_id: str,
    run_id: int | None,
    *,
    url: str,
    status: int | None,
    reason: str,
    headers: Mapping[str, str],
    body: bytes,
    cut: bool,
    now: datetime,
) -> None:
    """Keep what a site answered when it failed: masked, at most 64 KiB, the newest five of the source.

    Cookies and what an address carries as key, token or signature are not kept.
    """
    shown = {name.lower(): value for name, value in headers.items() if name.lower() not in PRIVATE_HEADERS}
    row = KeptResponse(
        source_id=source_id,
        run_id=run_id,
        url=discreet(storable(url)),
        status=status,
        reason=discreet(storable(reason)),
        headers={storable(name): discreet(storable(value)) for name, value in shown.items()},
        body=discreet(storable(_decoded(body[:KEPT_BYTES], shown.get("content-type", "")))),
        cut=cut or len(body) > KEPT_BYTES,
        kept_at=now,
    )
    session.add(row)
    session.flush()
    of_source = KeptResponse.source_id == source_id
    newest = select(KeptResponse.id).where(of_source).order_by(KeptResponse.id.desc()).limit(KEPT)
    session.execute(delete(KeptResponse).where(of_source, KeptResponse.id.not_in(newest)))


def _decoded(body: bytes, content_type: str) -> str:
    """For people to read, never to parse: the declared encoding if it fits, UTF-8 if that fits, else GB18030."""
    declared = DECLARED.search(content_type.encode("ascii", "ignore")) or DECLARED.search(body[:2048])
    named = [declared.group(1).decode("ascii")] if declared else []
    for name in (*named, "utf-8"):
        try:
            b"a".decode(name, "replace")  # refuses codecs that are no encodings of text, such as base64
            # Not `final`: the cut may have gone through a character.
            return codecs.getincrementaldecoder(name)("strict").decode(body)
        except (LookupError, UnicodeError):
            continue
    return body.decode("gb18030", "replace")
