"""Dates as Chinese pages write them, and amounts of money. Pure: the reference clock is an argument."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

from signals.model import SHANGHAI

TOLERANCE = timedelta(minutes=10)
"""Clocks of sites run ahead a little; what is further ahead is wrong."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class BadDate(ValueError):
    """Text that is no date, or none that a document can have; the message is Chinese and names the remedy."""


class FutureDate(BadDate):
    """More than ten minutes after the reference clock."""


class AncientDate(BadDate):
    """Before 1990."""


class BadAmount(ValueError):
    """Text that is no amount of money."""


_TIME = (
    r"(?:(?P<half>上午|下午|晚上|凌晨|中午)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})\s*分?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?)"
)
_TAIL = rf"(?:\s*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*T?\s*{_TIME})?"
_LABEL = re.compile(r"^[一-鿿]{2,6}:\s*")
_ZONE_WORDS = re.compile(r"\s*\(?(?:CST|北京时间)\)?$")
_FULL = re.compile(
    rf"(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*[日号]?{_TAIL}"
)
_MONTH_DAY = re.compile(rf"(?P<month>\d{{1,2}})\s*[-/月]\s*(?P<day>\d{{1,2}})\s*[日号]?{_TAIL}")
_NAMED_DAY = re.compile(rf"(?P<name>今天|今日|昨天|昨日|前天)\s*{_TIME}?")
_ONLY_TIME = re.compile(_TIME)
_AGO = re.compile(r"(?P<count>\d{1,6}|半(?=个?小时))\s*个?(?P<unit>秒钟?|分钟?|小时|天|日|周|星期)之?前")
_DAYS_BACK = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}
_CHINESE_DAY = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_DIGITS = {
    **{c: i for i, c in enumerate("零一二三四五六七八九")},
    **{c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")},
}
_DIGITS |= {"〇": 0, "○": 0, "两": 2}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}


def parse_date(value: object, now: datetime) -> datetime:
    """The moment a cell, attribute or label means, in UTC.

    A bare date is that day 00:00 in Shanghai; a time without zone is Shanghai time. `now` (aware) is what
    今天, 3小时前 and 07-16 refer to, a month and day being the latest such day that is not in the future.
    Raises: FutureDate, AncientDate, BadDate.
    """
    try:
        moment = _moment(value, now).astimezone(UTC)
    except (OverflowError, OSError) as error:
        raise BadDate(f"日期超出范围：{value!s:.40}") from error
    if moment > now + TOLERANCE:
        raise FutureDate(f"日期 {moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 晚于现在，请核对时区或年份")
    if moment < EARLIEST:
        raise AncientDate(f"日期 {moment.astimezone(SHANGHAI).date()} 早于 1990 年，请核对")
    return moment


def _moment(value: object, now: datetime) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=SHANGHAI)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:.0f}"
    text = str(value).strip()
    try:
        if text.isascii() and text.isdigit():
            return _digits(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _written(text, now)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _digits(text: str) -> datetime:
    """Epoch seconds or milliseconds, or a date written without signs."""
    if len(text) in (10, 13):
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    shape = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(text))
    if shape is None:
        raise ValueError(text)
    return datetime.strptime(text, shape).replace(tzinfo=SHANGHAI)


def _written(raw: str, now: datetime) -> datetime:
    text = unicodedata.normalize("NFKC", raw).strip()
    text = _ZONE_WORDS.sub("", _LABEL.sub("", text))
    text = _CHINESE_DAY.sub(_arabic, text)
    here = now.astimezone(SHANGHAI)
    try:
        if text != raw and text.isascii() and text.isdigit():
            return _digits(text)
        for pattern, meaning in _FORMS:
            if match := pattern.fullmatch(text):
                return meaning(match, here)
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError) as error:
        raise BadDate(_UNREADABLE) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


_UNREADABLE = "认不出的日期，请写成 2018-07-16 或 2018-07-16 14:05"


def _clock(match: re.Match[str]) -> timedelta:
    parts = match.groupdict()
    if parts["hour"] is None:
        return timedelta()
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
    if parts["half"] in ("下午", "晚上") and hour < 12:
        hour += 12
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(match[0])
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _full(match: re.Match[str], _: datetime) -> datetime:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    return datetime(year, month, day, tzinfo=SHANGHAI) + _clock(match)


def _month_day(match: re.Match[str], here: datetime) -> datetime:
    month, day, clock = int(match["month"]), int(match["day"]), _clock(match)
    for year in range(here.year, here.year - 9, -1):  # 29 February may be eight years away
        try:
            moment = datetime(year, month, day, tzinfo=SHANGHAI) + clock
        except ValueError:
            continue
        if moment <= here + TOLERANCE:
            return moment
    raise ValueError(match[0])


def _named_day(match: re.Match[str], here: datetime) -> datetime:
    return _midnight(here) - timedelta(days=_DAYS_BACK[match["name"]]) + _clock(match)


def _only_time(match: re.Match[str], here: datetime) -> datetime:
    return _midnight(here) + _clock(match)


def _ago(match: re.Match[str], here: datetime) -> datetime:
    count = 0.5 if match["count"] == "半" else float(match["count"])
    unit = match["unit"][0]
    if unit in "天日周星":
        return _midnight(here) - timedelta(days=int(count) * (7 if unit in "周星" else 1))
    return here - timedelta(seconds=count * {"秒": 1, "分": 60, "小": 3600}[unit])


def _just_now(_: re.Match[str], here: datetime) -> datetime:
    return here


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], datetime]], ...] = (
    (_FULL, _full),
    (_MONTH_DAY, _month_day),
    (_NAMED_DAY, _named_day),
    (_ONLY_TIME, _only_time),
    (_AGO, _ago),
    (re.compile("刚刚|刚才"), _just_now),
)


def _arabic(match: re.Match[str]) -> str:
    year = "".join(str(_DIGITS[c]) for c in match[1])
    return f"{year}年{_chinese_number(match[2])}月{_chinese_number(match[3])}日"


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
    r"\s*(?P<scale>[百千]?万|[百千万]?亿)?"
)
_BEFORE = re.compile(r"(?:人民币|共计|合计|罚款|约|¥|\s)*")
_AFTER = re.compile(r"\s*余?(?:元|圆)?(?:人民币)?整?")
_SCALES = {
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
    parts: list[Decimal] = []
    while part := _PART.match(text, place):
        parts.append(_part(part))
        place = part.end()
    ambiguous = len(parts) > 1 and parts[-1] < 10
    if not parts or ambiguous or parts != sorted(parts, reverse=True) or not _AFTER.fullmatch(text, place):
        raise BadAmount("认不出的金额，请写成 560000、56万元 或 1.2亿元")
    return sum(parts, Decimal())


def _part(match: re.Match[str]) -> Decimal:
    number = match["number"].replace(",", "")
    base = Decimal(number if number[0].isdigit() else _chinese_number(number))
    return base * _SCALES.get(match["scale"] or "", 1)
