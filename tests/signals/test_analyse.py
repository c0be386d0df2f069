"""From documents to mentions: who is accused, how surely, and what the numbers mean. Everything here is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from settings.loader import load
from settings.models import Platform
from signals.analyse import READ, Analyser
from signals.model import Document, Kind, Mention, Polarity

SETTINGS = load()
A, B, C = (
    Platform(id=i, name=n, category="网贷")
    for i, n in (("a", "云帆钱庄"), ("b", "麦穗理财通"), ("c", "金桥速贷"))
)
MANY = [Platform(id=f"n{i}", name=f"甲乙丙{i}号贷", category="网贷") for i in range(8)]


@dataclass(frozen=True)
class Rated:
    """The stand-in's answer."""

    about: list[NDArray[np.float64]]


class Even:
    """A stand-in for the trained model that has no opinion; it keeps what it was asked."""

    version = "even-1"

    def __init__(self, probability: float = 0.5) -> None:
        self.probability = probability
        self.texts: list[str] = []
        self.names: list[Sequence[Sequence[str]]] = []

    def rate(self, texts: Sequence[str], candidates: Sequence[Sequence[Sequence[str]]]) -> Rated:
        self.texts += texts
        self.names += candidates
        return Rated([np.full(len(each), self.probability) for each in candidates])


ANALYSER = Analyser(SETTINGS, [A, B, C, *MANY], Even())


def document(
    text: str, title: str = "", kind: Kind = Kind.NEWS, subject: str | None = None, year: int = 2024
) -> Document:
    return Document("test", kind, title, text, subject=subject, published_at=datetime(year, 6, 1, tzinfo=UTC))


def mentions(
    text: str, title: str = "", kind: Kind = Kind.NEWS, subject: str | None = None
) -> dict[str, Mention]:
    (found,) = ANALYSER.analyse([document(text, title, kind, subject)])
    return {mention.platform_id: mention for mention in found}


def events(mention: Mention) -> set[str]:
    return {hit.event_id for hit in mention.events}


# Phenomenon, text, platforms accused (a crisis event that counts), platforms only named.
CULPRITS = [
    ("one platform", "云帆钱庄提现困难。", "a", ""),
    ("event before its name", "涉嫌诈骗的云帆钱庄已关门。", "a", ""),
    ("nearest in the sentence", "麦穗理财通运营平稳，云帆钱庄提现困难。", "a", "b"),
    ("bystander in another sentence", "麦穗理财通发布季度报告。云帆钱庄老板跑路。", "a", "b"),
    ("enumeration", "云帆钱庄、麦穗理财通和金桥速贷均已跑路。", "a b c", ""),
    ("enumeration behind the event", "已立案的平台包括：云帆钱庄、麦穗理财通。", "a b", ""),
    ("agent of a passive", "云帆钱庄被麦穗理财通举报诈骗。", "a", "b"),
    ("following sentence", "云帆钱庄今日公告。产品停止兑付。麦穗理财通表示关注。", "a", "b"),
    ("partner bank", "云帆钱庄与麦穗理财通签署合作协议，云帆钱庄随后爆雷。", "a", "b"),
    ("impostors", "骗子冒充云帆钱庄实施诈骗。", "", "a"),
    ("news source", "云帆钱庄讯，某地一家网贷平台爆雷。", "", "a"),
    ("denied", "云帆钱庄否认跑路。", "", "a"),
    ("mixed polarities", "云帆钱庄从未提现困难，麦穗理财通已经提现困难。", "b", "a"),
    ("name inside the event", "法院冻结云帆钱庄账户。", "a", ""),
]


@pytest.mark.parametrize(
    ("phenomenon", "text", "accused", "named"), CULPRITS, ids=[one[0] for one in CULPRITS]
)
def test_culprit_and_bystander(phenomenon: str, text: str, accused: str, named: str) -> None:
    """Events are laid at the right door; bystanders are mentions without an accusation."""
    good = {event.id for event in SETTINGS.events if not event.crisis}
    found = mentions(text)
    guilty = {
        i
        for i, one in found.items()
        if any(hit.polarity != "denied" and hit.event_id not in good for hit in one.events)
    }
    assert guilty == set(accused.split())
    assert set(found) - guilty == set(named.split())


