"""Keywords and summary sentences of stories: made here, so that the web process loads no language library.

jieba reads some two hundred documents a second, which is dear beside two thousand that are analysed. So only stories
that people are going to look at have a digest: fresh, told by press, posts or platforms, negative about somebody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from db.read import StoredDocument
from db.write import AnalysisRow, Digest
from pipeline.stages.discover import FRESH
from signals import digest
from signals.model import Kind

KINDS = frozenset({Kind.NEWS, Kind.SOCIAL, Kind.DISCLOSURE})
"""Complaints and penalty rows are never clustered: each is its own summary."""
MOST = 100
"""Documents of a batch, those that say most against a platform first: half a second beside a second of reading."""
NEGATIVE = 0.5
KEYWORDS, SENTENCES = 8, 2


def digests(
    batch: Sequence[StoredDocument],
    rows: Sequence[AnalysisRow],
    told: Mapping[int, tuple[int, int]],
    dictionary: Sequence[str],
    now: datetime,
) -> dict[int, Digest]:
    """Digests of the stories that a batch begins, by the document that they are made of.

    Args:    rows: aligned with `batch`. told: as db.read.digested knows it of the batch and of the documents whose
             story it joins: a copy of a story that has its digest needs none. dictionary: of signals.nlp.
    """
    worthy = [
        (weight, item, row)
        for item, row in zip(batch, rows, strict=True)
        if (weight := _worth(item, row, now))
    ]
    worthy.sort(key=lambda each: (-each[0], each[1].id))
    made: dict[int, Digest] = {}
    stories: set[int] = set()
    for _, item, row in worthy:
        origin = row.same_story_as or item.id
        source = told.get(item.id) or told.get(origin)
        known = source is not None and (source[0] != item.id or source[1] == item.revision)
        if known or {origin, item.id} & stories:
            continue
        if len(made) == MOST:
            break
        stories |= {origin, item.id}
        made[item.id] = _digest(item, dictionary)
    return made


def _worth(item: StoredDocument, row: AnalysisRow, now: datetime) -> float:
    """How much a document says against a platform, 0 = nothing that would be shown."""
    if item.document.kind not in KINDS or item.available_at <= now - FRESH:
        return 0.0
    return max(
        (each.relevance * each.negative for each in row.mentions if each.negative >= NEGATIVE), default=0.0
    )


def _digest(item: StoredDocument, dictionary: Sequence[str]) -> Digest:
    title, text = item.document.title, item.document.text
    words = digest.keywords([f"{title}\n{text}"], KEYWORDS, dictionary)
    return Digest(words, digest.summary(text, SENTENCES), item.revision)
