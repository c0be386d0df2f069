"""A worker's part of reading: from rows to numbers. Of texts only the essence of possible copies goes any further."""

from __future__ import annotations

import gc
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from db.write.urls import canonical_url
from pipeline.replay.documents import Batch, Cells, Dated, Reader, RowFault
from pipeline.stages.analyse import NEVER_CLUSTERED
from settings.models import Platform, Settings
from signals import nlp
from signals.analyse import Analyser, Weighed
from signals.model import Document, Kind, Polarity, day_end, shanghai_day
from signals.stories import BANDS, COMPARED, essence, essences, keys_of

KINDS = tuple(Kind)
POLARITIES = tuple(Polarity)
REMEMBERED = 20_000
"""Texts of which a worker remembers what they say: copies need not be read again."""
SNOWNLP_CHARS = 30
"""Characters of a sampled text that SnowNLP judges: it reads some two thousand a second."""
COLLECT_EVERY = 50

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

Columns = dict[str, NDArray[Any]]
Types = Mapping[str, type[np.generic]]
Events = tuple[tuple[str, str], ...]
"""(event id, its polarity) of a mention, in the order in which they were found."""
Said = tuple[int, float, float, float, int, Events]
"""A mention: place of its platform, relevance, negative, severity, place of its polarity, events."""

ROW: Types = {
    "number": np.int64,
    "high": np.int64,
    "low": np.int64,
    "content": np.int64,
    "available": np.int64,
    "kind": np.int8,
    "source": np.int64,
}
"""Columns of every usable row: its number, the two halves of its id's digest, digest of its cells, µs, place of its
kind, digest of its source."""
DOCUMENT: Types = {
    "number": np.int64,
    "available": np.int64,
    "kind": np.int8,
    "official": np.bool_,
    "reach": np.float64,
    "publisher": np.int64,
    "author": np.int64,
    "channel": np.int64,
    "source": np.int64,
    "page": np.int64,
    "content": np.int64,
    "snownlp": np.float64,
}
"""Columns of a document that names a platform. Names are digests, 0 = none; `page` that of its address."""
MENTION: Types = {
    "document": np.int64,
    "platform": np.int32,
    "relevance": np.float64,
    "negative": np.float64,
    "severity": np.float64,
    "polarity": np.int8,
}
"""Columns of a mention; `document` is a row of the documents beside it, `platform` a place in the list."""


@dataclass(frozen=True)
class Instructions:
    """What every worker is told of the documents. `share`: of documents that SnowNLP judges, by their ids."""

    settings: Settings
    platforms: tuple[Platform, ...]
    kinds: frozenset[Kind]
    end: date
    share: float


@dataclass(frozen=True)
class Naming:
    """Documents that name a platform: columns DOCUMENT, `ids`, `essences` and `keys` (documents, BANDS) of those that
    may be copies ("" and zeros for others); their mentions: columns MENTION, and `events`."""

    documents: Columns
    ids: list[str]
    essences: list[str]
    keys: NDArray[np.int64]
    mentions: Columns
    events: list[Events]


@dataclass(frozen=True)
class Found:
    """What a batch brought. `rows`: columns ROW; `faults`: (row, message); `other_kinds`, `later`: rows of kinds that
    are not configured, and after the end; `read`, `seen`: bytes and rows of the file up to its end."""

    rows: Columns
    naming: Naming
    faults: list[tuple[int, str]]
    other_kinds: int
    later: int
    read: int
    seen: int


