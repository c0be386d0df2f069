"""审计: who did what, when and why; filtered, exported, and checked for gaps and changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

import streamlit as st

from app_pages import _data, _download, _export, _look, _parts, _who, _words
from app_pages._thresholds_words import Teller
from db import read
from db.read.audit import ACTS, COLUMNS
from db.roles import Role, require
from signals.dictionary import TABLES

SHOWN = 100
TABLE = (
    _look.Column("编号", "num"),
    _look.Column("时间", "tight"),
    _look.Column("谁", "tight"),
    _look.Column("做了什么", "tight"),
    _look.Column("对象"),
    _look.Column("理由与内容", "wide"),
    _look.Column("哈希", "tight", "覆盖本条全部内容和上一条的哈希"),
)
KEYS = {
    "from": "原",
    "to": "现",
    "role": "角色",
    "how": "方式",
    "address": "来自",
    "sessions": "结束会话",
    "what": "更正",
    "document": "文本",
    "correction": "更正编号",
    "event": "事件",
    "platform": "平台",
    "rows": "行数",
    "filters": "筛选",
    "request": "事项编号",
    "source_id": "来源",
    "wait_seconds": "等待（秒）",
    "by": "由",
    "day": "日期",
    "added": "新增",
    "refused": "拒收",
    "upload": "上传编号",
    "entry": "录入编号",
    "meeting": "会议编号",
    "note": "批注编号",
    "before": "原",
    "after": "现",
    "version": "版本",
    "withdrawn": "撤回",
    "status": "状态",
    "since": "自",
    "evidence": "依据",
    "list": "名单",
    "source": "来源",
    "held_at": "会议时间",
    "active": "在监测",
    "path": "文件",
    "effective_from": "生效",
    "base": "所改版本",
    "changes": "改动",
}
"""Key of an entry's detail -> its word; others show as they are."""


VALUES = {
    "local": "本系统密码",
    "oidc": "单位账号",
    "provider": "单位账号",
    "documents": "文档",
    "indicators": "数值指标",
    "failures": "出险名单",
    "wrong_platform": "不是该平台",
    "not_negative": "并非负面",
    "negative": "是负面",
    "wrong_event": "事件有误",
    "right_link": "是该平台",
} | {str(role): role.word for role in Role}
"""Values of a detail that have a word."""


def role_chip(role: str) -> str:
    """The role in Chinese; the programme and its command line have none."""
    return _look.chip(VALUES[role]) if role in VALUES else ""


def filters() -> dict[str, Any]:
    """What the reader narrowed the log to; in the address."""
    with _data.database().reading() as session:
        actors, actions = read.audit_names(session)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="narrowing"):
        actor = _parts.pick("谁", {name: name for name in actors}, "actor", "所有人", 180)
        words = {action: ACTS.get(action, action) for action in actions}
        action = _parts.pick("做了什么", words, "action", "全部", 200)
        start = st.date_input("起始日", None, key="from", bind="query-params", width=150, format="YYYY-MM-DD")
        end = st.date_input("截止日", None, key="until", bind="query-params", width=150, format="YYYY-MM-DD")
        text = st.text_input("对象或理由包含", key="text", bind="query-params", width=200)
    return {
        "actor": actor,
        "action": action,
        "start": start if isinstance(start, date) else None,
        "end": end if isinstance(end, date) else None,
        "text": text.strip() or None,
    }


def teller() -> Teller:
    """Names of indices, events and platforms."""
    found = _data.overview()
    platforms = dict(zip(found["platform_id"], found["name"], strict=True))
    return Teller(dict(_data.index_names()), _data.event_names(), platforms)


