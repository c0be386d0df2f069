"""Dates as Chinese pages write them, and amounts of money."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.parse import AncientDate, BadAmount, BadDate, FutureDate, parse_amount, parse_date
from signals.model import SHANGHAI

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
moments = st.datetimes(datetime(1990, 1, 2), datetime(2026, 11, 20), timezones=st.just(SHANGHAI))


@pytest.mark.parametrize(
    ("written", "shanghai"),
    [
        ("2018年7月16日 14:05", "2018-07-16 14:05:00"),
        ("2018年7月16日14时5分6秒", "2018-07-16 14:05:06"),
        ("2018年7月16日 下午2:05", "2018-07-16 14:05:00"),
        ("2018年7月16日 星期一 14:05", "2018-07-16 14:05:00"),
        ("二〇一八年七月十六日", "2018-07-16 00:00:00"),
        ("2018-7-16", "2018-07-16 00:00:00"),
        ("2018/07/16", "2018-07-16 00:00:00"),
        ("2018.07.16 08:00", "2018-07-16 08:00:00"),
        ("２０１８年７月１６日", "2018-07-16 00:00:00"),
        ("20180716", "2018-07-16 00:00:00"),
        ("20180716140506", "2018-07-16 14:05:06"),
        ("2018-07-16T06:05:00Z", "2018-07-16 14:05:00"),
        ("2018-07-16 14:05:00.0", "2018-07-16 14:05:00"),
        ("Mon, 16 Jul 2018 06:05:00 GMT", "2018-07-16 14:05:00"),
        ("1531721100", "2018-07-16 14:05:00"),
        ("1531721100000", "2018-07-16 14:05:00"),
        ("发布时间：2018-07-16 14:05", "2018-07-16 14:05:00"),
        ("07-16", "2026-07-16 00:00:00"),
        ("12-25", "2025-12-25 00:00:00"),
        ("2月29日", "2024-02-29 00:00:00"),
        ("今天 14:05", "2026-11-21 14:05:00"),
        ("昨天", "2026-11-20 00:00:00"),
        ("前天 09:30", "2026-11-19 09:30:00"),
        ("3小时前", "2026-11-21 19:30:00"),
        ("半小时前", "2026-11-21 22:00:00"),
        ("2天前", "2026-11-19 00:00:00"),
        ("刚刚", "2026-11-21 22:30:00"),
        ("14:05", "2026-11-21 14:05:00"),
    ],
)
def test_common_forms_mean_their_moment(written: str, shanghai: str) -> None:
    """Every form that the sources use is read, relative ones against the reference clock."""
    assert f"{parse_date(written, NOW).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" == shanghai


@pytest.mark.parametrize(
    ("value", "shanghai"),
    [
        (1531721100, "2018-07-16 14:05"),
        (1531721100.0, "2018-07-16 14:05"),
        (date(2018, 7, 16), "2018-07-16 00:00"),
        (datetime(2018, 7, 16, 14, 5), "2018-07-16 14:05"),
        (datetime(2018, 7, 16, 6, 5, tzinfo=UTC), "2018-07-16 14:05"),
    ],
)
def test_cells_that_are_no_text_are_read_too(value: object, shanghai: str) -> None:
    """Workbooks give dates, JSON gives numbers; without a zone both mean Shanghai."""
    assert f"{parse_date(value, NOW).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == shanghai


@pytest.mark.parametrize(
    "written",
    ["", "待定", "2026-13-01", "2026-02-30", "2018-07-16 24:01", "43297", True, float("nan"), "999999天前"],
)
def test_what_is_no_date_is_refused(written: object) -> None:
    """No guess: an unreadable or impossible date is a typed error with a remedy."""
    with pytest.raises(BadDate):
        parse_date(written, NOW)


def test_the_future_is_refused_beyond_ten_minutes() -> None:
    """A clock that runs a little ahead is tolerated, a date after now is not."""
    assert parse_date((NOW + timedelta(minutes=9)).isoformat(), NOW) > NOW
    with pytest.raises(FutureDate, match="2026-11-22 00:00 晚于现在"):
        parse_date("2026-11-22", NOW)


def test_ancient_dates_are_refused() -> None:
    """0 and 1900 are what broken exports write for nothing."""
    with pytest.raises(AncientDate, match="早于 1990 年"):
        parse_date("1989-12-31", NOW)


@given(
    moments,
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y%m%d%H%M%S"]),
)
def test_a_written_moment_is_read_back(moment: datetime, form: str) -> None:
    """Writing and reading agree to the second, in half-width and full-width digits."""
    written = moment.strftime(form)
    assert parse_date(written, NOW) == moment.replace(microsecond=0)
    assert parse_date(written.translate(FULL_WIDTH), NOW) == moment.replace(microsecond=0)


@given(moments)
def test_epochs_are_read_back(moment: datetime) -> None:
    """Seconds and milliseconds are told apart by their length, from September 2001 on."""
    seconds = int(moment.timestamp())
    if seconds >= 10**9:
        assert (
            parse_date(str(seconds), NOW) == parse_date(seconds * 1000, NOW) == moment.replace(microsecond=0)
        )


@given(st.dates(date(2025, 11, 22), date(2026, 11, 21)))
def test_month_and_day_mean_the_latest_such_day(day: date) -> None:
    """A list without years shows the past twelve months."""
    found = parse_date(f"{day.month:02d}-{day.day:02d}", NOW).astimezone(SHANGHAI).date()
    assert found == day


@given(
    st.text(alphabet="0123456789年月日时分秒 -/:.T前小时天上下午Z+今昨", max_size=24) | st.text(max_size=12)
)
def test_no_text_escapes_the_typed_error(text: str) -> None:
    """Whatever a page says, the parser gives an aware moment in range or a BadDate."""
    try:
        found = parse_date(text, NOW)
    except BadDate:
        return
    assert datetime(1990, 1, 1, tzinfo=UTC) <= found <= NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("written", "yuan"),
    [
        ("56万元", "560000"),
        ("罚款0.5万元", "5000"),
        ("1.2亿元", "120000000"),
        ("1亿2000万元", "120000000"),
        ("人民币伍拾万元整", "500000"),
        ("一百二十万", "1200000"),
        ("一万五千元", "15000"),
        ("3,000元", "3000"),
        ("１９９元", "199"),
        ("￥349.50", "349.50"),
        ("约3百万", "3000000"),
    ],
)
def test_amounts_are_yuan(written: str, yuan: str) -> None:
    """万, 亿, capital numerals and separators all become a number of yuan."""
    expected = Decimal(yuan) if written != "1亿2000万元" else Decimal(120000000)
    assert parse_amount(written) == expected


@pytest.mark.parametrize("written", ["", "不详", "三万五", "56万元以上", "5 6", "1.2.3元"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    """An ambiguous or partial amount is an error: a wrong sum is worse than none."""
    with pytest.raises(BadAmount):
        parse_amount(written)


@given(st.decimals(0, 9999, places=2), st.sampled_from([("元", 1), ("万元", 10**4), ("亿元", 10**8)]))
def test_a_written_amount_is_read_back(number: Decimal, unit: tuple[str, int]) -> None:
    """Number times unit, exactly."""
    assert parse_amount(f"{number:,}{unit[0]}") == number * unit[1]


@given(st.text(alphabet="0123456789,.万亿千百十零一二三元 ", max_size=12) | st.text(max_size=8))
def test_no_text_escapes_the_amount_error(text: str) -> None:
    """Whatever a cell says, the result is a number of at least 0 or a BadAmount."""
    try:
        assert parse_amount(text) >= 0
    except BadAmount:
        return
