"""What a source promises, and configurations that could not be loaded, as HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from app_pages import _ledger, _words


def contract(row: Mapping[str, object]) -> str:
    """What the source promises, from its source.toml, as a list of terms."""
    settings = _ledger.config(row)
    promised = settings.get("contract")
    terms = promised if isinstance(promised, Mapping) else {}
    fields = "、".join(str(name) for name in _ledger.sequence(terms.get("fields")))
    filled = (
        f"{fields} 至少 {_words.share(_ledger.number(terms.get('filled_share')))} 的条目有值"
        if fields
        else "未约定"
    )
    hours = _ledger.number(settings.get("freshness_hours"))
    pairs = [
        ("每个工作日约定", _ledger.expected(row["expected"])),
        ("多久没有新内容即为迟到", f"{hours:g} 小时" if hours else _words.NONE),
        ("必填字段", filled),
        ("无日期的条目至多", _words.share(_ledger.number(terms.get("undated_share")))),
        ("无法解码的条目至多", _words.share(_ledger.number(terms.get("undecodable_share")))),
        ("从多少条起判断", _words.count(_ledger.number(terms.get("from_rows")))),
        ("采集时间", _times(_ledger.schedule(row))),
        ("保留期限", _days(_ledger.number(settings.get("retention_days")))),
    ]
    body = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="tw-facts">{body}</dl>'


def _times(schedule: Mapping[str, object]) -> str:
    if schedule.get("manual"):
        return "手工导入"
    if at := _ledger.sequence(schedule.get("at")):
        return f"每天 {'、'.join(str(each) for each in at)}（{schedule.get('timezone')}）"
    minutes = _ledger.number(schedule.get("every_minutes"))
    return f"每 {minutes:g} 分钟" if minutes else _words.NONE


def _days(number: float | None) -> str:
    return f"{number:g} 天" if number else "长期"


def faults(rows: Iterable[Mapping[str, str]]) -> str:
    """Sources that could not be loaded: which file, what is wrong and what to do. Empty when there are none."""
    items = "".join(
        f"<div><b>{escape(row['file'] or '数据源设置')}</b>：{escape(row['message'])}</div>" for row in rows
    )
    if not items:
        return ""
    return (
        '<div class="tw-banner fail" role="alert"><b>错误配置：以下数据源没有载入。</b>'
        f"改正文件后重启工作进程。{items}</div>"
    )