def row(entry: Mapping[str, Any], told: Teller) -> list[str]:
    """One entry as cells; `told` has the names of what is stored by id."""
    reason = f"<div>{escape(entry['reason'])}</div>" if entry["reason"] else ""
    detail = "　".join(
        f'<span class="tw-mute">{escape(KEYS.get(key, key))}</span> {escape(shown(key, value, told))}'
        for key, value in entry["detail"].items()
        if value not in (None, "", {})
    )
    who = f"<b>{escape(entry['actor'])}</b> {role_chip(entry['role'])}"
    return [
        str(entry["id"]),
        _words.moment(entry["at"]),
        who,
        escape(ACTS.get(entry["action"], entry["action"])),
        escape(subject(entry, told)),
        f"{reason}{detail}" or _words.NONE,
        f'<code title="{entry["hash"]}">{entry["hash"][:8]}</code>',
    ]


def subject(entry: Mapping[str, Any], told: Teller) -> str:
    """What it was done to, by its name on screen."""
    name = str(entry["subject"])
    if entry["action"] == "export":
        return TABLES[name].zh if name in TABLES else name
    return told.platforms.get(name, name)


def shown(key: str, value: object, told: Teller) -> str:
    """A value of the detail in short."""
    if key == "changes" and isinstance(value, Mapping):
        return "；".join(
            f"{told.field(tuple(path.split('.')))} {told.value(before)} → {told.value(after)}"
            for path, (before, after) in value.items()
        )
    if isinstance(value, str):
        return VALUES.get(value, told.platforms.get(value, value))
    return json.dumps(value, ensure_ascii=False)


def check() -> None:
    """Go over the chain on demand."""
    if not st.button("核对哈希链", key="verify", help="逐条核对：有没有被改动、删除、调换或截断"):
        return
    with st.spinner("正在逐条核对……"), _data.database().reading() as session:
        verdict = read.verify_audit(session)
    if verdict.faulty:
        items = "".join(f"<li>{escape(fault)}</li>" for fault in verdict.faults)
        more = f"（共 {verdict.faulty} 处，以下为前 {len(verdict.faults)} 处）" if verdict.faulty > 1 else ""
        st.html(
            f'<div class="tw-banner fail" role="alert"><b>审计日志不完整{more}</b><ul>{items}</ul>'
            "请立即报告管理员，并保留数据库与备份以便比对。</div>"
        )
        return
    st.html(
        f'<div class="tw-banner work" role="status">核对通过：{verdict.count:,} 条，链头 <code>{verdict.head}</code>。'
        "请定期运行 python -m pipeline verify-audit：它把链头记在数据库之外，可发现整链被重写或末尾被截断。</div>"
    )


def export(chosen: Mapping[str, Any]) -> None:
    """All entries that match, oldest first."""

    def make() -> _export.Rows:
        with _data.database().reading() as session:
            yield from read.audit_rows(session, **chosen)

    _download.rows("audit", COLUMNS, make, filters=chosen)


def main() -> None:
    """The page."""
    require(_who.actor(), "audit.read")
    _parts.heading("审计")
    st.html(
        '<p class="tw-mute">日志只增不改：每条都包含上一条的哈希，改动、删除或调换任何一条都会使其后的哈希对不上。</p>'
    )
    chosen = filters()
    before = st.query_params.get("before", "")
    with _data.database().reading() as session:
        found = read.audit(
            session, **chosen, limit=SHOWN + 1, before=int(before) if before.isdigit() else None
        )
    with st.container(horizontal=True):
        check_place = st.container()
        if len(found):
            export(chosen)
    with check_place:
        check()
    if found.empty:
        _parts.empty("没有符合条件的记录。登录、更正、导出、角色与阈值的变化都会记在这里。")
        return
    rows, told = found.head(SHOWN).to_dict("records"), teller()
    shown_rows = [row(entry, told) for entry in rows]
    st.html(f'<div class="tw-scroll">{_look.table(TABLE, shown_rows, "审计日志")}</div>')
    if len(found) > SHOWN:
        query = {name: str(value) for name, value in chosen.items() if value is not None}
        st.html(_look.link("audit", "更早的记录", before=str(rows[-1]["id"]), **query))


main()
