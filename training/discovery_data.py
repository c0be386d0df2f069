"""Reads the rows labelled with new names, and the lists that teach what names of platforms look like."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from signals.discovery import READ
from signals.discovery_columns import PAIR_BITS, Lexicon, pair_buckets
from signals.discovery_spans import Codes, Ints, key_of
from signals.nlp import dictionary_words
from signals.text import Reading, fold
from training.data import DataError
from training.folds import _Groups, duplicate_groups

_SMOOTH, _SMOOTH_NAMES = 0.5, 0.05
_LOWEST, _HIGHEST = -4.0, 8.0


@dataclass(frozen=True)
class Named:
    """Folded texts and the folded names that each is about."""

    texts: list[str]
    names: list[set[str]]

    def take(self, rows: Iterable[int]) -> "Named":
        """The given rows in the given order."""
        chosen = list(rows)
        return Named([self.texts[row] for row in chosen], [self.names[row] for row in chosen])


def folded(text: str) -> str:
    """A text or name as matchers see it."""
    return Reading.of("", text).folded.strip()[:READ]


def read(path: Path) -> Named:
    """Reads a UTF-8 CSV with the columns text and unknownEntities (names separated by `;`).

    Raises: DataError: a column is missing.
    """
    rows = _rows(path, ("text", "unknownEntities"))
    return Named(
        [folded(row["text"]) for row in rows],
        [{name for part in row["unknownEntities"].split(";") if (name := folded(part))} for row in rows],
    )


def read_dictionary(path: Path) -> list[str]:
    """Names and former names of a platform list, folded. Raises: DataError: no column `name`."""
    rows = _rows(path, ("name",))
    names = {folded(row.get(column) or "") for row in rows for column in ("name", "oldname")}
    return sorted(name for name in names if len(name) > 1)


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or set(columns) - set(rows[0]):
        raise DataError(f"{path}: 需要列 {', '.join(columns)}")
    return rows


def groups(data: Named, duplicates: Ints) -> Ints:
    """Label of the connected component of every row: rows that share a name or are near-duplicates."""
    joined = _Groups(len(data.texts))
    first: dict[str, int] = {}
    for row, names in enumerate(data.names):
        joined.join((row, first.setdefault(name, row)) for name in sorted(names))
    joined.join(enumerate(duplicates.tolist()))
    return joined.labels()


def duplicates_of(data: Named) -> Ints:
    """Label of the group of near-duplicates of every row."""
    return duplicate_groups(data.texts)


def lexicon(texts: Sequence[str], names: Sequence[str]) -> Lexicon:
    """Words of the language, cohesion of characters in `texts`, and likeness to the `names` of platforms."""
    words = [fold(word) for word, _ in dictionary_words() if len(word) > 1]
    keys = np.unique((key_of(words) >> np.uint64(32)).astype(np.uint32))
    text_counts, name_counts = _pair_counts(texts), _pair_counts(names)
    likeness = np.log(name_counts + _SMOOTH_NAMES) - np.log(max(name_counts.sum(), 1.0))
    likeness -= np.log(text_counts + _SMOOTH) - np.log(max(text_counts.sum(), 1.0))
    likeness = np.where(name_counts > 0, likeness, np.minimum(likeness, 0)).clip(_LOWEST, _HIGHEST)
    return Lexicon(keys, _hundredths(_cohesion(texts)), _hundredths(likeness))


def _hundredths(values: np.ndarray) -> np.ndarray:
    return np.round(values * 100).astype(np.int16)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)


def _pair_counts(texts: Iterable[str]) -> np.ndarray:
    # A line break between texts: the pairs that it makes say nothing and are the same everywhere.
    return np.bincount(pair_buckets(_codes("\n".join(texts))), minlength=1 << PAIR_BITS).astype(np.float64)


def _cohesion(texts: Sequence[str]) -> np.ndarray:
    """Pointwise mutual information of neighbouring characters; 0 for a pair not seen twice."""
    single: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        single.update(text)
        pairs.update(pairwise(text))
    total = sum(single.values())
    out, seen = np.zeros(1 << PAIR_BITS), np.zeros(1 << PAIR_BITS)
    common = sorted((pair, count) for pair, count in pairs.items() if count > 1)
    if not common:
        return out
    buckets = pair_buckets(_codes("".join(a + b for (a, b), _ in common)))[::2].tolist()
    for bucket, ((a, b), count) in zip(buckets, common, strict=True):
        if count > seen[bucket]:
            out[bucket] = np.log((count + 0.5) * total / ((single[a] + 5) * (single[b] + 5)))
            seen[bucket] = count
    return out
