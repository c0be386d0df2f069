"""The star beside a platform's name: 我的关注, by a click anywhere the platform is listed."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages import _correct, _courses, _data, _who
from db import write
from db.session import Session


def mine() -> frozenset[str] | None:
    """What the person here keeps an eye on; None: nobody is signed in, so no star is offered."""
    return _courses.watched() if _who.visitor() is not None and _who.may("watch") else None


def star(platform_id: str, name: str, watched: frozenset[str] | None) -> str:
    """A star to click (_links.js hands it to `click`), full where the platform is watched; empty text without one."""
    if watched is None:
        return ""
    on = platform_id in watched
    told = f"{'取消关注' if on else '关注'} {name}"
    return (
        f'<a class="tw-star" role="button" aria-pressed="{str(on).lower()}" data-tw-star="{escape(platform_id)}" '
        f'href="./watching" title="{escape(told)}" aria-label="关注 {escape(name)}">{"★" if on else "☆"}</a>'
    )


def click(key: str) -> None:
    """What a click on a star asks for; told when the page is drawn again."""
    wanted = st.session_state[key].get("star")
    if wanted:
        toggle(str(wanted))


def toggle(platform_id: str) -> None:
    """Watched or not any more: the other of the two."""

    def do(session: Session) -> str:
        actor = _who.actor()
        if write.unwatch(session, actor, platform_id, now=_data.now()):
            return "已取消关注"
        write.watch(session, actor, platform_id, now=_data.now())
        return "已加入“我的关注”"

    _correct.change(do)
