"""Read entry of the dashboard: who is it, page frame and navigation; no SQL, no maths.

Served by `python serve.py` (which the worker's supervisor starts); `streamlit run dashboard.py` works too, to look at.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from app_pages import _data, _links, _parts, _sign_in, _who
from app_pages._menu import GROUPS, NEEDS

SIDEBAR = 232
"""Width in pixels; collapsed on a narrow screen."""


def page(path: str, title: str) -> st.Page:
    """A page of the navigation; one that the role may not use is hidden, and says so to whoever types its address."""
    address = {"title": title, "url_path": path or None, "default": not path}
    needed = NEEDS.get(path, "read")
    if _who.may(needed):
        return st.Page(_links.PAGES[path], **address)
    return st.Page(partial(_sign_in.refused, title, needed), visibility="hidden", **address)


def main() -> None:
    """Draw the page that the address names, inside the common frame; or the door to it."""
    st.set_page_config(page_title="信任哨 TrustWatch", layout="wide", initial_sidebar_state=SIDEBAR)
    st.html(_parts.STYLE)
    st.logo(_parts.BRAND, size="large")
    with _parts.guard():
        found = _who.enter()
    if found is None:
        doors = [
            st.Page(partial(_sign_in.main, path), title=title, url_path=path or None, default=not path)
            for members in GROUPS.values()
            for path, title in members
        ]
        st.navigation(doors, position="hidden").run()
        return
    pages = {group: [page(*member) for member in members] for group, members in GROUPS.items()}
    chosen = st.navigation(pages, expanded=True)
    _links.follow()
    _sign_in.badge(found)
    with _parts.guard():
        _data.refresh()
        _parts.banners()
        chosen.run()


main()
