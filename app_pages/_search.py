"""What 证据 reads: matches in windows of a thousand, the documents of a page, and all of it as rows of a file.

Raises db.session.DatabaseError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from app_pages import _data
from db import read
from db.read import Found, SearchFilters
from db.session import Session
from signals.bigrams import parse

EXPORTED = 10_000
"""Documents of a search that a browser downloads at most; everything is in 导出."""
AT_ONCE = 500
COLUMNS = (
    *("document_id", "day", "available_at", "published_at", "source_id", "source_name", "kind", "publisher"),
    *("official", "title", "text", "subject", "url", "revision", "story_copies", "story_publishers"),
    *(
        "platform_id",
        "platform_name",
        "level",
        "negative",
        "relevance",
        "polarity",
        "event_ids",
        "needs_review",
    ),
)
"""Columns of the file: a row per document and platform it mentions; one without any has its last eight empty."""
OF_MENTION = COLUMNS[-8:]


class Shown(NamedTuple):
    """A page's documents, whom they mention, and what people corrected of that."""

    documents: pd.DataFrame
    mentions: pd.DataFrame
    corrections: pd.DataFrame

    def of(self, document_id: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Mentions and corrections of one document."""
        mine = self.mentions[self.mentions["document_id"] == document_id]
        said = self.corrections[self.corrections["document_id"] == document_id]
        return mine.to_dict("records"), said.to_dict("records")


@_data.cached(max_entries=128)
def _window(key: _data.Stamp, typed: str, filters: SearchFilters, before: int | None) -> Found:
    with _data.database().reading() as session:
        return read.find(session, parse(typed), filters, before=before)


def matches(typed: str, filters: SearchFilters, wanted: int) -> tuple[list[int], bool]:
    """The first documents that match, at least `wanted` of them if there are so many; and whether there may be more.

    Where a window comes back short, ten thousand candidates were compared in vain: enough for one page.
    """
    ids: list[int] = []
    before: int | None = None
    while True:
        found = _window(_data.stamp(), typed, filters, before)
        ids += found.ids
        before = found.rest
        if before is None or len(ids) > wanted or len(found.keys) < read.MOST:
            return ids, before is not None


@_data.cached(max_entries=24)
def _shown(key: _data.Stamp, ids: tuple[int, ...]) -> Shown:
    with _data.database().reading() as session:
        return _read(session, ids)


def _read(session: Session, ids: Sequence[int]) -> Shown:
    return Shown(
        read.found_documents(session, ids),
        read.found_mentions(session, ids),
        read.found_corrections(session, ids),
    )


def shown(ids: Sequence[int]) -> Shown:
    """What a page shows of these documents."""
    return _shown(_data.stamp(), tuple(ids))


def story(document_id: int) -> pd.DataFrame:
    """All that tell a document's story, in the order in which they became available."""
    with _data.database().reading() as session:
        return read.told_by(session, document_id)


def waits() -> float:
    """Share of the archive that cannot be searched yet, 0..1."""
    with _data.database().reading() as session:
        return read.search_waits(session)


@_data.cached(max_entries=4)
def _sources(key: _data.Stamp) -> dict[str, str]:
    with _data.database().reading() as session:
        found = read.sources(session)
    named = found[~found["removed"]].sort_values("name")
    return dict(zip(named["id"], named["name"], strict=True))


def sources() -> dict[str, str]:
    """Id -> name of every source that was not removed, by name."""
    return _sources(_data.stamp())


def platforms() -> dict[str, str]:
    """Id -> name of every platform, by name."""
    frame = _data.overview().sort_values("name")
    return dict(zip(frame["platform_id"], frame["name"], strict=True))


def rows(typed: str, filters: SearchFilters) -> Iterator[dict[str, object]]:
    """A row per match and mention, at most EXPORTED documents. Touches nothing of the page: it runs aside."""
    with _data.database().reading() as session:
        ids = read.find(session, parse(typed), filters, limit=EXPORTED).ids
        for start in range(0, len(ids), AT_ONCE):
            found = _read(session, ids[start : start + AT_ONCE])
            for document in found.documents.to_dict("records"):
                yield from _per_mention(document, found.of(document["document_id"])[0])


def _per_mention(
    document: Mapping[Any, Any], mentions: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, object]]:
    plain = {name: document[name] for name in COLUMNS if name not in OF_MENTION}
    said = [mention for mention in mentions if not mention["removed"]]
    for mention in said or [dict.fromkeys(OF_MENTION)]:
        events = [event["id"] for event in mention.get("events") or ()]
        yield plain | {name: mention.get(name) for name in OF_MENTION} | {"event_ids": ";".join(events)}
