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
    Column("类型", "kinds"),
    Column("最近成功", "tight label"),
    Column("文本数", "num"),
    Column("预期 / 天", "kinds label"),
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


def sources(rows: Iterable[Mapping[str, object]], now: datetime) -> str:
    """One row per source; state by glyph and word."""
    return _look.table(SOURCES, [_source(row, now) for row in rows], "数据源状态")


def _source(row: Mapping[str, object], now: datetime) -> list[str]:
    glyph, word, tone = _words.SOURCE_STATES.get(str(row["state"]), ("?", str(row["state"]), "plain"))
    chips = [_look.chip("演示", "demo")] if row["demo"] else []
    if not row["verified"] and _config(row).get("url"):  # a file is read as it is: there is no page to check
        chips.append(_look.chip("未核实", "plain", "尚未对照真实页面核实过解析结果"))
    last = _moment(row["last_success_at"])
    return [
        _look.chip(f"{glyph} {word}", tone),
        f"<b>{escape(str(row['name']))}</b> "
        f'<span class="tw-sub tw-mute">{escape(str(row["id"]))} {" ".join(chips)}</span>',
        _kinds(_sequence(row["kinds"])),
        f'<span title="{_words.moment(last)}">{_words.ago(last, now)}</span>',
        _words.count(_number(row["documents"])),
        expected(row["expected"]),
        _next_run(row),
        _explanation(row),
    ]


def _config(row: Mapping[str, object]) -> Mapping[str, object]:
    found = row.get("config")
    return found if isinstance(found, Mapping) else {}


def _kinds(kinds: Sequence[object]) -> str:
    if set(_words.KINDS) <= set(kinds):
        return "全部"
    return "、".join(escape(_words.KINDS.get(str(kind), str(kind))) for kind in kinds)


def _next_run(row: Mapping[str, object]) -> str:
    """A folder is looked at every minute: that time says nothing, that somebody must bring a file does."""
    schedule = _config(row).get("schedule")
    if isinstance(schedule, Mapping) and schedule.get("manual"):
        return "手工导入"
    return _words.moment(_moment(row["next_run_at"]))


def _explanation(row: Mapping[str, object]) -> str:
    """Why the state is what it is, long ones to open; a source without trouble shows its note."""
    told = dict.fromkeys(text for key in ("state_reason", "last_run_error") if (text := _text(row[key])))
    if not told:
        return f'<span class="tw-mute">{escape(_text(_config(row).get("note")))}</span>'
    words = "；".join(told)
    if sum(1 if letter.isascii() else 2 for letter in words) <= TWO_LINES:
        return escape(words)
    return f'<details class="tw-long"><summary>{_look.clamp(words)}</summary></details>'


def expected(promised: object) -> str:
    """Expected items a day by kind; — when the source promises none. Other keys of the promise are no kinds."""
    if not isinstance(promised, Mapping):
        return _words.NONE
    parts = [
        f"{word}\u00a0{number:g}"
        for kind, word in _words.KINDS.items()
        if (number := _number(promised.get(kind)))
    ]
    return "、".join(parts) or _words.NONE


def requests(rows: Iterable[Mapping[str, object]]) -> str:
    """What people asked of the worker, newest first."""
    body = [
        [
            str(row["id"]),
            _subject(str(row["what"]), row["arguments"]),
            _words.REQUEST_STATES.get(str(row["state"]), str(row["state"])),
            _words.share(_number(row["progress"])),
            _words.moment(_moment(row["created_at"])),
            escape(_text(row["message"])),
        ]
        for row in rows
    ]
    return _look.table(REQUESTS, body, "交给后台的事项")


def _subject(what: str, arguments: object) -> str:
    source = arguments.get("source_id", "") if isinstance(arguments, Mapping) else ""
    return escape(f"{_words.REQUESTS.get(what, what)} {source}".strip())


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and not _words.missing(value) else None


def _number(value: object) -> float | None:
    if value is None or isinstance(value, str | list | dict) or _words.missing(value):
        return None
    return float(str(value))
