"""数据源 as HTML: the state of every source and what was asked of the worker. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from app_pages import _look, _words
from app_pages._look import Column

SOURCES = (
    Column("状态", "tight"),
    Column("来源", "name"),
    Column("今天 / 应有", "num label", "今天已有的条数 / 到目前为止至少应有的条数（周末与节假日已折算）"),
    Column("最近成功", "tight label", "下方为最新一条内容的时间"),
    Column("末次运行", "kinds label", "最近一次读到条目的运行中，被拒收或有缺陷的条目所占比例"),
    Column("下次运行", "tight label"),
    Column("说明", "wide"),
)
REQUESTS = (
    Column("编号", "num"),
    Column("事项", "name"),
    Column("状态", "tight"),
    Column("进度", "num"),
    Column("提出时间", "tight label"),
    Column("说明", "wide"),
)

TWO_LINES = 110
"""Width of an explanation that two lines hold, in Latin letters; a Chinese character takes two."""


GROUPS = ("需要处理", "正常", "停用")
TROUBLED = ("blocked", "broken", "late", "new")
"""States that somebody should look at, the gravest first."""

FAULTS = (
    ("refused", "rows", "拒收"),
    ("undated", "taken", "无日期"),
    ("undecodable", "taken", "无法解码"),
    ("lacking", "taken", "缺字段"),
)


def grouped(rows: Iterable[Mapping[str, object]]) -> dict[str, list[Mapping[str, object]]]:
    """Every group of GROUPS with its sources: trouble first and gravest first, then the healthy, then the rest."""
    found: dict[str, list[Mapping[str, object]]] = {name: [] for name in GROUPS}
    for row in rows:
        found[_group(row)].append(row)
    found["需要处理"].sort(key=lambda row: TROUBLED.index(str(row["state"])))
    return found


def _group(row: Mapping[str, object]) -> str:
    if not row.get("enabled", True) or row["state"] == "off":
        return "停用"
    waits_for_people = row["state"] == "new" and schedule(row).get("manual")
    return "需要处理" if row["state"] in TROUBLED and not waits_for_people else "正常"


def sources(rows: Iterable[Mapping[str, object]], now: datetime, caption: str = "数据源状态") -> str:
    """One row per source; state by glyph and word."""
    return _look.table(SOURCES, [_source(row, now) for row in rows], caption)


def _source(row: Mapping[str, object], now: datetime) -> list[str]:
    glyph, word, tone = _words.SOURCE_STATES.get(str(row["state"]), ("?", str(row["state"]), "plain"))
    chips = [_look.chip("演示", "demo")] if row["demo"] else []
    if not row["verified"] and config(row).get("url"):  # a file is read as it is: there is no page to check
        chips.append(_look.chip("未核实", "plain", "尚未对照真实页面核实过解析结果"))
    return [
        _look.chip(f"{glyph} {word}", tone),
        f"<b>{escape(str(row['name']))}</b> {' '.join(chips)}"
        f' <span class="tw-sub tw-mute">{escape(str(row["id"]))} · {_kinds(sequence(row["kinds"]))} · '
        f"{_words.count(number(row['documents']))} 篇</span>",
        _today(row),
        _fresh(row, now),
        _quality(row),
        _next_run(row, now),
        _explanation(row),
    ]


def _today(row: Mapping[str, object]) -> str:
    items, due = number(row.get("items_today")), number(row.get("due_today"))
    told = f"<b>{_words.count(items)}</b> / {_words.count(due) if due else _words.NONE}"
    promised = expected(row["expected"])
    return told if promised == _words.NONE else f'{told} <span class="tw-sub tw-mute">{promised}</span>'


def _fresh(row: Mapping[str, object], now: datetime) -> str:
    last, newest = _moment(row["last_success_at"]), _moment(row.get("newest"))
    told = f'<span title="{_words.moment(last)}">{_words.ago(last, now)}</span>'
    if newest is None:
        return told
    limit = number(config(row).get("freshness_hours"))
    hint = (
        f"{_words.moment(newest)}；超过 {limit:g} 小时没有新内容即为迟到" if limit else _words.moment(newest)
    )
    return (
        f'{told} <span class="tw-sub tw-mute" title="{escape(hint)}">新内容 {_words.ago(newest, now)}</span>'
    )


def _quality(row: Mapping[str, object]) -> str:
    """Shares of faulty rows; — before the first rows, so that nothing read does not look like nothing wrong."""
    rows = number(row.get("rows"))
    if not rows:
        return _words.NONE
    sizes = {"rows": rows, "taken": rows - (number(row.get("refused")) or 0)}
    parts = [
        f'<span class="tw-keep">{word} {_words.share(faulty / sizes[of])}</span>'
        for name, of, word in FAULTS
        if (faulty := number(row.get(name))) and sizes[of]
    ]
    return f"{_words.count(rows)} 条 <span class='tw-sub tw-mute'>{' '.join(parts) or '无缺陷'}</span>"


def config(row: Mapping[str, object]) -> Mapping[str, object]:
    found = row.get("config")
    return found if isinstance(found, Mapping) else {}


def _kinds(kinds: Sequence[object]) -> str:
    if set(_words.KINDS) <= set(kinds):
        return "全部"
    return "、".join(escape(_words.KINDS.get(str(kind), str(kind))) for kind in kinds)


def schedule(row: Mapping[str, object]) -> Mapping[str, object]:
    found = config(row).get("schedule")
    return found if isinstance(found, Mapping) else {}


def _next_run(row: Mapping[str, object], now: datetime) -> str:
    """A folder is looked at every minute: that time says nothing, that somebody must bring a file does."""
    if schedule(row).get("manual"):
        return "手工导入"
    if not row.get("enabled", True):
        return _words.NONE
    due, retry = _moment(row["next_run_at"]), _moment(row.get("retry_at"))
    if retry is None or retry <= now:
        return _words.moment(due)
    later = due if due is not None and due > retry else retry
    hint = f"网站要求稍后再来，{_words.moment(retry)} 之前不采集；点“立即采集”可提前尝试"
    return f'{_words.moment(later)} <span class="tw-sub tw-mute" title="{escape(hint)}">已推迟</span>'


def _explanation(row: Mapping[str, object]) -> str:
    """Why the state is what it is, long ones to open; a source without trouble shows its note."""
    told = dict.fromkeys(text for key in ("state_reason", "last_run_error") if (text := _text(row[key])))
    if not told:
        return f'<span class="tw-mute">{escape(_text(config(row).get("note")))}</span>'
    words = "；".join(told)
    if sum(1 if letter.isascii() else 2 for letter in words) <= TWO_LINES:
        return escape(words)
    return f'<details class="tw-long"><summary>{_look.clamp(words)}</summary></details>'


def expected(promised: object) -> str:
    """Expected items a day by kind; — when the source promises none. Other keys of the promise are no kinds."""
    if not isinstance(promised, Mapping):
        return _words.NONE
    parts = [
        f"{word}\u00a0{items:g}"
        for kind, word in _words.KINDS.items()
        if (items := number(promised.get(kind)))
    ]
    return "、".join(parts) or _words.NONE


def requests(rows: Iterable[Mapping[str, object]]) -> str:
    """What people asked of the worker, newest first."""
    body = [
        [
            str(row["id"]),
            _subject(str(row["what"]), row["arguments"]),
            _words.REQUEST_STATES.get(str(row["state"]), str(row["state"])),
            _words.share(number(row["progress"])),
            _words.moment(_moment(row["created_at"])),
            escape(_text(row["message"])),
        ]
        for row in rows
    ]
    return _look.table(REQUESTS, body, "交给后台的事项")


def _subject(what: str, arguments: object) -> str:
    source = arguments.get("source_id", "") if isinstance(arguments, Mapping) else ""
    return escape(f"{_words.REQUESTS.get(what, what)} {source}".strip())


def sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and not _words.missing(value) else None


def number(value: object) -> float | None:
    if value is None or isinstance(value, str | list | dict) or _words.missing(value):
        return None
    return float(str(value))
