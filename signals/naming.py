"""How the names of the candidates of one text relate to each other and to the language."""

import zlib
from collections.abc import Sequence
from itertools import permutations
from math import log1p
from typing import Final

import numpy as np
import numpy.typing as npt

from signals.ngrams import Floats
from signals.targets import Mentions, Rows

_NESTED: Final = 200  # candidates of one text whose names are compared with each other
_NAME_COLUMNS: Final = (
    "inside",
    "around",
    "around_count",
    "same",
    "surplus",
    "bracket",
    "raw",
    "free",
    "candidates",
    "company",
    "company_near",
)


def word_key(word: str) -> int:
    """Key of a folded word in the dictionary of common words."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def common_words(rows: Rows, dictionary: npt.NDArray[np.uint32]) -> Floats:
    """1 where a candidate is called by nothing but a common word of the language."""
    keys = np.array([word_key(_longest(own)) for text in rows.forms for own in text], np.uint32)
    index = np.minimum(np.searchsorted(dictionary, keys), len(dictionary) - 1)
    known: Floats = (dictionary[index] == keys).astype(np.float64)
    return known


def relations(rows: Rows, found: Mentions) -> dict[str, Floats]:
    """How the names of the candidates of a text relate: nested, around, the same but for dropped characters."""
    table: list[tuple[float, ...]] = []
    counts = found.count.tolist()
    for forms, raw, text in zip(rows.forms, rows.raw, rows.folded, strict=True):
        own = counts[len(table) : len(table) + len(forms)]
        table += _compare([_longest(one) for one in forms], [len(_longest(one)) for one in raw], own, text)
    values = np.array(table, np.float64).reshape(len(table), len(_NAME_COLUMNS))
    return dict(zip(_NAME_COLUMNS, values.T, strict=True))


def _longest(forms: Sequence[str]) -> str:
    return forms[0] if len(forms) == 1 else max(forms, key=len, default="")


def _compare(names: list[str], sizes: list[int], counts: list[int], text: str) -> list[tuple[float, ...]]:
    """One row of _NAME_COLUMNS per candidate of one text."""
    around: list[list[int]] = [[] for _ in names]
    inside, same = [0] * len(names), [0] * len(names)
    surplus = [0] * len(names)
    for j, k in permutations(range(min(len(names), _NESTED)), 2):
        if names[j] == names[k]:
            same[k] += 1
            surplus[k] = max(surplus[k], sizes[j] - sizes[k])
        elif names[k] in names[j]:
            around[k].append(j)
            inside[j] += 1
    found = [text.count(name) if name else 0 for name in names]
    company = any("公司" in name for name in names)
    return [
        (
            len(around[k]),
            inside[k],
            max((counts[j] for j in around[k]), default=-1),
            same[k],
            surplus[k],
            ("(" in name) + 2 * any("(" in names[j] for j in around[k]),
            log1p(found[k]),
            counts[k] / max(found[k], 1),
            len(names),
            "公司" in name,
            company,
        )
        for k, name in enumerate(names)
    ]
