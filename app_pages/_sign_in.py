"""登录: by a password of ours or through an identity provider; and the first password, which must be changed.

The forms are plain and go to app_pages._routes: only an answer of the web process can set the session's cookie.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import unquote, urlencode

import streamlit as st

from app_pages import _data, _look, _oidc, _routes, _who
from db import write
from db.passwords import SHORTEST
from db.roles import ACTIONS, MAY, Actor, Role
from settings.access import Provider

HELP = "忘记密码或没有账号，请联系管理员；第一次使用的管理员密码，在首次运行 make run 的窗口中显示过一次。"
_enter = st.components.v2.component("tw_enter", js=Path(__file__).with_name("_enter.js").read_text("utf-8"))


def form(action: str, fields: str, button: str, goal: str) -> str:
    """A form that is posted to /session/<action> and leads to `goal` afterwards."""
    return (
        f'<form class="tw-form" method="post" action="/session/{action}">{fields}'
        f'<input type="hidden" name="next" value="{escape(goal)}">'
        f'<button type="submit">{escape(button)}</button></form>'
    )


def field(label: str, name: str, kind: str, complete: str, more: str = "") -> str:
    """A labelled input that password managers understand. Streamlit strips a `name` that a form has itself ("name")."""
    box = f'<input name="{name}" type="{kind}" autocomplete="{complete}" required {more}>'
    return f"<label>{escape(label)}{box}</label>"


def goal(page: str) -> str:
    """The address that was asked for, so that signing in leads there."""
    query = urlencode([(name, value) for name in st.query_params for value in st.query_params.get_all(name)])
    return _routes.target(f"/{page}?{query}" if query else f"/{page}")


def told() -> None:
    """What the last attempt came to."""
    sentence = unquote(st.context.cookies.get(_routes.TOLD, ""))
    refused = st.session_state.get("refused_provider")
    for text in filter(None, (sentence, refused)):
        st.html(f'<div class="tw-banner fail" role="alert">{escape(str(text))}</div>')


def by_password(wanted: str) -> None:
    """Name and password."""
    fields = field("用户名", "account", "text", "username", 'maxlength="64"')
    fields += field("密码", "password", "password", "current-password", 'maxlength="128"')
    st.html(form("begin", fields, "登录", wanted))


def change_password(wanted: str) -> None:
    """Old and new password; for the first one there is no way around."""
    fields = field("当前密码", "old", "password", "current-password", 'maxlength="128"')
    rule = f'minlength="{SHORTEST}" maxlength="128"'
    fields += field(f"新密码（至少 {SHORTEST} 个字符）", "new", "password", "new-password", rule)
    fields += field("再次输入新密码", "again", "password", "new-password", rule)
    st.html(form("password", fields, "修改密码", wanted))


def by_provider(provider: Provider, wanted: str) -> None:
    """The button that leads to the identity provider; back from there, the browser is given its own session."""
    if st.user.get("is_logged_in") and "refused_provider" not in st.session_state:
        try:
            ticket = _ticket(provider)
        except write.SignInRefused as error:
            st.session_state["refused_provider"] = str(error)
            st.rerun()
        _enter(key="tw_enter", data={"ticket": ticket, "next": wanted})
        st.html('<p class="tw-mute" role="status">正在进入……</p>')
        st.stop()
    if st.button(f"使用{provider.label}登录", type="primary", key="provider", width="stretch"):
        st.session_state.pop("refused_provider", None)
        st.login()


def _ticket(provider: Provider) -> str:
    """One ticket for what the provider said, however often the page is drawn. Raises SignInRefused."""
    if "ticket" not in st.session_state:
        vouched = _oidc.identity(st.user.to_dict(), provider, _data.now())
        with _data.database().writing() as session:
            st.session_state["ticket"] = write.issue_ticket(session, vouched, _data.now())
    return str(st.session_state["ticket"])


def refused(title: str, needed: str) -> None:
    """In place of a page that the role may not use: which role may, and where to go."""
    able = "、".join(role.word for role in Role if role in MAY[needed])
    st.html(f'<div class="tw-head"><h1>{escape(title)}</h1></div>')
    st.html(
        f'<div class="tw-banner stale" role="alert"><b>没有权限。</b>您的角色是“{_who.actor().role.word}”，'
        f"不能{ACTIONS[needed]}；可由{able}办理。需要权限请联系管理员。</div>"
    )
    st.html(f"<p>{_look.link('', '返回总览')}</p>")


def badge(actor: Actor) -> None:
    """Who is signed in, and the way out, below the navigation."""
    with st.sidebar:
        if _who.visitor() is None:
            st.html('<p class="tw-mute">未登录，仅供查看</p>')
            return
        who = f"<b>{escape(actor.name)}</b>　{_look.chip(actor.role.word)}"
        st.html(
            f'<div class="tw-who">{who}<form method="post" action="/session/end">'
            '<button type="submit">退出登录</button></form></div>'
        )
        _who.watch()


def main(page: str) -> None:
    """The page, in place of every other until somebody is signed in."""
    found, wanted = _who.visitor(), goal(page)
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle:
        if found is not None and found.must_change:
            st.html("<h1>请先修改密码</h1>")
            st.html(
                f'<p class="tw-mute">{escape(found.actor.name)}，您使用的是初始密码，修改后才能继续。</p>'
            )
            told()
            change_password(wanted)
            return
        st.html("<h1>登录</h1>")
        told()
        if not _who.served:
            st.html(
                '<p class="tw-mute">这里不能登录：请用 make run 或 python serve.py 启动，'
                "并通过其显示的网址访问。</p>"
            )
            return
        if _who.provider is not None:
            by_provider(_who.provider, wanted)
            st.html('<p class="tw-mute" style="text-align:center">或使用本系统的账号</p>')
        by_password(wanted)
        st.html(f'<p class="tw-mute">{HELP}</p>')
