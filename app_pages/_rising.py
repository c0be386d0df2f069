"""新平台发现 as words and numbers: which names rise, and how a row reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from html import escape
from typing import Any

import pandas as pd

from app_pages import _look, _words
from db.read import Example
from signals.rising import rank_rising

SURE, LIKELY = 0.8, 0.5
"""Confidence from which a name reads 高 or 中."""
OFTEN = 2
"""Documents of the last seven days from which a name is more than a slip of one text."""
COLUMNS = ("name", "first_seen", "recent", "before", "rise", "confidence")
LABELS = {
    "name": "名称",
    "first_seen": "首次出现",
    "recent": "近 7 天篇数",
    "before": "此前每周篇数",
    "rise": "上升（log₂）",
    "confidence": "可信度",
}


def ranked(days: pd.DataFrame, today: date) -> pd.DataFrame:
    """Names of the last seven days, the steepest rise first.

    Args:    days: as db.read.discovery_days gives them.
    Returns: COLUMNS: recent and before (documents a week) of signals.rising; rise, its logarithm to base 2, of
             documents that each count as much as the name is sure in them, so that doubtful names do not lead;
             first_seen (UTC) of all times; confidence, the mean of the last seven days by documents, 0..1.
    """
    found = rank_rising(days, today).drop(columns=["first_seen", "rise"])
    if found.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    sure = days[["name", "day"]].assign(
        **{each: days[each] * days["confidence"] for each in ("documents", "publishers")}
    )
    found = found.merge(rank_rising(sure, today)[["name", "rise"]], on="name")
    found = found.sort_values(["rise", "recent", "name"], ascending=[False, False, True], kind="stable")
    week = days[days["day"] > today - timedelta(days=7)]
    sums = (
        week.assign(sure=week["confidence"] * week["documents"]).groupby("name")[["sure", "documents"]].sum()
    )
    found["first_seen"] = found["name"].map(days.groupby("name")["first_seen"].first())
    found["confidence"] = found["name"].map(sums["sure"] / sums["documents"])
    return found[list(COLUMNS)].reset_index(drop=True)


def doubtful(found: pd.DataFrame) -> pd.Series:
    """Which ranked names are hardly worth a look: read in a single text, or taken for something else more likely."""
    return (found["recent"] < OFTEN) | (found["confidence"] < LIKELY)


def row(found: Mapping[str, Any], example: Example | None) -> str:
    """One name: its numbers in a line, and the sentence in which it stands."""
    numbers = [
        ("近 7 天", f"{_words.count(found['recent'])} 篇"),
        ("此前每周", f"{found['before']:.1f} 篇"),
        ("上升", f"{2 ** found['rise']:.1f} 倍"),
        ("可信度", f"{sureness(found['confidence'])} {_words.share(found['confidence'])}"),
        ("首次出现", _words.day(found["first_seen"].date())),
    ]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in numbers)
    return (
        f'<h3 class="tw-found">{escape(str(found["name"]))}</h3>'
        f'<dl class="tw-facts">{cells}</dl>{_sentence(str(found["name"]), example)}'
    )


def sureness(confidence: float) -> str:
    """高, 中 or 低: how surely the name is a platform's."""
    return "高" if confidence >= SURE else "中" if confidence >= LIKELY else "低"


def _sentence(name: str, example: Example | None) -> str:
    if example is None:
        return '<p class="tw-mute">没有可显示的例句（原文可能已按保留期限删除）。</p>'
    before, at, after = example.sentence.partition(name)
    shown = (
        f'{escape(before)}<mark class="tw-name">{escape(at)}</mark>{escape(after)}' if at else escape(before)
    )
    source = f"{escape(example.publisher or '发布者不详')}　{_words.published(example.available_at)}"
    original = f"　{_look.outward(example.url, '查看原文')}" if example.url else ""
    return f'<p class="tw-text">{shown}</p><p class="tw-meta">{source}{original}</p>'
