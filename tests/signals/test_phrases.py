"""Many phrases in many texts at once: the same places as looking for each phrase in each text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signals.name_context import NameContext
from signals.page import Page, perhaps_spaced
from signals.phrases import Phrases
from signals.text import fold, unspaced

_LETTERS = "贷宝财\n.𠮷\uffff"
_PHRASES = st.lists(st.text(_LETTERS, min_size=1, max_size=7), unique=True, max_size=12)
_TEXTS = st.lists(st.text(_LETTERS, max_size=25), max_size=6)


def one_by_one(phrases: list[str], text: str) -> list[tuple[int, int, int]]:
    """Every place of every phrase, by end, then start."""
    found = [
        (number, at, at + len(phrase))
        for number, phrase in enumerate(phrases)
        for at in range(len(text))
        if text.startswith(phrase, at)
    ]
    return sorted(found, key=lambda place: (place[2], place[1]))


@given(_PHRASES, _TEXTS)
def test_all_places_are_found(phrases: list[str], texts: list[str]) -> None:
    """Short and long phrases, overlapping, beyond the basic plane, and none across the border of two texts."""
    page = Page.of(texts)
    found: list[list[tuple[int, int, int]]] = [[] for _ in texts]
    places = Phrases(phrases).find(page)
    owner = page.owner(places.start)
    for text, number, start, end in zip(owner.tolist(), *(each.tolist() for each in places), strict=True):
        base = int(page.starts[text])
        found[text].append((number, start - base, end - base))
    assert found == [one_by_one(phrases, text) for text in texts]


@given(_PHRASES, _TEXTS)
def test_places_apart_are_leftmost_and_longest(phrases: list[str], texts: list[str]) -> None:
    """From the left, at each place the longest, going on behind it."""
    expected = []
    for text in texts:
        own: list[tuple[int, int, int]] = []
        for number, start, end in sorted(one_by_one(phrases, text), key=lambda place: (place[1], -place[2])):
            if not own or start >= own[-1][2]:
                own.append((number, start, end))
        expected.append(own)
    assert Phrases(phrases).find_apart(Page.of(texts)) == expected


@given(st.lists(st.text("e租 .\u200b7_a\n", max_size=12), max_size=5))
def test_nothing_pulled_apart_is_overlooked(texts: list[str]) -> None:
    """Whatever `unspaced` would change is looked at."""
    folded = [fold(text) for text in texts]
    doubtful = perhaps_spaced(Page.of(folded))
    assert all(doubt or unspaced(text) is None for doubt, text in zip(doubtful, folded, strict=True))


@given(
    st.text("财富平", min_size=1, max_size=3),
    st.lists(st.text("财富平台", min_size=1, max_size=4)),
    st.data(),
)
def test_context_is_told_as_by_looking_for_every_word(
    name: str, words: list[str], data: st.DataObject
) -> None:
    """In the whole text and in a stretch of it."""
    text = data.draw(st.text("财富平台。", max_size=20))
    start, end = sorted(data.draw(st.tuples(st.integers(0, 20), st.integers(0, 20))))
    stands = NameContext.of(name, words).stands_in(text, start, end)
    assert stands == any(word in text[start:end] for word in words)
