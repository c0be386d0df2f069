"""数据录入: files from the browser with a dry run before anything is stored, and letters and calls typed in."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from app_pages import _correct, _data, _entry_form, _look, _parts, _upload_view, _uploads, _who, _words
from db import write
from db.read import UploadRow
from db.roles import NotAllowed, require
from db.session import DatabaseError, Session
from db.write import InputRefused

TABS = ("上传文件", "录入来函来电")
NONE = "（没有这一列）"
TOLD = (
    "支持 CSV、TSV、xlsx、xls、JSON Lines，编码 UTF-8、GB18030、UTF-16 均可，至多 50 MB。"
    "上传后先预演：逐行说明将新增、修订或拒收什么，确认之前不写入任何内容。电话、证件号等在入库前自动打码。"
)
HINTS = {
    "documents": "新闻、公告、投诉等文本，每行一篇。列名由所选数据源的映射识别，认不出的可在预演后指定。",
    "indicators": "列：平台、指标、期末、数值、单位，可有获知时间。同一平台、指标和期末的新值即为修订。",
    "failures": "列：平台、出险日期，可有原因。供“回放与评估”与阈值预演使用，可有多份，以名称区分。",
}


def upload() -> None:
    """Choose what and which file; or go on with the upload that the address names."""
    st.html(f'<p class="tw-mute">{TOLD}</p>')
    number = st.query_params.get("upload", "")
    row = _uploads.one(int(number)) if number.isascii() and number.isdigit() else None
    if row is None or row.state == "dropped":
        choose()
    else:
        current(row)
    history()


def choose() -> None:
    """The form for a new file."""
    what = st.segmented_control(
        "内容",
        list(_uploads.WHATS),
        format_func=_uploads.WHATS.__getitem__,
        default="documents",
        required=True,
        key="what",
        bind="query-params",
    )
    st.html(f'<p class="tw-mute">{HINTS[what]}</p>')
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if what == "documents":
            if names := _uploads.table_sources():
                st.selectbox(
                    "按哪个数据源的列名读取", list(names), format_func=names.get, key="source", width=300
                )
            else:
                _parts.empty("没有启用的表格数据源：请管理员在“数据源”页启用“文件导入”。")
        if what == "failures":
            st.text_input("名单名称", value="公开出险名单", key="list_name", max_chars=64, width=300)
    turn = st.session_state.setdefault("upload_turn", 0)
    file = st.file_uploader("文件", type=list(_uploads.TYPES), key=f"file_{turn}")
    if st.button("上传并预演", key="begin", type="primary", disabled=file is None) and file is not None:
        begin(what, file.name, file.getvalue())


def begin(what: str, name: str, content: bytes) -> None:
    """Leave the file for the worker and show what becomes of it."""
    source, listed = st.session_state.get("source"), st.session_state.get("list_name")
    try:
        number = _uploads.begin(what, name, content, source_id=source, list_name=listed)
    except (InputRefused, NotAllowed, DatabaseError) as error:
        st.session_state["refused"] = str(error)
    else:
        st.session_state["upload_turn"] += 1
        st.query_params["upload"] = str(number)
    st.rerun()


def current(row: UploadRow) -> None:
    """One upload, from the dry run to its end."""
    word, tone = _uploads.STATES[row.state]
    where = row.list_name or _uploads.table_sources().get(row.source_id or "", row.source_id or "")
    st.html(
        f'<p class="tw-list">{_look.chip(word, tone)}　{escape(_uploads.WHATS[row.what])}　<b>{escape(row.file)}</b>　'
        f'<span class="tw-mute">{escape(where)}</span></p>'
    )
    if row.state in _uploads.BUSY:
        working(row.id, row.state)
    elif row.state in ("looked", "refused"):
        looked(row)
    else:
        st.html(_upload_view.counts(row.counts, would=False))
        st.html(f"<p>{escape(row.message or '')}</p>")
        refused = _uploads.refused_rows(row.counts.get("report"))
        if not refused.empty:
            st.header("拒收的行", anchor=False)
            _parts.numbers(refused, "refused_rows", {})
    if row.state not in _uploads.BUSY:
        st.button("上传另一个文件", key="another", on_click=leave)


def leave() -> None:
    """Back to the form."""
    st.query_params.pop("upload", None)


@st.fragment(run_every=2)
def working(number: int, state: str) -> None:
    """How far the worker is; draws the page again when the step is done."""
    with _parts.guard():
        row = _uploads.one(number)
        if row is None or row.state != state:
            st.rerun()
        share, told = _uploads.progress(number)
        st.progress(min(max(share, 0.0), 1.0), text=told or "等待后台进程处理…")
        beat = _data.worker().heartbeat_at
        if beat is None or _data.now() - beat > _parts.SILENT:
            _parts.empty("后台进程没有运行，文件已保存；运行 make run 后会自动继续。")


def looked(row: UploadRow) -> None:
    """The dry run's findings, the mapping to be set right, and the decision."""
    found = row.found
    if row.message:
        st.html(f'<div class="tw-banner fail" role="alert"><b>不能入库。</b>{escape(row.message)}</div>')
    if found.get("counts"):
        st.html(_upload_view.counts(found["counts"]))
    if found.get("assumed"):
        st.html(f'<p class="tw-mute">其中 {found["assumed"]} 行没有写获知时间，将按应报日计（回填）。</p>')
    decide(row)
    if found.get("fields"):
        mapping(row)
    if table := _upload_view.sample(found):
        st.header("文件的前几行", anchor=False)
        st.html(table)
    if table := _upload_view.refusals(found):
        st.header("拒收的行", anchor=False)
        st.html(table)
    if table := _upload_view.revisions(found):
        st.header("将修订的行", anchor=False)
        st.html(f'<div class="tw-scroll">{table}</div>')