def test_bystander_weighs_less() -> None:
    """Where another is accused, a platform named by the way has less relevance and less negativity."""
    found = mentions("金桥速贷是股东之一。云帆钱庄提现困难，云帆钱庄老板失联。")
    assert found["c"].relevance < found["a"].relevance
    assert found["c"].negative < found["a"].negative


def test_severity_and_polarity_come_from_the_strongest_event() -> None:
    """An old case does not lend its severity to today's smaller trouble."""
    found = mentions("云帆钱庄曾被立案侦查。云帆钱庄目前系统崩溃。")["a"]
    assert (found.polarity, found.severity) == (Polarity.ASSERTED, 0.35)
    assert events(found) == {"case_filed", "system_failure"}


def test_severity_without_event() -> None:
    """No event is .3, not zero; so is a denied one."""
    assert mentions("云帆钱庄发布新版本。")["a"].severity == 0.3
    assert mentions("云帆钱庄从未逾期兑付。")["a"].severity == 0.3


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("云帆钱庄提现困难。", Polarity.ASSERTED),
        ("网传云帆钱庄跑路。", Polarity.QUOTED),
        ("云帆钱庄跑路了吗？", Polarity.ASKED),
        ("云帆钱庄靠谱不？", Polarity.ASKED),
        ("如果云帆钱庄跑路，本金难回。", Polarity.CONDITIONAL),
        ("云帆钱庄曾因虚假宣传被罚。", Polarity.HISTORICAL),
        ("云帆钱庄跑路一事不实。", Polarity.DENIED),
        ("云帆钱庄发布严正声明。", Polarity.DENIED),
        ("云帆钱庄额度提现秒到账，无视逾期，加微信。", Polarity.ADVERT),
        ("云帆钱庄上线新产品。", Polarity.ASSERTED),
    ],
)
def test_polarity_of_a_mention(text: str, polarity: Polarity) -> None:
    """Every value of the one enumeration is reached."""
    assert mentions(text)["a"].polarity is polarity


def test_negative_follows_the_events() -> None:
    """Asserted above rumoured above silent above denied and advertised, at the same opinion of the model."""
    texts = ["云帆钱庄跑路。", "网传云帆钱庄跑路。", "云帆钱庄发布新版本。", "云帆钱庄：跑路消息纯属谣言。"]
    values = [mentions(text)["a"].negative for text in texts]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.6
    assert values[3] <= 0.1


def test_good_news_is_not_negative() -> None:
    """Redemption resumed and nothing else lowers the model's suspicion."""
    assert mentions("云帆钱庄恢复兑付。")["a"].negative < 0.2


def test_a_confident_model_is_heard() -> None:
    """Without an event the model's opinion stands nearly alone."""
    sure = Analyser(SETTINGS, [A], Even(0.97)).analyse([document("云帆钱庄还我养老钱啊")])[0][0]
    assert sure.negative > 0.9


def test_complaint_is_about_its_subject() -> None:
    """The platform in the subject field bears the complaint even where the text does not name it."""
    found = mentions("说好秒到账，结果提现一直不到账。", kind=Kind.COMPLAINT, subject="云帆钱庄")["a"]
    assert (found.relevance, found.polarity, events(found)) == (
        1,
        Polarity.ASSERTED,
        {"withdrawal_difficulty"},
    )
    assert found.negative >= 0.9


def test_complaint_about_somebody_else() -> None:
    """A payment channel in the text of a complaint about another party is a bystander."""
    found = mentions("用云帆钱庄付款买课。商家虚假宣传。", kind=Kind.COMPLAINT, subject="某某教育")["a"]
    assert not found.events
    assert found.relevance < 0.6
    assert found.negative < 0.5


def test_title_takes_what_the_text_leaves_unnamed() -> None:
    """Sentences that name nobody speak of the headline's platform."""
    found = mentions("近日情况恶化。公司官网无法打开。\n麦穗理财通同日发布周报。", title="云帆钱庄最新进展")
    assert events(found["a"]) == {"system_failure"}


def test_listing_with_and_without_an_event() -> None:
    """In a list of many platforms the one with an event keeps its weight, the others share theirs."""
    names = "，".join(platform.name for platform in MANY)
    found = mentions(f"今日行情：{names}。其中{MANY[3].name}提现困难。")
    assert found["n3"].relevance > 2 * found["n0"].relevance


