"""Fines and confiscations in the words of a penalty."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from collectors.parse import BadAmount, parse_amount
from collectors.penalties.clauses import own_part
from collectors.penalties.model import Amounts

MAX_READ = 20_000
"""Characters of one cell that are searched for amounts; a longer cell is no penalty but a broken page."""
MAX_YUAN = Decimal(10) ** 13

_MENTION = re.compile(
    r"(?P<number>[\d零〇○一二两三四五六七八九壹贰叁肆伍陆柒捌玖][\d,.零〇○一二两三四五六七八九壹贰叁肆伍陆柒捌玖十拾百佰千仟万亿]{0,60})"
    r"(?P<unit>余?(?:元|圆)(?:整|正|[零壹贰叁肆伍陆柒捌玖一二三四五六七八九\d]角)?(?:零?[壹贰叁肆伍陆柒捌玖一二三四五六七八九\d]分)?)?"
)
_BOUND = re.compile(r"(?:人民币)?(?:以上|以下|以内|至|的?\d+(?:\.\d+)?倍)")
_WORDS = re.compile(
    r"(?P<total>罚没)|(?P<confiscated>没收|违法所得|非法所得|非法收入|收缴|追缴)|(?P<fine>罚款|罚金)"
    r"|(?P<other>保费|保证金|退还|退款|退赔|赔偿|手续费|贷款金额|涉及金额|涉案|注册资本)|(?P<weak>处以|并处|处罚|处)"
)
_SUM = re.compile(r"合计|共计|总计|累计|总额|总金额")
_AFTER = re.compile(
    r"整?(?:人民币)?(?:的)?(?:行政)?罚(?:款|金)(?!(?:人民币|共计|合计|[¥:])*[\d零一二两三四五六七八九壹贰叁肆伍陆柒捌玖])"
)
_RESTATED = re.compile(r"\((?:人民币|¥|小写|大写|即|:)*")
_END = re.compile(r"[。;)]")

Sort = Literal["fine", "confiscated", "total", "other", ""]


@dataclass(frozen=True, slots=True)
class _Sum:
    """One amount where it stands; `yuan` None: written in a way that cannot be read safely."""

    start: int
    end: int
    yuan: Decimal | None
    sort: Sort
    total: bool
    """The words before it say that it is a sum."""


@lru_cache(maxsize=8)  # a cell merged over many rows is asked for by each of them
def penalty_amounts(text: str) -> Amounts:
    """What the words of a penalty make its party pay, in yuan.

    Where several parties are named (对某公司罚款…。对张某警告并罚款…) the institution's alone counts. A sum is not
    added to its parts, and an amount that cannot be read safely makes the whole None: a wrong sum is worse than none.
    """
    return amounts_of(own_part(text[:MAX_READ])) if len(text) <= MAX_READ else Amounts()


def amounts_of(text: str) -> Amounts:
    """Every fine and every confiscation of a text about one party."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    found = list(_without_parts(plain, list(_sums(plain))))
    fine, confiscated = _added(found, "fine"), _added(found, "confiscated")
    return Amounts(fine, confiscated)


def _sums(text: str) -> Iterator[_Sum]:
    """Amounts with what they are: the nearest word before decides, or 罚款 right behind."""
    place = 0
    before: _Sum | None = None
    for match in _MENTION.finditer(text):
        number = match["number"].rstrip(",.")
        if not match["unit"] and not number.endswith(("万", "亿")):
            continue
        between = text[place : match.start()]
        place = match.end()
        if _BOUND.match(text, match.end()):
            continue
        yuan = _yuan(number + (match["unit"] or ""))
        if before is not None and _RESTATED.fullmatch(between) and yuan == before.yuan:
            continue
        sort = _sort(between, text[match.end() : match.end() + 24], before)
        before = _Sum(match.start(), match.end(), yuan, sort, _SUM.search(between) is not None)
        yield before


def _yuan(written: str) -> Decimal | None:
    try:
        amount = parse_amount(written)
    except BadAmount:
        return None
    return amount if amount <= MAX_YUAN else None


def _sort(between: str, after: str, before: _Sum | None) -> Sort:
    words = list(_WORDS.finditer(between))
    last = words[-1].lastgroup if words else None
    if last in (None, "weak") and _AFTER.match(after):
        return "fine"
    named = {word.lastgroup for word in words}
    if last == "total" or (_SUM.search(between) and {"fine", "confiscated"} <= named):
        return "total"
    if last == "fine" or last == "weak":
        return "fine"
    if last == "confiscated":
        return "confiscated"
    if last == "other":
        return "other"
    if before is None:
        return "fine" if not between.strip("(:¥人民币") else ""
    if _SUM.search(between):
        return "total"
    return before.sort if not _END.search(between) else ""


def _without_parts(text: str, sums: list[_Sum]) -> Iterator[_Sum]:
    """96万元，其中总公司36万元、分支机构60万元: the parts are not paid again."""
    place = 0
    while place < len(sums):
        head = sums[place]
        yield head
        place += 1
        following = sums[place].start if place < len(sums) else 0
        within = text.find("其中", head.end, following) if following else -1
        if within >= 0 and head.sort in ("fine", "confiscated"):
            place += _parts(text, sums[place:], head, within)


def _parts(text: str, sums: list[_Sum], head: _Sum, within: int) -> int:
    """How many amounts after 其中 are parts of `head`: until they add up to it, else until the sentence ends."""
    added = Decimal()
    for count, part in enumerate(sums, 1):
        if part.yuan is None:
            break
        if part.sort in (head.sort, ""):
            added += part.yuan
        if added == head.yuan:
            return count
    end = _END.search(text, within)
    return sum(part.start < (end.start() if end else len(text)) for part in sums)


def _added(sums: list[_Sum], sort: Sort) -> Decimal | None:
    """The sum of one sort; what the text itself calls the sum of the others is not added to them."""
    mine = [found for found in sums if found.sort == sort]
    if not mine or any(found.yuan is None for found in mine):
        return None
    totals = sum((found.yuan for found in mine if found.total and found.yuan is not None), Decimal())
    single = sum((found.yuan for found in mine if not found.total and found.yuan is not None), Decimal())
    return _tidy(totals if totals >= single else single)


def _tidy(amount: Decimal) -> Decimal:
    """560000, not 5.6E+5 and not 560000.00."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()
