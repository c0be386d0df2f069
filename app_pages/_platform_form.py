"""The watch list as an administrator edits it: a new platform, names by tier, archiving and bringing back."""

from __future__ import annotations

import re
from hashlib import sha256

import streamlit as st
from pydantic import ValidationError

from app_pages import _correct, _data, _who
from db import read, write
from db.session import Session
from settings.models import AmbiguousAlias, Platform
from signals.names import generic_context, watch_list_entry

TIERS = {
    "full": ("全称", "出现即指该平台，如注册全名"),
    "brand": ("品牌名", "通常指该平台"),
    "legal_entities": ("运营主体", "公司名称"),
    "old_names": ("曾用名", "改名前的名称"),
    "not_this": ("不是它", "含有其名称却另有所指的词"),
}
"""Tier -> its word and what belongs there."""
_BETWEEN = re.compile(r"[、；;\n]+")


def lines(text: str) -> tuple[str, ...]:
    """Names out of a text area: one a line, or separated by 、 or ；."""
    return tuple(name for piece in _BETWEEN.split(text) if (name := piece.strip()))


def ambiguous(text: str) -> tuple[AmbiguousAlias, ...]:
    """A line each: 财富：财富平台、财富跑路; without context words, the usual forms of a name are taken."""
    found = []
    for line in text.splitlines():
        name, _, context = line.replace(":", "：").partition("：")
        if name.strip():
            words = lines(context) or generic_context(name.strip())
            found.append(AmbiguousAlias(text=name.strip(), context=words))
    return tuple(found)


def fields(key: str, entry: Platform) -> None:
    """Name, class and the names by tier."""
    left, right = st.columns(2)
    left.text_input("名称", value=entry.name, key=f"{key}_name", max_chars=100)
    known = sorted({*_data.overview()["category"], entry.category})
    right.selectbox(
        "类别", known, index=known.index(entry.category), key=f"{key}_category", accept_new_options=True
    )
    places = st.columns(2)
    for number, (tier, (word, hint)) in enumerate(TIERS.items()):
        places[number % 2].text_area(
            word, value="\n".join(getattr(entry, tier)), key=f"{key}_{tier}", help=hint, height=90
        )
    told = "\n".join(f"{alias.text}：{'、'.join(alias.context)}" for alias in entry.ambiguous)
    st.text_area(
        "有歧义的名称（每行一个，可写“名称：语境词、语境词”）",
        value=told,
        key=f"{key}_ambiguous",
        help="日常词语，只有旁边出现语境词时才指该平台",
        height=90,
    )


def said(key: str, platform_id: str) -> Platform:
    """The platform that a form describes. Raises InputRefused."""

    def value(name: str) -> str:
        return str(st.session_state.get(f"{key}_{name}") or "")

    tiers = {tier: lines(value(tier)) for tier in TIERS}
    try:
        return Platform(
            id=platform_id,
            name=value("name").strip(),
            category=value("category").strip(),
            ambiguous=ambiguous(value("ambiguous")),
            **tiers,
        )
    except ValidationError as error:
        raise write.InputRefused("请填写名称与类别") from error


def edit(info: read.PlatformInfo) -> None:
    """Names and class of one platform, and whether it is watched."""
    st.header("名称与类别", anchor=False)
    entry = _data.entry(info.id)
    if entry is None:
        st.html('<p class="tw-mute">已归档：不再监测，此前的计算结果保留。恢复后可修改名称。</p>')
        active(info, False)
        return
    st.html('<p class="tw-mute">名称变化后，提到新旧名称的文本由后台重新研读。</p>')
    key = f"edit_{info.id}_{sha256(entry.model_dump_json().encode()).hexdigest()[:8]}"
    with st.form("platform", border=True):
        fields(key, entry)
        st.text_input("理由（记入审计日志）", key=f"{key}_why", max_chars=200)
        st.form_submit_button("保存", type="primary", on_click=_correct.change, args=(save(key, entry),))
    active(info, True)


def save(key: str, entry: Platform) -> _correct.Change:
    """Change what the form says."""

    def do(session: Session) -> str:
        why = str(st.session_state.get(f"{key}_why", ""))
        changed = write.edit_platform(
            session, _who.actor(), said(key, entry.id), seen=entry, reason=why, now=_data.now()
        )
        return "已保存；提到相关名称的文本将重新研读。" if changed else "没有变化。"

    return do


def active(info: read.PlatformInfo, watched: bool) -> None:
    """Archive, or bring back."""
    word = "归档" if watched else "恢复监测"
    with st.popover(word, key="active"):
        st.text_input("理由（记入审计日志）", key="active_why", max_chars=200)
        st.button(
            f"确认{word}", key="active_yes", on_click=_correct.change, args=(set_active(info, not watched),)
        )


def set_active(info: read.PlatformInfo, watched: bool) -> _correct.Change:
    """Watch it, or no longer."""

    def do(session: Session) -> str:
        act = write.restore_platform if watched else write.archive_platform
        act(
            session,
            _who.actor(),
            info.id,
            reason=str(st.session_state.get("active_why", "")),
            now=_data.now(),
        )
        return f"已{'恢复监测' if watched else '归档'}“{info.name}”。"

    return do


def add() -> None:
    """A platform nobody watched yet, from its name; tiers can be set right afterwards."""
    st.header("加入平台", anchor=False)
    with st.form("new_platform", border=True):
        left, middle, right = st.columns([3, 2, 3])
        left.text_input("名称", key="add_name", max_chars=100)
        known = sorted({*_data.overview()["category"], "未分类"})
        middle.selectbox(
            "类别", known, index=known.index("未分类"), key="add_category", accept_new_options=True
        )
        right.text_input("运营主体（可不填）", key="add_entity", max_chars=100)
        st.text_input("依据（可不填）", key="add_why", max_chars=200)
        st.form_submit_button("加入", type="primary", on_click=_correct.change, args=(create,))


def create(session: Session) -> str:
    """Put it on the watch list, its name in the tier that it deserves."""
    name = str(st.session_state.get("add_name") or "").strip()
    if not name:
        raise write.InputRefused("请填写平台名称")
    category = str(st.session_state.get("add_category") or "未分类")
    entity = str(st.session_state.get("add_entity") or "").strip()
    entry = watch_list_entry("new", name, category)
    entry = entry.model_copy(update={"legal_entities": (entity,)} if entity else {})
    if not (entry.brand or entry.ambiguous):
        entry = entry.model_copy(update={"full": (name,)})
    write.add_platform(
        session, _who.actor(), entry, reason=str(st.session_state.get("add_why") or ""), now=_data.now()
    )
    for field in ("name", "entity", "why"):
        st.session_state[f"add_{field}"] = ""
    return f"已加入“{name}”；提到它的文本将由后台研读。名称的类型可在“管理”中修改。"