def test_history_needs_the_date_of_publication() -> None:
    """The same sentence is news in its year and history later."""
    text = "2016年3月，云帆钱庄被立案侦查。"
    (then,), (later,) = ANALYSER.analyse([document(text, year=2016), document(text, year=2024)])
    assert (then.polarity, later.polarity) == (Polarity.ASSERTED, Polarity.HISTORICAL)


def test_evidence_quotes_the_stored_parts() -> None:
    """Spans of names and events are offsets into title, text and subject as stored."""
    title, text, subject = "云帆钱庄被约谈", "云 帆 钱 庄无法提现", "云帆钱庄"
    found = mentions(text, title, Kind.COMPLAINT, subject)["a"]
    parts = {"title": title, "text": text, "subject": subject}
    quoted = {parts[span.part][span.start : span.end] for span in found.spans}
    assert quoted >= {"云帆钱庄", "云 帆 钱 庄", "约谈", "无法提现"}


def test_aligned_with_the_input() -> None:
    """Documents without a watched platform have an empty list in their place."""
    found = ANALYSER.analyse([document("无关。"), document("云帆钱庄跑路。"), document("")])
    assert [len(one) for one in found] == [0, 1, 0]
    assert ANALYSER.analyse([]) == []


def test_model_is_asked_once_per_document() -> None:
    """The model sees every linked document once, with all its platforms by the names that the text uses."""
    model = Even()
    Analyser(SETTINGS, [A, B], model).analyse(
        [document("云帆钱庄与麦穗理财通", "雲帆錢莊"), document("无关")]
    )
    assert model.texts == ["雲帆錢莊\n云帆钱庄与麦穗理财通"]
    assert model.names == [[["雲帆錢莊", "云帆钱庄"], ["麦穗理财通"]]]


def test_model_reads_long_documents_where_they_name_platforms() -> None:
    """Of a very long document the model sees title and relevant sentences, not a megabyte."""
    model = Even()
    Analyser(SETTINGS, [A], model).analyse(
        [document("天气很好。" * 100_000 + "云帆钱庄跑路。下一句。", "长文")]
    )
    assert model.texts[0].startswith("长文")
    assert "云帆钱庄跑路。" in model.texts[0]
    assert len(model.texts[0]) <= READ + 10


def test_version_names_model_watch_list_and_events() -> None:
    """Any change that could change a mention changes the version; it fits its column."""
    other_list = Analyser(SETTINGS, [A], Even()).version
    other_events = Analyser(
        SETTINGS.model_copy(update={"events": SETTINGS.events[:-1]}), [A, B, C, *MANY], Even()
    ).version
    versions = {ANALYSER.version, other_list, other_events}
    assert len(versions) == 3
    assert all(len(version) <= 64 and version.startswith("even-1") for version in versions)
    assert mentions("云帆钱庄")["a"].model_version == ANALYSER.version


@settings(max_examples=60)
@given(st.lists(st.text(alphabet=st.characters(), max_size=60), max_size=4), st.sampled_from(list(Kind)))
def test_no_document_raises(texts: list[str], kind: Kind) -> None:
    """Emoji, control characters, mixed scripts, surrogate halves: every mention stays within its ranges."""
    documents = [document(text + "云帆钱庄\ud83d跑路", text, kind, text[:5]) for text in texts]
    for found in ANALYSER.analyse(documents):
        assert found
        assert all(0 <= m.relevance <= 1 and 0 <= m.negative <= 1 and 0 <= m.severity <= 1 for m in found)


def test_same_documents_same_mentions() -> None:
    """Analysis is pure: batches may be cut anywhere."""
    documents = [document("云帆钱庄跑路。"), document("麦穗理财通被罚款五万元。"), document("金桥速贷")]
    assert ANALYSER.analyse(documents) == [ANALYSER.analyse([one])[0] for one in documents]


def test_shipped_model() -> None:
    """With the trained weights a plain accusation is negative and a plain notice is not."""
    analyser = Analyser(SETTINGS, [A])
    (bad,), (good,) = analyser.analyse(
        [
            document("云帆钱庄老板失联，投资人报案维权，警方以涉嫌集资诈骗立案侦查。"),
            document("云帆钱庄志愿者走进社区开展金融知识讲座，受到居民欢迎。"),
        ]
    )
    assert bad.negative > 0.8 > 0.3 > good.negative
