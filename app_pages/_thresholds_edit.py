"""The form of the page 阈值: one scope at a time, each field with what is wrong with it beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from app_pages import _data, _look, _parts, _who, _words
from app_pages import _thresholds_state as state
from app_pages._thresholds_state import Edit
from app_pages._thresholds_words import FIELDS, LEVELS, Scope, Teller
from db import read
from settings.models import Thresholds
from settings.scopes import resolved
from settings.threshold_diff import Path, diff
from settings.threshold_faults import Fault, parsed

RULE = (("enter", 1.0), ("need_days", 1), ("window_days", 1), ("leave_days", 1))
"""Fields of a level with their steps; whole steps are whole numbers."""

COMMON = (
    ("memory_plateau_days", 1),
    ("memory_half_life_days", 1.0),
    ("coverage_min", 0.05),
    ("coverage_hold_days", 1),
    ("scope_min", 0.05),
    ("carry_days", 1),
)
"""The same for every platform."""

FLOOR = (("score", 1.0), ("min_stories", 1), ("min_complainants", 1), ("hours", 1))


def scopes() -> list[Scope]:
    """Everybody, the classes, the platforms."""
    found = _data.overview()
    classes = sorted(set(found["category"]))
    platforms = found.sort_values("name")["platform_id"]
    return [
        Scope(),
        *(Scope("category", str(name)) for name in classes),
        *(Scope("platform", str(name)) for name in platforms),
    ]


def choose(teller: Teller, edit: Edit) -> Scope:
    """For whom; in the address as `scope`."""
    every = {scope.key: scope for scope in scopes()}

    def named(key: str) -> str:
        scope = every[key]
        if not scope.kind:
            return "全部平台"
        word = f"类别：{scope.name}" if scope.kind == "category" else f"平台：{teller.platforms[scope.name]}"
        return f"{word}（有例外）" if edit.get(scope.path) else word

    if st.query_params.get("scope") not in every:
        st.query_params["scope"] = "all"
    chosen = _parts.pick("适用范围", {key: named(key) for key in every}, "scope", "全部平台", 320)
    return every[chosen or "all"]


def number(edit: Edit, path: Path, label: str, step: float, faults: Sequence[Fault]) -> None:
    """A field with its faults below."""
    key, whole = f"th_{edit.turn}_{'/'.join(path)}", isinstance(step, int)
    value = edit.get(path)
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    shown: Any = (int(value) if whole else float(value)) if fits else None
    st.number_input(
        label,
        value=shown,
        step=step,
        format=None if whole else "%.4g",
        key=key,
        on_change=state.store,
        args=(path, key),
    )
    wrong(faults, path)


def wrong(faults: Sequence[Fault], path: Path) -> None:
    """What is wrong with a field, or with a group as a whole."""
    told = "；".join(dict.fromkeys(fault.told for fault in faults if fault.path == path))
    if told:
        st.html(f'<p class="tw-up" role="alert" style="margin:0">{escape(told)}</p>')


def levels(edit: Edit, at: Path, faults: Sequence[Fault]) -> None:
    """The four lines and the margin."""
    for name, level in LEVELS.items():
        label, *fields = st.columns([1.1, 1, 1, 1, 1], vertical_alignment="bottom")
        label.html(_look.badge(level))
        for column, (one, step) in zip(fields, RULE, strict=True):
            with column:
                number(edit, (*at, name, one), FIELDS[one], step, faults)
    with st.columns([1.1, 1, 3])[1]:
        number(edit, (*at, "leave_margin"), FIELDS["leave_margin"], 1.0, faults)
    wrong(faults, at)
    st.html('<p class="tw-mute">T* 低于“进入线 − 退出差”并连续满天数后，才降一级。</p>')


def weights(edit: Edit, at: Path, faults: Sequence[Fault]) -> None:
    """One weight per index, with its share."""
    given = edit.get(at, {})
    total = sum(float(one) for one in given.values() if isinstance(one, int | float) and one > 0)
    columns = st.columns(4)
    for n, (index, name) in enumerate(_data.index_names()):
        with columns[n % 4]:
            share = given.get(index) or 0
            number(edit, (*at, index), f"{index} {name}", 0.01, faults)
            if total > 0 and share >= 0:
                st.html(f'<p class="tw-mute">占 {share / total:.1%}</p>')
    wrong(faults, at)
    st.html(
        f'<p class="tw-mute">合计 {total:.4g}；提交时按比例折算为 1，只有比例影响 T，未接入的指数不计。</p>'
    )


def floor(edit: Edit, at: Path, faults: Sequence[Fault]) -> None:
    """One floor with its conditions."""
    events = _data.event_names()
    for column, (one, step) in zip(st.columns(4), FLOOR, strict=True):
        with column:
            number(edit, (*at, one), FIELDS[one], step, faults)
    key = f"th_{edit.turn}_{'/'.join(at)}"
    chosen = [one for one in edit.get((*at, "events"), []) if one in events]
    st.multiselect(
        FIELDS["events"],
        list(events),
        default=chosen,
        format_func=events.__getitem__,
        key=f"{key}/events",
        placeholder="选择事件",
        on_change=state.store,
        args=((*at, "events"), f"{key}/events"),
    )
    wrong(faults, (*at, "events"))
    with st.container(horizontal=True):
        for one in ("official_only", "at_once"):
            st.checkbox(
                FIELDS[one],
                value=bool(edit.get((*at, one))),
                key=f"{key}/{one}",
                on_change=state.store,
                args=((*at, one), f"{key}/{one}"),
            )


def everybody(edit: Edit, faults: Sequence[Fault]) -> None:
    """The constants for all platforms."""
    st.header("等级线", anchor=False)
    levels(edit, (), faults)
    st.header("权重", anchor=False)
    weights(edit, ("weights",), faults)
    with st.columns(4)[0]:
        number(edit, ("single_index_share",), FIELDS["single_index_share"], 0.05, faults)
    st.header("底线", anchor=False)
    for name in edit.get(("floors",), {}):
        st.html(f"<b>{escape(_words.FLOORS.get(name, name))}</b>")
        floor(edit, ("floors", name), faults)
    with st.expander("记忆与覆盖（只能全局修改）"):
        columns = st.columns(3)
        for n, (name, step) in enumerate(COMMON):
            with columns[n % 3]:
                number(edit, (name,), FIELDS[name], step, faults)


def exception(edit: Edit, scope: Scope, wider: Thresholds, faults: Sequence[Fault]) -> None:
    """What a class or a platform has of its own; what is not ticked is that of the wider scope."""
    st.html(
        '<p class="tw-mute">未勾选的项沿用上级：平台的例外先于类别，类别先于全局。等级线与权重整组自定。</p>'
    )
    stored = wider.model_dump(mode="json")
    lines = {name: stored[name] for name in (*LEVELS, "leave_margin")}
    if own(edit, (*scope.path, "lines"), "自定等级线", lines):
        levels(edit, (*scope.path, "lines"), faults)
    if own(edit, (*scope.path, "weights"), "自定权重", stored["weights"]):
        weights(edit, (*scope.path, "weights"), faults)
    share = (*scope.path, "single_index_share")
    if own(edit, share, "自定单一指数份额", stored["single_index_share"]):
        number(edit, share, FIELDS["single_index_share"], 0.05, faults)
    for name, whole in stored["floors"].items():
        at = (*scope.path, "floors", name)
        if own(edit, at, f"自定底线：{_words.FLOORS.get(name, name)}", whole):
            floor(edit, at, faults)
    wrong(faults, scope.path)


def own(edit: Edit, path: Path, label: str, wider: Any) -> bool:
    """A tick: begin with the wider scope's values, or return to them."""
    key = f"th_{edit.turn}_own_{'/'.join(path)}"

    def turn() -> None:
        edit.set(path, wider if st.session_state[key] else None)

    has = edit.get(path) is not None
    st.checkbox(label, value=has, key=key, on_change=turn)
    return has


