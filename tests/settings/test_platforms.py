"""The shipped watch list: valid, unambiguous, and read by the linker as its author meant it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from settings.loader import FOLDER, read_platforms
from settings.models import Platform
from signals.linking import Linker
from signals.text import fold

PLATFORMS = read_platforms(FOLDER / "platforms.toml")
CATEGORIES = {"支付", "消费金融", "助贷平台", "互联网银行", "财富管理", "互联网券商"}
EACH = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.id)


@pytest.fixture(scope="module")
def linker() -> Linker:
    """A linker over the whole list, so that one platform's names can get in another's way."""
    return Linker(PLATFORMS)


def sure_names(platform: Platform) -> Iterator[str]:
    """Every string that alone names the platform."""
    yield from (*platform.full, *platform.brand, *platform.legal_entities, *platform.old_names)


def ambiguous_names(platform: Platform) -> list[str]:
    """Every string that names it only in context."""
    return [alias.text for alias in platform.ambiguous]


def linked(linker: Linker, text: str) -> set[str]:
    """Ids of the platforms found in a text."""
    return {link.platform_id for link in linker.link("", text, None)}


def test_about_sixty_platforms_in_every_category() -> None:
    """The list covers payments, consumer finance, loans, banks, wealth and brokers, several of each."""
    counts = Counter(platform.category for platform in PLATFORMS)
    assert set(counts) == CATEGORIES
    assert min(counts.values()) >= 4
    assert 55 <= len(PLATFORMS) <= 75


def test_ids_are_unique() -> None:
    """An id is a key of the database."""
    assert len({platform.id for platform in PLATFORMS}) == len(PLATFORMS)


def test_real_platforms_are_not_demo_and_have_a_dated_status() -> None:
    """Real names carry no demonstration mark; a status other than 在营 rests on a date and evidence."""
    for platform in PLATFORMS:
        assert not platform.demo
        assert platform.status == "在营" or (platform.status_since and platform.status_evidence)


@EACH
def test_name_stands_in_exactly_one_tier(platform: Platform) -> None:
    """How far the display name alone identifies the platform is said, never implied."""
    tiers = [*platform.full, *platform.brand, *ambiguous_names(platform)]
    assert tiers.count(platform.name) == 1


def test_no_name_belongs_to_two_platforms() -> None:
    """One string, folded as the texts are, means one platform, whatever tier it stands in."""
    owners: dict[str, set[str]] = {}
    for platform in PLATFORMS:
        for name in (platform.name, *sure_names(platform), *ambiguous_names(platform)):
            owners.setdefault(fold(name), set()).add(platform.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


@EACH
def test_no_name_is_listed_twice(platform: Platform) -> None:
    """A repeated alias of one platform is a slip of the pen."""
    names = [fold(name) for name in (*sure_names(platform), *ambiguous_names(platform))]
    assert len(names) == len(set(names))


@EACH
def test_short_names_are_ambiguous(platform: Platform) -> None:
    """Two Chinese characters are a word of the language as often as a name."""
    assert [name for name in sure_names(platform) if len(name) <= 2] == []


@EACH
def test_common_words_are_ambiguous(platform: Platform) -> None:
    """A word of the lexicon of common words never stands in a sure tier."""
    lines = (FOLDER / "lexicons" / "common_words.txt").read_text("utf-8").splitlines()
    assert set(sure_names(platform)) & {line.split("#")[0].strip() for line in lines} == set()


@EACH
def test_legal_entities_are_registered_names(platform: Platform) -> None:
    """A registered name ends in 公司; anything else belongs among the aliases."""
    assert [name for name in platform.legal_entities if not name.endswith("公司")] == []


@EACH
def test_not_this_names_contain_an_alias(platform: Platform) -> None:
    """A "not this" name that contains no alias of its platform can never do anything."""
    aliases = [fold(name) for name in (*sure_names(platform), *ambiguous_names(platform))]
    for longer in map(fold, platform.not_this):
        assert any(alias in longer and alias != longer for alias in aliases), longer


@EACH
def test_context_adds_information(platform: Platform) -> None:
    """A context word found inside the alias itself would always be near it, and so say nothing."""
    for alias in platform.ambiguous:
        assert [word for word in alias.context if fold(word) in fold(alias.text)] == []
        assert len(alias.context) == len(set(alias.context))


@EACH
def test_sure_names_link_to_their_platform_alone(platform: Platform, linker: Linker) -> None:
    """No name of the list is swallowed by, or found inside, another platform's name."""
    for name in sure_names(platform):
        assert linked(linker, f"据悉，{name}，昨日出现异常。") == {platform.id}, name


@EACH
def test_ambiguous_names_need_their_context(platform: Platform, linker: Linker) -> None:
    """A common word alone links to nothing; each of its context words makes it the platform."""
    for alias in platform.ambiguous:
        assert linked(linker, f"这里写着：{alias.text}。") == set(), alias.text
        for word in alias.context:
            assert platform.id in linked(linker, f"这里写着：{alias.text}，{word}。"), (alias.text, word)


@EACH
def test_not_this_names_do_not_link(platform: Platform, linker: Linker) -> None:
    """致富途径 stays a word even beside the words that would make 富途 a broker."""
    context = "、".join(word for alias in platform.ambiguous for word in alias.context)
    others = linked(linker, context)
    for longer in platform.not_this:
        assert platform.id not in linked(linker, f"{longer}，{context}。") - others, longer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("支持微信支付宝转账", {"alipay"}),
        ("支持微信支付、支付宝转账", {"wechat-pay", "alipay"}),
        ("支付宝花呗被限额", {"huabei"}),
        ("京东消费金融与京东金融是两家公司", {"jd-consumer-finance", "jd-finance"}),
        ("用了360借条以后一直被催收", {"qifu"}),
        ("捷信消费金融原来的合同怎么办", {"jd-consumer-finance"}),
        ("这只雪球产品敲入了，券商APP里看得到", set()),
        ("没有别的致富途径，只好开户炒股", set()),
        ("富途暂停内地开户", {"futu"}),
        ("有钱就还呗", set()),
        ("还呗客服电话打不通", {"huanbei"}),
        ("跨境理财通的微信介绍", set()),
    ],
)
def test_traps_of_the_list(text: str, expected: set[str], linker: Linker) -> None:
    """Names inside names, former names and everyday words, as people write them."""
    assert linked(linker, text) == expected
