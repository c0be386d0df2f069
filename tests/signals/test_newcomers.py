"""Newcomers: what discovery proposes and nobody needs to be told of is left out. All names here are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.loader import load
from settings.models import AmbiguousAlias, Platform
from signals.linking import watch_list_entry
from signals.newcomers import Newcomers
from signals.text import fold

LEXICONS = load().lexicons
WATCHED = Platform(
    id="yunfan",
    name="云帆钱庄",
    category="网贷",
    legal_entities=("青浔云帆网络科技有限公司",),
    brand=("云帆钱庄app",),
    ambiguous=(AmbiguousAlias(text="帆船", context=("理财",)),),
    not_this=("云帆物流",),
    old_names=("飞鱼贷贷",),
)
NEW = Newcomers([WATCHED, watch_list_entry("p1", "普惠", "网贷")], ["示例财经", "拾光商讯"], LEXICONS)


def asked(name: str, text: str = "", publisher: str | None = None) -> bool:
    """Whether the name is offered, standing wherever the text has it."""
    folded, wanted = fold(text or f"在{name}投的钱提现不到账"), fold(name)
    at = [(i, i + len(wanted)) for i in range(len(folded)) if folded.startswith(wanted, i)]
    return NEW(name, folded, at, publisher)


@pytest.mark.parametrize(
    ("phenomenon", "name"),
    [
        ("its name", "云帆钱庄"),
        ("full width", "云帆钱庄ＡＰＰ"),
        ("old name", "飞鱼贷贷"),
        ("legal entity", "青浔云帆网络科技有限公司"),
        ("ambiguous alias", "帆船"),
        ("its head without a common tail", "云帆"),
        ("a longer form of it", "云帆钱庄网"),
        ("what it is known not to be", "云帆物流"),
    ],
)
def test_what_is_watched_is_no_news(phenomenon: str, name: str) -> None:
    """In every form the watch list knows."""
    assert not asked(name)


@pytest.mark.parametrize(
    "name",
    [
        "青浔银行",
        "云汀农商行",
        "砚川警方",
        "临澄市公安局",
        "青浔市金融办",
        "砚川市消费者协会",
        "云汀日报",
        "青浔市",
        "理财",
    ],
)
def test_institutions_towns_and_everyday_words_are_no_platforms(name: str) -> None:
    """Told by how the name ends, or by the list of everyday words."""
    assert not asked(name)


@pytest.mark.parametrize(
    "name", ["未来集市", "霜月优投", "瑞联盟", "青藤在线", "海棠普惠", "创世九州", "星禾币"]
)
def test_names_that_only_look_alike_are_offered(name: str) -> None:
    """集市 is no town, 联盟 no association, and an everyday word that is watched is not every name that holds it."""
    assert asked(name)


@pytest.mark.parametrize(
    ("name", "text", "offered"),
    [
        ("青浔金融", "青浔金融监管局约谈三家平台", False),
        ("青浔金融", "青浔金融监督管理局约谈三家平台", False),
        ("半亩金融", "半亩金融观察统计显示，投诉有所下降", False),
        ("砚川在线", "砚川在线获悉，多家平台提现困难", False),
        ("青浔金融", "青浔金融提现困难，青浔金融监管局介入", True),
    ],
)
def test_a_slice_of_an_institutions_name_is_none(name: str, text: str, offered: bool) -> None:
    """One mention that stands by itself is enough to be offered."""
    assert asked(name, text) is offered


@pytest.mark.parametrize(
    ("name", "publisher", "offered"),
    [
        ("示例财经", None, False),
        ("松间财讯", "松间财讯", False),
        ("格物金融", "格物金融参考", False),
        ("霜月优投", "松间财讯", True),
        ("霜月优投", "", True),
    ],
)
def test_who_prints_a_text_is_not_what_it_is_about(name: str, publisher: str | None, offered: bool) -> None:
    """Known publishers, and whoever printed this very text."""
    assert asked(name, publisher=publisher) is offered


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_raises(name: str, publisher: str) -> None:
    """Whatever a model proposes."""
    NEW(name, fold(name * 2), [(0, len(name)), (len(name), 2 * len(name))], publisher)


def test_an_empty_watch_list_offers_what_is_new() -> None:
    """A fresh installation without platforms."""
    assert Newcomers([], [], LEXICONS)("霜月优投", "霜月优投", [(0, 4)], None)
