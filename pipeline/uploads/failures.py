"""An uploaded failure list: which platform failed on which day, beside what the list says already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from collectors.base import Refusal
from collectors.dates import BadDate, parse_date
from pipeline.indicator_rows import Reader, folded
from pipeline.uploads.tables import Field, Told
from settings.models import RESERVED_IDS, Platform
from signals.model import shanghai_day
from signals.privacy import mask

FIELDS = (
    Field("platform", "平台", ("platform", "platform_id", "平台", "平台名称", "平台id", "名称", "机构")),
    Field(
        "problem_date",
        "出险日期",
        ("problem_date", "date", "出险日期", "问题日期", "问题时间", "出险时间", "停业时间", "日期"),
    ),
    Field("reason", "原因", ("reason", "原因", "事件类型", "问题类型", "出险原因"), required=False),
)
LONGEST = 200


@dataclass
class Listed:
    """What a list says: `rows` to store (new and changed ones), counts, and the rows refused."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    items: int = 0
    stored: int = 0
    revised: int = 0
    duplicates: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def read_list(
    file: str,
    told: Iterable[Told],
    list_name: str,
    watch_list: Sequence[Platform],
    known: Mapping[str, tuple[date, str]],
    now: datetime,
) -> Listed:
    """Judge every row. A platform with two dates in one file is refused from the second on: which is right?

    Args:    known: platform id -> (date, reason), as the list stands now.
    """
    names = Reader.names_of(watch_list)
    found, seen = Listed(), dict[str, tuple[int, date]]()
    for number, cells in told:
        found.items += 1
        made = cells if isinstance(cells, str) else _row(names, cells, now)
        if isinstance(made, str):
            found.refusals.append(Refusal(file, number, "整行", "", made))
            continue
        if isinstance(made, Fault):
            found.refusals.append(Refusal(file, number, made.field, made.value, made.reason))
            continue
        platform, day, reason = made
        before, (_, first) = seen.get(platform), seen.setdefault(platform, (number, day))
        if before is not None:
            if first == day:
                found.duplicates += 1
            else:
                told_why = f"第 {before[0]} 行已写明该平台于 {first} 出险；一份名单里一个平台只留一个日期"
                found.refusals.append(Refusal(file, number, "出险日期", day.isoformat(), told_why))
            continue
        if known.get(platform) == (day, reason):
            found.duplicates += 1
            continue
        found.stored += platform not in known
        found.revised += platform in known
        row = {"list_name": list_name, "platform_id": platform, "problem_date": day, "reason": reason or None}
        found.rows.append(row)
    return found


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be right."""

    field: str
    value: str
    reason: str


def _row(
    names: Mapping[str, Sequence[str]], cells: Mapping[str, str], now: datetime
) -> tuple[str, date, str] | Fault:
    name, when = cells["platform"], cells["problem_date"]
    ids = [each for each in names.get(folded(name), ()) if each not in RESERVED_IDS]
    if len(ids) != 1:
        why = (
            "名称对应多个平台，请改填平台 id"
            if ids
            else "名单中没有这个平台，请改正名称，或先在“平台管理”加入"
        )
        return Fault("平台", name, why if name else "没有写平台，请填平台 id 或名称")
    try:
        day = shanghai_day(parse_date(when, now))
    except BadDate as error:
        return Fault("出险日期", when, f"日期读不懂：{error}")
    if day > shanghai_day(now):
        return Fault("出险日期", when, "日期晚于今天，请核对")
    return ids[0], day, mask(cells["reason"])[:LONGEST]
