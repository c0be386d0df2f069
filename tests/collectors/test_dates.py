"""Every common form of a date, written from a moment and read back under any reference clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collectors.dates import BadDate, FutureDate, parse_date
from signals.model import SHANGHAI

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)  # Saturday, 22:30 in Shanghai
FULL_WIDTH = str.maketrans("0123456789:-/.", "０１２３４５６７８９：－／．")
SPELT = "〇一二三四五六七八九"
WEEKDAYS = "一二三四五六日"
clocks = st.datetimes(datetime(2002, 1, 1), datetime(2030, 12, 31), timezones=st.just(SHANGHAI))
backs = st.timedeltas(timedelta(seconds=1), timedelta(days=4000))


def chinese_number(number: int) -> str:
    """1..99 in words."""
    tens, units = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else SPELT[tens] + "十") + (SPELT[units] if units else "")


def chinese_day(moment: datetime) -> str:
    year = "".join(SPELT[int(digit)] for digit in str(moment.year))
    return f"{year}年{chinese_number(moment.month)}月{chinese_number(moment.day)}日"


def half_day(moment: datetime) -> str:
    """2018/7/16 下午3:05."""
    word = "凌晨" if moment.hour < 6 else "上午" if moment.hour < 12 else "下午"
    return f"{moment.year}/{moment.month}/{moment.day} {word}{(moment.hour - 1) % 12 + 1}:{moment:%M}"


Form = tuple[Callable[[datetime], object], str]
FORMS: dict[str, Form] = {
    "microseconds": (lambda m: m.strftime("%Y-%m-%d %H:%M:%S.%f"), "microsecond"),
    "ISO, zone": (lambda m: m.isoformat(), "microsecond"),
    "ISO, Z": (lambda m: m.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "second"),
    "ISO, +0800": (lambda m: m.strftime("%Y-%m-%dT%H:%M:%S.000+0800"), "second"),
    "ISO, basic": (lambda m: m.strftime("%Y%m%dT%H%M%S+0800"), "second"),
    "RFC 822": (lambda m: format_datetime(m), "second"),
    "RFC 822, GMT": (lambda m: format_datetime(m.astimezone(UTC), usegmt=True), "second"),
    "ctime": (lambda m: m.strftime("%a %b %d %H:%M:%S +0800 %Y"), "second"),
    "seconds": (lambda m: int(m.timestamp()), "second"),
    "seconds as text": (lambda m: str(int(m.timestamp())), "second"),
    "seconds with fraction": (lambda m: int(m.timestamp()) + 0.5, "second"),
    "fraction as text": (lambda m: f"{int(m.timestamp())}.25", "second"),
    "milliseconds": (lambda m: int(m.timestamp()) * 1000 + m.microsecond // 1000, "millisecond"),
    "digits": (lambda m: m.strftime("%Y%m%d%H%M%S"), "second"),
    "digits, minute": (lambda m: m.strftime("%Y%m%d%H%M"), "minute"),
    "digits, day": (lambda m: m.strftime("%Y%m%d"), "day"),
    "digits, day, number": (lambda m: int(m.strftime("%Y%m%d")), "day"),
    "年月日 时分秒": (lambda m: m.strftime("%Y年%m月%d日%H时%M分%S秒"), "second"),
    "年月日": (lambda m: f"{m.year}年{m.month}月{m.day}日", "day"),
    "年月日 with blanks": (lambda m: f"{m.year} 年 {m.month} 月 {m.day} 日", "day"),
    "年月日 点": (lambda m: f"{m.year}年{m.month}月{m.day}日 {m.hour}点{m.minute}分", "minute"),
    "words": (chinese_day, "day"),
    "words and time": (lambda m: f"{chinese_day(m)} {m:%H:%M}", "minute"),
    "slashes, 12 hours": (half_day, "minute"),
    "12 hours, PM": (lambda m: m.strftime("%Y-%m-%d %I:%M %p"), "minute"),
    "dots": (lambda m: m.strftime("%Y.%m.%d"), "day"),
    "short": (lambda m: f"{m.year}-{m.month}-{m.day}", "day"),
    "full width": (lambda m: m.strftime("%Y-%m-%d %H:%M").translate(FULL_WIDTH), "minute"),
    "weekday": (lambda m: f"{m:%Y-%m-%d} 星期{WEEKDAYS[m.weekday()]} {m:%H:%M}", "minute"),
    "label": (lambda m: f"发布时间：{m:%Y-%m-%d %H:%M:%S}", "second"),
    "label and source": (lambda m: f"发布时间：{m:%Y-%m-%d} 来源：示例日报", "day"),
    "source first": (lambda m: f"来源：示例日报 {m:%Y-%m-%d %H:%M} 作者：某某", "minute"),
    "brackets": (lambda m: f"[{m:%Y-%m-%d}]", "day"),
    "date object": (lambda m: m.date(), "day"),
    "naive datetime": (lambda m: m.replace(tzinfo=None), "microsecond"),
    "GMT+8": (lambda m: f"{m:%Y-%m-%d %H:%M} GMT+8", "minute"),
}


def floor(moment: datetime, precision: str) -> datetime:
    """`moment` to the precision that a form can say."""
    if precision == "millisecond":
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    steps = {"microsecond": {}, "second": {"microsecond": 0}, "minute": {"second": 0, "microsecond": 0}}
    return moment.replace(**steps.get(precision, {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}))


@pytest.mark.parametrize("form", FORMS)
@given(now=clocks, back=backs)
def test_every_common_form_is_read_back(form: str, now: datetime, back: timedelta) -> None:
    """Written by any program or person and read under any clock, a moment is itself to the precision written."""
    moment = max(now - back, datetime(2001, 10, 1, tzinfo=SHANGHAI))
    write, precision = FORMS[form]
    found = parse_date(write(moment), now)
    assert floor(found.astimezone(SHANGHAI), precision) == floor(moment, precision)


@given(clocks, st.integers(0, 364), st.booleans())
def test_a_day_without_year_is_the_latest_such_day(now: datetime, days: int, words: bool) -> None:
    """07-16 and 7月16日 across every New Year."""
    day = (now - timedelta(days=days)).date()
    assume((day.month, day.day) != (2, 29))
    written = f"{day.month}月{day.day}日" if words else f"{day.month:02}-{day.day:02}"
    assert parse_date(written, now).astimezone(SHANGHAI).date() == day


@given(clocks, st.integers(1, 3), st.times())
def test_days_by_name_count_back_from_the_clock(now: datetime, days: int, time: object) -> None:
    """昨天, 前天, 大前天 and N天前, at midnight and at a time, whatever the month."""
    name = ("昨天", "前天", "大前天")[days - 1]
    day = now.date() - timedelta(days=days)
    assert parse_date(name, now).astimezone(SHANGHAI) == datetime(
        day.year, day.month, day.day, tzinfo=SHANGHAI
    )
    assert parse_date(f"{days}天前", now) == parse_date(name, now)
    found = parse_date(f"{name} {time:%H:%M}", now).astimezone(SHANGHAI)
    assert (found.date(), f"{found:%H:%M}") == (day, f"{time:%H:%M}")


@given(clocks, st.integers(1, 9999))
def test_spans_count_back_from_the_clock(now: datetime, count: int) -> None:
    """秒, 分钟, 小时前 to the second."""
    assert parse_date(f"{count}秒前", now) == now - timedelta(seconds=count)
    assert parse_date(f"{count} 分钟前", now) == now - timedelta(minutes=count)
    assert parse_date("半小时前", now) == now - timedelta(minutes=30)
    assert parse_date(f"{count % 500}小时以前", now) == now - timedelta(hours=count % 500)


@given(clocks, st.integers(1, 6))
def test_a_weekday_is_the_last_one(now: datetime, days: int) -> None:
    """周五 within the past six days, 上周五 in the calendar week before."""
    day = now.date() - timedelta(days=days)
    assert parse_date(f"周{WEEKDAYS[day.weekday()]}", now).astimezone(SHANGHAI).date() == day
    last = now.date() - timedelta(days=now.weekday() + 7 - day.weekday())
    assert parse_date(f"上周{WEEKDAYS[day.weekday()]} 14:05", now).astimezone(SHANGHAI).date() == last


@pytest.mark.parametrize(
    ("written", "shanghai"),
    [
        ("2018-07-16 24:00", "2018-07-17 00:00"),
        ("2018年7月16日24时", "2018-07-17 00:00"),
        ("昨天 中午12点", "2026-11-20 12:00"),
        ("昨天中午1点", "2026-11-20 13:00"),
        ("2018年7月16日凌晨12:30", "2018-07-16 00:30"),
        ("2018/7/16 下午3点半", "2018-07-16 15:30"),
        ("2018-07-16 下午15:05", "2018-07-16 15:05"),
        ("昨晚8点", "2026-11-20 20:00"),
        ("今早8:05", "2026-11-21 08:05"),
        ("本周一", "2026-11-16 00:00"),
        ("上上周一", "2026-11-02 00:00"),
        ("三天前", "2026-11-18 00:00"),
        ("时间:2018年07月16日 14:05 来源:  【字体:大 中 小】", "2018-07-16 14:05"),
        ("Mon, 16 Jul 2018 14:05:00 CST", "2018-07-16 14:05"),
        ("1531721100123456", "2018-07-16 14:05"),
    ],
)
def test_odd_but_clear_forms(written: str, shanghai: str) -> None:
    """The end of a day, halves of days, weeks, and lines of list pages. CST is China's on a Chinese page."""
    assert f"{parse_date(written, NOW).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == shanghai


