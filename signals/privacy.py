"""Masks what identifies a private person, and nothing else: amounts, dates and document numbers survive.

Masking keeps the length of the text, so that evidence offsets taken before it stay right, and is idempotent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from signals.text import fold

_WORTH_A_LOOK = re.compile(r"\d{4}|[@＠]")
_GAP = r"[ \-—–]?"
_END = r"(?![\d*]|\.\d|[元万亿])"  # a sum of money is no number of a person
_MOBILE = re.compile(rf"(?<![\d*])(?:\+?86{_GAP})?(1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}){_END}")
_LANDLINE = re.compile(
    r"(?<![\d*])(?:\((0(?:10|2\d|[3-9]\d\d))\)|(0(?:10|2\d|[3-9]\d\d)))[ \-—–]?([2-8]\d{6,7})(?![\d*])"
)
_IDENTITY = re.compile(r"(?<![\d*])\d{17}[\dx](?![\da-z*])|(?<![\d*])\d{15}(?![\d*])")
_CARD = re.compile(r"(?<![\d*])(?:\d{16,19}|\d{4}(?:[ \-]\d{4}){3}(?:[ \-]\d{1,3})?)" + _END)
_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]{1,64}@(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,24}(?![a-z0-9])"
)
# A number announced as a reference is nobody's telephone: 投诉编号17351050542.
_REFERENCE = re.compile(
    r"(?:编号|单号|文号|案号|订单|订单号|流水号|流水|证号|书号|备案号|批次|批次号|序号|工单|工单号|合同号|票据号|代码|id|no\.?)"
    r"(?:为|是)?[:： 第(#]{0,3}$"
)
_BIRTH = slice(6, 14)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def mask(text: str) -> str:
    """`text` with mobile and landline numbers, identity cards, bank cards and e-mail addresses starred out.

    Identity cards need a true date of birth and check digit, bank cards a true Luhn digit. Kept in clear: a
    mobile's first 3 and last 4 digits, an area code, a bank card's last 4, the domain of an address. Full-width
    digits count. Numbers after 编号, 单号, 文号 ... and hotlines (95xxx, 400, 12378) are left alone.
    """
    if not _WORTH_A_LOOK.search(text):
        return text
    folded = fold(text)
    stars: dict[int, str] = {}
    for pattern, hidden in _RULES:
        for found in pattern.finditer(folded):
            if not _REFERENCE.search(folded, max(0, found.start() - 10), found.start()):
                stars.update((at, "*") for at in hidden(found) if folded[at] not in " -—–@()")
    if not stars:
        return text
    return "".join(stars.get(at, char) for at, char in enumerate(text))


def _mobile(found: re.Match[str]) -> range:
    return range(found.start(1) + 3, found.end() - 4)


def _landline(found: re.Match[str]) -> range:
    return range(*found.span(3))


def _identity(found: re.Match[str]) -> range:
    number = found.group()
    whole = number if len(number) == 18 else number[:6] + "19" + number[6:]
    right = _is_date(whole[_BIRTH]) and (len(number) == 15 or _checks(number))
    return range(found.start() + 2, found.end()) if right else range(0)


def _is_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2099


def _checks(number: str) -> bool:
    """The check digit of GB 11643-1999 (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10x98765432"[total % 11] == number[17]


def _card(found: re.Match[str]) -> range:
    digits = [int(digit) for digit in found.group() if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    right = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and digits[0] in (3, 4, 5, 6, 9)
    return range(found.start(), found.end() - 4) if right else range(0)


def _email(found: re.Match[str]) -> range:
    return range(found.start() + 1, found.start() + found.group().index("@"))


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], range]], ...] = (
    (_EMAIL, _email),
    (_IDENTITY, _identity),
    (_CARD, _card),
    (_MOBILE, _mobile),
    (_LANDLINE, _landline),
)
