"""A small invented material for briefs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from signals.brief import Brief, Material, Period, Stamp, compose

DAY = date(2026, 3, 9)
MOMENT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
TEXT = "记者获悉，星河聚财平台提现困难。另有用户称客服失联。"


def level(platform: str, name: str, word: str, t_star: float = math.nan, **more: object) -> dict[str, object]:
    """A row of levels_on."""
    return {
        "platform_id": platform,
        "name": name,
        "category": "网络借贷",
        "day": DAY,
        "level": word,
        "level_before_grey": None,
        "t": t_star,
        "t_star": t_star,
        "coverage": 1.0,
        "scope": 0.8,
        "since": DAY - timedelta(days=3),
        "reason": "2家独立媒体报道提现困难" if t_star > 50 else "",
        "floor": None,
        "provisional": False,
        "threshold_version": 1,
        "as_of": MOMENT,
        **more,
    }


def evidence(number: int, title: str, text: str = TEXT, **more: object) -> dict[str, object]:
    """A row of db.read.evidence."""
    at = text.find("提现困难")
    hit = [{"id": "withdrawal", "part": "text", "start": at, "end": at + 4}] if at >= 0 else []
    return {
        "document_id": number,
        "title": title,
        "text": text,
        "subject": None,
        "publisher": "虚构财经报",
        "url": f"https://example.org/{number}",
        "available_at": pd.Timestamp(MOMENT - timedelta(days=1)),
        "events": hit,
        "spans": [],
        "story_publishers": 3,
        **more,
    }


def flip(platform: str, name: str, before: str, after: str, back: int = 0) -> dict[str, object]:
    """A row of db.read.flips."""
    day = DAY - timedelta(days=back)
    shared = {"reason": "投诉量为基线的4.2倍", "t_star": 66.0, "t": 66.0}
    return {
        "platform_id": platform,
        "name": name,
        "day": day,
        "level_from": before,
        "level_to": after,
        **shared,
    }


def source(name: str, state: str = "ok", **more: object) -> dict[str, object]:
    """A row of db.read.sources."""
    plain = {"id": name, "name": f"来源{name}", "enabled": True, "removed": False, "demo": False}
    return {**plain, "state": state, "state_reason": None, **more}


def material(**changes: Any) -> Material:
    """Five platforms: one red, one orange with a failed status, one grey, two calm."""
    now = [
        level("xinghe", "星河聚财", "红", 82.0),
        level("yunzhou", "云舟贷", "橙", 66.0),
        level("heishan", "黑山宝", "数据不足", level_before_grey="黄", coverage=0.0),
        level("jingshui", "静水支付", "正常", 3.0, coverage=0.5),
        level("qinghe", "青禾宝", "正常", 4.0),
    ]
    before = [row | {"day": DAY - timedelta(days=1)} for row in now]
    before[0] |= {"level": "橙", "t_star": 70.0}
    answered = [
        {"source_id": name, "day": DAY, "kind": "news", "answered": ok, "items": 3 * ok, "expected": 4.0}
        for name, ok in (("a", True), ("b", False))
    ]
    plain = Material(
        period=Period.DAILY,
        day=DAY,
        demo=False,
        now=pd.DataFrame(now),
        before=pd.DataFrame(before),
        flips=pd.DataFrame([flip("xinghe", "星河聚财", "橙", "红")]),
        evidence={
            "xinghe": pd.DataFrame([evidence(1, "星河聚财被曝提现困难"), evidence(2, "又一篇", "另文。")])
        },
        courses={"xinghe": {DAY: 82.0, DAY - timedelta(days=2): 70.0}},
        industry=pd.DataFrame([level("industry", "全行业", "蓝", 31.0)]),
        policy=pd.DataFrame({"day": [DAY, DAY - timedelta(days=9)], "count": [2, 5]}),
        sources=pd.DataFrame(
            [source("a"), source("b", "broken", state_reason="HTTP 500"), source("d", demo=True)]
        ),
        source_days=pd.DataFrame(answered),
        statuses={"jingshui": [(DAY - timedelta(days=30), "清盘")]},
        events={"withdrawal": "提现困难"},
        stamp=Stamp("1", "abc123", "model-7", MOMENT, (1,)),
    )
    return replace(plain, **changes)


def brief(**changes: Any) -> Brief:
    """The brief of the material."""
    return compose(material(**changes))
