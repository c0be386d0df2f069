"""Keywords and summary sentences: taken from the text, limited, and there for any text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from settings.models import AmbiguousAlias, Platform
from signals import digest, nlp

PLATFORMS = (
    Platform(
        id="lanqiao",
        name="岚桥优贷",
        category="网贷",
        brand=("岚桥优贷",),
        old_names=("小河钱袋",),
        ambiguous=(AmbiguousAlias(text="大桥金融", context=("岚桥",)),),
        full=("大桥金融",),
    ),
)
ARTICLE = (
    "岚桥优贷宣布延期兑付。根据公告，岚桥优贷的延期兑付涉及出借人三千余名。今天多云转晴。"
    "出借人对岚桥优贷的延期兑付方案表示不满。公告还附有一张图片。"
)
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


def test_watched_names_stay_whole() -> None:
    """With the user dictionary of the watch list a name is one word, though its halves are common."""
    dictionary = nlp.user_dictionary(PLATFORMS)
    text = "小河钱袋逾期，小河钱袋的出借人报案"
    assert "小河钱袋" in digest.keywords([text], 5, dictionary)
    assert "小河钱袋" not in digest.keywords([text], 5)


def test_the_user_dictionary_leaves_out_words_of_the_language() -> None:
    """An ambiguous name would cut ordinary sentences wrongly, whatever other tier it stands in."""
    assert [line.split(" ")[0] for line in nlp.user_dictionary(PLATFORMS)] == ["小河钱袋", "岚桥优贷"]


def test_keywords_name_no_addresses_and_numbers() -> None:
    """What stands in every page says nothing about a story."""
    found = digest.keywords(["详见 http://www.example.com/2024.html 岚桥优贷逾期 2024 360 http www com"], 10)
    assert found
    assert not {"http", "www", "com", "html", "2024", "360"} & set(found)


def test_a_copy_repeated_weighs_once() -> None:
    """Forty identical copies have the keywords of one."""
    other = "监管部门约谈平台负责人，要求限期整改。"
    assert digest.keywords([ARTICLE] * 40 + [other], 8) == digest.keywords([ARTICLE, other], 8)


def test_a_summary_is_made_of_sentences_of_the_text_in_reading_order() -> None:
    """Nothing is written, nothing is moved."""
    said = digest.summary(ARTICLE, 2)
    assert len(said) == 2
    places = [ARTICLE.index(sentence) for sentence in said]
    assert places == sorted(places)


def test_a_summary_prefers_what_other_sentences_repeat() -> None:
    """The sentence that the rest of the article echoes goes before asides."""
    assert "延期兑付" in digest.summary(ARTICLE, 1)[0]
    assert not any("多云" in sentence for sentence in digest.summary(ARTICLE, 2))


def test_a_summary_does_not_say_the_same_twice() -> None:
    """Two sentences that differ in a word stand once."""
    text = "岚桥优贷宣布延期兑付三个月。岚桥优贷今日宣布延期兑付三个月。出借人已向当地警方报案。"
    assert len(digest.summary(text, 3)) == 2


def test_short_texts_have_short_summaries() -> None:
    """No sentence, no summary; and never more sentences than the text has."""
    assert digest.summary("") == []
    assert digest.summary("好。") == []
    assert digest.summary("岚桥优贷宣布延期兑付。", 3) == ["岚桥优贷宣布延期兑付。"]


@settings(deadline=None, max_examples=50)
@given(ANY_TEXT)
def test_no_text_is_refused(text: str) -> None:
    """Emoji, control characters and halves of surrogates never raise."""
    digest.summary(text)
    digest.keywords([text, text], 3)