def wider_of(edit: Edit, scope: Scope) -> Thresholds:
    """What counts where a scope has nothing of its own; of the base while the edit is not sound."""
    found = edit.thresholds() or edit.base.thresholds
    if scope.kind == "category":
        return resolved(found, "", None)
    info = _data.platform(scope.name)
    return resolved(found, "", info.category if info else None)


def notices(edit: Edit) -> None:
    """A draft taken up again; versions that came while this one was edited."""
    with _data.database().reading() as session:
        newest, waiting = read.newest_approved(session), read.newest_proposal(session)
        proposal = read.threshold_version(session, waiting) if waiting > edit.seen else None
    if edit.from_draft:
        st.html('<div class="tw-banner work" role="status">已载入您保存的草稿。</div>')
    if newest.id != edit.base.id:
        told = f"版本 {newest.id} 已于 {_words.moment(newest.decided_at)} 通过，您的修改基于版本 {edit.base.id}。"
        st.html(
            f'<div class="tw-banner stale" role="alert">{escape(told)}请先套到最新版本上，再核对、提交。</div>'
        )
        st.button(f"把我的修改套到版本 {newest.id} 上", key="rebase", on_click=state.onto_newest)
    elif proposal is not None:
        when = _words.moment(proposal.created_at)
        told = f"{proposal.who}于 {when} 提交了版本 {proposal.id}，正待复核（理由：{proposal.why}）。"
        st.html(
            f'<div class="tw-banner stale" role="alert">{escape(told)}'
            "可等其处理后再改；两份都提交时，只能通过其中一份。</div>"
        )
        st.button("已知悉，仍单独提交", key="beside", on_click=state.beside)


