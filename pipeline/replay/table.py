"""All mentions of a replay as columns, in one order that neither the file's order nor later documents can change."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.replay.reading import DOCUMENT, MENTION, ROW, Columns, Events, Found, Types
from signals.stories import BANDS

Ints = NDArray[np.int64]
DAY = 86_400_000_000
SHANGHAI = DAY // 3
"""Microseconds of a day, and by how many Shanghai is ahead of UTC."""


@dataclass(frozen=True)
class Tally:
    """What became of the rows of a file. `faults`: (row, message), by row."""

    rows: int
    documents: int
    naming: int
    mentions: int
    duplicates: int
    other_kinds: int
    later: int
    faults: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Table:
    """Documents that name a platform, ordered by availability, then id; a document's number is its place + 1.

    `documents`: columns DOCUMENT; `keys`, `texts` (offset and length in bytes of its essence in the store) alike.
    `mentions`: columns MENTION and `events`, a place in `said`; ordered by platform, then document. `counts`: documents
    by kind, source (digest) and day (number), whomever they name, with `items`.
    """

    documents: Columns
    keys: Ints
    texts: Ints
    mentions: Columns
    said: list[Events]
    counts: pd.DataFrame


class Store:
    """Essences in a file without a name: nothing is left of it, however the process ends."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 # closed by `close`
        self._length = 0

    def add(self, texts: Sequence[str]) -> Ints:
        """(offset, length in bytes) of each."""
        encoded = [text.encode("utf-16-le") for text in texts]
        lengths = np.array([len(each) for each in encoded], dtype=np.int64)
        offsets = self._length + np.cumsum(lengths) - lengths
        self._file.write(b"".join(encoded))
        self._length += int(lengths.sum())
        return np.stack([offsets, lengths], axis=1)

    def text(self, offset: int, length: int) -> str:
        """What was added there."""
        self._file.flush()
        return os.pread(self._file.fileno(), length, offset).decode("utf-16-le")

    def close(self) -> None:
        """The file is gone."""
        self._file.close()


class Gatherer:
    """Takes what the workers found, in any order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: list[Columns] = []
        self._documents: list[Columns] = []
        self._ids: list[str] = []
        self._keys: list[Ints] = []
        self._texts: list[Ints] = []
        self._mentions: list[Columns] = []
        self._events: list[Ints] = []
        self._said: dict[Events, int] = {}
        self._faults: list[tuple[int, str]] = []
        self._counts: Counter[str] = Counter()

    def add(self, found: Found) -> None:
        """One batch."""
        naming, before = found.naming, len(self._ids)
        self._rows.append(found.rows)
        self._documents.append(naming.documents)
        self._ids += naming.ids
        self._keys.append(naming.keys)
        self._texts.append(self._store.add(naming.essences))
        self._mentions.append(naming.mentions | {"document": naming.mentions["document"] + before})
        places = [self._said.setdefault(events, len(self._said)) for events in naming.events]
        self._events.append(np.array(places, dtype=np.int64))
        self._faults += found.faults
        self._counts.update(rows=found.seen, other_kinds=found.other_kinds, later=found.later)

    def finish(self) -> tuple[Table, Tally]:
        """Everything in order, of documents that came more than once only the one first available."""
        rows = _joined(self._rows, ROW)
        dropped, faults = _repeated(rows)
        documents = _joined(self._documents, DOCUMENT)
        mentions = _joined(self._mentions, MENTION)
        kept = np.flatnonzero(~np.isin(documents["number"], dropped))
        available = documents["available"].tolist()
        order = np.array(sorted(kept.tolist(), key=lambda at: (available[at], self._ids[at])), dtype=np.int64)
        place = np.full(len(self._ids), -1, dtype=np.int64)
        place[order] = np.arange(order.size)
        mentions["document"] = place[mentions["document"]]
        mentions["events"] = _concatenated(self._events, (0,))
        known = np.flatnonzero(mentions["document"] >= 0)
        known = known[np.lexsort((mentions["document"][known], mentions["platform"][known]))]
        table = Table(
            {name: column[order] for name, column in documents.items()},
            _concatenated(self._keys, (0, BANDS))[order],
            _concatenated(self._texts, (0, 2))[order],
            {name: column[known] for name, column in mentions.items()},
            list(self._said),
            _counts(rows, dropped),
        )
        return table, self._tally(table, rows["number"].size, dropped.size - len(faults), faults)

    def _tally(self, table: Table, usable: int, duplicates: int, faults: Sequence[tuple[int, str]]) -> Tally:
        return Tally(
            rows=self._counts["rows"],
            documents=usable - duplicates - len(faults),
            naming=table.keys.shape[0],
            mentions=table.mentions["document"].size,
            duplicates=duplicates,
            other_kinds=self._counts["other_kinds"],
            later=self._counts["later"],
            faults=tuple(sorted([*self._faults, *faults])),
        )


def _repeated(rows: Columns) -> tuple[Ints, list[tuple[int, str]]]:
    """Row numbers that repeat the id of a row available before, and a message for those that say something else.

    Of one id the row first available counts, whatever comes later: an earlier day must not change.
    """
    order = np.lexsort((rows["number"], rows["content"], rows["available"], rows["low"], rows["high"]))
    high, low, number = rows["high"][order], rows["low"][order], rows["number"][order]
    same = (high[1:] == high[:-1]) & (low[1:] == low[:-1])
    first = np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), np.arange(order.size), 0))
    again = np.flatnonzero(first != np.arange(order.size)) if order.size else np.zeros(0, dtype=np.int64)
    content = rows["content"][order]
    faults = [
        (int(number[at]), f"id 与第 {number[first[at]]} 行重复而内容不同；同一 id 只计最早可得的一行")
        for at in again[content[again] != content[first[again]]].tolist()
    ]
    return np.asarray(number[again], dtype=np.int64), faults


def _counts(rows: Columns, dropped: Ints) -> pd.DataFrame:
    kept = ~np.isin(rows["number"], dropped)
    frame = pd.DataFrame(
        {
            "kind": rows["kind"][kept],
            "source": rows["source"][kept],
            "day": shanghai_days(rows["available"][kept]),
        }
    )
    return frame.groupby(["kind", "source", "day"], sort=True).size().rename("items").reset_index()


def shanghai_days(microseconds: Ints) -> Ints:
    """Day numbers in Shanghai."""
    return (microseconds + SHANGHAI) // DAY


def _joined(parts: Sequence[Columns], types: Types) -> Columns:
    empty: Columns = {name: np.zeros(0, dtype=kind) for name, kind in types.items()}
    return {name: np.concatenate([empty[name], *(part[name] for part in parts)]) for name in types}


def _concatenated(parts: Sequence[Ints], none: tuple[int, ...]) -> Ints:
    """All parts; of the shape `none` if there is not one, as in a file of which only the header is there."""
    return np.concatenate(parts) if parts else np.zeros(none, dtype=np.int64)