def decide(row: UploadRow) -> None:
    """Store it, or not."""
    counts: Mapping[str, int] = row.found.get("counts", {})
    number = counts.get("items", 0) - counts.get("refused", 0)
    with st.container(horizontal=True):
        if row.state == "looked":
            rest = f"，{counts['refused']:,} 行拒收" if counts.get("refused") else ""
            st.button(
                f"确认入库（{number:,} 行{rest}）",
                key="confirm",
                type="primary",
                on_click=_correct.change,
                args=(confirm(row.id),),
            )
        st.button("放弃这个文件", key="drop", on_click=_correct.change, args=(drop(row.id),))


def confirm(number: int) -> _correct.Change:
    """Let the worker store it."""

    def do(session: Session) -> str:
        write.confirm_upload(session, _who.actor(), number, now=_data.now())
        return "已交给后台入库；完成后可在下方撤销。"

    return do


def drop(number: int) -> _correct.Change:
    """Do nothing with it."""

    def do(session: Session) -> str:
        write.drop_upload(session, _who.actor(), number)
        leave()
        return "已放弃，没有写入任何内容。"

    return do


def mapping(row: UploadRow) -> None:
    """Which column feeds which field; another choice is looked at anew."""
    fields = row.found["fields"]
    lacking = any(each["required"] and not each["column"] for each in fields)
    with (
        st.expander("各列的对应关系", expanded=lacking or row.state == "refused"),
        st.form("mapping", border=False),
    ):
        options = [NONE, *row.found["columns"]]
        places = st.columns(4)
        for place, each in enumerate(fields):
            mark = "（必需）" if each["required"] else ""
            index = options.index(each["column"]) if each["column"] in options else 0
            places[place % 4].selectbox(
                f"{each['word']}{mark}", options, index=index, key=f"map_{row.id}_{each['id']}"
            )
        st.form_submit_button("按新的对应关系重新预演", on_click=_correct.change, args=(remap(row),))


def remap(row: UploadRow) -> _correct.Change:
    """Look again, with every field as it is chosen now; what is left as recognised stays recognised."""

    def do(session: Session) -> str:
        chosen = dict(row.mapping)
        for each in row.found["fields"]:
            column = st.session_state.get(f"map_{row.id}_{each['id']}", NONE)
            if column != (each["column"] or NONE):
                chosen[each["id"]] = "" if column == NONE else str(column)
        write.remap_upload(session, _who.actor(), row.id, chosen, now=_data.now())
        return "正在按新的对应关系预演。"

    return do


def history() -> None:
    """The newest uploads, and the way back from each."""
    st.header("最近的上传", anchor=False)
    found = _uploads.latest()
    if found.empty:
        _parts.empty("还没有上传过文件。")
        return
    names = _uploads.table_sources()
    _parts.download(found[["id", "at", "who", "what", "file", "state", "message"]], "uploads")
    for row in found.to_dict("records"):
        number = int(row["id"])
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            told = escape(f"{row['who']}，{_words.moment(row['at'])}")
            st.html(
                f"{_upload_view.state(row, _uploads.STATES)}　{_upload_view.subject(row, _uploads.WHATS, names)}　"
                f'<span class="tw-mute">{told}　{_upload_view.outcome(row)}</span>',
                width="content",
            )
            if row["state"] != "dropped":
                st.button("查看", key=f"open_{number}", type="tertiary", on_click=show, args=(number,))
            if row["state"] == "stored":
                take_back(row)


def show(number: int) -> None:
    """Go on with an upload."""
    st.query_params["upload"] = str(number)


def take_back(row: Mapping[str, Any]) -> None:
    """撤销, with its reason."""
    number = int(row["id"])
    with st.popover("撤销", key=f"undo_{number}", type="tertiary"):
        st.html(
            '<p class="tw-mute">撤回这次上传带来的内容，恢复它改动过的内容；别的来源带来或后来改过的不动。'
            "相关平台的指数与等级随后重新计算。</p>"
        )
        st.text_input("理由（记入审计日志）", key=f"undo_why_{number}", max_chars=200)
        st.button("确认撤销", key=f"undo_yes_{number}", on_click=_correct.change, args=(undo(number),))


def undo(number: int) -> _correct.Change:
    """Let the worker take it back."""

    def do(session: Session) -> str:
        why = str(st.session_state.get(f"undo_why_{number}", ""))
        write.undo_upload(session, _who.actor(), number, reason=why, now=_data.now())
        show(number)
        return "已交给后台撤销。"

    return do


def main() -> None:
    """The page."""
    require(_who.actor(), "upload")
    _parts.heading("数据录入")
    _correct.tell()
    tab = st.segmented_control(
        "方式",
        TABS,
        default=TABS[0],
        required=True,
        key="tab",
        bind="query-params",
        label_visibility="collapsed",
    )
    if tab == TABS[0]:
        upload()
    else:
        _entry_form.main()


main()
