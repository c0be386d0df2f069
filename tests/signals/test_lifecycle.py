"""What a life-cycle status means for the words on screen."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.lifecycle import WrongOrder, failed_status, require_order, shown_word, told_reason
from signals.model import FAILED_STATUSES, Level, Status

HISTORY = st.lists(st.tuples(st.dates(), st.sampled_from([str(each) for each in Status])), max_size=5)


@pytest.mark.parametrize(
    ("level", "failed", "mentions", "word"),
    [
        ("正常", None, 3, "正常"),
        ("正常", None, None, "正常"),
        ("正常", None, 0, "正常（90 天无提及）"),
        ("正常", "出险", 0, "已出险"),
        ("正常", "清盘", 3, "已出险（清盘）"),
        ("蓝", "清盘", 0, "蓝"),
        ("数据不足", "立案", 0, "数据不足"),
    ],
)
def test_normal_never_misleads(level: str, failed: str | None, mentions: int | None, word: str) -> None:
    """Who failed is not 正常, and silence is not calm; every other level speaks for itself."""
    assert shown_word(level, failed, mentions) == word


@given(HISTORY, st.sampled_from(list(Level)), st.integers(0, 3))
def test_who_ever_failed_never_reads_normal(history: list[tuple[date, str]], level: Level, said: int) -> None:
    """Whatever came before and after in the history."""
    failed = failed_status(history)
    assert (failed is not None) is any(status in FAILED_STATUSES for _, status in history)
    if failed is not None:
        assert not shown_word(level, failed, said).startswith("正常")


@given(HISTORY)
def test_an_accepted_history_ends_as_it_failed(history: list[tuple[date, str]]) -> None:
    """Where the order is accepted, the newest status is a failed one or there never was any."""
    try:
        require_order(history)
    except WrongOrder:
        assert failed_status(history) is not None
        return
    if failed_status(history) is not None:
        assert sorted(history)[-1][1] in FAILED_STATUSES


def test_a_status_counts_from_its_day() -> None:
    """Before that the platform had not failed."""
    history = [(date(2026, 3, 2), "清盘"), (date(2026, 3, 1), "出险")]
    assert failed_status(history, date(2026, 2, 28)) is None
    assert failed_status(history, date(2026, 3, 1)) == "出险"
    assert failed_status(history) == "清盘"


def test_the_reason_of_a_grey_day_does_not_say_normal_either() -> None:
    """What it hides is that the platform failed."""
    told = "数据不足：当日没有任何数据源应答，此前：正常"
    assert told_reason(told, None) == told
    assert told_reason(told, "清盘").endswith("此前：已出险（清盘）")
    assert told_reason("2家独立媒体报道提现困难", "清盘") == "2家独立媒体报道提现困难"
