"""The one sentence on the overview."""

from __future__ import annotations

from typing import Any

import pytest

from signals.model import Level
from signals.reasons import Facts, FloorFact, Surprise, reason_sentence


def facts(**changes: Any) -> Facts:
    """A red platform about which nothing particular is known, with `changes`."""
    return Facts(**{"level": Level.RED, "t": 80.0, "t_star": 80.0, "coverage": 1.0, "scope": 1.0, **changes})


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            facts(surprises=(Surprise("投诉量", 42, 10.0),), publishers=12, event="提现困难"),
            "投诉量为基线的4.2倍（26周以上），12家独立媒体报道提现困难",
        ),
        (facts(surprises=(Surprise("投诉量", 1, 0.3 / 7),)), "近期投诉量明显高于基线"),
        (facts(floor=FloorFact("立案", True, 1, 0)), "官方或平台公告：立案"),
        (
            facts(floor=FloorFact("提现困难", False, 3, 6)),
            "48小时内3家独立媒体报道、6名投诉人反映提现困难",
        ),
        (facts(top=("用户投诉", 61.2)), "用户投诉指数为61"),
        (facts(t=10.0, t_star=64.0), "当日T为10，T*为64，仍在观察期"),
        (facts(t=4.0, t_star=5.0, low_days=3, leave_days=14), "T*低于解除线已3天，满14天后下调一级"),
        (facts(t=4.0, t_star=5.0, low_days=14, leave_days=14), "已满足降级条件，等待签字解除"),
        (facts(t=4.0, t_star=5.0), "各项指数已回落，T*尚未低于解除线"),
        (facts(level=Level.NORMAL, t=0.0, t_star=0.0, mentions90=0), "正常（90天无提及）"),
        (facts(level=Level.NORMAL, t=8.0, t_star=8.0, mentions90=4), "各项指数处于常态"),
        (
            facts(level=Level.UNKNOWN, coverage=0.3, before_grey=Level.ORANGE),
            "数据不足：当日仅观测到已接入权重的30%，此前：橙",
        ),
        (
            facts(surprises=(Surprise("投诉量", 1, 0.01), Surprise("负面报道量", 2, 0.01))),
            "近期投诉量、负面报道量明显高于基线",
        ),
        (facts(level=Level.UNKNOWN, coverage=0.0), "数据不足：当日没有任何数据源应答"),
        (facts(level=Level.UNKNOWN, scope=0.0), "数据不足：未接入任何数据源"),
    ],
)
def test_sentence(told: Facts, sentence: str) -> None:
    """Each kind of fact has its words; unknown is never called calm."""
    assert reason_sentence(told) == sentence


def test_nothing_told_twice() -> None:
    """The floor already names its publishers."""
    told = facts(floor=FloorFact("提现困难", False, 3, 0), publishers=3, event="提现困难")
    assert reason_sentence(told) == "48小时内3家独立媒体报道提现困难"
