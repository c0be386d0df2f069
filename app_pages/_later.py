"""What stands below the fold of a heavy page waits until the first chart was painted: once in each session.

Charts that arrive together are drawn together, so the first would stand there no sooner than the last.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app_pages import _who

DONE = "drawn_later"
"""In the session: the browser has drawn charts before, and the next ones cost it little."""

_eye = st.components.v2.component("tw_later", js=Path(__file__).with_name("_later.js").read_text("utf-8"))


def ready() -> bool:
    """Whether to draw all of the page; False: the top only, and the browser asks for the rest by itself.

    Where nobody waits for a paint (not serve.py) it is always True.
    """
    if not _who.served or st.session_state.get(DONE):
        return True
    if _eye(key="tw_later", on_drawn_change=lambda: None).get("drawn"):
        st.session_state[DONE] = True
    return bool(st.session_state.get(DONE))