class Worker:
    """Everything compiled once per process; `read` is pure, so that batches may be read in any order by anyone."""

    def __init__(self, told: Instructions) -> None:
        """Raises WeightsError, PatternError."""
        self._told = told
        self._reader = Reader(told.settings.publishers)
        self._analyser = Analyser(told.settings, told.platforms)
        self._place = {platform.id: at for at, platform in enumerate(told.platforms)}
        self._remembered: OrderedDict[bytes, list[Said]] = OrderedDict()
        self._batches = 0

    @property
    def version(self) -> str:
        """The analysis: model, watch list, words, rules."""
        return self._analyser.version

    def read(self, batch: Batch) -> Found:
        """What the batch brings; a row that cannot be used is among its faults."""
        faults, limit = list(batch.faults), day_end(self._told.end)
        kept: list[Dated] = []
        rows: list[tuple[int, ...]] = []
        other = later = 0
        for row in batch.rows:
            try:
                dated = self._reader.read(row)
            except RowFault as error:
                faults.append((row.number, str(error)))
                continue
            if dated.available >= limit:
                later += 1
            elif dated.document.kind not in self._told.kinds:
                other += 1
            else:
                kept.append(dated)
                rows.append(_row(row, dated))
        self._tidy()
        return Found(
            rows=_columns(rows, ROW),
            naming=self._naming(kept),
            faults=faults,
            other_kinds=other,
            later=later,
            read=batch.read,
            seen=len(batch.rows) + len(batch.faults),
        )

    def _tidy(self) -> None:
        """The cycle collector is off in workers: it would walk all that is compiled again and again."""
        self._batches += 1
        if self._batches % COLLECT_EVERY == 0:
            gc.collect()

    def _naming(self, kept: Sequence[Dated]) -> Naming:
        told = zip(kept, self._mentions([each.document for each in kept]), strict=True)
        naming = [(dated, said) for dated, said in told if said]
        bodies = [
            "" if dated.document.kind in NEVER_CLUSTERED else _body(dated.document) for dated, _ in naming
        ]
        whole = essences(bodies)
        mentions = [(at, *one[:5]) for at, (_, said) in enumerate(naming) for one in said]
        return Naming(
            documents=_columns([self._document(dated) for dated, _ in naming], DOCUMENT),
            ids=[dated.id for dated, _ in naming],
            essences=[
                plain if len(body) <= COMPARED else essence(body[:COMPARED])
                for plain, body in zip(whole, bodies, strict=True)
            ],
            keys=_keys(whole, bodies),
            mentions=_columns(mentions, MENTION),
            events=[one[5] for _, said in naming for one in said],
        )

    def _mentions(self, documents: Sequence[Document]) -> list[list[Said]]:
        """What each document says. That rests on kind, texts and year alone: equal ones are read once."""
        keys = [_alike(document) for document in documents]
        fresh = {key: at for at, key in enumerate(keys) if key not in self._remembered}
        found = self._analyser.weigh([documents[at] for at in fresh.values()])
        said = [[self._said(one) for one in mentions] for mentions in found]
        self._remembered |= zip(fresh, said, strict=True)
        told = [self._remembered[key] for key in keys]
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return told

    def _said(self, mention: Weighed) -> Said:
        return (
            self._place[mention.found.platform_id],
            mention.relevance,
            mention.negative,
            mention.severity,
            POLARITIES.index(mention.polarity),
            tuple([(hit.event.id, hit.polarity.value) for hit in mention.hits]),
        )

    def _document(self, dated: Dated) -> tuple[object, ...]:
        document = dated.document
        return (
            dated.number,
            _micro(dated.available),
            KINDS.index(document.kind),
            document.official,
            math.nan if document.reach is None else document.reach,
            _name(document.publisher),
            _digest(document.author),
            _name(document.channel),
            _name(document.source_id),
            _digest(canonical_url(document.url)),
            _digest(document.title, document.text, document.subject or ""),
            self._snownlp(dated),
        )

    def _snownlp(self, dated: Dated) -> float:
        if not in_sample(dated.id, self._told.share):
            return math.nan
        return nlp.snownlp_sentiment(_body(dated.document).strip()[:SNOWNLP_CHARS])


def in_sample(document_id: str, share: float) -> bool:
    """Whether SnowNLP judges a document: by its id alone, so that no other document and no later day matters."""
    return crc32(document_id.encode("utf-8", "surrogatepass")) < share * 2**32


def _row(row: Cells, dated: Dated) -> tuple[int, ...]:
    document = dated.document
    return (
        row.number,
        *_halves(dated.id),
        _digest(*row.cells),
        _micro(dated.available),
        KINDS.index(document.kind),
        _name(document.source_id),
    )


def _alike(document: Document) -> bytes:
    """The same for documents of which analysis says the same."""
    year = shanghai_day(document.published_at).year if document.published_at else None
    parts = (document.kind, str(year), document.title, document.text, document.subject or "")
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _body(document: Document) -> str:
    return f"{document.title}\n{document.text}"


def _keys(essences: Sequence[str], bodies: Sequence[str]) -> NDArray[np.int64]:
    keys = np.zeros((len(essences), BANDS), dtype=np.int64)
    chosen = [at for at, body in enumerate(bodies) if body]
    keys[chosen] = keys_of([essences[at] for at in chosen])
    return keys


def _micro(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def _digest(*parts: str | None) -> int:
    """63 bits that are equal where the parts are; 0 for None alone."""
    if parts == (None,):
        return 0
    joined = "\x1f".join([part or "" for part in parts]).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big") >> 1 or 1


_name = lru_cache(maxsize=65536)(_digest)
"""For what many documents have in common."""


def _halves(document_id: str) -> tuple[int, int]:
    found = blake2b(document_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(found[:8], "big", signed=True), int.from_bytes(found[8:], "big", signed=True)


def _columns(rows: Sequence[Sequence[object]], types: Types) -> Columns:
    """Rows as one array per column."""
    across = zip(*rows, strict=True) if rows else [()] * len(types)
    return {name: np.array(cells, dtype=types[name]) for name, cells in zip(types, across, strict=True)}
