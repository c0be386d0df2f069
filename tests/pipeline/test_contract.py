"""What a run brought against what its source promises."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from collectors.base import Refusal
from collectors.config import Contract
from pipeline.contract import Tally, breach, widened
from signals.model import Document, Kind

REFUSED = Refusal("页面", 1, "日期", "", "没有日期")


def document(
    *, dated: bool = True, replaced: float = 0.0, url: str | None = "https://example.org/1"
) -> Document:
    when = datetime(2026, 3, 10, tzinfo=UTC) if dated else None
    return Document("feed", Kind.NEWS, "标题", "正文", url=url, published_at=when, replaced_share=replaced)


def tally(*items: Document | Refusal, fields: tuple[str, ...] = ()) -> Tally:
    found = Tally(fields)
    for item in items:
        found.add(item)
    return found


def test_a_good_run_keeps_its_contract() -> None:
    """Dated, decoded, filled: nothing to say."""
    assert breach(Contract(fields=("url",)), tally(*[document()] * 20, fields=("url",))) is None


def test_missing_dates_are_named_with_their_share() -> None:
    """18 of 20: the page was probably redesigned, and the reason says what is missing."""
    why = breach(Contract(), tally(*[document(dated=False)] * 18, document(), document()))
    assert why is not None
    assert "20 条中 18 条没有日期" in why
    assert "页面可能已改版" in why


def test_undecodable_text_breaks_the_contract() -> None:
    """More than a tenth with replaced characters; a single one in ten thousand characters is no fault."""
    damaged, fine = document(replaced=0.01), document(replaced=0.0001)
    assert breach(Contract(), tally(*[fine] * 10)) is None
    assert "3 条含无法解码的文字" in (breach(Contract(), tally(*[fine] * 7, *[damaged] * 3)) or "")


def test_an_empty_field_is_named_in_chinese_and_as_in_the_file() -> None:
    """Who mends source.toml looks for its key."""
    fields = ("url", "title")
    found = tally(*[document(url=None)] * 5, *[document()] * 5, fields=fields)
    assert found.lacking == 5
    why = breach(Contract(fields=fields), found)
    assert why is not None
    assert "10 条中 5 条没有链接（url）" in why
    assert "标题" not in why


def test_too_few_rows_prove_nothing() -> None:
    """One undated notice a day is no redesigned page."""
    assert breach(Contract(from_rows=5), tally(*[document(dated=False)] * 4)) is None
    assert breach(Contract(from_rows=5), tally(*[REFUSED] * 4)) is None


def test_few_rows_are_judged_with_those_before() -> None:
    """Two rows a run, none with a date: the newest three runs are enough, and the good ones before them not asked."""
    poor, good = tally(*[document(dated=False)] * 2), tally(*[document()] * 20)
    found = widened(poor, [poor, poor, good], 5)
    assert (found.rows, found.runs) == (6, 3)
    why = breach(Contract(from_rows=5), found) or ""
    assert "最近 3 次运行合计：6 条中 6 条没有日期" in why
    assert breach(Contract(from_rows=5), widened(poor, [good], 5)) is None
    assert widened(good, [poor], 5) is good


def test_fields_over_several_runs_are_judged_as_a_whole() -> None:
    """Which field was empty is not in the ledger; that one was, is."""
    poor = tally(*[document(url=None)] * 3, fields=("url",))
    why = breach(Contract(fields=("url",)), widened(poor, [poor], 5)) or ""
    assert "6 条中 6 条缺少约定的字段（url）" in why
    assert "没有链接" not in why


def test_a_run_of_refusals_is_broken() -> None:
    """More than half of the rows refused."""
    assert "8 条中 5 条被拒收" in (breach(Contract(), tally(*[REFUSED] * 5, *[document()] * 3)) or "")
    assert breach(Contract(), tally(*[REFUSED] * 4, *[document()] * 4)) is None


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_more_good_rows_never_break_a_contract(good: int, undated: int, refused: int) -> None:
    """Judged by shares: what is kept with some good rows is kept with more of them, once there are enough rows."""
    rows: list[Document | Refusal] = [
        *[document()] * good,
        *[document(dated=False)] * undated,
        *[REFUSED] * refused,
    ]
    enough = good + undated >= Contract().from_rows
    if enough and breach(Contract(), tally(*rows)) is None:
        assert breach(Contract(), tally(*rows, *[document()] * 10)) is None
