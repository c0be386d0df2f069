"""What is known of every candidate, as columns for the trees that judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signals.discovery_candidates import Candidates
from signals.discovery_reader import MENTIONS, Floats, Parts, Shape, Table, context_buckets, cuts_inside
from signals.discovery_spans import BLANK, LATIN, NONE, Batch, Codes, Ints, Spans, known

Columns = dict[str, npt.NDArray[np.generic]]

PAIR_BITS: Final = 18
_ABSENT: Final = -40.0  # stands for the value of a candidate that is not there
_NO_RIVAL: Final = -9.0
_BRACKETS: Final = dict(zip("《【“#「([<\"『‘'", "》】”#」)]>\"』’'", strict=True))


@dataclass(frozen=True)
class Lexicon:
    """Knowledge of the language.

    Args: words: dictionary for `known`;
          cohesion, likeness: int16 (2**PAIR_BITS,), per hashed pair of neighbouring characters, in hundredths: how much
          more often they stand together than by chance, and how much more often in names of platforms than in text.
    """

    words: Codes
    cohesion: npt.NDArray[np.int16]
    likeness: npt.NDArray[np.int16]


def pair_buckets(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Bucket of each pair of neighbouring characters; one fewer than characters."""
    mixed = (codes[:-1] * np.uint32(0x9E3779B1)) ^ (codes[1:] * np.uint32(0x85EBCA6B))
    return (mixed * np.uint32(0x2C1B3C6D)) >> np.uint32(32 - PAIR_BITS)


def columns(batch: Batch, spans: Spans, parts: Parts, found: Candidates, lexicon: Lexicon) -> Columns:
    """All columns but those of the context reader; one value per candidate, never NaN."""
    best = found.mentions.take(found.best)
    shape = Shape.of(batch, best)
    return {
        **_scores(parts, found),
        **_standing(batch, spans, found),
        "length": shape.length,
        "han": shape.han,
        "digits": shape.digits,
        "latin": shape.latin,
        "cuts": cuts_inside(batch, best),
        "words": np.minimum.reduceat(found.mentions.words, found.begin),
        "firm_start": _mean(batch.firm[found.mentions.first], found),
        "firm_end": _mean(batch.firm[found.mentions.last], found),
        **_places(batch, found, shape.length),
        **_neighbours(batch, found),
        **_nested(found, shape.length),
        **_language(batch, best, shape.length, lexicon),
    }


def relations(value: Floats, found: Candidates) -> tuple[Floats, Floats, Floats, Floats]:
    """A value against the best of the text, the best other one, and the likeliest longer and shorter name."""
    top = np.maximum.reduceat(value, np.unique(found.lead))[np.unique(found.document, return_inverse=True)[1]]
    at_top = value == top
    runner_up = np.full(len(value), _NO_RIVAL)
    np.maximum.at(runner_up, found.lead, np.where(at_top, _NO_RIVAL, value))
    tied = np.bincount(found.lead, at_top, len(value))[found.lead] > 1
    rival = np.where(at_top & ~tied, runner_up[found.lead], top)
    nested = found.nested
    longer = np.where(nested.longer >= 0, value[nested.longer], _NO_RIVAL)
    shorter = np.where(nested.shorter >= 0, value[nested.shorter], _NO_RIVAL)
    return top - value, value - rival, longer - value, shorter - value


def context(batch: Batch, found: Candidates, table: Table) -> Columns:
    """What the surroundings of its first mentions say of each candidate, by itself and against its rivals."""
    owner, buckets = context_rows(batch, found)
    seen = np.bincount(owner, minlength=len(found.document)) * len(buckets)
    value = np.bincount(owner, table.sums(buckets), len(found.document)) / np.sqrt(seen) + table.intercept
    top, rival, longer, shorter = relations(value, found)
    return {
        "context": value,
        "context_top": top,
        "context_rival": rival,
        "context_longer": longer,
        "context_shorter": shorter,
    }


def context_rows(batch: Batch, found: Candidates) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """Candidate and buckets (templates, mentions) of the first MENTIONS mentions of each candidate."""
    nth = np.arange(len(found.owner)) - found.begin[found.owner]
    used = nth < MENTIONS
    mentions = found.mentions
    return found.owner[used], context_buckets(batch, mentions.start[used], mentions.end[used])


def _mean(values: npt.NDArray[np.generic], found: Candidates) -> Floats:
    mean: Floats = np.add.reduceat(values.astype(np.float64), found.begin) / found.count
    return mean


