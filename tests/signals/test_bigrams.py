"""Cutting documents and reading queries: what the pairs promise, and what people may type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.bigrams import LONGEST, LONGEST_QUERY, MARKED, PAIRS, Query, cut, parse, reading

LETTERS = "提现逾期贷款台臺e租宝Ａa1２ ，。-\"“」'*_:()&|!%\\\n\u200b😀"
TEXTS = st.text(LETTERS, max_size=30)


def tokens(folded: str) -> set[str]:
    return set(cut([folded])[0].split(" ")) - {""}


def test_a_text_is_cut_into_pairs() -> None:
    """Every pair of neighbours within a run of letters and digits, and the last character of the run."""
    assert tokens("提现难，a1") == {"提现", "现难", "难", "a1", "1"}


def test_a_pair_is_named_once() -> None:
    """However often it stands there; and the tokens are separated by single blanks."""
    assert cut(["哈哈哈哈"]) == ["哈 哈哈"]


@given(st.lists(TEXTS, max_size=5))
def test_texts_are_cut_one_by_one(texts: list[str]) -> None:
    """Nothing passes from a text to its neighbour; one without letters has no tokens."""
    assert cut(texts) == [cut([text])[0] for text in texts]
    assert cut(["，。", "甲", ""]) == ["", "甲", ""]


@given(TEXTS, TEXTS)
def test_whatever_contains_a_word_has_its_tokens(text: str, typed: str) -> None:
    """The tokens never lose a match; and for words of one or two letters they never find too much."""
    query, folded = parse(typed), reading("", text, None).folded
    found = tokens(folded)
    has = [
        any(token.startswith(each.text) for token in found) if each.prefix else each.text in found
        for each in query.wanted()
    ]
    hasnot = [
        any(token.startswith(each.text) for token in found) if each.prefix else each.text in found
        for each in query.unwanted()
    ]
    if query.matches(folded):
        assert all(has)
        assert not any(hasnot)
    if query.decided_by_pairs:
        assert query.matches(folded) == (all(has) and not any(hasnot))


@given(st.text(max_size=300))
def test_anything_can_be_typed(typed: str) -> None:
    """No query is an error, and what is looked for holds a letter or digit."""
    query = parse(typed)
    assert all(any(c.isalnum() for c in word) for word in (*query.words, *query.without))


@pytest.mark.parametrize(
    ("typed", "words", "without"),
    [
        ("提现 逾期", ["提现", "逾期"], []),
        ("提现　ＡＢＣ１", ["提现", "abc1"], []),
        ("提現困難", ["提现困难"], []),
        ('"p2p 平台" -广告', ["p2p平台"], ["广告"]),
        ("“due  date” x", ["due date", "x"], []),
        ("「甲乙 丙丁」", ["甲乙 丙丁"], []),
        ('-"甲乙 丙丁"', [], ["甲乙 丙丁"]),
        ("a-b －甲", ["a-b"], ["甲"]),
        ('没有 "关上', ["没有", "关上"], []),
        ('甲 OR 乙* AND NEAR(丙) col:丁 "', ["甲", "or", "乙*", "and", "near(丙)", "col:丁"], []),
        ("甲 甲", ["甲"], []),
        ("- -- ，", [], []),
        ("", [], []),
    ],
)
def test_how_a_query_is_read(typed: str, words: list[str], without: list[str]) -> None:
    """Blanks, quotation marks and a leading minus mean something; operators of search engines do not."""
    query = parse(typed)
    assert (list(query.words), list(query.without)) == (words, without)


def test_what_cannot_be_found_is_said() -> None:
    """A word without letter or digit is named, so that a page can tell."""
    assert parse("提现 ！！").ignored == ("!!",)
    assert not parse("！！")


def test_long_input_is_bounded() -> None:
    """Neither a long query nor a long text costs without bound."""
    query = parse("甲" * 500 + " 乙")
    assert query.words == ("甲" * LONGEST_QUERY,)
    assert len(Query(("甲乙丙丁戊己庚辛壬癸" * 10,)).wanted()) <= PAIRS
    assert len(list(parse("甲").hits("甲" * 10_000))) == MARKED
    assert "尾巴" not in reading("", "x" * LONGEST + "尾巴", None).folded


def test_hits_are_where_the_words_stand() -> None:
    """In the stored parts, though blanks were taken out and letters folded."""
    laid = reading("Ｐ2P 平台", "提 现 难", "台北")
    query = parse("p2p平台 提现难 臺北")
    spans = [laid.span(start, end, "hit") for start, end in query.hits(laid.folded)]
    assert {(span.part, span.start, span.end) for span in spans} == {
        ("title", 0, 6),
        ("text", 0, 5),
        ("subject", 0, 2),
    }


def test_a_query_matches_all_words_and_none_excluded() -> None:
    """AND, and NOT."""
    query = parse("提现 -广告")
    assert query.matches("甲提现")
    assert not query.matches("提现广告")
    assert not query.matches("甲")