@pytest.mark.parametrize(
    "written",
    [
        *("2018-7", "2018年7月", "2018年", "2018-07", "18-07-16", "07/16/2018", "3个月前", "1年前"),
        *(
            "农历六月初四",
            "农历2018年7月16日",
            "民国107年7月16日",
            "昨天晚上12点",
            "昨天上午12点",
            "周六",
            "昨8:00",
        ),
        *("截至2018-07-16", "2018-07-16至2018-08-16", "有效期至：2018-07-16", "第2018.07.16号", "12.5", "3"),
        *(
            "2018-07-16 14:60",
            "2018-07-16 25:00",
            "三十一十月二日",
            "2018-02-30 来源：示例",
            "1" * 30,
            "9" * 5000,
        ),
        *(-1, 10**25, 1e308, float("inf"), float("nan"), None, b"2018", [], "\ud800", "\0"),
    ],
)
def test_what_says_no_one_day_is_refused(written: object) -> None:
    """A month, another calendar, a deadline, two readings, or nothing: the item keeps first_seen_at instead."""
    with pytest.raises(BadDate):
        parse_date(written, NOW)


def test_later_today_is_the_future() -> None:
    """23:00 at half past ten is not yesterday's by guess."""
    with pytest.raises(FutureDate):
        parse_date("23:00", NOW)
    with pytest.raises(FutureDate):
        parse_date(date(2026, 11, 22), NOW)
