"""证据: full-text search of everything that was read, its filters, one document with its story, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import streamlit as st

from app_pages import _correct, _data, _download, _export, _found, _look, _parts, _search, _who, _words
from db.read import SearchFilters
from signals.bigrams import LONGEST_QUERY, Query, parse

SHOWN = 20
MOST = 1_000
"""Matches that are counted; beyond it the page says 1000+."""
DEMO = {"全部": None, "演示": True, "真实": False}
HELP = (
    "以空格分隔的词须同时出现；“引号”内为连续短语；词前加减号表示排除（如 提现 -广告）。"
    "不区分全角半角、大小写、繁简；单个字、字母和数字都可检索。"
)


class Search(NamedTuple):
    """What the reader looks for, as the address says it."""

    typed: str
    filters: SearchFilters

    @property
    def query(self) -> Query:
        """The words."""
        return parse(self.typed)

    @property
    def narrowed(self) -> int:
        """How many filters are set."""
        return sum(getattr(self.filters, name) is not None for name in SearchFilters.__slots__)


def form() -> Search:
    """The search box and the filters; all of it lives in the address."""
    typed = st.text_input(
        "检索词", key="words", bind="query-params", max_chars=LONGEST_QUERY, help=HELP,
        placeholder="例如：提现 逾期　“到期未兑付”　提现 -广告",
    )  # fmt: skip
    events = dict(sorted(_data.event_names().items(), key=lambda item: item[1]))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="narrowing"):
        platform = _parts.pick("平台", _search.platforms(), "platform", "全部平台", 190)
        source = _parts.pick("来源", _search.sources(), "source", "全部来源", 170)
        kind = _parts.pick("类型", _words.KINDS, "kind", "全部", 120)
        event = _parts.pick("事件", events, "event", "全部", 160)
        polarity = _parts.pick("语气", _words.POLARITIES, "polarity", "全部", 110)
        levels = {level.value: _look.title(level) for level in _look.LOOKS}
        level = _parts.pick("当日等级", levels, "grade", "全部", 150)
        data = "全部"
        if _data.overview()["demo"].any():
            data = st.segmented_control(
                "数据", list(DEMO), default="全部", required=True, key="among", bind="query-params"
            )
        start = st.date_input(
            "起始日", None, key="start", bind="query-params", width=150, format="YYYY-MM-DD"
        )
        end = st.date_input("截止日", None, key="end", bind="query-params", width=150, format="YYYY-MM-DD")
    days = [day if isinstance(day, date) else None for day in (start, end)]
    filters = SearchFilters(platform, source, kind, event, polarity, level, *days, DEMO[data])
    return Search(typed.strip(), filters)


def notices(search: Search) -> None:
    """What the reader should know of this search before its results."""
    if ignored := search.query.ignored:
        words = "、".join(f"“{word}”" for word in ignored)
        _parts.empty(f"已忽略 {words}：没有文字或数字，无法检索。")
    if waits := _search.waits():
        st.warning(
            f"全文索引正在建立，已完成 {1 - waits:.0%}：较早的文本暂时搜不到，稍后自动补齐。"
            "若长时间没有进展，请确认采集与计算进程正在运行（make run）。"
        )


def results(search: Search) -> None:
    """The list, a page at a time, newest first."""
    here = address()
    wanted = _wanted(search)
    with st.spinner("正在检索…"):
        ids, more = _search.matches(search.typed, search.filters, wanted)
        found = _search.shown(ids[:wanted])
    if not ids:
        nothing(search, more)
        return
    summary(search, len(ids), more)
    query, names = search.query, _data.event_names()
    for row in found.documents.to_dict("records"):
        mentions, said = found.of(row["document_id"])
        with st.container(key=f"exhibit_{row['document_id']}", gap=None):
            st.html(_found.result(row, mentions, query, names, here))
            standings(row, mentions, said)
    if len(ids) > wanted:
        total = f"{MOST}+" if len(ids) > MOST else f"{len(ids):,}"
        st.button(f"更多（已显示 {wanted:,} / {total}）", key="more", on_click=_more, args=(search,))


def summary(search: Search, count: int, more: bool) -> None:
    """How many, and all of them as a file."""
    what = "篇文本符合条件" if search.typed or search.narrowed else "篇文本"
    number = f"{MOST}+" if count > MOST else f"{count:,}{'+' if more else ''}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<p style="margin:0"><b>{number}</b> {what}　'
            '<span class="tw-mute">按计入的日期从新到旧；同一天内后入库的在前</span></p>',
            width="stretch",
        )
        if _who.may("export"):
            _files(search)


def _files(search: Search) -> None:
    def make() -> _export.Rows:
        return _search.rows(search.typed, search.filters)

    _download.rows(
        "search",
        _search.COLUMNS,
        make,
        filters={"检索": search.typed or None},
        kept=_chosen(search),
        help=f"每篇文本与平台一行，最多 {_search.EXPORTED:,} 篇；更多请用“导出”页。",
    )


def _chosen(search: Search) -> dict[str, object]:
    """What the audit log keeps of a download."""
    values = {name: getattr(search.filters, name) for name in SearchFilters.__slots__}
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return {"words": search.typed or None, **plain}


def nothing(search: Search, more: bool) -> None:
    """No match: what to try. `more`: not everything was compared."""
    if more:
        _parts.empty("最近的一万篇候选文本中没有完全相符的。请增加检索词，或缩小日期范围后再试。")
        return
    if not search.typed and not search.narrowed:
        _parts.empty(
            "还没有入库的文本。数据源采集或导入之后，这里可以检索全部原文；各来源的状态见“数据源”页。"
        )
        return
    tries = ["减少检索词，或换一种说法"] if search.typed else []
    if search.narrowed:
        tries.append(f"放宽筛选（现有 {search.narrowed} 项）")
    _parts.empty(f"没有符合条件的文本。可以：{'；'.join(tries)}。")
    if search.narrowed and search.typed:
        st.html(f"<p>{_look.link('evidence', '清除筛选，保留检索词', words=search.typed)}</p>")


def standings(row: Mapping[str, Any], mentions: list[dict[str, Any]], said: list[dict[str, Any]]) -> None:
    """What the document says about each platform, and the way to correct it."""
    names, document = _data.event_names(), int(row["document_id"])
    if not mentions:
        st.html('<p class="tw-meta">没有识别出名单上的平台。</p>')
    for mention in mentions:
        platform = str(mention["platform_id"])
        mine = [each for each in said if each["platform_id"] == platform]
        tag = f"_{platform}_{document}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            shown = {**mention, "weight": None} if mine else mention
            st.html(_found.mention(shown, names, row["day"]), width="content")
            told = {(each["what"], each["event_id"]) for each in mine}
            if not mention["removed"]:
                _correct.offer(platform, {**row, **mention}, told, names, tag=tag)
        for each in mine:
            _correct.standing(each, names, tag)


def single(search: Search, document_id: int) -> None:
    """One document: where it is from, what it says about whom, who told its story, and the stored text."""
    here = address()
    st.html(f"<p>{_look.link('evidence', '← 返回检索结果', **here)}</p>")
    found = _search.shown([document_id])
    if found.documents.empty:
        _parts.empty("该文本已不存在：来源可能已被删除。请返回检索结果。")
        return
    row = found.documents.to_dict("records")[0]
    mentions, said = found.of(document_id)
    names = _data.event_names()
    st.html(_found.head(row, mentions, search.query, names))
    standings(row, mentions, said)
    story = _search.story(document_id).to_dict("records")
    st.header(
        f"谁发布了同一报道？（{int(row['story_copies'])} 篇 · {int(row['story_publishers'])} 家发布者）",
        anchor=False,
    )
    st.html(_found.story(story, document_id, here))
    if len(story) < int(row["story_copies"]):
        _parts.empty(f"只列出最早的 {len(story)} 篇。")
    st.header("入库副本", anchor=False)
    st.html('<p class="tw-mute">采集时的正文；手机号、证件号、银行卡号等个人信息在入库前已遮蔽。</p>')
    st.html(_found.copy(row, mentions, search.query, names))


def address() -> dict[str, str]:
    """The search in the address, without the document."""
    return {name: value for name, value in st.query_params.to_dict().items() if name != "doc"}


def opened(search: Search) -> int | None:
    """The document that the address names; a search that changes beside it closes it."""
    wanted = st.query_params.get("doc", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
        return None
    before = st.session_state.get("opened")
    if before is not None and before[0] == wanted and before[1] != search:
        st.query_params.pop("doc")
        return None
    st.session_state["opened"] = (wanted, search)
    return int(wanted)


def _wanted(search: Search) -> int:
    of, count = st.session_state.get("found", (None, SHOWN))
    return int(count) if of == search else SHOWN


def _more(search: Search) -> None:
    st.session_state["found"] = (search, _wanted(search) + SHOWN)


def main() -> None:
    """The page."""
    _parts.heading("证据")
    _correct.tell()
    search = form()
    if search.filters.start and search.filters.end and search.filters.start > search.filters.end:
        st.warning("起始日晚于截止日，请调整。", icon=None)
        return
    notices(search)
    document = opened(search)
    if document is None:
        results(search)
    else:
        single(search, document)


main()
