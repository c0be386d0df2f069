"""Dates as Chinese pages write them. Pure: the reference clock is an argument."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from signals.model import SHANGHAI

TOLERANCE = timedelta(minutes=10)
"""Clocks of sites run ahead a little; what is further ahead is wrong."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LONGEST = 200
"""Characters in which a date is looked for."""


class BadDate(ValueError):
    """Text that is no date, or none that a document can have; the message is Chinese and names the remedy."""


class FutureDate(BadDate):
    """More than ten minutes after the reference clock."""


class AncientDate(BadDate):
    """Before 1990."""


_HALVES = "上午|早上|早|清晨|凌晨|中午|午后|下午|傍晚|晚上|晚|夜里|深夜|am|pm"
_CLOCK = (
    r"(?P<hour>\d{1,2})\s*(?::\s*(?P<minute>\d{1,2})(?:\s*:\s*(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"|[时点]\s*(?:(?P<minutes>\d{1,2})\s*分?(?:\s*(?P<seconds>\d{1,2})\s*秒)?|(?P<thirty>半)|整)?)"
)
_TIME = rf"(?:(?P<half>{_HALVES})?\s*{_CLOCK}(?:\s*(?P<after>[ap]m))?)"
_TAIL = rf"(?:,?\s*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*T?\s*{_TIME})?(?:\s*\(?(?:星期|周)[一二三四五六日天]\)?)?"
_DAY = r"(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?:\s*[日号])?"
_FULL = re.compile(rf"(?P<year>\d{{4}})\s*[-/.年]\s*{_DAY}{_TAIL}", re.I)
_MONTH_DAY = re.compile(rf"(?P<month>\d{{1,2}})\s*[-/月]\s*(?P<day>\d{{1,2}})(?:\s*[日号])?{_TAIL}", re.I)
_DAYS_BACK = {"今": 0, "昨": 1, "前": 2, "大": 3}
_NAMED_DAY = re.compile(rf"(?P<name>今天|今日|今|昨天|昨日|昨|前天|前日|大前天)(?:\s*{_TIME})?", re.I)
_WEEKDAY = re.compile(
    rf"(?P<week>上上?|本|这)?(?:个)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])(?:\s*{_TIME})?", re.I
)
_ONLY_TIME = re.compile(_TIME, re.I)
_AGO = re.compile(
    r"(?P<count>\d{1,6}|半(?=个?小时|个?钟头)|[一二两三四五六七八九十])\s*个?(?P<unit>秒钟?|分钟?|小时|钟头|天|日|周|星期)之?以?前"
)
_LABEL = re.compile(r"^[^\d:]{2,12}:\s*")
_ZONE_WORDS = re.compile(r"\s*\(?(?:CST|北京时间|(?:GMT|UTC)\+0?8(?::?00)?)\)?$", re.I)
_BRACKETS = re.compile(r"[\[(【〔<]\s*(.*?)\s*[\])】〕>]")
_EPOCH_SECONDS = re.compile(r"\d{10}\.\d{1,9}")
_CTIME = re.compile(r"[a-z]{3} [a-z]{3} \d{1,2} \d\d:\d\d:\d\d [+-]\d{4} \d{4}", re.I)
_NO_LABEL = re.compile(r"截[至止]|有效|到期|期限|农历|阴历|民国|[自至从起到]\s*$|第\s*$")
_BEFORE_DATE = re.compile(r"(?:\D{0,24}[\s:|(\[【于])?")
_AFTER_DATE = re.compile(r"(?:[\s|)\]】,].{0,120})?", re.S)
_CHINESE_DAY = re.compile(
    r"(?:([〇零○一二三四五六七八九]{4})年)?([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]"
)
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6}
_UNREADABLE = "认不出的日期，请写成 2018-07-16 或 2018-07-16 14:05"


