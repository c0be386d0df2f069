"""Spellings that hide a name from search: one character swapped for one that sounds or looks alike (陆金锁, qu店)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from settings.loader import FOLDER
from signals.names import common_words, generic_context, name_head
from signals.text import fold

MOST = 120_000
"""Variants of a watch list: the names that come first have them all, so that memory stays bounded."""
_SHORTEST, _LONGEST = 3, 8
_WINDOW = 8
"""Characters on either side of a variant in which a form such as 某某平台 counts."""


@cache
def _lexicon(name: str) -> dict[str, tuple[str, str]]:
    lines = (FOLDER / "lexicons" / f"{name}.txt").read_text("utf-8").splitlines()
    rows = (line.split(" ") for line in lines if line and not line.startswith("#"))
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def digest() -> str:
    """What the tables hold, for versions."""
    return repr((sorted(_lexicon("confusable").items()), sorted(_lexicon("neighbours").items())))


def variants(names: Iterable[str], known: set[str]) -> Iterator[tuple[str, str]]:
    """Pairs (variant, name) of folded names, at most MOST; never one of the `known` names or a common word.

    Names of 3 to 8 characters, without a tail such as 金融 that half of all platforms bear; one character swapped for
    its sound-alikes and look-alikes, or written as its sound (also in names of two characters).
    """
    table = _lexicon("confusable")
    seen = known | common_words()
    limit = len(seen) + MOST
    for name in names:
        if not 2 <= len(name) <= _LONGEST or len(name_head(name)) < min(len(name), _SHORTEST):
            continue
        for at, character in enumerate(name):
            sound, others = table.get(character, ("", ""))
            for other in [sound, *others] if len(name) >= _SHORTEST else [sound]:
                variant = f"{name[:at]}{other}{name[at + 1 :]}"
                if other and variant not in seen:
                    seen.add(variant)
                    yield variant, name
                    if len(seen) >= limit:
                        return


def is_language(text: str, start: int, end: int, name: str) -> bool:
    """Whether the swapped character of the variant text[start:end] makes a common word with a neighbour (人人带|来)."""
    if end - start != len(name):
        return False
    at = next(start + k for k, character in enumerate(name) if text[start + k] != character)
    after, before = _lexicon("neighbours").get(text[at], ("", ""))
    return text[at + 1 : at + 2] in (set(after) - {"-"}) or (at > 0 and text[at - 1] in set(before) - {"-"})


def stands_as_name(text: str, start: int, end: int) -> bool:
    """Whether a variant stands where only a name can: 拍拍带平台, “拍拍带”, 拍拍带跑路."""
    near = text[max(0, start - _WINDOW) : end + _WINDOW]
    return any(form in near for form in _forms(text[start:end]))


@cache
def _forms(variant: str) -> tuple[str, ...]:
    return tuple(fold(form) for form in generic_context(variant))
