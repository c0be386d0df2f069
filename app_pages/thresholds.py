"""阈值: what is in force, an edit with its effect on history, and versions with the decision of a second person."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _thresholds_edit, _thresholds_preview, _who, _words
from app_pages import _thresholds_versions as versions
from app_pages import _thresholds_words as words
from app_pages._look import Column
from app_pages._thresholds_words import LEVELS, Teller
from db import read
from settings.models import LevelLines, Override, Thresholds
from settings.threshold_diff import diff

VIEWS = ("现行", "修改", "版本")


def teller() -> Teller:
    """Names of indices, events and platforms."""
    found = _data.overview()
    platforms = dict(zip(found["platform_id"], found["name"], strict=True))
    return Teller(dict(_data.index_names()), _data.event_names(), platforms)


def lines(rules: Thresholds | LevelLines, caption: str) -> None:
    """The four levels."""
    rows = []
    for name, level in LEVELS.items():
        rule = getattr(rules, name)
        signed = "，须签字" if rule.sign_off else ""
        rows.append(
            [
                _look.badge(level),
                f"T ≥ {rule.enter:g}",
                f"{rule.window_days} 天中 {rule.need_days} 天",
                f"T* < {rule.enter - rules.leave_margin:g} 满 {rule.leave_days} 天{signed}",
            ]
        )
    columns = (
        Column("等级", "tight"),
        Column("进入", "num"),
        Column("条件", "tight"),
        Column("降级", "wide"),
    )
    st.html(_look.table(columns, rows, caption))


def weights(given: dict[str, float], caption: str) -> None:
    """Weights with their shares."""
    total = sum(given.values())
    rows = [
        [f"<b>{index}</b> {escape(name)}", f"{given.get(index, 0):g}", f"{given.get(index, 0) / total:.1%}"]
        for index, name in _data.index_names()
    ]
    columns = (Column("指数", "tight"), Column("权重", "num"), Column("占比", "num"))
    st.html(_look.table(columns, rows, caption))


def in_force(number: int, thresholds: Thresholds, told: Teller) -> None:
    """The version that decides today."""
    with _data.database().reading() as session:
        found = read.threshold_version(session, number)
        newest = read.newest_approved(session)
        waiting = read.newest_proposal(session)
    assert found is not None
    facts = [
        ("现行版本", f"第 {number} 版"),
        ("生效", words.begins(found)),
        ("提交", found.who),
        ("复核", found.decided_by or _words.NONE),
    ]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    st.html(f'<dl class="tw-facts">{cells}</dl><div class="tw-why"><b>理由</b>　{escape(found.why)}</div>')
    if newest.id != number:
        link = _look.link("thresholds", f"第 {newest.id} 版", view="版本", version=str(newest.id))
        st.html(
            f'<div class="tw-banner work" role="status">{link}将于 {words.begins(newest)}零时生效。</div>'
        )
    if waiting:
        link = _look.link("thresholds", f"第 {waiting} 版", view="版本", version=str(waiting))
        st.html(f'<div class="tw-banner stale" role="status">{link}正等待复核。</div>')
    _parts.download(flat(thresholds, told), "thresholds_now", {"field": "项目", "value": "值"})
    left, right = st.columns([3, 2])
    with left:
        st.header("怎样判定等级？", anchor=False)
        lines(thresholds, "等级线")
        floors = "；".join(
            f"{_words.FLOORS.get(name, name)} → T ≥ {floor.score:g}"
            for name, floor in thresholds.floors.items()
        )
        st.html(f'<p class="tw-mute">底线：{escape(floors)}。</p>')
    with right:
        st.header("各指数占多少？", anchor=False)
        weights(dict(thresholds.weights), "权重")
    exceptions(thresholds, told)


def flat(thresholds: Thresholds, told: Teller) -> pd.DataFrame:
    """Every constant in force, a row each, by the words of the form."""
    rows = diff({}, thresholds.model_dump(mode="json"))
    return pd.DataFrame(
        [{"field": told.field(row.path), "value": told.value(row.after)} for row in rows],
        columns=["field", "value"],
    )


def exceptions(thresholds: Thresholds, told: Teller) -> None:
    """What classes and platforms have of their own."""
    own = [
        *((f"类别：{name}", one) for name, one in thresholds.overrides.category.items()),
        *(
            (f"平台：{told.platforms.get(name, name)}", one)
            for name, one in thresholds.overrides.platform.items()
        ),
    ]
    st.header(f"有哪些例外？（{len(own)}）", anchor=False)
    if not own:
        _parts.empty("没有例外：所有平台用同一套阈值。可在“修改”里按类别或平台自定。")
        return
    rows = [[escape(name), escape(what(one))] for name, one in own]
    st.html(_look.table((Column("适用", "tight"), Column("自定的项", "wide")), rows, "例外"))


def what(one: Override) -> str:
    """An exception in words."""
    parts = []
    if one.lines is not None:
        each = "、".join(
            f"{level.value} {getattr(one.lines, name).enter:g}" for name, level in LEVELS.items()
        )
        parts.append(f"等级线（{each}）")
    if one.weights is not None:
        parts.append("权重（" + "、".join(f"{name} {value:g}" for name, value in one.weights.items()) + "）")
    if one.single_index_share is not None:
        parts.append(f"单一指数份额 {one.single_index_share:g}")
    parts += [f"底线“{_words.FLOORS.get(name, name)}” {floor.score:g}" for name, floor in one.floors.items()]
    return "；".join(parts)


def main() -> None:
    """The page."""
    _parts.heading("阈值")
    _correct.tell()
    number, thresholds = _data.thresholds()
    told = teller()
    views = VIEWS if _who.may("threshold.propose") else (VIEWS[0], VIEWS[2])
    view = st.segmented_control(
        "视图",
        views,
        default=views[0],
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    if view == "修改":
        edit = _thresholds_edit.main(told)
        _thresholds_preview.ask(edit.base, edit.thresholds(), told, ahead=True)
        st.header("提交给另一个人复核", anchor=False)
        _thresholds_edit.hand_in(edit)
    elif view == "版本":
        versions.main(told, number)
    else:
        in_force(number, thresholds, told)


main()