def parse_date(value: object, now: datetime) -> datetime:
    """The moment a cell, attribute or label means, in UTC.

    A bare date is that day 00:00 in Shanghai; a time without zone is Shanghai time; 24:00 is the next midnight.
    `now` (aware) is what 今天, 3小时前, 上周五 and 07-16 refer to, a month and day being the latest such day that is
    not in the future. A label before and a source after (发布时间：2018-07-16 来源：…) are passed over.
    Not guessed: a month or year alone, 3个月前, the lunar calendar, 07/16/2018, 18-07-16, today's name of weekday.
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
        return _in_shanghai(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=SHANGHAI)
    if isinstance(value, bool):
        raise BadDate(_UNREADABLE)
    if isinstance(value, int | float):
        return _epoch_number(value)
    text = str(value)[: LONGEST + 1].strip()
    if len(text) > LONGEST:
        raise BadDate(_UNREADABLE)
    return _machine(text) or _written(text, now)


def _in_shanghai(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _epoch_number(value: int | float) -> datetime:
    """Epoch seconds (with a fraction, if a float) or milliseconds; or 20180716 as a number."""
    if isinstance(value, float) and not value.is_integer() and 10**9 <= value < 10**10:
        return datetime.fromtimestamp(value, UTC)
    if not abs(value) < 10**20:
        raise BadDate(_UNREADABLE)
    try:
        return _digits(f"{value:.0f}")
    except ValueError as error:
        raise BadDate(_UNREADABLE) from error


def _machine(text: str) -> datetime | None:
    """What programs write: ISO 8601, epochs, digits without signs; None when it is none of these."""
    try:
        if text.isascii() and text.isdigit():
            return _digits(text)
        if _EPOCH_SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text[:10]), UTC) + timedelta(seconds=float(text[10:]))
        if _CTIME.fullmatch(text):
            return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")
        return _in_shanghai(datetime.fromisoformat(text)) if text[:4].isdigit() and len(text) > 7 else None
    except ValueError:
        return None


def _digits(text: str) -> datetime:
    """Epoch seconds, milli- or microseconds, or a date written without signs."""
    if len(text) in (10, 13, 16):
        return datetime.fromtimestamp(int(text[:10]), UTC) + timedelta(
            microseconds=int(text[10:].ljust(6, "0"))
        )
    shape = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(text))
    if shape is None:
        raise ValueError(text)
    return datetime.strptime(text, shape).replace(tzinfo=SHANGHAI)


def _written(raw: str, now: datetime) -> datetime:
    text = unicodedata.normalize("NFKC", raw).strip()
    if (bracketed := _BRACKETS.fullmatch(text)) is not None:
        text = bracketed[1]
    text = _CHINESE_DAY.sub(_arabic, _ZONE_WORDS.sub("", text))
    here = now.astimezone(SHANGHAI)
    try:
        label = _LABEL.match(text)
        for candidate in (text, text[label.end() :] if label and not _NO_LABEL.search(label[0]) else ""):
            if candidate and (moment := _simple(candidate, raw, here)):
                return moment
        return _amid_words(text) or _in_shanghai(_rfc_822(text))
    except (ValueError, TypeError, IndexError) as error:
        raise BadDate(_UNREADABLE) from error


def _simple(text: str, raw: str, here: datetime) -> datetime | None:
    if text != raw and (moment := _machine(text)):
        return moment
    for pattern, meaning in _FORMS:
        if match := pattern.fullmatch(text):
            return meaning(match, here)
    return None


def _amid_words(text: str) -> datetime | None:
    """The one full date of a line with labels around it; None where there is none, or another number before it."""
    found = list(_FULL.finditer(text))
    if len(found) != 1:
        return None
    before, after = text[: found[0].start()], text[found[0].end() :]
    if _NO_LABEL.search(before) or not _BEFORE_DATE.fullmatch(before) or not _AFTER_DATE.fullmatch(after):
        return None
    return _full(found[0], None)


def _rfc_822(text: str) -> datetime:
    """Only with the name of a month: the library makes dates of nearly anything."""
    if not re.search(r"\d{1,2} [a-z]{3,9} \d{4}|[a-z]{3,9} \d{1,2},? ", text, re.I):
        raise ValueError(text)
    return parsedate_to_datetime(text)


def _clock(match: re.Match[str]) -> timedelta:
    parts = match.groupdict()
    if parts["hour"] is None:
        return timedelta()
    hour = _hour_of_day(int(parts["hour"]), (parts["half"] or parts["after"] or "").lower())
    minute = 30 if parts["thirty"] else int(parts["minute"] or parts["minutes"] or 0)
    second = int(parts["second"] or parts["seconds"] or 0)
    micro = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second or micro)):
        raise ValueError(match[0])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _hour_of_day(hour: int, half: str) -> int:
    """0..24. 晚上12点 and 上午12点 are not guessed: either may be midnight or noon, this day's or the next."""
    if not half or hour > 12:
        return hour
    if hour == 12 and half in ("上午", "早上", "早", "清晨", "傍晚"):
        raise ValueError(half)
    if half in ("晚上", "晚", "夜里", "深夜") and not 5 <= hour <= 11:
        raise ValueError(half)
    if half in ("凌晨", "am"):
        return hour % 12
    if half == "中午":
        return hour + 12 if hour < 3 else hour
    return hour % 12 + 12 if half in ("下午", "午后", "傍晚", "晚上", "晚", "夜里", "深夜", "pm") else hour


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _full(match: re.Match[str], _: datetime | None) -> datetime:
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
    if len(match["name"]) == 1 and not match["half"]:
        raise ValueError(match[0])  # 昨晚8点, but not 昨8:00
    return _midnight(here) - timedelta(days=_DAYS_BACK[match["name"][0]]) + _clock(match)


