"""我的账号: who am I here, what may I do, another password, and out of all other browsers."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages import _correct, _data, _look, _parts, _sign_in, _who
from db import write
from db.roles import ACTIONS, may
from db.session import Session


def everywhere() -> None:
    """End all sessions of one's own, this one included."""

    def do(session: Session) -> str:
        actor = _who.actor()
        write.sign_out_everywhere(session, actor, actor.name, now=_data.now())
        return "已退出全部浏览器"

    _correct.change(do)


def main() -> None:
    """The page."""
    _parts.heading("我的账号")
    actor, found = _who.actor(), _who.visitor()
    able = "、".join(word for action, word in ACTIONS.items() if may(actor, action))
    st.html(
        f"<p><b>{escape(actor.name)}</b>　{_look.chip(actor.role.word)}</p>"
        f'<p class="tw-mute">您可以：{able}。</p>'
    )
    if found is None:
        _parts.empty("没有登录。用 make run 或 python serve.py 启动后可以登录。")
        return
    if found.local:
        st.header("修改密码", anchor=False)
        _sign_in.told()
        left, _ = st.columns([1, 1.6])
        with left:
            _sign_in.change_password("/account")
    st.header("退出登录", anchor=False)
    st.button("退出全部浏览器", key="everywhere", on_click=everywhere)


main()