def changes(edit: Edit, teller: Teller) -> None:
    """What is changed so far."""
    rows = [
        [escape(teller.field(one.path)), escape(teller.value(one.before)), escape(teller.value(one.after))]
        for one in diff(edit.base.content, edit.content)
    ]
    st.header(f"改了什么？（{len(rows)}）", anchor=False)
    if not rows:
        _parts.empty("还没有修改。改动任一项后，可预览它在历史上的影响。")
        return
    columns = (
        _look.Column("项目", "name"),
        _look.Column(f"版本 {edit.base.id}", "num"),
        _look.Column("修改后", "num"),
    )
    st.html(_look.table(columns, rows, "与所基于版本的差异"))
    if edit.both:
        told = "；".join(
            f"{teller.field(one.path)}（对方 {teller.value(one.before)}，您 {teller.value(one.after)}）"
            for one in edit.both
        )
        st.html(f'<div class="tw-banner stale" role="alert">双方都改了，已保留您的值：{escape(told)}</div>')


def main(teller: Teller) -> Edit:
    """The form; returns the edit as it stands."""
    edit = state.current()
    _, faults = parsed(edit.content)
    notices(edit)
    scope = choose(teller, edit)
    if scope.kind:
        exception(edit, scope, wider_of(edit, scope), faults)
    else:
        everybody(edit, faults)
    elsewhere = [fault for fault in faults if fault.path[:3] != scope.path[:3] or not fault.path]
    if elsewhere and (scope.kind or any(fault.path[:1] == ("overrides",) for fault in elsewhere)):
        told = "；".join(f"{teller.field(one.path) if one.path else '全局'}：{one.told}" for one in elsewhere)
        st.html(f'<p class="tw-up" role="alert">{escape(told)}</p>')
    changes(edit, teller)
    return edit


def hand_in(edit: Edit) -> None:
    """Reason and buttons."""
    st.text_area(
        "理由（必填，复核人据此判断，记入审计日志）", key="thresholds_why", max_chars=1000, height=80
    )
    with st.container(horizontal=True):
        st.button("提交复核", key="submit", type="primary", on_click=state.submit, disabled=not edit.changed)
        st.button("保存草稿", key="keep", on_click=state.keep, disabled=not edit.changed)
        st.button("放弃修改", key="discard", on_click=state.discard, disabled=not edit.changed)
    if not _who.may("threshold.decide"):
        return
    _parts.empty("您也有复核权限，但不能复核自己提交的版本。")
