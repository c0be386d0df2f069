"""How a claim stands in its sentence, cue by cue; docs/events.md gives the rules in order."""

from __future__ import annotations

import pytest

from settings.loader import load
from signals.events import EventFinder
from signals.model import Polarity
from signals.polarity import KINDS, Judge

SETTINGS = load()
FINDER = EventFinder(SETTINGS.events, SETTINGS.lexicons)


def polarity(text: str, event: str) -> Polarity:
    """The polarity of the one hit of an event in a text."""
    (found,) = {hit.polarity for hit in FINDER.find("text", text) if hit.event_id == event}
    return found


@pytest.mark.parametrize(
    ("phenomenon", "text", "event", "expected"),
    [
        ("negation", "平台从未发生逾期。", "overdue", "denied"),
        ("negation of a negation", "这家公司并非没有暴力催收。", "abusive_collection", "asserted"),
        ("nobody vouches for a negation", "谁也不能保证它不会跑路。", "lost_contact", "conditional"),
        (
            "never, with a name between",
            "从来没有遇到过云帆钱庄提现不到账的情况。",
            "withdrawal_difficulty",
            "denied",
        ),
        ("never, in another clause", "以前从未出现，这次却跑路了。", "lost_contact", "asserted"),
        ("one negation for an enumeration", "公司不存在资金池和自融。", "fund_pool", "denied"),
        ("an enumeration jumps over a plain word", "公司不存在跑路、亏损和自融。", "fund_pool", "denied"),
        ("no enumeration: another sentence", "公司没有跑路。平台涉嫌自融。", "fund_pool", "asserted"),
        ("what a platform demands", "平台要求出借人接受展期方案。", "overdue", "asserted"),
        ("what people demand", "要求监管部门约谈该平台。", "regulatory_talk", "conditional"),
        ("the past of a name", "曾经的龙头老板跑路。", "lost_contact", "asserted"),
        ("the past of the event", "该平台曾经停业。", "liquidation", "historical"),
        ("settled", "逾期项目已全部兑付。", "overdue", "historical"),
        ("settled, but", "逾期项目号称解决，但标的仍然逾期未还。", "overdue", "asserted"),
        ("rhetorical", "暴力催收还有理了？", "abusive_collection", "asserted"),
        ("denial by a report", "网传数据泄露，公司回应：消息不实。", "data_breach", "denied"),
        ("taken for granted", "清盘后钱怎么拿回来？", "liquidation", "asserted"),
    ],
)
def test_phenomenon(phenomenon: str, text: str, event: str, expected: str) -> None:
    """Each cue has its scope and no more."""
    assert polarity(text, event) == expected


def test_every_lexicon_is_there() -> None:
    """The judge names a missing lexicon instead of doing without."""
    words = {name: entries for name, entries in SETTINGS.lexicons.words.items() if name != KINDS[0]}
    with pytest.raises(KeyError, match=KINDS[0]):
        Judge(SETTINGS.lexicons.model_copy(update={"words": words}))
