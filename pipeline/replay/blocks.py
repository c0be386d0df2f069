"""Some platforms with all that is said of them: cut out of the table for a worker, and there made the mention table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.replay.copies import Documents, stories
from pipeline.replay.reading import KINDS, POLARITIES, Columns, Events
from pipeline.replay.table import Store, Table, shanghai_days
from pipeline.stages.analyse import NEVER_CLUSTERED
from settings.models import Platform

PLATFORMS = 32
"""Platforms of a block. Fixed, as are the blocks: figures must not depend on the number of workers."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """`platforms`, at `places` of the list. `numbers`: the documents' numbers in the replay; `documents`, `keys`,
    `mentions`, `said` as in Table, places being those in here; `essences` of those that share a key; `standing`: what
    indicators say of the platforms, None = there are none."""

    places: tuple[int, ...]
    platforms: tuple[Platform, ...]
    numbers: Ints
    documents: Columns
    keys: Ints
    essences: dict[int, str]
    mentions: Columns
    said: list[Events]
    standing: pd.DataFrame | None


def parts(count: int) -> list[range]:
    """The places of each block's platforms. Strides, because lists are often sorted by size: blocks are to be alike."""
    blocks = -(-count // PLATFORMS)
    return [range(first, count, blocks) for first in range(blocks)]


def blocks(
    table: Table, store: Store, platforms: tuple[Platform, ...], standing: pd.DataFrame | None
) -> Iterator[Block]:
    """All platforms, each in one block. `standing`: what indicators say of them all."""
    for places in parts(len(platforms)):
        yield _block(table, store, places, tuple(platforms[at] for at in places), standing)


def _block(
    table: Table, store: Store, places: range, platforms: tuple[Platform, ...], standing: pd.DataFrame | None
) -> Block:
    begin, end = (np.searchsorted(table.mentions["platform"], places, side) for side in ("left", "right"))
    rows = np.concatenate([np.arange(*bounds) for bounds in zip(begin, end, strict=True)])
    mentions = {name: column[rows] for name, column in table.mentions.items()}
    mentions["platform"] = np.searchsorted(places, mentions["platform"])
    used, mentions["document"] = np.unique(mentions["document"], return_inverse=True)
    said, mentions["events"] = np.unique(mentions["events"], return_inverse=True)
    keys = table.keys[used]
    return Block(
        tuple(places),
        platforms,
        used + 1,
        {name: column[used] for name, column in table.documents.items()},
        keys,
        {at: store.text(*table.texts[used[at]].tolist()) for at in _sharing(keys, table.texts[used])},
        mentions,
        [table.said[at] for at in said],
        None if standing is None else standing[standing["platform_id"].isin([one.id for one in platforms])],
    )


def _sharing(keys: Ints, texts: Ints) -> list[int]:
    """Places of the documents with an essence that have a key in common with another one."""
    told = np.flatnonzero(texts[:, 1] > 0) if texts.size else np.zeros(0, dtype=np.int64)
    if not told.size:
        return []
    _, place, count = np.unique(keys[told], return_inverse=True, return_counts=True)
    shared = (count > 1)[place].reshape(keys[told].shape).any(axis=1)
    return [int(at) for at in told[shared]]


def mention_table(block: Block) -> pd.DataFrame:
    """The block's mentions with the columns of db.read.mention_table that figures rest on, by platform and document.

    Names are digests: only whether they are equal matters.
    """
    at = block.mentions["document"]
    documents = {name: column[at] for name, column in block.documents.items()}
    said = [[{"id": event, "polarity": polarity} for event, polarity in events] for events in block.said]
    day = shanghai_days(documents["available"])
    return pd.DataFrame(
        {
            "document_id": block.numbers[at],
            "platform_id": _objects([platform.id for platform in block.platforms])[
                block.mentions["platform"]
            ],
            "available_at": pd.DatetimeIndex(documents["available"].astype("datetime64[us]"), tz="UTC"),
            "day": (day * 86_400).astype("datetime64[s]"),
            "kind": _objects([kind.value for kind in KINDS])[documents["kind"]],
            "publisher": names_of(documents["publisher"]),
            "author": names_of(documents["author"]),
            "story_id": _stories(block, at),
            "official": documents["official"],
            "channel": names_of(documents["channel"]),
            "reach": documents["reach"],
            "relevance": block.mentions["relevance"],
            "negative": block.mentions["negative"],
            "severity": block.mentions["severity"],
            "polarity": _objects([polarity.value for polarity in POLARITIES])[block.mentions["polarity"]],
            "events": _objects(said)[block.mentions["events"]],
            "content_hash": names_of(documents["content"]),
            "unresolved": False,
            "source_id": names_of(documents["source"]),
            "snownlp": documents["snownlp"],
        }
    )


def _stories(block: Block, at: Ints) -> Ints:
    """The story of each mention: the number of the document that it begins with, among those about the platform."""
    found = np.empty(at.size, dtype=np.int64)
    clusterable = ~np.isin(block.documents["kind"], [KINDS.index(kind) for kind in NEVER_CLUSTERED])
    bounds = np.searchsorted(block.mentions["platform"], np.arange(len(block.platforms) + 1)).tolist()
    for begin, end in pairwise(bounds):
        mine = at[begin:end]
        documents = Documents(
            day=shanghai_days(block.documents["available"][mine]),
            clusterable=clusterable[mine],
            keys=block.keys[mine],
            content=block.documents["content"][mine],
            page=block.documents["page"][mine],
            source=block.documents["source"][mine],
            essence=[block.essences.get(number, "") for number in mine.tolist()],
        )
        found[begin:end] = block.numbers[mine[stories(documents)]]
    return found


def names_of(digests: Ints) -> NDArray[np.object_]:
    """Words that differ where the digests do; None for 0."""
    known, place = np.unique(digests, return_inverse=True)
    return _objects([None if digest == 0 else f"{digest:x}" for digest in known.tolist()])[place]


def _objects(things: Sequence[object]) -> NDArray[np.object_]:
    """An array of the things, which may be lists; all places hold the same few objects."""
    array = np.empty(len(things), dtype=object)
    for at, thing in enumerate(things):
        array[at] = thing
    return array
