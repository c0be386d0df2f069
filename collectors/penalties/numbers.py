"""Numbers of decisions: single, listed (10号、11号) and ranges (89-93号)."""

from __future__ import annotations

import re
import unicodedata

MAX_RANGE = 300
MAX_READ = 2000
"""Characters of a title or a cell."""
_OPEN, _CLOSE = r"[〔\[【(〈<{]", r"[〕\]】)〉>}]"
_ONE = r"第?\s*\d{1,6}\s*号?"
_DASH = r"(?:[-—–−~]{1,2}|至|到)"
_WRITTEN = re.compile(
    rf"(?P<prefix>[一-鿿]{{2,24}})\s*{_OPEN}\s*(?P<year>(?:19|20)\d\d)\s*年?\s*{_CLOSE}\s*"
    rf"(?P<list>{_ONE}(?:\s*(?:[、,;和及与]|{_DASH})\s*{_ONE})*)"
)
_BEFORE_PREFIX = re.compile(
    r".*(?:公开表|公示表|信息表|列表|一览表|决定书|通知书|公告|公示|信息|处罚)(?=.{2,})"
)
_ITEM = re.compile(rf"第?\s*(\d{{1,6}})\s*号?(?:\s*{_DASH}\s*第?\s*(\d{{1,6}})\s*号?)?")


def written_numbers(text: str) -> str:
    """The decision numbers of a title as they are written there; "" when it has none."""
    found = [f"{prefix}〔{year}〕{numbers}" for prefix, year, numbers in _parts(text)]
    return "、".join(found)


def single_numbers(text: str) -> list[str]:
    """Each number by itself: 示金罚决字〔2026〕3-5号 -> three. Empty for what is no number or no sensible range."""
    return [
        f"{prefix}〔{year}〕{number}号"
        for prefix, year, numbers in _parts(text)
        for number in _expanded(numbers)
    ]


def _parts(text: str) -> list[tuple[str, str, str]]:
    found = []
    line = " ".join(unicodedata.normalize("NFKC", text[:MAX_READ]).split())
    for match in _WRITTEN.finditer(line):
        prefix = _BEFORE_PREFIX.sub("", match["prefix"])
        found.append((prefix, match["year"], "".join(match["list"].split())))
    return list(dict.fromkeys(found))


def _expanded(numbers: str) -> list[int]:
    found: list[int] = []
    for first, last in _ITEM.findall(numbers):
        start, end = int(first), int(last or first)
        if not start <= end < start + MAX_RANGE:
            return []
        found += range(start, end + 1)
    return found
