"""The pattern language: alternatives, gaps, and what a gap may not hold."""

from __future__ import annotations

import pytest

from signals.page import Page
from signals.patterns import GAP, PatternError, Patterns, expand, merge


def spans(pattern: str, text: str) -> list[str]:
    return [text[start:end] for _, start, end in Patterns([(0, pattern)]).scan(Page.of([text]))[0]]


def test_alternatives() -> None:
    """Every group contributes one of its choices."""
    assert sorted(expand("(停|关)业(中|后)")) == ["停业中", "停业后", "关业中", "关业后"]


@pytest.mark.parametrize("phrase", ["(停业", "停业)", "((停)业)", "", "(|停)"])
def test_malformed(phrase: str) -> None:
    """Unbalanced or nested brackets and empty parts are refused."""
    with pytest.raises(PatternError):
        expand(phrase)


def test_gap() -> None:
    """`…` stands for a few characters of the same clause, none included."""
    assert spans("无法…提现", "无法正常提现") == ["无法正常提现"]
    assert spans("无法…提现", "无法提现") == ["无法提现"]


@pytest.mark.parametrize("text", ["无法登录，提现正常", "无法" + "很" * (GAP + 1) + "提现", "提现无法"])
def test_gap_ends(text: str) -> None:
    """Not across a clause, not beyond GAP, not backwards."""
    assert spans("无法…提现", text) == []


@pytest.mark.parametrize("text", ["账户没有被冻结", "账户从未冻结", "账户不会被冻结"])
def test_gap_holds_no_negation(text: str) -> None:
    """没有 / 未 / 不会 between the parts turns the sense, so nothing is found."""
    assert spans("账户…冻结", text) == []


def test_gap_before_a_bare_negation() -> None:
    """不 right before the last part turns the sense as 没有 does: 平台不|存在逾期."""
    assert spans("平台…存在逾期", "平台不存在逾期") == []


def test_code_of_a_listed_company_takes_no_room() -> None:
    """下调某某股份(600000)评级: what stands in brackets is part of the name."""
    assert spans("下调…评级", "下调南方某某航空(600000)主体评级") != []
    assert spans("下调…评级", "下调南方某某航空和北方某某航空主体评级") == []


def test_three_parts() -> None:
    """Patterns may have any number of parts, in order."""
    assert spans("未经…收集…信息", "未经同意收集用户信息") == ["未经同意收集用户信息"]


def test_merge_unites_overlaps_of_one_label() -> None:
    """Overlapping matches of a label become one; other labels and neighbours stay."""
    assert merge([(1, 0, 4), (1, 2, 6), (1, 6, 8), (2, 0, 4)]) == [(1, 0, 6), (1, 6, 8), (2, 0, 4)]


def test_cost_does_not_explode() -> None:
    """A text made of nothing but first parts is scanned in one pass."""
    assert spans("无法…提现", "无法" * 50_000) == []


def test_patterns_that_begin_alike_do_not_disturb_each_other() -> None:
    """What patterns begin with is read once for all of them; each ends on its own, wherever it branches off."""
    patterns = [
        *(
            (0, "平台"),
            (1, "平台…跑路"),
            (2, "(平台|公司)…跑路"),
            (3, "平台…老板…失联"),
            (4, "平台…老板…跑路"),
        ),
        *((5, "老板…失联"), (6, "平台…老板")),
    ]
    text = "公司平台的老板昨晚失联"
    found = {(label, text[start:end]) for label, start, end in Patterns(patterns).scan(Page.of([text]))[0]}
    assert found == {
        *((0, "平台"), (3, "平台的老板昨晚失联"), (5, "老板昨晚失联"), (6, "平台的老板")),
    }
    found = {label for label, _, _ in Patterns(patterns).scan(Page.of(["平台跑路"]))[0]}
    assert found == {0, 1, 2}


def test_a_part_may_follow_itself() -> None:
    """被…被: the second one ends what the first began."""
    assert spans("被…被", "被罚又被告") == ["被罚又被"]
