"""The visual language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_pages import _look
from signals.model import Level

STYLE = (Path(_look.__file__).parent / "_style.css").read_text("utf-8")


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("level", list(Level))
def test_every_level_has_glyph_word_and_readable_ink(level: Level) -> None:
    """AA: the ink stands off its fill by 4.5 to 1."""
    look = _look.LOOKS[level]
    high, low = sorted((luminance(look.fill), luminance(look.ink)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
    assert look.glyph in _look.badge(level)
    assert level.value in _look.badge(level)


def test_glyphs_differ_without_colour() -> None:
    """Greyscale print and colour blindness: the shape alone tells the level."""
    assert len({look.glyph for look in _look.LOOKS.values()}) == len(Level)
    assert len({look.symbol for look in _look.LOOKS.values()}) == len(Level)


@pytest.mark.parametrize("level", [Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE])
def test_the_stylesheet_uses_the_same_colours(level: Level) -> None:
    """Badges (CSS) and charts (LOOKS) cannot drift apart."""
    look = _look.LOOKS[level]
    assert f".tw-{look.css} {{ background: {look.fill}; color: {look.ink}; }}" in STYLE


def test_a_grey_level_says_what_it_hides() -> None:
    """The last level is never lost; other levels say nothing of the past."""
    assert "数据不足（此前：橙）" in _look.badge(Level.UNKNOWN, "橙")
    assert "此前" not in _look.badge(Level.RED, "橙")
    assert "此前" not in _look.badge(Level.UNKNOWN, None)


@given(st.text(max_size=40))
def test_no_text_becomes_markup(text: str) -> None:
    """Names, titles and messages are data."""
    for html in (_look.chip(text, hint=text), _look.link("platform", text, platform=text)):
        inner = re.sub(r"</?(span|a)( [a-z-]+=\"[^\"]*\")*>", "", html)
        assert "<" not in inner


def test_links_carry_the_platform_in_the_address() -> None:
    """Deep links: a reload or a copied address shows the same."""
    assert 'href="./platform?platform=a%26b"' in _look.link("platform", "名", platform="a&b")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", None, float("nan")])
def test_only_web_addresses_become_links_to_originals(url: object) -> None:
    """A source cannot plant a script in a link."""
    assert "<a" not in _look.outward(url, "原文")


def test_a_sparkline_breaks_where_nothing_was_known() -> None:
    """Two runs of days are two lines, a lone day is a dot, and the words say the range."""
    image = _look.spark([10.0, 20.0, None, 30.0, None, 40.0, 50.0], Level.RED)
    assert image.count("%3Cpolyline") == 2
    assert image.count("%3Ccircle") == 2
    assert "最低 10.0，最高 50.0" in image


def test_a_platform_without_values_has_no_sparkline() -> None:
    """A dash, not a flat line at zero."""
    assert "<img" not in _look.spark([None, float("nan")], Level.UNKNOWN)


def test_a_table_names_its_columns_for_everyone() -> None:
    """Header cells for screen readers, labels for the cards of a narrow screen."""
    html = _look.table([_look.Column("甲"), _look.Column("乙", "num")], [["1", "2"]], "说明")
    assert html.count('scope="col"') == 2
    assert 'data-label="乙"' in html
    assert "<caption" in html


def test_a_row_of_the_wrong_length_is_an_error() -> None:
    """Cells never slide under another header."""
    with pytest.raises(ValueError, match="zip"):
        _look.table([_look.Column("甲")], [["1", "2"]], "说明")