def _scores(parts: Parts, found: Candidates) -> Columns:
    mentions, total = found.mentions, parts.total[found.rows]
    left, right = parts.left[mentions.first], parts.right[mentions.last]
    return {
        "max": total[found.best],
        "min": np.minimum.reduceat(total, found.begin),
        "mean": _mean(total, found),
        "sum": np.log(np.add.reduceat(np.exp(np.clip(total, -30, 20)), found.begin)),
        "left": left[found.best],
        "left_mean": _mean(left, found),
        "left_max": np.maximum.reduceat(left, found.begin),
        "beginning": parts.beginning[mentions.first][found.best],
        "right": right[found.best],
        "right_mean": _mean(right, found),
        "right_max": np.maximum.reduceat(right, found.begin),
        "end": parts.end[mentions.last][found.best],
        "whole": parts.whole[found.rows][found.best],
    }


def _standing(batch: Batch, spans: Spans, found: Candidates) -> Columns:
    """A candidate among those of its text, and what its text is like."""
    value, lead, document = found.value, found.lead, found.document
    size = len(value)
    second = np.minimum(lead + 1, size - 1)
    second = np.where(document[second] == document, second, lead)
    texts = len(batch.starts)
    return {
        "rank": found.rank,
        "gap": value[lead] - value,
        "ahead": value - value[np.where(np.arange(size) == lead, second, lead)],
        "text_length": batch.lengths[document],
        "text_candidates": np.bincount(document, minlength=texts)[document],
        "text_spans": np.bincount(spans.document, minlength=texts)[document],
        "text_sum": np.log(np.bincount(document, np.exp(np.clip(value, -30, 20)), texts)[document]),
        "text_best": value[lead],
    }


def _places(batch: Batch, found: Candidates, size: Ints) -> Columns:
    length = batch.lengths[found.document]
    return {
        "times": found.times,
        "mentions": found.count,
        "aligned": found.count / found.times,
        "mass": found.times * size / length,
        "first": found.first,
        "first_share": found.first / length,
        "last_share": found.last / length,
        "spread": (found.last - found.first) / length,
    }


def _neighbours(batch: Batch, found: Candidates) -> Columns:
    """How varied the neighbouring characters are, and whether they are marks, Latin letters or a pair of brackets."""
    before, after = batch.codes[found.mentions.start - 1], batch.codes[found.mentions.end]
    out: Columns = {}
    for side, codes, at in (("left", before, found.mentions.start - 1), ("right", after, found.mentions.end)):
        kinds = batch.kinds[at]
        pairs, counts = np.unique(found.owner * 0x110000 + codes, return_counts=True)
        most = np.zeros(len(found.document))
        np.maximum.at(most, pairs // 0x110000, counts)
        out[f"{side}_variety"] = np.bincount(pairs // 0x110000, minlength=len(most))
        out[f"{side}_same"] = most / found.count
        out[f"{side}_mark"] = _mean((kinds >= BLANK) | (kinds == NONE), found)
        out[f"{side}_latin"] = _mean(kinds == LATIN, found)
    bracket = np.zeros(len(before), bool)
    for opening, closing in _BRACKETS.items():
        bracket |= (before == ord(opening)) & (after == ord(closing))
    out["bracket"] = _mean(bracket, found)
    return out


def _nested(found: Candidates, length: Ints) -> Columns:
    value, times, nested = found.value, found.times, found.nested

    def of(values: Floats | Ints, other: Ints, absent: float) -> Floats:
        return np.where(other >= 0, values[other].astype(np.float64), absent)

    return {
        "around": nested.around,
        "inside": nested.inside,
        "longer_times": of(times, nested.longer, 0) / times,
        "shorter_times": of(times, nested.shorter, 0) / times,
        "longer_value": of(value, nested.longer, _ABSENT) - value,
        "shorter_value": of(value, nested.shorter, _ABSENT) - value,
        "instead_value": of(value, nested.instead, _ABSENT) - value,
        "instead_surplus": np.where(nested.instead >= 0, length[nested.instead] - length, 0),
    }


def _language(batch: Batch, best: Spans, length: Ints, lexicon: Lexicon) -> Columns:
    out: Columns = {"word": known(batch.keys(best.start, best.end), lexicon.words)}
    buckets = pair_buckets(batch.codes)
    bounds = np.stack((best.start, best.end - 1), axis=1).ravel()
    for name, table in (("cohesion", lexicon.cohesion), ("likeness", lexicon.likeness)):
        values = table[buckets].astype(np.int64)
        inside = np.add.reduceat(values, bounds)[::2]
        out[name] = inside
        out[f"{name}_mean"] = inside / (length - 1)
        out[f"{name}_min"] = np.minimum.reduceat(values, bounds)[::2]
        out[f"{name}_left"] = values[best.start - 1]
        out[f"{name}_right"] = values[best.end - 1]
    return out
