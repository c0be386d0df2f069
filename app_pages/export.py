"""导出: one table as CSV or workbook that opens in Excel with Chinese intact; and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from html import escape
from typing import Any

import streamlit as st

from app_pages import _bulk, _data, _download, _export, _look, _parts, _who
from app_pages._look import Column
from db import read
from db.roles import require
from signals.dictionary import TABLES, described

MOST_ROWS = 200_000
"""A button's file is held in memory while it is sent; larger ones are written to the disk first (_bulk)."""

CONDUCT = "UTF-8（带 BOM），Excel 可直接打开；以 = + - @ 开头的文本不会被当作公式执行。"
STAMPED = "CSV 每行末尾、Excel 的“说明”表都写有结构版本、设置指纹、模型版本与数据截至时间；空白表示没有值，从不表示 0。"


def choose() -> str:
    """Which table; its word is in the address."""
    ids = [name for name in TABLES if name in read.COLUMNS and _who.may(read.export_needs(name) or "export")]
    by_word = {TABLES[name].zh: name for name in ids}
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    word = left.selectbox("表", list(by_word), key="table", bind="query-params")
    right.html(f'<p class="tw-mute">{escape(TABLES[by_word[word]].about)}</p>')
    return by_word[word]


def filters(table: str) -> dict[str, Any]:
    """What the reader narrowed the export to, as db.read.rows wants it; only what the table knows is asked."""
    frame, known, data, platform = _data.overview(), read.narrows(table), "全部", None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if "demo" in known and frame["demo"].any():
            data = st.segmented_control(
                "数据",
                ["全部", "演示", "真实"],
                default="全部",
                required=True,
                key="data",
                bind="query-params",
            )
        start = st.date_input(
            "起始日",
            _data.today() - timedelta(days=90),
            key="start",
            bind="query-params",
            width=160,
            format="YYYY-MM-DD",
        )
        end = st.date_input(
            "截止日", _data.today(), key="end", bind="query-params", width=160, format="YYYY-MM-DD"
        )
        if "platform_id" in known:
            ranked = frame.sort_values("name")
            names = dict(zip(ranked["platform_id"], ranked["name"], strict=True))
            platform = _parts.pick("平台", names, "platform", "全部平台", 240)
    demo = None if data == "全部" else data == "演示"
    return {"demo": demo, "platform_id": platform, "start": start, "end": end}


def told(chosen: Mapping[str, Any]) -> dict[str, object]:
    """The filters by the words of the screen, for the file's sheet 说明."""
    words = {None: None, True: "演示", False: "真实"}
    return {
        "数据": words[chosen["demo"]],
        "平台": chosen["platform_id"],
        "起始日": chosen["start"],
        "截止日": chosen["end"],
    }


def ready(chosen: Mapping[str, Any]) -> bool:
    """Whether the days make a range; says what is wrong with them."""
    start, end = chosen["start"], chosen["end"]
    if not isinstance(start, date) or not isinstance(end, date):
        st.warning("请选择起始日和截止日。", icon=None)
    elif start > end:
        st.warning("起始日晚于截止日，请调整。", icon=None)
    else:
        return True
    return False


def large(table: str, chosen: Mapping[str, Any], chinese: bool) -> None:
    """Links to the files that a page does not hold."""
    st.html(
        f'<p style="margin:0">超过 <b>{MOST_ROWS:,}</b> 行：文件先在服务器上写好，再开始下载，期间请不要关闭页面。</p>'
    )
    if _who.served:
        links = "　".join(
            f'<a href="{escape(_bulk.address(table, form, chosen, chinese=chinese))}" download>{word}</a>'
            for form, word in _download.WORDS.items()
        )
        st.html(f'<p class="tw-list">{links}</p>')
    st.html(
        f'<p class="tw-mute">也可在服务器上运行 <code>python -m pipeline export {table} 文件.csv</code>'
        "（或 文件.xlsx）。</p>"
    )


def files(table: str) -> None:
    """The filters, how many rows there are, and the buttons."""
    chosen = filters(table)
    chinese = st.toggle("Excel 用中文表头", value=True, key="chinese", help="CSV 总是用英文列名")
    if not ready(chosen):
        return
    with st.spinner("正在统计行数…"):
        number = _export.count(table, MOST_ROWS + 1, **chosen)
    if number == 0:
        _parts.empty("没有符合条件的行；请把起始日提前或放宽筛选，或等待后台算出结果。")
        return
    if number > MOST_ROWS:
        large(table, chosen, chinese)
        return
    name = _export.meta(table).filename(_data.today())
    st.html(f'<p style="margin:0">共 <b>{number:,}</b> 行　<span class="tw-mute">{name}</span></p>')
    _download.rows(
        table,
        read.COLUMNS[table],
        lambda: _export.rows(table, MOST_ROWS, **chosen),
        filters=told(chosen),
        kept=chosen,
        count=number,
        chinese=chinese,
    )


def dictionary(table: str) -> None:
    """What the columns of the table mean."""
    st.header("各列是什么意思？", anchor=False)
    columns = (Column("列", "tight"), Column("中文", "tight"), Column("English"), Column("类型", "tight"),
               Column("单位", "tight"), Column("空白表示"))  # fmt: skip
    rows = [
        [f"<code>{escape(row[0])}</code>", *(escape(text) for text in row[1:])]
        for row in described(table, read.COLUMNS[table])
    ]
    st.html(f'<div class="tw-scroll">{_look.table(columns, rows, "数据字典：" + TABLES[table].zh)}</div>')


def main() -> None:
    """The page."""
    require(_who.actor(), "export")
    _parts.heading("导出")
    table = choose()
    files(table)
    st.html(f'<p class="tw-mute">{CONDUCT}{STAMPED}</p>')
    dictionary(table)


main()
