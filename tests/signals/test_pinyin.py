"""Finding names by what people type."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.pinyin import matches, readings

NAME = "星河聚财"


@pytest.mark.parametrize("typed", ["河聚", "xinghe", "XHJC", "xinghejc", "xingh", "hej", "jc", " 星 河 ", ""])
def test_parts_pinyin_and_first_letters_find_a_name(typed: str) -> None:
    """Whatever of it comes to mind."""
    assert matches(typed, NAME)


@pytest.mark.parametrize("typed", ["xj", "inghe", "xhjcc", "河财", "z", "xing-he", "x" * 100])
def test_what_is_not_in_it_does_not(typed: str) -> None:
    """No character is skipped, none begins in its middle."""
    assert not matches(typed, NAME)


def test_each_reading_of_a_character_counts() -> None:
    """重庆 is spelled with c; who types z finds it too."""
    assert matches("chongqing", "重庆贷")
    assert matches("zq", "重庆贷")
    assert readings("绿")[0] == "lv"


def test_latin_names_are_found_in_any_case() -> None:
    """Letters and digits stand for themselves, whole: p2 is in P2P网贷."""
    assert matches("p2pwd", "P2P网贷")
    assert matches("2p网", "P2P网贷")


@given(st.text(alphabet="星河聚财重庆绿洲Ab1", min_size=1, max_size=8), st.data())
def test_every_spelling_of_a_stretch_finds_it(name: str, data: st.DataObject) -> None:
    """Property: full readings and first letters mixed at will, from any character on."""
    start = data.draw(st.integers(0, len(name) - 1))
    parts = []
    for character in name[start:].lower():
        reading = data.draw(st.sampled_from(readings(character)))
        parts.append(data.draw(st.sampled_from([reading, reading[0]])))
    assert matches("".join(parts), name)


def test_the_dictionary_waits_until_it_is_needed() -> None:
    """Typing Chinese, and every process that never searches, does without it."""
    code = (
        "import sys; from signals.pinyin import matches; matches('河聚', '星河聚财'); "
        "assert 'pypinyin' not in sys.modules; matches('xhjc', '星河聚财'); "
        "assert 'pypinyin.phrases_dict' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
