"""Amounts of money as Chinese pages write them, and by its side what reads dates (collectors.dates)."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from collectors.dates import AncientDate, BadDate, FutureDate, parse_date

__all__ = ["AncientDate", "BadAmount", "BadDate", "FutureDate", "parse_amount", "parse_date"]


class BadAmount(ValueError):
    """Text that is no amount of money."""


_DIGITS = {
    **{c: i for i, c in enumerate("零一二三四五六七八九")},
    **{c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")},
}
_DIGITS |= {"〇": 0, "○": 0, "两": 2}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}


def _chinese_number(text: str) -> int:
    """一百零五 -> 105, 十六 -> 16; below ten thousand."""
    total = digit = 0
    for character in text:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


_PART = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?|[零〇○一二两三四五六七八九壹贰叁肆伍陆柒捌玖十拾百佰千仟]+)"
    r"\s*(?P<scale>[百千]?万|[百千万]?亿|[百佰千仟](?=\s*(?:元|圆)))?"
)
_BEFORE = re.compile(r"(?:人民币|共计|合计|罚款|约|¥|\s)*")
_SMALL = "[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖\\d]"
_AFTER = re.compile(
    rf"\s*余?(?:(?:元|圆)(?:(?P<tenths>{_SMALL})角)?(?:零?(?P<hundredths>{_SMALL})分)?)?(?:人民币)?[整正]?"
)
_SCALES = {
    **{"百": 10**2, "佰": 10**2, "千": 10**3, "仟": 10**3},
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "百亿": 10**10,
    "千亿": 10**11,
    "万亿": 10**12,
}


def parse_amount(value: object) -> Decimal:
    """An amount of money in yuan: 56万元 -> 560000, 1.2亿 -> 120000000, 伍拾万元整 -> 500000.

    Raises: BadAmount, also for 三万五, of which nobody can say whether it means 35,000.
    """
    text = unicodedata.normalize("NFKC", str(value)).strip()
    place = _BEFORE.match(text).end()  # type: ignore[union-attr] # matches emptiness too
    total, below = Decimal(), Decimal("Infinity")
    count = 0
    while part := _PART.match(text, place):
        amount, scale = _part(part)
        if amount >= below or (count and amount < 10 and part["number"][0] not in "零〇○"):
            raise BadAmount(_NO_AMOUNT)
        total, below, count, place = total + amount, Decimal(scale), count + 1, part.end()
    rest = _AFTER.fullmatch(text, place)
    if not count or rest is None:
        raise BadAmount(_NO_AMOUNT)
    return total + _cents(rest)


MAX_NUMERALS = 24
"""More digits are no sum of money, and would be rounded without a word."""
_NO_AMOUNT = "认不出的金额，请写成 560000、56万元 或 1.2亿元"


def _part(match: re.Match[str]) -> tuple[Decimal, int]:
    number = match["number"].replace(",", "")
    if len(number) > MAX_NUMERALS:
        raise BadAmount(_NO_AMOUNT)
    scale = _SCALES.get(match["scale"] or "", 1)
    return Decimal(number if number[0].isdecimal() else _spoken(number)) * scale, scale


def _cents(match: re.Match[str]) -> Decimal:
    """角 and 分 behind the yuan."""
    digits = [_DIGITS[c] if c in _DIGITS else int(c or 0) for c in (match["tenths"], match["hundredths"])]
    return Decimal(digits[0] * 10 + digits[1]) / 100


_PLAIN = str.maketrans("壹贰两叁肆伍陆柒捌玖拾佰仟〇○", "一二二三四五六七八九十百千零零")
_BARE_TEN = re.compile("(?<![一二三四五六七八九])十")


def _spoken(text: str) -> int:
    """Like _chinese_number, but only for what has one meaning: 二百五 is refused, 五〇 is 50."""
    plain = text.translate(_PLAIN)
    if not re.search("[十百千]", plain):
        return int("".join(str(_DIGITS[c]) for c in plain))
    number = _chinese_number(plain)
    if number > 9999 or _BARE_TEN.sub("一十", plain.removeprefix("零")) != _spelled(number):
        raise BadAmount(_NO_AMOUNT)
    return number


def _spelled(number: int) -> str:
    """105 -> 一百零五; below ten thousand."""
    digits = f"{number:04d}"
    words = [
        "零" if d == "0" else "零一二三四五六七八九"[int(d)] + u
        for d, u in zip(digits, "千百十 ", strict=True)
    ]
    return re.sub("零+", "零", "".join(words).replace(" ", "")).strip("零")
