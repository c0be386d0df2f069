"""平台管理: the watch list with every name that linking knows, life-cycle status, and changes that are audited."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _lifecycle, _look, _parts, _platform_form, _who, _words
from app_pages._look import Column
from db import read
from db.roles import require
from signals.pinyin import matches

PAGE_SIZE = 20
COLUMNS = (
    Column("平台", "name"),
    Column("类别", "tight"),
    Column("状态", "tight"),
    Column("识别名称", "wide"),
    Column("运营主体"),
    Column("操作", "tight"),
)
LABELS = {"platform_id": "平台 id", "name": "平台", "category": "类别", "status": "经营状态", **_words.TIERS}
NAMED = ("full", "brand", "ambiguous", "old_name")


def listed(text: str, archived: bool) -> list[read.PlatformInfo]:
    """Platforms one of whose names matches, by a part of it or by pinyin; all where nothing is typed."""
    found = _data.watch_list(archived)
    needle = text.strip()
    return [info for info in found if not needle or any(matches(needle, name) for name in names(info))]


def names(info: read.PlatformInfo) -> list[str]:
    """Every name of a platform, and its id."""
    told = [name for tier, texts in info.aliases.items() if tier != "not_this" for name in texts]
    return [info.name, info.id, *told]


def row(info: read.PlatformInfo) -> list[str]:
    """One platform as cells."""
    status = _lifecycle.failed(info) or info.status
    tone = "bad" if _lifecycle.failed(info) else "plain"
    since = _words.day(info.status_since) if info.statuses else ""
    told = "、".join(name for tier in NAMED for name in info.aliases.get(tier, ()))
    demo = _look.chip("演示", "demo") if info.demo else ""
    return [
        f"{_look.link('platform', info.name, 'tw-strong', platform=info.id)} {demo}",
        escape(info.category),
        _look.chip(status, tone, f"自 {since}" if since else ""),
        _look.clamp(told or _words.NONE),
        _look.clamp("、".join(info.legal_entities) or _words.NONE),
        _look.link("platforms", "管理", edit=info.id),
    ]


def overview(found: list[read.PlatformInfo]) -> None:
    """One page of the list."""
    if not found:
        _parts.empty("没有平台符合这些条件；可换名称的一部分或拼音首字母再试。")
        return
    pages, number = -(-len(found) // PAGE_SIZE), 1
    slot = st.container()
    if pages > 1:
        number = st.pagination(pages, key="page", bind="query-params")
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    with slot:
        st.html(f'<p class="tw-mute">共 {len(found):,} 个平台，第 {number} / {pages} 页</p>')
        st.html(
            f'<div class="tw-scroll">{_look.table(COLUMNS, [row(each) for each in shown], "监测名单")}</div>'
        )
    _parts.download(pd.DataFrame([plain(each) for each in found]), "watch_list", LABELS)


def plain(info: read.PlatformInfo) -> dict[str, Any]:
    """A platform as a row of the download; names of a tier separated by 、."""
    told = {"platform_id": info.id, "name": info.name, "category": info.category}
    told |= {"status": info.status, "demo": "是" if info.demo else "否"}
    return told | {tier: "、".join(info.aliases.get(tier, ())) for tier in _words.TIERS}


def chosen(platform_id: str) -> None:
    """One platform: status for whoever may record it, names for administrators."""
    info = _data.managed(platform_id)
    if info is None:
        _parts.empty("名单里没有这个平台。")
        return
    st.button("返回名单", key="back", on_click=lambda: st.query_params.pop("edit", None))
    where = _look.link("platform", "平台详情", platform=info.id)
    st.html(
        f'<h2 class="tw-found">{escape(info.name)}</h2><p class="tw-meta">id {escape(info.id)}　{where}</p>'
    )
    st.header("经营状态", anchor=False)
    _lifecycle.section(info)
    if _who.may("platform.edit"):
        _platform_form.edit(info)
    else:
        _parts.empty("名称与类别由管理员修改。")


def main() -> None:
    """The page."""
    require(_who.actor(), "status")
    _parts.heading("平台管理")
    _correct.tell()
    if wanted := st.query_params.get("edit", ""):
        chosen(wanted)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "查找", placeholder="名称的一部分、拼音或首字母", key="named", bind="query-params", width=280
        )
        archived = st.toggle("已归档的平台", key="archived", bind="query-params")
    overview(listed(text, archived))
    if _who.may("platform.edit"):
        _platform_form.add()


main()
