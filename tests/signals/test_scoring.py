"""Judgements without a database: one answer per candidate, honest about what is not known, whatever the text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from settings import loader
from settings.models import Platform
from signals.asked import FEW, Question, located
from signals.discovery import Discovery
from signals.ngrams import MAX_CHARS
from signals.scoring import Answer, Scorer
from signals.text import Reading

WATCHED = (
    Platform(id="lanqiao", name="岚桥优贷", category="网贷", brand=("岚桥优贷",), full=("岚桥信息有限公司",)),
    Platform(id="muxi", name="沐溪财富", category="网贷", brand=("沐溪财富",)),
)
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
ANY_NAMES = st.lists(
    st.one_of(st.text(st.characters(codec=None), max_size=8), st.just("岚桥优贷")), max_size=4
)
BAD = "岚桥优贷无法提现，老板失联，投资人报案，警方已立案侦查。"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(loader.load(), WATCHED)


def ask(scorer: Scorer, text: str, *names: str, title: str = "") -> list[Answer]:
    return scorer.score([Question(text, title, names or None)])[0]


def test_every_candidate_is_answered_in_the_order_and_bytes_given(scorer: Scorer) -> None:
    """Names are echoed with their blanks and as often as they stand, so that rows can be joined again."""
    given_names = [" 岚桥优贷", "沐溪财富", " 岚桥优贷", "岚桥优贷"]
    assert [answer.entity for answer in ask(scorer, BAD, *given_names)] == given_names


def test_a_name_given_twice_is_one_candidate(scorer: Scorer) -> None:
    """A repeated candidate is not its own rival: the judgement is that of the name given once."""
    once = ask(scorer, BAD, "岚桥优贷")[0]
    for answer in ask(scorer, BAD, "岚桥优贷", "岚桥优贷 "):
        assert (answer.negative, answer.reason) == (once.negative, once.reason)


def test_many_candidates_are_all_answered(scorer: Scorer) -> None:
    """No candidate is dropped, however many a row lists."""
    names = [f"第{number}号平台" for number in range(500)]
    assert [answer.entity for answer in ask(scorer, BAD, *names)] == names


def test_the_culprit_and_the_bystander_are_told_apart(scorer: Scorer) -> None:
    """Both stand in a negative text; only the one that it accuses is negative."""
    text = "沐溪财富正常运营。" + BAD
    culprit, bystander = ask(scorer, text, "岚桥优贷", "沐溪财富")
    assert culprit.negative > bystander.negative
    assert culprit.is_negative
    assert "withdrawal_difficulty" in culprit.events
    assert not bystander.events


def test_without_candidates_the_watch_list_proposes_them(scorer: Scorer) -> None:
    """`entity` is the platform as the text calls it."""
    assert [answer.entity for answer in ask(scorer, BAD)] == ["岚桥优贷"]


class Capitals:
    """A finder that takes every X for a platform."""

    def find(
        self, readings: Sequence[Reading], taken: Sequence[Sequence[tuple[int, int]]] = ()
    ) -> list[list[Discovery]]:
        busy = [{at for start, end in spots for at in range(start, end)} for spots in taken]
        places = [
            tuple((at, at + 1) for at, letter in enumerate(reading.folded) if letter == "x" and at not in own)
            for reading, own in zip(readings, busy, strict=True)
        ]
        return [[Discovery("X", at, 0.9)] if at else [] for at in places]


def test_discovered_names_follow_the_watched_ones() -> None:
    """Watched platforms first, then the names that the text treats as platforms; given candidates stay alone."""
    scorer = Scorer(loader.load(), WATCHED, discoverer=Capitals())
    questions = [
        Question("X与沐溪财富都跑路了"),
        Question("X跑路了"),
        Question("X跑路了", "", ("沐溪财富",)),
        Question(BAD),
    ]
    found = [[answer.entity for answer in answers] for answers in scorer.score(questions)]
    assert found == [["沐溪财富", "X"], ["X"], ["沐溪财富"], ["岚桥优贷"]]


def test_names_are_discovered_where_something_happened_or_money_is_spoken_of() -> None:
    """A calm text about a watched platform, and one about the weather, are not searched for further names."""
    scorer = Scorer(loader.load(), WATCHED, discoverer=Capitals())
    texts = ("X与沐溪财富合作", "X出门散步", "X推出理财产品", "X跑路了")
    found = [[answer.entity for answer in each] for each in scorer.score([Question(text) for text in texts])]
    assert found == [["沐溪财富"], [""], ["X"], ["X"]]


def test_a_candidate_that_the_text_does_not_name_is_said_to_be_missing(scorer: Scorer) -> None:
    """It is judged by the text as a whole, and its reason says so."""
    present, absent = ask(scorer, BAD, "岚桥优贷", "青禾宝")
    assert "文中未见该名称" in absent.reason
    assert "文中未见该名称" not in present.reason


def test_a_text_about_nobody_has_one_row_and_is_not_negative_about_anybody(scorer: Scorer) -> None:
    """The document may be negative; `is_negative` speaks of an entity and there is none."""
    (answer,) = ask(scorer, "某平台无法提现，老板失联，投资人报案，警方已立案侦查。")
    assert answer.entity == ""
    assert not answer.is_negative
    assert answer.document > 0.5
    assert answer.evidence


def test_no_candidates_is_not_the_same_as_unknown_candidates(scorer: Scorer) -> None:
    """Told that there are none, none is looked for."""
    assert [answer.entity for answer in scorer.score([Question(BAD, "", ())])[0]] == [""]


@pytest.mark.parametrize("written", ["岚橋優貸", "岚 桥 优 贷", "岚·桥·优·贷"])
def test_a_candidate_is_found_under_its_disguises(scorer: Scorer, written: str) -> None:
    """Traditional characters and spaced-out forms in the text are the candidate in plain letters."""
    plain, disguised = (
        ask(scorer, BAD.replace("岚桥优贷", name), "岚桥优贷")[0] for name in ("岚桥优贷", written)
    )
    assert disguised.events == plain.events
    assert disguised.negative == pytest.approx(plain.negative, abs=0.05)


def test_evidence_quotes_the_text(scorer: Scorer) -> None:
    """What is shown as evidence stands in the text, word for word."""
    text = "今天天气很好。岚桥优贷涉嫌非法吸收公众存款，警方已立案。"
    assert ask(scorer, text, "岚桥优贷")[0].evidence in text


def test_evidence_without_an_event_is_the_worst_sentence_about_the_name(scorer: Scorer) -> None:
    """Where no event pattern hits, a negative judgement still shows the words that it rests on."""
    text = "天气晴。岚桥优贷这群骗子太黑心了，我的血汗钱全没了，一分都拿不回来！明天放假。"
    answer = ask(scorer, text, "岚桥优贷")[0]
    if answer.is_negative:
        assert "岚桥优贷" in answer.evidence or "血汗钱" in answer.evidence


def test_good_news_lifts_the_sentiment(scorer: Scorer) -> None:
    """Only a text that reports good news and nothing adverse is brighter than it is not negative."""
    good, bad = ask(scorer, "岚桥优贷已恢复正常兑付。", "岚桥优贷")[0], ask(scorer, BAD, "岚桥优贷")[0]
    assert good.sentiment > -good.negative
    assert bad.sentiment == -bad.negative


def test_answers_do_not_depend_on_the_rest_of_the_batch(scorer: Scorer) -> None:
    """A text reads the same alone, in another order and beside others: workers may cut batches as they like."""
    questions = [
        Question(BAD, "", ("岚桥优贷", "沐溪财富")),
        Question("沐溪财富发布月度报告。", "标题", None),
        Question("", "", None),
        Question("他们都说岚桥优贷是骗子" * 40, "", ("岚桥优贷",)),
    ]
    together = scorer.score(questions)
    assert [scorer.score([question])[0] for question in questions] == together
    assert scorer.score(questions[::-1])[::-1] == together


def test_a_name_beyond_what_the_model_reads_is_judged_by_its_own_sentences(scorer: Scorer) -> None:
    """Of an over-long text the sentences about the candidate are read, wherever they stand."""
    calm = "市场平稳运行，成交量与上月持平。" * (MAX_CHARS // 8)
    answer = ask(scorer, calm + BAD + calm, "岚桥优贷")[0]
    assert answer.negative > ask(scorer, calm + "岚桥优贷发布公告。" + calm, "岚桥优贷")[0].negative


def test_a_title_repeated_by_the_text_is_read_once(scorer: Scorer) -> None:
    """Exports repeat the title as the first line of the text."""
    assert ask(scorer, BAD, "岚桥优贷", title="岚桥优贷无法提现") == ask(scorer, BAD, "岚桥优贷")


HOSTILE = (
    "",
    " \t\n\u3000",
    "😀🎉💰",
    "\x00\x01\x1b[31m\x7f\x85",
    "\ud800岚桥优贷\udfff",
    "ǍǎΩжंกあア한𝕏",
    "\u202e岚桥优贷\u202c\u200b\ufeff",
    "é" * 3 + "e\u0301" * 3,
    "a.b.c." * 2000,
    "“" * 5000,
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("names", [None, (), ("岚桥优贷",), ("\ud800", "", " ", "\x00")])
def test_no_text_and_no_name_raises(scorer: Scorer, text: str, names: tuple[str, ...] | None) -> None:
    """Empty, control characters, emoji, halves of surrogates, mixed scripts: answered, not refused."""
    (answers,) = scorer.score([Question(text, text, names)])
    hold(answers, names)


@pytest.mark.parametrize("piece", ["岚桥优贷无法提现。", "字", "1.", "a ", "😀", '"'])
def test_a_megabyte_is_read(scorer: Scorer, piece: str) -> None:
    """A dump of 1 MB is one document like others."""
    text = piece * (1_000_000 // len(piece.encode()))
    hold(ask(scorer, text, "岚桥优贷", "沐溪财富"), ("岚桥优贷", "沐溪财富"))


@settings(deadline=None, max_examples=120)
@given(ANY_TEXT, ANY_TEXT, st.none() | ANY_NAMES)
@example("", "", [])
@example("岚桥优贷", "岚桥优贷", ["", "岚桥优贷"])
def test_any_row_keeps_the_contract(text: str, title: str, names: list[str] | None) -> None:
    """Whatever the row: as many answers as candidates, every number in its range, one document probability."""
    asked = None if names is None else tuple(names)
    (answers,) = _shared().score([Question(text, title, asked)])
    hold(answers, asked)


@settings(deadline=None, max_examples=150)
@given(
    st.text("ab岚桥", max_size=40),
    st.lists(st.text("ab岚桥", min_size=1, max_size=4), unique=True, max_size=6),
)
def test_few_and_many_names_are_found_alike(text: str, names: list[str]) -> None:
    """Looking for names one by one and all at once give the same places."""
    padding = [f"无关名称{number}" for number in range(FEW + 1)]
    assert located(text, names) == located(text, [*names, *padding])


def hold(answers: Sequence[Answer], names: Sequence[str] | None) -> None:
    """The promises of `Scorer.score` about one text."""
    if names:
        assert [answer.entity for answer in answers] == list(names)
    if names == ():
        assert [answer.entity for answer in answers] == [""]
    assert answers
    assert len({answer.document for answer in answers}) == 1
    for answer in answers:
        assert 0 <= answer.negative <= 1
        assert 0 <= answer.document <= 1
        assert -1 <= answer.sentiment <= 1
        assert answer.reason
        assert not (answer.is_negative and answer.entity == "" and not names)


_made: list[Scorer] = []


def _shared() -> Scorer:
    """Hypothesis calls a test many times; a fixture of the module would do, were it not reset per example."""
    if not _made:
        _made.append(Scorer(loader.load(), WATCHED))
    return _made[0]
