"""Whether a platform's name is what somebody typed: part of it, its pinyin, or the first letters of that."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

LONGEST = 40
"""Nobody types more; what is longer is compared as plain text only."""


def matches(typed: str, name: str) -> bool:
    """Whether `typed` is part of `name`, or spells consecutive characters of it.

    Each character is spelled in full or by its first letter, the last one also in part: 星河聚财 is found by 河聚,
    xinghe, xhjc, xinghejc, xingh. Of a character with several readings each counts (重庆: cq, zq). Case and blanks do
    not matter.
    """
    wanted = "".join(typed.split()).lower()
    plain = "".join(name.split()).lower()
    if wanted in plain:
        return True
    if len(wanted) > LONGEST or not (wanted.isascii() and wanted.isalnum()):
        return False
    spelled = [readings(character) for character in plain]
    return any(_begins(wanted, spelled[start:]) for start in range(len(spelled)))


def _begins(wanted: str, spelled: list[tuple[str, ...]]) -> bool:
    """Whether the first characters can be spelled so that `wanted` is used up: the places reached, step by step."""
    reached = {0}
    for options in spelled:
        following: set[int] = set()
        for place in reached:
            rest = wanted[place:]
            for reading in options:
                if reading.startswith(rest):
                    return True
                if rest.startswith(reading):
                    following.add(place + len(reading))
                if rest[0] == reading[0]:
                    following.add(place + 1)
        if not following:
            return False
        reached = following
    return False


@lru_cache(maxsize=8192)
def readings(character: str) -> tuple[str, ...]:
    """The readings of a Chinese character without tones (ü as v); any other character stands for itself."""
    marked = _dictionary().get(ord(character))
    if marked is None:
        return (character,)
    return tuple(dict.fromkeys(_plain(reading) for reading in marked.split(",")))


TONES = {
    letter: plain
    for plain, marked in {
        "a": "āáǎà",
        "e": "ēéěèê",
        "i": "īíǐì",
        "o": "ōóǒò",
        "u": "ūúǔù",
        "v": "üǖǘǚǜ",
        "n": "ńňǹ",
        "m": "ḿ",
    }.items()
    for letter in marked
}


def _plain(reading: str) -> str:
    return "".join(TONES.get(letter, letter) for letter in reading if letter.isalpha())


@lru_cache(maxsize=1)
def _dictionary() -> Mapping[int, str]:
    """Character -> its readings, comma-separated. Without pypinyin's phrases, which take four times the memory."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    from pypinyin.constants import PINYIN_DICT

    found: Mapping[int, str] = PINYIN_DICT
    return found
