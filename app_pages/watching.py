"""我的关注: the platforms that the person here keeps an eye on: their rows, and what changed for them."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _ranking, _stars, _who, _words
from app_pages._look import Column
from db import write
from db.roles import require
from db.session import Session
from signals.model import Level

RECENT = timedelta(days=30)
CHANGES_SHOWN = 50
CHANGES = (
    Column("日期", "tight"),
    Column("平台", "name"),
    Column("变化", "tight"),
    Column("T*", "num"),
    Column("原因", "wide"),
)


def manage(frame: pd.DataFrame, mine: frozenset[str]) -> None:
    """One box for all: what is added or taken out there is watched or not from then on."""
    names = dict(zip(frame["platform_id"], frame["name"], strict=True))
    st.multiselect(
        "关注的平台",
        list(names),
        default=[platform for platform in names if platform in mine],
        format_func=names.__getitem__,
        placeholder="输入名称，加入关注",
        key=f"watched_{hash(mine)}",  # drawn anew when a star changes the list
        on_change=changed,
        args=(f"watched_{hash(mine)}", mine),
    )


def changed(key: str, before: frozenset[str]) -> None:
    """Do what the person changed since it was drawn, and nothing else: another tab may have changed more."""
    now = frozenset(st.session_state[key])

    def do(session: Session) -> str:
        actor, at = _who.actor(), _data.now()
        for platform in sorted(now - before):
            write.watch(session, actor, platform, now=at)
        for platform in sorted(before - now):
            write.unwatch(session, actor, platform, now=at)
        return f"我的关注：加入 {len(now - before)} 家，取消 {len(before - now)} 家"

    _correct.change(do)


def rows(shown: pd.DataFrame, mine: frozenset[str]) -> None:
    """The row of each platform as on 总览, the gravest first, and the way to compare them."""
    cells = [_ranking.cells(row, mine) for row in _ranking.order(shown).to_dict("records")]
    st.html(_look.table(_ranking.COLUMNS, cells, "我关注的平台"))
    _parts.download(_ranking.order(shown)[[*_ranking.TAKEN]], "watched_now", _ranking.TAKEN_LABELS)
    ids = ",".join(_ranking.order(shown)["platform_id"].head(8))
    if len(shown) > 1:
        st.html(f'<p class="tw-mute">{_look.link("compare", "并排对比这些平台", platforms=ids)}</p>')


def changes(shown: pd.DataFrame) -> None:
    """Changes of level of the last 30 days among them, newest first."""
    st.header(f"近 {RECENT.days} 天哪些等级变了？", anchor=False)
    flips = _data.flips(_data.today() - RECENT, _data.today())
    mine = flips[flips["platform_id"].isin(shown["platform_id"])].sort_values("day", ascending=False)
    if mine.empty:
        _parts.empty(f"近 {RECENT.days} 天关注的平台没有等级变化。")
        return
    cells = [
        [
            _words.short_day(row["day"]),
            _look.link("platform", row["name"], "tw-strong", platform=row["platform_id"]),
            f"{_look.badge(Level(row['level_from']))} → {_look.badge(Level(row['level_to']))}",
            _words.score(row["t_star"]),
            _look.clamp(row["reason"]),
        ]
        for row in mine.head(CHANGES_SHOWN).to_dict("records")
    ]
    st.html(_look.table(CHANGES, cells, "关注平台的等级变化"))
    columns = ["day", "platform_id", "name", "level_from", "level_to", "t_star", "reason"]
    _parts.numbers(mine[columns], "watched_flips", _words.FIELDS | {"name": "平台"})


def main() -> None:
    """The page."""
    require(_who.actor(), "watch")
    _parts.heading("我的关注")
    _correct.tell()
    mine = _stars.mine()
    if mine is None:
        _parts.empty("请先登录：关注的平台按登录的用户保存。")
        return
    frame = _data.overview()
    if frame.empty:
        _parts.empty("观察名单为空：请运行 python -m pipeline work 载入 settings/platforms.toml。")
        return
    manage(frame, mine)
    shown = frame[frame["platform_id"].isin(mine)]
    if shown.empty:
        where = _look.link("", "总览")
        st.html(f'<p class="tw-mute">还没有关注的平台：在上面的框里加入，或在{where}里点平台名称前的 ☆。</p>')
        return
    rows(shown, mine)
    changes(shown)


main()
