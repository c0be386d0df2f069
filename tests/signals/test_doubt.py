"""Why a link is doubtful: whatever the linker sends to a person, the person is told a reason that holds."""

from __future__ import annotations

import pytest

from settings.models import AmbiguousAlias, Platform
from signals.doubt import Doubt, doubts
from signals.linking import Linker, watch_list_entry
from signals.text import Reading

PLATFORMS = [
    Platform(
        id="yunfan",
        name="云帆钱庄",
        category="网贷",
        ambiguous=(AmbiguousAlias(text="云帆", context=("理财", "投资人")),),
    ),
    Platform(id="gold", name="拍拍财", category="网贷"),
    Platform(id="one", name="甲", category="网贷", brand=("海棠宝",)),
    Platform(id="two", name="乙", category="网贷", brand=("海棠宝",)),
    watch_list_entry("loan", "小桃贷", "网贷"),
]
LINKER = Linker(PLATFORMS)
NAMES = {
    each.id: [each.name, *each.full, *each.brand, *(alias.text for alias in each.ambiguous)]
    for each in PLATFORMS
}


@pytest.mark.parametrize(
    ("text", "platform", "reason"),
    [
        ("直挂云帆济沧海，" + "今天天气很好，" * 8 + "聊聊理财", "yunfan", Doubt.AMBIGUOUS),
        ("海棠宝怎么提现不了", "one", Doubt.SHARED),
        ("交通银行的小桃贷怎么申请", "loan", Doubt.PRODUCT),
        ("交 通 银行 的 小 桃 贷 怎么申请", "loan", Doubt.PRODUCT),
        ("昨天在拍拍材借了钱", "gold", Doubt.HIDDEN),
    ],
)
def test_the_reason_is_the_linkers(text: str, platform: str, reason: Doubt) -> None:
    """The stored spans and names are enough to tell why."""
    found = {link.platform_id: link for link in LINKER.link("", text)}
    assert found[platform].needs_review
    others = [span for other, link in found.items() if other != platform for span in link.spans]
    reading = Reading.of("", text)
    assert doubts(reading, found[platform].spans, NAMES[platform], others) == [reason]


def test_there_is_always_a_reason() -> None:
    """Also for a link of which nothing but its mark is known."""
    assert doubts(Reading.of("", ""), [], [], []) == [Doubt.AMBIGUOUS]
