"""How the candidates of one text stand to each other: in lists, in brackets, near or far, alone or in company."""

from typing import Final

import numpy as np
import numpy.typing as npt

from signals.ngrams import ENTITY, Codes, Floats, Ints
from signals.reduce import mean_of_mentions, over_mentions, rank, rival
from signals.targets import Mentions, Rows

_BETWEEN: Final = [ord(mark) for mark in "、,，和与及/|;；&"]  # stands between the members of a list
_OPENING: Final = [ord(mark) for mark in '#[<“"（(《【']
_CLOSING: Final = [ord(mark) for mark in '#]>”"）)》】']
_BRACKET: Final = [ord("("), ord("（")]
_OUTSIDE: Final = 2  # stands for what lies before the first and after the last character
_FAR: Final = 200.0  # characters to the next candidate that count as none

Columns = dict[str, Floats]
Flags = npt.NDArray[np.bool_]


def surroundings(rows: Rows, found: Mentions, inside: Floats) -> Columns:
    """Columns of all candidates of all texts, float64 (candidates,), no NaN; reduce.ABSENT for one without a mention.

    Args: inside: how many other candidates contain the name of each one.
    """
    before, after = _at(rows, found, -1), _at(rows, found, 1)
    follows = _named(before) | (np.isin(before, _BETWEEN) & _named(_at(rows, found, -2)))
    leads = _named(after) | (np.isin(after, _BETWEEN) & _named(_at(rows, found, 2)))
    quoted = np.isin(before, _OPENING) & np.isin(after, _CLOSING)
    flags = {
        "listed": follows | leads,
        "quoted": quoted,
        "opened": np.isin(before, _OPENING),
        "tagged": (before == ord("#")) | (after == ord("#")),
        "bracketed": np.isin(before, _BRACKET) & _named(_at(rows, found, -2)),
        "announced": np.isin(after, [ord(":"), ord("：")]),
        "opens_text": before == _OUTSIDE,
        "ends_text": after == _OUTSIDE,
    }
    out = {name: over_mentions(np.maximum, flag.astype(np.float64), found) for name, flag in flags.items()}
    out["list_before"] = mean_of_mentions(follows.astype(np.float64), found)
    out["list_after"] = mean_of_mentions(leads.astype(np.float64), found)
    out["cut_word"] = mean_of_mentions(_cut(rows, found, before, after), found)
    return out | _distances(rows, found) | _company(rows, found, inside)


def _at(rows: Rows, found: Mentions, offset: int) -> Codes:
    """The character so far from each mention, _OUTSIDE beyond the ends of its text."""
    codes, starts = rows.batch.codes, rows.batch.starts
    document = rows.owner[found.position]
    index = found.position + offset
    within = (index >= starts[document]) & (index < starts[document + 1])
    near = codes[np.clip(index, 0, max(len(codes) - 1, 0))]
    return np.where(within, near, np.uint32(_OUTSIDE)).astype(np.uint32)


def _named(codes: Codes) -> Flags:
    flags: Flags = (codes >= ENTITY) & (codes < 0xF900)
    return flags


def _cut(rows: Rows, found: Mentions, before: Codes, after: Codes) -> Floats:
    """1 where a Latin name goes on in the text: it is part of a longer word."""
    latin = [(code >= ord("a")) & (code <= ord("z")) for code in (before, after)]
    beside = np.unique(found.pair[latin[0] | latin[1]]).tolist()
    names = [own for text in rows.forms for own in text]
    edges = np.zeros((len(names), 2), bool)
    for pair in beside:
        name = max(names[pair], key=len, default="")
        edges[pair] = _latin(name[:1]), _latin(name[-1:])
    cut: Floats = ((latin[0] & edges[found.pair, 0]) | (latin[1] & edges[found.pair, 1])).astype(np.float64)
    return cut


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _distances(rows: Rows, found: Mentions) -> Columns:
    """Characters to the nearest mention of any candidate on either side, at most _FAR."""
    places = np.flatnonzero(rows.entity)
    at = np.searchsorted(places, found.position)
    document = rows.owner[found.position]
    out: Columns = {}
    for name, step in (("gap_before", -1), ("gap_after", 1)):
        index = at + step
        near = places[np.clip(index, 0, max(len(places) - 1, 0))]
        fits = (index >= 0) & (index < len(places)) & (rows.owner[near] == document)
        gap = np.where(fits, np.minimum(np.abs(near - found.position), _FAR), _FAR)
        out[name] = over_mentions(np.minimum, gap, found)
    return out


def _company(rows: Rows, found: Mentions, inside: Floats) -> Columns:
    """How many candidates that are in the text and in no longer name there are, and the place among them."""
    outer = (inside == 0) & (found.count > 0)
    present = np.bincount(found.document, outer, len(rows.folded))[found.document]
    offset = (found.position - rows.batch.starts[rows.owner[found.position]]).astype(np.float64)
    first = over_mentions(np.minimum, offset, found)
    return {
        "outer": outer.astype(np.float64),
        "outer_present": present,
        "alone": (outer & (present == 1)).astype(np.float64),
        "rank_outer": rank(np.where(outer, first, np.inf), found.document),
        "rank_count": rank(-found.count.astype(np.float64), found.document),
    }


def rivals(raw: Floats, document: Ints, texts: int) -> Columns:
    """A candidate's log-odds beside those of the other candidates of its text, float64 (candidates,).

    Args: raw: log-odds of every candidate; document: its text; texts: number of texts.
    """
    probability = 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
    other = rival(raw, document)
    return {
        "rated": raw,
        "rated_rival": other,
        "rated_best": np.maximum(raw, other),
        "rated_gap": raw - other,
        "rated_others": np.bincount(document, probability, texts)[document] - probability,
        "rated_rank": rank(-raw, document),
    }
