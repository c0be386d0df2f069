"""用户: who may sign in and as what; new people, roles, first passwords, locking, signing out."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _who, _words
from db import read, write
from db.passwords import hash_password, random_password
from db.roles import WORDS, Role, require
from db.session import Session

TABLE = (
    _look.Column("用户", "tight"),
    _look.Column("角色", "tight"),
    _look.Column("状态", "tight"),
    _look.Column("登录方式", "tight"),
    _look.Column("最近登录", "tight"),
    _look.Column("会话", "num", "现在登录着的浏览器"),
    _look.Column("建立", "tight"),
)
TAKEN = {
    "name": "用户", "role": "角色", "local": "本系统密码", "must_change": "待改初始密码", "locked_at": "停用时间",
    "signed_in_at": "最近登录", "open": "会话", "created_at": "建立时间", "created_by": "由谁建立",
}  # fmt: skip
"""Column of the download -> its header in the workbook."""

DUTIES = {
    Role.VIEWER: "查看各页，下载屏幕上的表",
    Role.ANALYST: "更正判断、处理新发现、上传与录入、导出、立即采集",
    Role.LIAISON: "分析员的多数权限，提交阈值，签字解除红色，查看审计",
    Role.APPROVER: "复核阈值（不能复核自己提交的），签字解除红色，查看审计",
    Role.ADMIN: "管理用户、平台与数据源，以及以上全部",
}


def row(user: Mapping[str, Any], now: Any) -> list[str]:
    """One person as cells."""
    if not _words.missing(user["locked_at"]):
        state = _look.chip("已停用", "bad", f"自 {_words.moment(user['locked_at'])}")
    elif user["must_change"]:
        state = _look.chip("待改初始密码", "warn")
    else:
        state = _look.chip("正常", "good")
    last = user["signed_in_at"]
    return [
        f"<b>{escape(user['name'])}</b>",
        Role(user["role"]).word,
        state,
        "本系统密码" if user["local"] else "单位账号",
        f'<span title="{_words.moment(last)}">{_words.ago(last, now)}</span>',
        str(user["open"]),
        f"{_words.moment(user['created_at'])}　{escape(user['created_by'])}",
    ]


def create() -> None:
    """A new person, with a first password that is shown once."""
    name = str(st.session_state.get("new_name", ""))
    role = Role(st.session_state["new_role"])
    password = random_password()
    hashed = hash_password(password)

    def do(session: Session) -> str:
        write.create_account(session, _who.actor(), name, role, hashed, now=_data.now())
        st.session_state["issued"] = (name.strip(), password)
        return f"已建立用户“{name.strip()}”（{role.word}）"

    _correct.change(do)


def reset(name: str) -> None:
    """A new first password."""
    password = random_password()
    hashed = hash_password(password)

    def do(session: Session) -> str:
        reason = str(st.session_state.get("why", ""))
        write.reset_password(session, _who.actor(), name, hashed, now=_data.now(), reason=reason)
        st.session_state["issued"] = (name, password)
        return f"已重置“{name}”的密码，其会话已全部结束"

    _correct.change(do)


def change_role(name: str) -> None:
    """Another role, with a reason."""
    role, reason = Role(st.session_state["role"]), str(st.session_state.get("why", "")).strip()
    if not reason:
        st.session_state["refused"] = "请填写理由：角色变化要记入审计日志"
        return

    def do(session: Session) -> str:
        changed = write.set_role(session, _who.actor(), name, role, reason=reason, now=_data.now())
        return f"“{name}”现在是{role.word}" if changed else f"“{name}”已经是{role.word}"

    _correct.change(do)


def lock(name: str, locked: bool) -> None:
    """Out, or in again."""
    reason = str(st.session_state.get("why", "")).strip()

    def do(session: Session) -> str:
        act = write.unlock_account if locked else write.lock_account
        act(session, _who.actor(), name, reason=reason, now=_data.now())
        return f"已{'恢复' if locked else '停用'}用户“{name}”"

    _correct.change(do)


def sign_out(name: str) -> None:
    """End a person's sessions."""

    def do(session: Session) -> str:
        ended = write.sign_out_everywhere(session, _who.actor(), name, now=_data.now())
        return f"已结束“{name}”的 {ended} 个会话"

    _correct.change(do)


def issued() -> None:
    """The first password that was just made, until somebody says that it is noted."""
    if "issued" not in st.session_state:
        return
    name, password = st.session_state["issued"]
    with st.container(border=True):
        st.html(
            f"<b>“{escape(name)}”的初始密码，只显示这一次：</b>"
            '<p class="tw-mute">请当面或通过可信渠道告知本人；首次登录时必须修改。</p>'
        )
        st.code(password, language=None)
        if st.button("已记下", key="noted"):
            del st.session_state["issued"]
            st.rerun()


def add() -> None:
    """The form for a new person."""
    with (
        st.form("new_user", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input("用户名", key="new_name", max_chars=64, width=220)
        st.selectbox("角色", list(Role), format_func=WORDS.__getitem__, key="new_role", width=160)
        st.form_submit_button("新建用户", type="primary", on_click=create)


def edit(found: pd.DataFrame) -> None:
    """What can be done with one person."""
    st.header("修改用户", anchor=False)
    users = {user["name"]: user for user in found.to_dict("records")}
    name = _parts.pick("用户", {each: each for each in users}, "user", "选择用户", 240)
    if name is None:
        _parts.empty("选择一位用户，可修改角色、重置密码、停用或结束其会话。")
        return
    user, mine = users[name], name == _who.actor().name
    locked = not _words.missing(user["locked_at"])
    st.text_input("理由（记入审计日志）", key="why", max_chars=200, width=480)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if user["local"]:
            roles = list(Role)
            st.selectbox(
                "角色",
                roles,
                index=roles.index(Role(user["role"])),
                format_func=WORDS.__getitem__,
                key="role",
                width=160,
            )
            st.button("修改角色", key="set_role", on_click=change_role, args=(name,))
            st.button("重置密码", key="reset", on_click=reset, args=(name,))
        st.button("结束全部会话", key="sign_out", on_click=sign_out, args=(name,), disabled=not user["open"])
        word = "恢复用户" if locked else "停用用户"
        st.button(word, key="lock", on_click=lock, args=(name, locked), disabled=mine)
    if not user["local"]:
        st.html('<p class="tw-mute">单位账号的角色由其分组决定，请在单位账号系统中修改。</p>')


def main() -> None:
    """The page."""
    require(_who.actor(), "users")
    _parts.heading("用户")
    _correct.tell()
    issued()
    with _data.database().reading() as session:
        found = read.accounts(session, _data.now())
    now = _data.now()
    rows = [row(user, now) for user in found.to_dict("records")]
    st.html(f'<div class="tw-scroll">{_look.table(TABLE, rows, "用户")}</div>')
    _parts.download(found[[*TAKEN]], "users", TAKEN)
    st.header("新建用户", anchor=False)
    add()
    duties = "".join(f"<li><b>{role.word}</b>：{escape(text)}</li>" for role, text in DUTIES.items())
    st.html(f'<ul class="tw-mute">{duties}</ul>')
    edit(found)


main()
