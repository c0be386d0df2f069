"""Which documents about one platform are copies of an earlier one, decided in order of availability.

The rules of the analyse stage (pipeline.stages.analyse, db.read.story_candidates, same_page), in memory: candidates
share a band key with a copy of the last 30 days, the likeliest ten are compared by text; one address is one page.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db.read.documents import CANDIDATES, PER_KEY
from db.schema import STORY_DAYS
from signals.stories import same_essence

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Documents:
    """Documents about one platform by availability. `clusterable`: may be copies; `keys` (documents, BANDS); `content`,
    `page` and `source`: digests (page 0 = no address); `essence`: "" for one that shares no key."""

    day: Ints
    clusterable: NDArray[np.bool_]
    keys: Ints
    content: Ints
    page: Ints
    source: Ints
    essence: Sequence[str]


def shared_keys(documents: Documents) -> NDArray[np.bool_]:
    """(documents, BANDS): whether another of the documents has the key, too; False for those that are no copies."""
    shared = np.zeros(documents.keys.shape, dtype=np.bool_)
    keys = documents.keys[documents.clusterable]
    if keys.size:
        _, place, count = np.unique(keys, return_inverse=True, return_counts=True)
        shared[documents.clusterable] = (count > 1)[place].reshape(keys.shape)
    return shared


def stories(documents: Documents) -> Ints:
    """The place of the document that each one's story begins with: its own for what is no copy."""
    shared = shared_keys(documents)
    story = np.arange(documents.day.size)
    pages, known = _Pages(documents), _Known(documents)
    for at in np.flatnonzero(shared.any(axis=1) | pages.worth_a_look).tolist():
        mine = list(dict.fromkeys(documents.keys[at][shared[at]].tolist()))
        same = pages.earlier(at)
        if same is None:
            same = known.same(at, mine)
        if same is not None:
            story[at] = story[same]
        known.remember(at, mine, int(story[at]))
    return story


class _Known:
    """By key: the newest PER_KEY stories that have it, each with its newest copy that has, the newest last.

    A key of boilerplate text is shared by thousands and tells nothing.
    """

    def __init__(self, documents: Documents) -> None:
        self._essence, self._content = documents.essence, documents.content.tolist()
        self._day: list[int] = documents.day.tolist()
        self._told: dict[int, OrderedDict[int, int]] = {}

    def remember(self, at: int, keys: Sequence[int], story: int) -> None:
        """Document `at` is a copy of `story`."""
        for key in keys:
            told = self._told.setdefault(key, OrderedDict())
            told[story] = at
            told.move_to_end(story)
            if len(told) > PER_KEY:
                told.popitem(last=False)

    def same(self, at: int, keys: Sequence[int]) -> int | None:
        """The newest copy of the likeliest story whose text is the same."""
        sharing = self._recent(at, keys)
        shared: dict[int, int] = {}
        for told in sharing:
            for story in reversed(told):  # of equally likely ones the newest first
                shared[story] = shared.get(story, 0) + 1
        for story in sorted(shared, key=shared.__getitem__, reverse=True)[:CANDIDATES]:
            newest = max([told[story] for told in sharing if story in told])
            if self._told_alike(at, newest):
                return newest
        return None

    def _told_alike(self, one: int, two: int) -> bool:
        if self._content[one] == self._content[two]:
            return True
        here, there = self._essence[one], self._essence[two]
        return bool(here and there) and same_essence(here, there)

    def _recent(self, at: int, keys: Sequence[int]) -> list[OrderedDict[int, int]]:
        """Without the stories whose newest copy is too old; documents come in order, so they stay too old."""
        oldest, day, found = self._day[at] - STORY_DAYS, self._day, []
        for told in map(self._told.get, keys):
            while told and day[next(iter(told.values()))] < oldest:
                told.popitem(last=False)
            if told:
                found.append(told)
        return found


class _Pages:
    """Addresses that more than one source brought."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        named = np.flatnonzero(documents.clusterable & (documents.page != 0))
        _, place, count = np.unique(documents.page[named], return_inverse=True, return_counts=True)
        self.worth_a_look = np.zeros(documents.day.size, dtype=np.bool_)
        self.worth_a_look[named] = (count > 1)[place]
        self._told: dict[int, list[int]] = {}

    def earlier(self, at: int) -> int | None:
        """The earliest document of another source with this address in the last 30 days; remembers this one."""
        if not self.worth_a_look[at]:
            return None
        documents = self._documents
        told = self._told.setdefault(int(documents.page[at]), [])
        here, source = documents.day[at], documents.source[at]
        found = next(
            (
                one
                for one in told
                if documents.source[one] != source and here - documents.day[one] <= STORY_DAYS
            ),
            None,
        )
        told.append(at)
        return found
