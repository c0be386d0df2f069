"""Many phrases at once: their literal parts looked for together, and small gaps confirmed afterwards.

A pattern is a phrase in which `(a|b)` stands for either and `…` for up to GAP characters of the same clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import or_

import numpy as np
import numpy.typing as npt

from signals.page import Page
from signals.phrases import Phrases, Places
from signals.text import fold

GAP = 10
"""Most characters that `…` may stand for."""
# The code of a listed company after its name, 某某股份(600000), takes no room in a gap.
_CODE = re.compile(r"\((?:s[hz])?\d{6}(?:\.s[hz])?\)")
_LONGEST_CODE = 13
_CLAUSE_END = re.compile(r"[,，。!！?？;；:：\n]")
_TURNED = re.compile(
    r"没有|没(?!多久|几)|(?<!前所)未(?!来)|不会|不再|不予|不存在|并无|从无|毫无|(?:并非|绝非|不是)|[不没未无]$"
)
_GROUP = re.compile(r"\(([^()]*)\)")

Match = tuple[int, int, int]
"""Label, start, end (exclusive)."""
_Begun = tuple[int, int, int]
"""Beginnings of patterns as bits, where they begin and end."""


class PatternError(ValueError):
    """A pattern that cannot be compiled: unbalanced brackets or an empty part."""


def expand(phrase: str) -> list[str]:
    """Every literal that a phrase without `…` stands for: "(停|关)业" -> ["停业", "关业"]."""
    pieces = _GROUP.split(phrase)
    if "(" in "".join(pieces[::2]) or ")" in "".join(pieces[::2]):
        raise PatternError(f"模式“{phrase}”的括号不成对或嵌套")
    choices = [piece.split("|") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    literals = ["".join(choice) for choice in product(*choices)]
    if not all(literals):
        raise PatternError(f"模式“{phrase}”含有空的部分")
    return literals


_Part = tuple[int, int, tuple[int, ...]]
"""A literal as a later part of patterns with gaps: the beginning before it and with it, as bits, and what ends here."""
_Role = tuple[tuple[int, ...], int, int, tuple[_Part, ...]]
"""What a literal is: the labels that it is enough for, the beginnings of patterns that it is (bits), and its later
parts, after the beginnings (bits) of which one must have been read for any of them to matter: mostly none has."""


class Patterns:
    """Compiled patterns, each under an integer label. What patterns begin with is shared among them."""

    def __init__(self, patterns: Iterable[tuple[int, str]]) -> None:
        """Raises PatternError."""
        ends: dict[tuple[str, ...], dict[int, None]] = {}
        for label, pattern in patterns:
            parts = tuple(fold(pattern).split("…"))
            for count in range(1, len(parts)):
                ends.setdefault(parts[:count], {})
            ends.setdefault(parts, {})[label] = None
        begun = dict.fromkeys(parts[:-1] for parts in ends if len(parts) > 1)
        bits = {parts: 1 << number for number, parts in enumerate(begun)}
        last: dict[str, list[tuple[str, ...]]] = {}
        for parts in ends:
            for literal in dict.fromkeys(expand(parts[-1])):
                last.setdefault(literal, []).append(parts)
        self._roles = [_role(each, ends, bits) for each in last.values()]
        self._phrases = Phrases(list(last))
        self._enough = np.array([bool(labels) for labels, *_ in self._roles], bool)
        begins = [begins | reduce(or_, (part[1] for part in parts), 0) for _, begins, _, parts in self._roles]
        self._begins = np.array([_narrow(each) for each in begins], np.uint64)
        self._needed = np.array([_narrow(needed) for _, _, needed, _ in self._roles], np.uint64)

    def scan(self, page: Page) -> list[list[Match]]:
        """All matches in each folded text, by end; overlapping ones of one label are merged by `merge`, not here."""
        out: list[list[Match]] = [[] for _ in page.starts[1:]]
        places = self._phrases.find(page)
        places = places.take(np.flatnonzero(self._enough[places.phrase] | self._paired(places)))
        owner = page.owner(places.start)
        columns = (owner, page.starts[owner], places.phrase, places.start, places.end)
        roles, current = self._roles, -1
        for text, base, phrase, start, end in zip(*(column.tolist() for column in columns), strict=True):
            if text != current:
                current, found, any_begun = text, out[text], 0
                begun: list[_Begun] = []
            labels, begins, needed, parts = roles[phrase]
            for label in labels:
                found.append((label, start - base, end - base))
            if needed & any_begun:
                for with_it, first, ended in _continued(page.text, begun, parts, start):
                    found += [(label, first - base, end - base) for label in ended]
                    if with_it:
                        begun.append((with_it, first, end))
                        any_begun |= with_it
            if begins:
                begun.append((begins, start, end))
                any_begun |= begins
        return out

    def _paired(self, places: Places) -> npt.NDArray[np.bool_]:
        """Which places may be the beginning of a pattern and its next part: near each other and of one pattern.

        Most are neither; whether those left belong together is seen one by one.
        """
        begin = np.flatnonzero(self._begins[places.phrase])
        later = np.flatnonzero(self._needed[places.phrase])
        paired = np.zeros(len(places.start), bool)
        begins, ends = self._begins[places.phrase[begin]], places.end[begin]
        nearest = np.searchsorted(ends, places.end[later], "right") - 1
        while len(begin) and len(later):
            near = (nearest >= 0) & (places.start[later] - ends[nearest] <= GAP + _LONGEST_CODE)
            later, nearest = later[near], nearest[near]
            fits = self._needed[places.phrase[later]] & begins[nearest] != 0
            paired[later[fits]] = paired[begin[nearest[fits]]] = True
            nearest = nearest - 1
        return paired


def _narrow(bits: int) -> int:
    """Bits of any number as 64 of them: none in common here, none in common there."""
    narrow = 0
    while bits:
        narrow |= bits & 0xFFFFFFFFFFFFFFFF
        bits >>= 64
    return narrow


def _role(
    places: Sequence[tuple[str, ...]],
    ends: Mapping[tuple[str, ...], Iterable[int]],
    bits: Mapping[tuple[str, ...], int],
) -> _Role:
    """The role of a literal that is the last part at each of the `places`, beginnings or whole patterns."""
    alone = [parts for parts in places if len(parts) == 1]
    later = [(bits[each[:-1]], bits.get(each, 0), tuple(ends[each])) for each in places if len(each) > 1]
    labels = tuple(dict.fromkeys(label for each in alone for label in ends[each]))
    return (
        labels,
        sum({bits.get(each, 0) for each in alone}),
        reduce(or_, (one[0] for one in later), 0),
        tuple(later),
    )


def _continued(
    text: str, begun: Sequence[_Begun], parts: Iterable[_Part], start: int
) -> list[tuple[int, int, tuple[int, ...]]]:
    """The parts that a literal at `start` adds to what was last begun nearby: bits, where it begins, labels."""
    near = []
    for one in reversed(begun):
        if start - one[2] > GAP + _LONGEST_CODE:
            break
        near.append(one)
    found = []
    for before, with_it, labels in parts:
        for bits, first, end in near:
            if bits & before:
                if _joined(text, end, start):
                    found.append((with_it, first, labels))
                break
    return found


def _joined(text: str, end: int, start: int) -> bool:
    """Whether two parts belong together: near, in one clause, and no 没有 / 未 between that would turn the sense."""
    if not 0 <= start - end <= GAP + _LONGEST_CODE:
        return False
    gap = text[end:start]
    if len(gap) > GAP and len(_CODE.sub("", gap)) > GAP:
        return False
    return not _CLAUSE_END.search(gap) and not _TURNED.search(gap)


def merge(matches: Iterable[Match]) -> list[Match]:
    """Matches by label and start, those of one label that overlap united."""
    united: list[Match] = []
    label, start, end = -1, 0, 0
    for match in sorted(matches):
        if match[0] == label and match[1] < end:
            if match[2] > end:
                end = match[2]
                united[-1] = (label, start, end)
        else:
            label, start, end = match
            united.append(match)
    return united
