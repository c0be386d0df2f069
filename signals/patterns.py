"""Many phrases at once: an Aho-Corasick automaton over literal parts, and small gaps confirmed afterwards.

A pattern is a phrase in which `(a|b)` stands for either and `…` for up to GAP characters of the same clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from ahocorasick_rs import AhoCorasick

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


class Patterns:
    """Compiled patterns, each under an integer label."""

    def __init__(self, patterns: Iterable[tuple[int, str]]) -> None:
        """Raises PatternError."""
        roles: dict[str, list[tuple[int, int, int, bool]]] = {}
        for number, (label, pattern) in enumerate(patterns):
            parts = fold(pattern).split("…")
            for place, part in enumerate(parts):
                for literal in expand(part):
                    role = (label, number, place, place == len(parts) - 1)
                    roles.setdefault(literal, []).append(role)
        self._roles = [tuple(dict.fromkeys(each)) for each in roles.values()]
        self._automaton = AhoCorasick(list(roles))

    def scan(self, folded: str) -> list[Match]:
        """All matches in a folded text, by end; overlapping ones of one label are merged by `merge`, not here."""
        found: list[Match] = []
        begun: dict[tuple[int, int], tuple[int, int]] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for label, number, place, last in self._roles[index]:
                first = start
                if place:
                    before = begun.get((number, place - 1))
                    if before is None or not _joined(folded, before[1], start):
                        continue
                    first = before[0]
                if last:
                    found.append((label, first, end))
                else:
                    begun[number, place] = (first, end)
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