def _weekday(match: re.Match[str], here: datetime) -> datetime:
    """上周五 and 本周一 by calendar weeks; a bare 周五 is the last one, and today's own name could be either."""
    monday = _midnight(here) - timedelta(days=here.weekday())
    number = _WEEKDAYS[match["weekday"]]
    if match["week"] is None:
        back = (here.weekday() - number) % 7
        if not back:
            raise ValueError(match[0])
        return _midnight(here) - timedelta(days=back) + _clock(match)
    return monday + timedelta(days=number - 7 * match["week"].count("上")) + _clock(match)


def _only_time(match: re.Match[str], here: datetime) -> datetime:
    return _midnight(here) + _clock(match)


def _ago(match: re.Match[str], here: datetime) -> datetime:
    word = match["count"]
    count = 0.5 if word == "半" else float(word) if word.isdigit() else float(_chinese_day(word))
    unit = match["unit"][0]
    if unit in "天日周星":
        return _midnight(here) - timedelta(days=int(count) * (7 if unit in "周星" else 1))
    return here - timedelta(seconds=count * {"秒": 1, "分": 60, "小": 3600, "钟": 3600}[unit])


def _just_now(_: re.Match[str], here: datetime) -> datetime:
    return here


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], datetime]], ...] = (
    (_FULL, _full),
    (_MONTH_DAY, _month_day),
    (_NAMED_DAY, _named_day),
    (_WEEKDAY, _weekday),
    (_ONLY_TIME, _only_time),
    (_AGO, _ago),
    (re.compile("刚刚|刚才|刚发布"), _just_now),
)


def _arabic(match: re.Match[str]) -> str:
    year = "".join(str(_CHINESE_DIGITS[c]) for c in match[1] or "")
    return f"{year}{'年' if year else ''}{_chinese_day(match[2])}月{_chinese_day(match[3])}日"


def _chinese_day(text: str) -> int:
    """三十一 -> 31; up to 99."""
    tens, ten, units = text.rpartition("十")
    if "十" in tens or len(units) > 1 or len(tens) > 1:
        raise BadDate(_UNREADABLE)
    return (_CHINESE_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_CHINESE_DIGITS[units] if units else 0)
