"""Read entry of the dashboard: page frame and navigation; no SQL, no maths.

Served by `python serve.py` (which the worker's supervisor starts); `streamlit run dashboard.py` works too.
"""

from __future__ import annotations

import streamlit as st

from app_pages import _data, _links, _parts

GROUPS = {
    "风险委员会": (("", "总览"), ("platform", "平台详情")),
    "分析员": (
        ("review", "待复核链接"),
        ("discovery", "新平台发现"),
        ("replays", "回放与评估"),
        ("export", "导出"),
    ),
    "管理员": (("sources", "数据源"),),
    "帮助": (("method", "方法说明"),),
}
"""Audience -> address and title of its pages; a new page is one line here and one in _links.PAGES."""


SIDEBAR = 232
"""Width in pixels; collapsed on a narrow screen."""


def main() -> None:
    """Draw the page that the address names, inside the common frame."""
    st.set_page_config(page_title="信任哨 TrustWatch", layout="wide", initial_sidebar_state=SIDEBAR)
    st.html(_parts.STYLE)
    st.logo(_parts.BRAND, size="large")
    pages = {
        group: [
            st.Page(_links.PAGES[path], title=title, url_path=path or None, default=not path)
            for path, title in members
        ]
        for group, members in GROUPS.items()
    }
    page = st.navigation(pages, expanded=True)
    _links.follow()
    with _parts.guard():
        _data.refresh()
        _parts.banners()
        page.run()


main()
