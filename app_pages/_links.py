"""Links within the product: plain addresses that also work without this, followed here without a reload."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from app_pages import _stars

CATCH = "tw_links"
PAGES = {
    "": "app_pages/overview.py",
    "platform": "app_pages/platform_detail.py",
    "brief": "app_pages/brief.py",
    "evidence": "app_pages/evidence.py",
    "review": "app_pages/review.py",
    "discovery": "app_pages/discovery.py",
    "replays": "app_pages/replays.py",
    "sources": "app_pages/sources.py",
    "export": "app_pages/export.py",
    "method": "app_pages/method.py",
    "thresholds": "app_pages/thresholds.py",
    "audit": "app_pages/audit.py",
    "users": "app_pages/users.py",
    "account": "app_pages/account.py",
    "entry": "app_pages/entry.py",
    "platforms": "app_pages/platforms.py",
    "meetings": "app_pages/meetings.py",
    "watching": "app_pages/watching.py",
    "compare": "app_pages/compare.py",
    "industry": "app_pages/industry.py",
    "health": "app_pages/health.py",
}
"""Address of a page -> its file. dashboard.py builds the navigation from the same files."""

_catch = st.components.v2.component("tw_links", js=Path(__file__).with_name("_links.js").read_text("utf-8"))


def follow() -> None:
    """Switch to the page of a clicked link. Called before a page draws anything."""
    clicked = _catch(key=CATCH, on_link_change=lambda: None, on_star_change=lambda: _stars.click(CATCH)).get(
        "link"
    )
    if isinstance(clicked, Mapping) and clicked.get("page") in PAGES:
        query = {str(name): str(value) for name, value in dict(clicked.get("query") or {}).items()}
        st.switch_page(PAGES[clicked["page"]], query_params=query)
