"""How candidates stand to each other in a text."""

import numpy as np
import pytest

from signals import naming, targets
from signals.reduce import ABSENT
from signals.surroundings import Columns, rivals, surroundings


def _of(text: str, *names: str) -> Columns:
    rows = targets.rows([text], [[[name] for name in names]])
    found = targets.mentions(rows)
    return surroundings(rows, found, naming.relations(rows, found)["inside"])


def test_the_members_of_a_list_are_told_from_a_name_outside():
    """Names with only a list mark between them are listed; the reporting medium is not."""
    found = _of("据云帆报道,星河宝、海棠贷和青松宝被点名", "云帆", "星河宝", "海棠贷", "青松宝")
    assert found["listed"].tolist() == [0, 1, 1, 1]
    assert found["list_before"].tolist() == [0, 0, 1, 1]
    assert found["list_after"].tolist() == [0, 1, 1, 0]


def test_a_name_in_a_tag_or_in_brackets_is_seen():
    """Hash tags, quotation marks and the bracket behind another name are different things."""
    found = _of("#星河宝#云帆集团(海棠贷)的公告", "星河宝", "云帆集团", "海棠贷")
    assert found["tagged"].tolist() == [1, 1, 0]
    assert found["quoted"].tolist() == [1, 0, 1]
    assert found["bracketed"].tolist() == [0, 0, 1]


def test_a_latin_name_inside_a_longer_word_is_cut():
    """PT is not named by PPTV."""
    assert _of("PPTV前解说员控股", "PT")["cut_word"].tolist() == [1]
    assert _of("PT前解说员控股", "PT")["cut_word"].tolist() == [0]


def test_only_names_in_no_longer_name_keep_company():
    """A nested name does not make the one platform of a text less alone."""
    found = _of("星河宝涉嫌诈骗", "星河宝", "星河")
    assert found["alone"].tolist() == [1, 0]
    assert found["outer_present"].tolist() == [1, 1]


def test_distances_reach_to_the_next_name_of_the_same_text():
    """The neighbour in the next text is no neighbour."""
    rows = targets.rows(["星河宝与海棠贷", "青松宝"], [[["星河宝"], ["海棠贷"]], [["青松宝"]]])
    found = targets.mentions(rows)
    gaps = surroundings(rows, found, np.zeros(3))
    assert gaps["gap_after"].tolist() == [2, 200, 200]
    assert gaps["gap_before"].tolist() == [200, 2, 200]


def test_a_name_that_is_not_in_the_text_has_no_surroundings():
    """A missing name is missing, not calm."""
    assert _of("今日停止兑付", "星河宝")["listed"].tolist() == [ABSENT]


def test_rivals_are_those_of_the_same_text():
    """The best of the others, the gap to it and the rank, text by text."""
    found = rivals(np.array([2.0, 1.0, -1.0]), np.array([0, 0, 1]), 2)
    assert found["rated_rival"].tolist() == [1, 2, ABSENT]
    assert found["rated_rank"].tolist() == [0, 1, 0]
    assert found["rated_others"][2] == pytest.approx(0)
