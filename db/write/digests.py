"""Keywords and sentences of stories, as the analyse stage made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.schema import Document, StoryDigest
from db.sql import among, upsert


class Digest(NamedTuple):
    """What is told of a story, made of one document as of its `revision`."""

    keywords: list[str]
    sentences: list[str]
    revision: int


def save_digests(session: Session, digests: Mapping[int, Digest]) -> None:
    """Digests by the document that they were made of; a story's former one is replaced.

    Documents that vanished, were purged or changed meanwhile are left out.
    """
    if not digests:
        return
    columns = (Document.id, Document.story_id, Document.revision)
    statement = select(*columns).where(
        among(session, Document.id, list(digests)),
        Document.story_id.is_not(None),
        Document.purged_at.is_(None),
    )
    rows = [
        {
            "story_id": row.story_id,
            "document_id": row.id,
            "revision": row.revision,
            "keywords": digests[row.id].keywords,
            "sentences": digests[row.id].sentences,
        }
        for row in session.execute(statement)
        if digests[row.id].revision == row.revision
    ]
    upsert(session, StoryDigest, list({row["story_id"]: row for row in rows}.values()))
