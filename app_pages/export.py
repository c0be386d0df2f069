"""导出: one table as CSV that opens in Excel with Chinese intact, filtered by data, platform and days."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Any

import streamlit as st

from app_pages import _data, _export, _parts

TABLES: dict[str, tuple[_export.Table, str]] = {
    "等级变化": ("flips", "每次等级变化：日期、平台、由何级到何级、原因、T 与 T*"),
    "指数": ("index_values", "每天每个平台的分项指数及其组成"),
    "提及": ("mentions", "每条文本对每个平台的判断：相关度、负面概率、事件、证据句"),
    "文本": ("documents", "已入库的文本（个人信息已遮蔽）：来源、发布者、时间、正文"),
}
"""Word in the address -> table and what is in it."""

MOST_ROWS = 200_000
"""A browser download is held in memory whole; larger exports go through the command line."""


def filters() -> dict[str, Any]:
    """What the reader narrowed the export to, as db.read.rows wants it."""
    frame = _data.overview()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        data = "全部"
        if frame["demo"].any():
            data = st.segmented_control(
                "数据",
                ["全部", "演示", "真实"],
                default="全部",
                required=True,
                key="data",
                bind="query-params",
            )
        start = st.date_input(
            "起始日", _data.today() - timedelta(days=90), key="start", bind="query-params", width=160
        )
        end = st.date_input("截止日", _data.today(), key="end", bind="query-params", width=160)
        ranked = frame.sort_values("name")
        names = dict(zip(ranked["platform_id"], ranked["name"], strict=True))
        platform = _parts.pick("平台", names, "platform", "全部平台", 240)
    demo = None if data == "全部" else data == "演示"
    return {"demo": demo, "platform_id": platform, "start": start, "end": end}


def main() -> None:
    """The page."""
    _parts.heading("导出")
    words = list(TABLES)
    word = st.segmented_control(
        "表", words, default=words[0], required=True, key="table", bind="query-params"
    )
    table, content = TABLES[word]
    st.html(f'<p class="tw-mute">{escape(content)}</p>')
    chosen = filters()
    if chosen["start"] > chosen["end"]:
        st.warning("起始日晚于截止日，请调整。", icon=None)
        return
    with st.spinner("正在统计行数…"):
        number = _export.count(table, MOST_ROWS + 1, **chosen)
    if number == 0:
        _parts.empty("没有符合条件的行；请放宽筛选，或等待后台算出结果。")
        return
    if number > MOST_ROWS:
        st.warning(
            f"超过 {MOST_ROWS:,} 行，浏览器下载不合适。请缩小日期范围或选择平台，或在服务器上运行 "
            f"`python -m pipeline export {table} 文件.csv`。"
        )
        return
    stamp = _parts.meta(table)
    name = stamp.filename(_data.today())
    st.html(f'<p style="margin:0">共 <b>{number:,}</b> 行　<span class="tw-mute">{name}</span></p>')
    st.download_button(
        "下载 CSV",
        data=lambda: _export.file(table, MOST_ROWS, stamp, **chosen),
        file_name=name,
        mime="text/csv",
        key="download",
        type="primary",
        on_click="ignore",
    )
    st.html(
        '<p class="tw-mute">UTF-8（带 BOM），Excel 可直接打开；'
        "以 = + - @ 开头的文本已作处理，不会被当作公式执行。"
        "每行末尾带有结构版本 schema_version、设置指纹 settings_hash 与数据截至时间 data_as_of。</p>"
    )


main()
