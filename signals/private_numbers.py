"""Where numbers of private persons stand: mobiles, landlines, identity cards, bank cards, papers, plates, e-mail.

Every function reads folded text (signals.text.fold) and yields what to hide; signals.privacy puts it together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple


class Found(NamedTuple):
    """A personal item: where it begins, and the characters of it that are hidden."""

    start: int
    hidden: range


_DASH = r"[\-—–·•_~]"
_SIGN = r"[ .\-—–·•_~/|]"
_FREE = r"(?<![\d*])(?<!0\.)"
END = r"(?![\d*]|\.\d| ?[元万亿])"
"""What follows a number of a person: no further digit, no unit of money."""
_MOBILES = tuple(
    re.compile(rf"{_FREE}(?:\(?(?:\+|00)?86\)?{_SIGN}?)?(?P<number>{shape}){END}")
    for shape in (
        rf"1[3-9]\d(?P<gap> ?{_SIGN}? ?)\d{{4}}(?P=gap)\d{{4}}",
        r"1[3-9]\d\) ?\d{4}[ -]?\d{4}",
        rf"1(?P<each>{_SIGN})[3-9](?:(?P=each)\d){{9}}",
        r"1[ .\-][3-9][ .\-]\d[ .\-]{0,3}\d[ .\-]?\d[ .\-]?\d[ .\-]?\d[ .\-]{0,3}\d[ .\-]?\d[ .\-]?\d[ .\-]?\d",
        rf"1[3-9](?:{_DASH}?\d){{9}}(?!{_DASH}\d)",
    )
)
_CALLED = re.compile(
    r"(?:电话|手机|联系方式|联系|号码|致电|拨打|打给|机主|tel|phone|mobile|微信|[v薇]信|vx|wx)"
    rf"[号码为是:(我\s]{{0,4}}(?P<number>1(?:[ .\-—–·•_~/|,]{{0,3}}\d){{10}}){END}"
)
_SPOKEN = re.compile(r"[零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{3}")
_SPELT = str.maketrans("零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
# Cheap questions first: most texts with a date in them have nothing of this length.
_ELEVEN = re.compile(r"1(?:[ .\-—–·•_~/|,)]{0,3}\d){10}")
_SIXTEEN = re.compile(r"\d{4}[ \-]?\d{2,4}[ \-]?\d{4,6}[ \-]?\d{4}")
_AREA = re.compile(r"0\d{2,3}\)?[ \-—–]?[2-8]\d{6}")
_LANDLINE = re.compile(
    r"(?<![\d*])(?<!\d\.)(?:\((0(?:10|2\d|[3-9]\d\d))\)|(0(?:10|2\d|[3-9]\d\d)))[ \-—–]?([2-8]\d{6,7})(?![\d*])"
)
_IDENTITY = re.compile(r"(?<![\d*])\d{6}(?P<gap>[ \-]?)\d{8}(?P=gap)\d{3}[\dx](?![\da-z*])")
_IDENTITY_CALLED = re.compile(
    r"(?:身份证(?:件)?|证件)(?:号码|编号|号)?[为是:(\s]{0,4}(?P<number>\d{17}[\dx]|\d{15})(?![\da-z*])"
)
_CARD = re.compile(rf"(?<![\d*])(?:\d{{16,19}}|\d{{4}}(?:[ \-]\d{{4}}){{3}}(?:[ \-]\d{{1,3}})?){END}")
_CARD_ISSUERS = re.compile(r"62|60|4\d{15}\Z|5[1-5]\d{14}\Z|35\d{14}\Z|9558")
_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]{1,64}@(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,24}(?![a-z0-9])"
)
_PAPER = re.compile(
    r"(?:护照|通行证|台胞证|回乡证|军官证|士官证|居留证|驾驶证|驾照)(?:号码|编号|号)?[为是:(\s]{0,4}"
    r"(?P<number>[a-z]{0,3}\d{6,12}[a-z]?)(?![a-z0-9*])"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-hj-np-z][ ·•.\-]?"
    r"(?P<number>[a-hj-np-z0-9]{4}[挂学警港澳]|[a-hj-np-z0-9]{5,6}(?:挂)?)(?![a-z0-9*]| ?[元万亿型款股批])"
)
_WORD_BEFORE_PLATE = re.compile(
    r"[最更全创刷翻崭革]新|[里讯度为动白风]云|[石色曜磨深纯]黑|[长丁]宁|年青|[昂珍]贵|大吉"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def mobiles(folded: str) -> Iterator[Found]:
    """Mobile numbers, whole, in groups, digit by digit, or with digits written as words; 3 + 4 digits stay."""
    views = (folded, folded.translate(_SPELT)) if _SPOKEN.search(folded) else (folded,)
    for view in views:
        if _ELEVEN.search(view):
            for pattern in (*_MOBILES, _CALLED):
                yield from _numbers(pattern, view)


def _numbers(pattern: re.Pattern[str], view: str) -> Iterator[Found]:
    for found in pattern.finditer(view):
        places = [at for at in range(*found.span("number")) if view[at].isdigit()]
        if view[places[1]] not in "012":
            yield Found(found.start("number"), range(places[3], places[-4]))


def landlines(folded: str) -> Iterator[Found]:
    """Landline numbers with their area code, which stays."""
    for found in _LANDLINE.finditer(folded) if _AREA.search(folded) else ():
        yield Found(found.start(), range(*found.span(3)))


def identities(folded: str) -> Iterator[Found]:
    """Identity cards: 18 digits with a true date of birth and check digit, or any announced as one (15 digits too)."""
    for found in _IDENTITY.finditer(folded) if _SIXTEEN.search(folded) else ():
        number = found.group().replace(" ", "").replace("-", "")
        if _is_date(number[6:14]) and _checks(number):
            yield Found(found.start(), range(found.start() + 2, found.end()))
    for found in _IDENTITY_CALLED.finditer(folded) if "证" in folded else ():
        yield Found(found.start(), range(found.start("number") + 2, found.end()))


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


def cards(folded: str) -> Iterator[Found]:
    """Bank cards: a known issuer's beginning and a true Luhn digit; the last 4 stay."""
    for found in _CARD.finditer(folded) if _SIXTEEN.search(folded) else ():
        number = "".join(digit for digit in found.group() if digit.isdigit())
        if _CARD_ISSUERS.match(number) and _luhn(number) and not _is_credit_code(number):
            yield Found(found.start(), range(found.start(), found.end() - 4))


