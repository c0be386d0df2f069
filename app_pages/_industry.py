"""全行业 in one line, for 总览 and 行业与监管: level, T*, its course, policy, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

import pandas as pd

from app_pages import _courses, _data, _days, _look, _words
from signals.model import Level

DAYS = 30


@dataclass(frozen=True)
class Industry:
    """The industry's last days: `days` platform_days, `policy` index values of P; both may be empty."""

    id: str
    days: pd.DataFrame
    policy: pd.DataFrame


def found(industry_id: str) -> Industry:
    """The last DAYS days of the industry's row. Raises db.session.DatabaseError."""
    today = _data.today()
    start = today - timedelta(days=DAYS)
    policy = _data.settings().industry.policy.id
    values = _data.values(industry_id, start, today)
    return Industry(industry_id, _data.days(industry_id, start, today), values[values["index_id"] == policy])


def strip(industry: Industry, name: str) -> str:
    """One line: badge, T* and its change, sparkline, policy intensity, the reason, and the way to more."""
    if industry.days.empty:
        return f'<p class="tw-mute">{escape(name)}：尚无计算结果，数据源送来第一批文本后由后台算出。</p>'
    row = industry.days.iloc[-1]
    level = Level(str(row["level"]))
    before = row["level_before_grey"]
    spark = _spark(industry.days, "t_star", row["day"], level, "全行业 T*")
    moved = _words.change(_days.change7(industry.days, row["day"]))
    title = name + ("（演示）" if industry.id.endswith("-demo") else "")
    parts = [
        f"<b>{escape(title)}</b>",
        _look.badge(level, before if isinstance(before, str) else None),
        f"T* <b>{_words.score(_number(row['t_star']))}</b> {moved}（7 日）",
        spark,
        f"政策强度 <b>{_words.score(_policy_now(industry.policy, row['day']))}</b>",
        _spark(industry.policy, "value", row["day"], Level.NORMAL, "政策强度"),
        f'<span class="tw-grow">{escape(str(row["reason"] or ""))}</span>',
        _look.link("industry", "行业与监管"),
    ]
    return f'<div class="tw-strip" role="group" aria-label="{escape(title)}">{"".join(_cell(p) for p in parts)}</div>'


def _cell(part: str) -> str:
    return part if part.startswith('<span class="tw-grow"') else f"<span>{part}</span>"


def _spark(frame: pd.DataFrame, column: str, last: date, level: Level, what: str) -> str:
    days = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return _look.spark(_courses.last_values(frame, column, days), level, what)


def _policy_now(policy: pd.DataFrame, day: date) -> float | None:
    return _courses.last_values(policy, "value", [day])[0]


def _number(value: object) -> float | None:
    return None if _words.missing(value) else float(str(value))
