"""Linking: tiers, nesting, evasions, relevance. All platforms here are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.models import AmbiguousAlias, Platform
from signals import evasion
from signals.linking import Link, Linker, generic_context, tier_for, watch_list_entry
from signals.model import Tier
from signals.names import bare_entry

YUNFAN = Platform(
    id="yunfan",
    name="云帆钱庄",
    category="网贷",
    legal_entities=("杭州云帆网络科技有限公司", "云帆（北京）科技有限公司"),
    brand=("云帆钱庄app",),
    ambiguous=(AmbiguousAlias(text="云帆", context=("理财", "投资人")),),
    not_this=("云帆物流",),
    old_names=("飞鱼贷贷",),
)
WATCH_LIST = [
    YUNFAN,
    Platform(id="hongling", name="赤岭", category="网贷"),
    Platform(id="honglingct", name="赤岭创投", category="网贷"),
    Platform(id="eloan", name="e粮宝", category="网贷"),
    Platform(id="app360", name="777借条", category="贷款"),
    Platform(id="wzz", name="wzzpay", category="支付", brand=("wzz",)),
    Platform(id="gold", name="唐大僧", category="网贷"),
    watch_list_entry("p1", "聚宝盆", "网贷"),
    watch_list_entry("p2", "汇理财", "网贷"),
    watch_list_entry("p3", "小桃贷", "网贷", ["云帆钱庄"]),
]
LINKER = Linker(WATCH_LIST)


def ids(title: str = "", text: str = "", subject: str = "") -> list[str]:
    return [link.platform_id for link in LINKER.link(title, text, subject)]


def only(title: str = "", text: str = "", subject: str = "") -> Link:
    (link,) = LINKER.link(title, text, subject)
    return link


@pytest.mark.parametrize(
    ("phenomenon", "text", "expected"),
    [
        ("full name", "云帆钱庄提现困难", ["yunfan"]),
        ("legal entity", "杭州云帆网络科技有限公司被立案", ["yunfan"]),
        ("legal entity, half-width brackets", "云帆(北京)科技有限公司", ["yunfan"]),
        ("old name", "飞鱼贷贷改名了", ["yunfan"]),
        ("ambiguous with context", "在云帆投资理财的人都慌了", ["yunfan"]),
        ("ambiguous without context", "直挂云帆济沧海", []),
        ("not this", "云帆物流快递丢件，投资人不满", []),
        ("nested, longest wins", "赤岭创投宣布清盘", ["honglingct"]),
        ("nested, the short one alone", "赤岭宣布清盘", ["hongling"]),
        ("nested, both named", "赤岭创投和赤岭不是一家", ["honglingct", "hongling"]),
        ("traditional characters", "雲帆錢莊無法提現", ["yunfan"]),
        ("full width", "Ｅ粮宝", ["eloan"]),
        ("spaced out", "都别信 e 粮 宝 了", ["eloan"]),
        ("zero-width characters", "云\u200b帆\u200b钱\u200b庄", ["yunfan"]),
        ("blank between digits and Chinese", "我用777 借条借的", ["app360"]),
        ("look-alike letter", "\u0435粮宝跑路", ["eloan"]),
        ("look-alike character", "唐大憎跑路", ["gold"]),
        ("latin name", "用WZZ付款", ["wzz"]),
        ("latin name inside a word", "wzzq 或 xwzz", []),
        ("latin name inside a longer one", "wzzpay 收款", ["wzz"]),
        ("common word as a word", "桌上放着聚宝盆", []),
        ("common word as a name", "聚宝盆平台爆雷", ["p1"]),
        ("common word in quotation marks", "涉案的“聚宝盆”已被查封", ["p1"]),
        ("weak name inside a longer word", "外汇理财平台骗局", []),
        ("weak name standing free", "旗下汇理财涉嫌自融", ["p2"]),
        ("current name before a former one", "云帆钱庄公告", ["yunfan"]),
        ("cut on the right", "赤岭创投资金到位", ["honglingct"]),
        ("nobody", "今天天气不错", []),
    ],
)
def test_phenomenon(phenomenon: str, text: str, expected: list[str]) -> None:
    """Each named phenomenon links exactly the platforms meant."""
    assert ids(text=text) == expected


def test_ambiguous_far_from_its_context_goes_to_review() -> None:
    """Context elsewhere in the document leaves a doubt: low relevance and a person looks."""
    link = only(text="直挂云帆济沧海。" + "天气晴好。" * 20 + "投资人请注意。")
    assert (link.needs_review, link.relevance) == (True, 0.2)


def test_shared_name_goes_to_review() -> None:
    """A name that two platforms bear links both, for review."""
    twins = Linker(
        [Platform(id="a", name="双子星贷", category="x"), Platform(id="b", name="双子星贷", category="x")]
    )
    assert [(link.platform_id, link.needs_review) for link in twins.link("", "双子星贷", "")] == [
        ("a", True),
        ("b", True),
    ]


def test_mentions_merge_and_quote_the_text() -> None:
    """One link per platform; its spans lie in their parts and are labelled with the text as written."""
    title, text = "雲帆錢莊被约谈", "云帆钱庄与云帆钱庄APP"
    link = only(title, text)
    parts = {"title": title, "text": text}
    assert [parts[span.part][span.start : span.end] for span in link.spans] == [
        span.label for span in link.spans
    ]
    assert [span.part for span in link.spans] == ["title", "text", "text"]
    assert link.tier is Tier.FULL


def test_relevance_by_place() -> None:
    """Subject field before title before text."""
    assert only(subject="云帆钱庄").relevance == 1
    assert only(text="云帆钱庄").relevance < only(title="云帆钱庄").relevance < 1


def test_relevance_shared_in_a_listing() -> None:
    """A document that lists many platforms says less about each."""
    many = [Platform(id=f"n{i}", name=f"甲乙丙{i}号贷", category="x") for i in range(10)]
    listing = Linker(many).link("", "、".join(platform.name for platform in many), "")
    assert len(listing) == 10
    assert max(link.relevance for link in listing) < only(text="云帆钱庄").relevance / 2


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("小桃贷款网", Tier.BRAND),
        ("宝", Tier.AMBIGUOUS),
        ("快金", Tier.AMBIGUOUS),
        ("财富", Tier.AMBIGUOUS),
        ("普惠金融", Tier.AMBIGUOUS),
        ("金投资", Tier.AMBIGUOUS),
        ("ppd", Tier.AMBIGUOUS),
        ("12345", Tier.AMBIGUOUS),
        ("某某信息服务有限公司", Tier.FULL),
    ],
)
def test_tier_for(name: str, tier: Tier) -> None:
    """Short names, common words and a single character with a common tail need context."""
    assert tier_for(name) is tier


def test_tier_for_takes_its_words() -> None:
    """The list of common words can be given, so that the function depends on nothing else."""
    assert tier_for("青蛙王子", {"青蛙王子"}) is Tier.AMBIGUOUS
    assert tier_for("青蛙王子", ()) is Tier.BRAND


def test_generic_context_holds_the_name() -> None:
    """Every context form contains the name itself: a bare word elsewhere proves nothing."""
    assert all("财富" in form for form in generic_context("财富"))


def test_version_follows_names_and_order_does_not_matter() -> None:
    """Another alias is another version; another order of the list is not."""
    assert Linker(WATCH_LIST[::-1]).version == LINKER.version
    assert Linker(WATCH_LIST[1:]).version != LINKER.version


def test_empty_watch_list() -> None:
    """Nothing to look for is nothing found."""
    assert Linker([]).link("云帆钱庄", "云帆钱庄", "") == []


HIDDEN = Linker(
    [
        Platform(id="pai", name="拍拍财", category="网贷"),
        Platform(id="lu", name="陆银所", category="网贷"),
        Platform(id="qu", name="趣点", category="网贷", brand=("趣点",)),
        Platform(id="touzi", name="圣奇投资", category="网贷"),
        Platform(id="other", name="陆银锁", category="网贷"),
        Platform(id="e", name="e粮宝", category="网贷"),
    ]
)


@pytest.mark.parametrize(
    ("phenomenon", "text", "expected"),
    [
        ("sound-alike, nothing near", "昨天在拍拍材借了钱", [("pai", True)]),
        ("sound-alike where only a name can stand", "拍拍材跑路了", [("pai", False)]),
        ("sound-alike in quotation marks", "涉案的“拍拍材”", [("pai", False)]),
        ("ordinary language", "他拍拍材料", []),
        ("the variant is another platform's name", "陆银锁跑路", [("other", False)]),
        ("two characters swapped", "拍排材跑路", []),
        ("written as its sound", "qu点平台", [("qu", False)]),
        ("a sound inside a Latin word", "faqu点平台", []),
        ("a common tail is no name", "圣旗投资", []),
        ("inserted dots", "陆.银.所", [("lu", False)]),
        ("full width", "Ｅ粮堡app", [("e", False)]),
    ],
)
def test_hidden_spelling(phenomenon: str, text: str, expected: list[tuple[str, bool]]) -> None:
    """One swapped character is a hint: a person decides, unless the text leaves no doubt that it is a name."""
    assert [(link.platform_id, link.needs_review) for link in HIDDEN.link("", text)] == expected


def test_an_open_naming_settles_a_hidden_one() -> None:
    """Where the platform is also named openly, nothing is left to review."""
    (link,) = HIDDEN.link("拍拍财公告", "在拍拍材借了钱")
    assert not link.needs_review
    assert len(link.spans) == 2


def test_hidden_spellings_are_bounded() -> None:
    """However long the list, the variants stay few enough to keep in memory."""
    names = [f"{a}{b}贷贷宝" for a in "人宜拍陆金网财投钱易" for b in "小大天云信融汇中新华"]
    assert len(list(evasion.variants(names, set(names)))) <= evasion.MOST


@pytest.mark.parametrize(
    ("text", "review"),
    [
        ("交通银行的小桃贷怎么申请", True),
        ("该行推出小桃贷", True),
        ("银行存管的小桃贷", False),
        ("示例银行携手小桃贷拓展场景", False),
        ("示例银行与小桃贷日前签约", False),
        ("业内人士与交通银行的小桃贷客服", True),
        ("小桃贷跑路", False),
    ],
)
def test_a_banks_product_goes_to_review(text: str, review: bool) -> None:
    """Banks name their loans as platforms name themselves: a person decides."""
    assert only(text=text).needs_review is review


def test_a_complaint_about_a_platform_is_about_it() -> None:
    """Whoever fills in whom the complaint is about has settled it, whatever bank the text goes on to name."""
    text = "还款当天银行扣款成功，小桃贷却记我逾期"
    assert LINKER.link("", text)[0].needs_review
    assert not only("", text, "小桃贷").needs_review


@pytest.mark.parametrize("name", ["赤岭财富", "赤岭金融", "赤岭投资"])
def test_a_name_that_ends_the_text_is_whole(name: str) -> None:
    """As the subject of a complaint does: nothing follows that could make its tail a longer word."""
    linker = Linker([Platform(id="one", name=name, category="网贷")])
    assert [link.relevance for link in linker.link("求助", "一直不到账", name)] == [1.0]
    assert linker.link("", f"大家小心{name}")


@pytest.mark.parametrize(
    ("phenomenon", "name", "text"),
    [
        ("cut on the right, long name", "猴群理财", "猴群理财术"),
        ("cut on the left", "易大贷", "网易大贷上线"),
    ],
)
def test_part_of_a_longer_word(phenomenon: str, name: str, text: str) -> None:
    """A name that is part of a longer word is no mention."""
    linker = Linker([Platform(id="x", name=name, category="网贷")])
    assert linker.link("", text) == []
    assert linker.link("", f"{name}公告") != []


@given(st.text(alphabet=st.characters(), max_size=120), st.text(alphabet=st.characters(), max_size=20))
def test_no_text_raises(text: str, title: str) -> None:
    """Emoji, control characters and surrogate halves: linked without an error, spans inside the text."""
    for link in LINKER.link(title, text + "云帆钱庄\udfff", ""):
        for span in link.spans:
            assert 0 <= span.start < span.end <= len(text) + 5


def test_a_megabyte_is_linked() -> None:
    """A name at the end of a megabyte is found."""
    assert ids(text="平安无事。" * 200_000 + "云帆钱庄") == ["yunfan"]


def test_bare_names_mean_what_platforms_of_that_name_mean() -> None:
    """A list of nothing but names links alike whether its platforms are made beforehand or when a text holds them."""
    names = ["岚桥优贷", "财富", "星泊财富", "金投资", "汇理财"]
    made = Linker([bare_entry(name) for name in names])
    bare = Linker((), names)
    texts = ("岚桥优贷跑路", "财富平台跑路，外汇理财也跌", "岚乔优贷平台", "财富自由", "基金投资与星泊财富")
    assert [bare.link("", text) for text in texts] == [made.link("", text) for text in texts]
    assert bare.version == made.version