def _luhn(number: str) -> bool:
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(each - 9 * (each > 9) for each in doubled)) % 10 == 0


def _is_credit_code(number: str) -> bool:
    """Whether 18 digits are a company's 统一社会信用代码 (check digit of GB 32100-2015)."""
    if len(number) != 18 or number[0] not in "159":
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _CREDIT_WEIGHTS, strict=False))
    return (31 - total % 31) % 31 == int(number[17])


def addresses_of_mail(folded: str) -> Iterator[Found]:
    """E-mail addresses; the first letter and the domain stay."""
    if "@" in folded:
        for found in _EMAIL.finditer(folded):
            yield Found(found.start(), range(found.start() + 1, found.start() + found.group().index("@")))


def papers(folded: str) -> Iterator[Found]:
    """Passports, travel permits and the like, only where they are called so; the first character stays."""
    for found in _PAPER.finditer(folded) if "证" in folded or "照" in folded else ():
        yield Found(found.start("number"), range(found.start("number") + 1, found.end()))


def plates(folded: str) -> Iterator[Found]:
    """Number plates, those of electric cars included; province and office letter stay."""
    for found in _PLATE.finditer(folded):
        digits = sum(char.isdigit() for char in found["number"])
        word = _WORD_BEFORE_PLATE.match(folded, max(0, found.start() - 1))
        if digits >= 3 and not word:
            yield Found(found.start(), range(*found.span("number")))
