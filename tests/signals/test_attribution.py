"""At whose door an event is laid. All platforms here are invented."""

from __future__ import annotations

import pytest

from settings.loader import load
from settings.models import Platform
from signals.attribution import Attributor
from signals.events import EventFinder
from signals.linking import Linker
from signals.text import Reading

SETTINGS = load()
FINDER = EventFinder(SETTINGS.events, SETTINGS.lexicons)
ATTRIBUTOR = Attributor(SETTINGS.lexicons)
NAMES = ("云帆贷", "飞鱼财富", "赤岭金服")
LINKER = Linker([Platform(id=f"n{n}", name=name, category="网贷") for n, name in enumerate(NAMES)])


def befell(text: str, title: str = "", subject: str = "") -> set[str]:
    """ "platform:event" for everything adverse that the text lays at a platform's door."""
    reading = Reading.of(title, text, subject)
    found = LINKER.find(reading)
    account = FINDER.read(reading)
    shares = ATTRIBUTOR.attribute(reading, account, ATTRIBUTOR.places(reading, account, found), len(found))
    return {
        f"{NAMES[int(one.platform_id[1:])]}:{hit.event.id}"
        for one, hits in zip(found, shares, strict=True)
        for hit in hits
        if hit.event.crisis
    }


@pytest.mark.parametrize(
    ("phenomenon", "text", "expected"),
    [
        ("nearest before", "云帆贷跑路，飞鱼财富照常兑付。", "云帆贷:lost_contact"),
        ("enumeration", "云帆贷、飞鱼财富均已跑路。", "云帆贷:lost_contact 飞鱼财富:lost_contact"),
        ("nearest after", "跑路名单：云帆贷，飞鱼财富。", "云帆贷:lost_contact 飞鱼财富:lost_contact"),
        ("agent of a passive", "云帆贷被飞鱼财富举报自融。", "云帆贷:fund_pool"),
        (
            "event that introduces the next name",
            "云帆贷发布公告称经营正常年报未披露 飞鱼财富被罚十万元。",
            "飞鱼财富:disclosure_late 飞鱼财富:penalty",
        ),
        (
            "cause that introduces the next name",
            "云帆贷发布月度运营报告，因涉嫌自融，飞鱼财富被点名。",
            "飞鱼财富:fund_pool 飞鱼财富:regulatory_talk",
        ),
        ("news source", "云帆贷讯：飞鱼财富跑路。", "飞鱼财富:lost_contact"),
        ("impostor", "不法分子假冒云帆贷诈骗。", ""),
        ("victim", "云帆贷协助警方抓获诈骗团伙。", ""),
        ("partner", "飞鱼财富与云帆贷达成合作，随后跑路。", "飞鱼财富:lost_contact"),
        ("partner that is left", "蓝湾银行终止与云帆贷的资金存管合作。", "云帆贷:custody_ended"),
        ("the latter", "云帆贷与飞鱼财富签署合作，后者跑路。", "飞鱼财富:lost_contact"),
        ("the latter is nobody that we know", "云帆贷与某银行签署合作，后者被罚款十万元。", ""),
        ("listed company", "大江股份(600000)被立案调查，云帆贷发布月报。", ""),
        ("our own listed company", "云帆贷(600000)被立案调查。", "云帆贷:case_filed"),
        ("previous sentence", "云帆贷发了公告，飞鱼财富没有。公司已人去楼空。", "飞鱼财富:lost_contact"),
    ],
)
def test_phenomenon(phenomenon: str, text: str, expected: str) -> None:
    """Each party gets what is its own."""
    assert befell(text) == set(expected.split())


def test_subject_field_receives_everything() -> None:
    """A complaint is about whom it names in its own field; others get only what their sentence says."""
    assert befell("暴力催收。飞鱼财富跑路。", subject="云帆贷") == {
        "云帆贷:abusive_collection",
        "云帆贷:lost_contact",
        "飞鱼财富:lost_contact",
    }


def test_title_takes_what_nobody_takes() -> None:
    """An event without a name near it belongs to the title's platform."""
    assert befell("平台跑路了。", title="云帆贷与飞鱼财富") == {
        "云帆贷:lost_contact",
        "飞鱼财富:lost_contact",
    }


def test_nobody_named() -> None:
    """Without platforms there is nobody to blame."""
    assert befell("老板跑路了。") == set()
