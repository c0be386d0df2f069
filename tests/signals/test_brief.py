"""What a brief says, from invented tables."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.brief import LONGEST_QUOTE, TOP, Period, chosen, quote
from signals.model import Level
from tests.signals.brief_material import DAY, brief, evidence, flip, level, material


def test_the_headline_counts_and_names_levels() -> None:
    """Thirty seconds of reading: what moved, who stands where, how much is not known."""
    assert brief().headline == "当日 1 次升级；5 家平台中红 1 家、橙 1 家，另有 1 家数据不足。"


def test_a_calm_day_is_said_in_words() -> None:
    """Not by an empty page."""
    calm = pd.DataFrame([level("a", "甲", "正常", 2.0)])
    told = brief(now=calm, before=calm, flips=material().flips.iloc[:0], evidence={})
    assert told.headline == "当日没有升降级；1 家平台中没有平台处于预警等级。"
    assert told.top == ()
    assert told.changes == ()


def test_levels_are_counted_beside_the_day_before() -> None:
    """The gravest first, 数据不足 apart from 正常."""
    tally = {row[0]: row[1:] for row in brief().tally}
    assert tally[Level.RED] == (1, 0)
    assert tally[Level.ORANGE] == (1, 2)
    assert tally[Level.UNKNOWN] == (1, 1)
    assert list(tally)[-2:] == [Level.UNKNOWN, Level.NORMAL]


def test_changes_rises_first_then_what_became_known_or_unknown() -> None:
    """A fall and a loss of sight are told apart from a rise."""
    flips = [
        flip("a", "甲", "黄", "蓝"),
        flip("b", "乙", "正常", "数据不足"),
        flip("c", "丙", "数据不足", "橙"),
        flip("d", "丁", "正常", "蓝"),
        flip("e", "戊", "黄", "红", 1),
    ]
    changes = brief(flips=pd.DataFrame(flips)).changes
    assert [(one.platform_id, one.turn) for one in changes] == [
        ("e", "升"),
        ("d", "升"),
        ("c", "恢复"),
        ("a", "降"),
        ("b", "不明"),
    ]


def test_standings_are_ordered_and_changes_need_both_days() -> None:
    """By level, then T*; a change from or to an unknown value is unknown, not 0."""
    found = brief().standings
    assert [one.platform_id for one in found] == ["xinghe", "yunzhou", "heishan", "qinghe", "jingshui"]
    assert found[0].change == pytest.approx(12.0)
    assert found[2].change is None
    assert found[2].before_grey == "黄"


def test_who_failed_never_reads_normal() -> None:
    """静水支付 was wound up: its calm index does not make it 正常."""
    jingshui = brief().standings[-1]
    assert jingshui.word == "已出险（清盘）"
    assert jingshui.level is Level.NORMAL


def test_a_status_recorded_for_later_does_not_count_yet() -> None:
    """Nothing after the last day is looked at."""
    later = {"qinghe": [(DAY + timedelta(days=1), "清盘")]}
    assert next(one for one in brief(statuses=later).standings if one.platform_id == "qinghe").word == "正常"


def test_evidence_is_a_sentence_with_its_event() -> None:
    """The text, who printed it, and the sentence that tells."""
    first, second = brief().standings[0].evidence
    assert first.quote == "记者获悉，星河聚财平台提现困难。"
    assert first.events == ("提现困难",)
    assert (first.document_id, first.publishers) == (1, 3)
    assert second.quote == ""


def test_copies_of_a_story_are_told_once() -> None:
    """Two pieces with one title and one sentence."""
    rows = pd.DataFrame([evidence(1, "同一标题"), evidence(2, "同一标题")])
    assert [one.document_id for one in brief(evidence={"xinghe": rows}).standings[0].evidence] == [1]


def test_removed_content_is_said_to_be_removed() -> None:
    """After its retention ended a text has neither title nor sentence."""
    rows = pd.DataFrame([evidence(1, "", "")])
    assert "已按保留期限清除" in brief(evidence={"xinghe": rows}).standings[0].evidence[0].title


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_long_sentence_is_shortened_around_its_event(before: int, after: int) -> None:
    """The event's word is always in what is quoted."""
    text = "长" * before + "提现困难" + "尾" * after
    found = quote(evidence(1, "标题", text))
    assert "提现困难" in found
    assert len(found) <= LONGEST_QUOTE + 2


def test_the_course_has_gaps_where_nothing_was_seen() -> None:
    """Thirty values, oldest first; missing is not zero."""
    course = brief().standings[0].course
    assert len(course) == 30
    assert course[-3:] == (70.0, None, 82.0)
    assert set(course[:-3]) == {None}


def test_industry_and_regulators_documents() -> None:
    """This week's against the one before; none collected is not none."""
    industry = brief().industry
    assert industry is not None
    assert (industry.level, industry.policy, industry.policy_before) == (Level.BLUE, 2, 5)
    assert brief(policy=None).industry.policy is None  # type: ignore[union-attr] # it is there
    assert brief(industry=None).industry is None


def test_coverage_counts_what_was_not_seen() -> None:
    """All, part, nothing; and platforms no source covers."""
    now = pd.DataFrame([*material().now.to_dict("records"), level("neu", "新", "数据不足", scope=0.0)])
    seen = brief(now=now).coverage
    assert (seen.platforms, seen.full, seen.partial, seen.none, seen.unconnected) == (6, 3, 1, 1, 1)
    assert seen.mean == pytest.approx(0.7)


def test_ailing_sources_come_first_and_the_others_data_stay_out() -> None:
    """A broken source, and one that did not answer; the demonstration's have no place in a real brief."""
    told = brief()
    assert [(one.source_id, one.ill) for one in told.sources] == [("b", True), ("a", False)]
    assert told.sources[0].why == "HTTP 500"
    assert "2 个数据源中 1 个未按预期送达，所缺部分不当作平静。" in told.missing


def test_a_day_that_is_not_over_and_the_demonstration_are_said() -> None:
    """What the reader has to know."""
    now = material().now.assign(provisional=True)
    told = brief(now=now, demo=True).missing
    assert any("演示数据" in sentence for sentence in told)
    assert any("暂定" in sentence for sentence in told)


def test_a_weekly_brief_covers_seven_days() -> None:
    """And says so."""
    told = brief(period=Period.WEEKLY)
    assert told.start == DAY - timedelta(days=6)
    assert told.title.endswith("周报")
    assert told.headline.startswith("本周")


def test_at_most_so_many_are_told_at_length() -> None:
    """The others are in the workbook."""
    now = pd.DataFrame([level(f"p{n}", f"平台{n}", "橙", 60.0 + n) for n in range(TOP + 3)])
    assert chosen(now)[0] == f"p{TOP + 2}"
    assert len(chosen(now)) == len(brief(now=now, evidence={}).top) == TOP


def test_same_material_same_brief() -> None:
    """Whatever the order of the rows."""
    turned = material().now.iloc[::-1].reset_index(drop=True)
    assert brief() == brief(now=turned)
