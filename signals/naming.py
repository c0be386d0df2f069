"""How the names of the candidates of one text relate to each other and to the language."""

import zlib
from collections.abc import Sequence
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
        names = [_longest(one) for one in forms]
        if len(names) == 1:
            table.append(_row(names[0], text.count(names[0]) if names[0] else 0, own[0]))
        elif names:
            table += _compare(names, [len(_longest(one)) for one in raw], own, text)
    values = np.array(table, np.float64).reshape(len(table), len(_NAME_COLUMNS))
    return dict(zip(_NAME_COLUMNS, values.T, strict=True))


def _longest(forms: Sequence[str]) -> str:
    return forms[0] if len(forms) == 1 else max(forms, key=len, default="")


def _row(name: str, found: int, count: int) -> tuple[float, ...]:
    """A row of _NAME_COLUMNS: a candidate without company."""
    firm = "公司" in name
    return (0, 0, -1, 0, 0, "(" in name, log1p(found), count / max(found, 1), 1, firm, firm)


def _compare(names: list[str], sizes: list[int], counts: list[int], text: str) -> list[tuple[float, ...]]:
    """One row of _NAME_COLUMNS per candidate of one text."""
    around: list[list[int]] = [[] for _ in names]
    inside, same, surplus = [0] * len(names), [0] * len(names), [0] * len(names)
    near = range(min(len(names), _NESTED))
    for k in near:
        name = names[k]
        for j in near:
            if name in names[j] and j != k:
                if len(name) < len(names[j]):
                    around[k].append(j)
                    inside[j] += 1
                else:
                    same[k] += 1
                    surplus[k] = max(surplus[k], sizes[j] - sizes[k])
    company = any("公司" in name for name in names)
    table: list[tuple[float, ...]] = []
    for k, (name, holders) in enumerate(zip(names, around, strict=True)):
        found = text.count(name) if name else 0
        most = max(counts[j] for j in holders) if holders else -1
        bracket = ("(" in name) + 2 * any("(" in names[j] for j in holders)
        shape = (log1p(found), counts[k] / max(found, 1), len(names), "公司" in name, company)
        table.append((len(holders), inside[k], most, same[k], surplus[k], bracket, *shape))
    return table
