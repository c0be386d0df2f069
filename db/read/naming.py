"""Which documents hold a name, by the search index: whom a changed watch list concerns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from db.read.search import SearchFilters, find, search_waits
from signals.bigrams import parse

PAGE = 5_000
SHORTEST = 2
"""Characters: a single one stands in every other text."""


def naming(session: Session, names: Sequence[str]) -> set[int] | None:
    """Ids of the documents in which one of these names stands.

    None: not to be told, since search has not reached the whole archive yet, or a name is too short for it. Disguised
    spellings, and names deep in texts beyond signals.bigrams.LONGEST, are not found.
    """
    queries = [parse(f'"{name}"') for name in names]
    if search_waits(session) > 0 or any(len(word) < SHORTEST for query in queries for word in query.words):
        return None
    found: set[int] = set()
    for query in queries:
        before: int | None = None
        while query:
            page = find(session, query, SearchFilters(), before=before, limit=PAGE)
            found.update(page.ids)
            if page.rest is None:
                break
            before = page.rest
    return found
