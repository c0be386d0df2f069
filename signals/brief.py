"""简报 as data: what changed, who stands worst and why, how much of it was seen. Pure: tables in, one `Brief` out.

Everything in it counts by the end of `day`; nothing later is looked at. Its files are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import pandas as pd

from signals.lifecycle import failed_status, shown_word
from signals.model import LADDER, Level, shanghai_day
from signals.text import sentences

SPARK_DAYS = 30
TOP = 6
"""Platforms that are told at length."""
GREYS = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE, Level.UNKNOWN, Level.NORMAL)
"""The order of every list: the gravest first, then 数据不足, then 正常."""
LONGEST_QUOTE = 90
POLICY_DAYS = 7
"""Regulators' documents are counted over this long, and over as long before: a day's number says little."""


class Period(StrEnum):
    """What a brief tells of."""

    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def word(self) -> str:
        """日报 or 周报."""
        return "日报" if self is Period.DAILY else "周报"

    @property
    def days(self) -> int:
        """How many days it covers."""
        return 1 if self is Period.DAILY else 7


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the figures rest on. `thresholds`: versions in force on the last day."""

    schema_version: str
    settings_hash: str
    model_version: str | None
    as_of: datetime | None
    thresholds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Material:
    """What a brief is composed from; the shapes are those of db.read.

    now, before: levels_on of the last day and of the day before the period; flips: of the period; evidence: platform ->
    rows of `evidence`; courses: platform -> day -> T*; industry: platform_days of 全行业 over SPARK_DAYS (None = no
    such row); policy: documents of regulators by day over twice POLICY_DAYS (None = no source of theirs answered);
    sources: db.read.sources; source_days: of the period; statuses: platform -> life-cycle entries; events: id -> name.
    """

    period: Period
    day: date
    demo: bool
    now: pd.DataFrame
    before: pd.DataFrame
    flips: pd.DataFrame
    evidence: Mapping[str, pd.DataFrame]
    courses: Mapping[str, Mapping[date, float | None]]
    industry: pd.DataFrame | None
    policy: pd.DataFrame | None
    sources: pd.DataFrame
    source_days: pd.DataFrame
    statuses: Mapping[str, Sequence[tuple[date, str]]]
    events: Mapping[str, str]
    stamp: Stamp

    @property
    def start(self) -> date:
        """First day of the period."""
        return self.day - timedelta(days=self.period.days - 1)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of level. `turn`: 升 | 降 | 不明 (to 数据不足) | 恢复 (from it)."""

    day: date
    platform_id: str
    name: str
    before: Level
    after: Level
    turn: str
    t_star: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text that a level rests on. `quote`: its telling sentence; `publishers`: how many told it independently."""

    document_id: int
    day: date
    title: str
    publisher: str | None
    url: str | None
    quote: str
    events: tuple[str, ...]
    publishers: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A platform on the last day. `word`: what people read (已出险 where 正常 would mislead); `change`: T* against the
    day before the period, None where either is unknown; `course`: SPARK_DAYS values, oldest first."""

    platform_id: str
    name: str
    category: str
    level: Level
    word: str
    failed: str | None
    before_grey: str | None
    since: date
    t: float | None
    t_star: float | None
    change: float | None
    coverage: float
    scope: float
    reason: str
    course: tuple[float | None, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Industry:
    """全行业 on the last day; `policy` documents of regulators in POLICY_DAYS, `policy_before` in as many before."""

    level: Level
    since: date
    t_star: float | None
    change: float | None
    reason: str
    course: tuple[float | None, ...]
    policy: int | None
    policy_before: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was seen: platforms by share observed, and the mean over those with any source."""

    platforms: int
    full: int
    partial: int
    none: int
    unconnected: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source over the period: days (of each kind) that it answered, items against what was expected."""

    source_id: str
    name: str
    state: str
    why: str | None
    answered: int
    due: int
    items: int
    expected: float

    @property
    def ill(self) -> bool:
        """Whether it should have brought something and did not."""
        return self.state in ("late", "broken", "blocked") or self.answered < self.due


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that a brief says."""

    period: Period
    start: date
    day: date
    demo: bool
    headline: str
    tally: tuple[tuple[Level, int, int], ...]
    """Level, platforms on the last day, platforms on the day before the period."""
    changes: tuple[Change, ...]
    standings: tuple[Standing, ...]
    """Every platform, the gravest first; the first TOP of those above 正常 with course and evidence."""
    industry: Industry | None
    coverage: Coverage
    sources: tuple[SourceHealth, ...]
    stamp: Stamp
    missing: tuple[str, ...] = field(default=())
    """What the reader has to know about the figures, as sentences."""

    @property
    def title(self) -> str:
        """金融平台信任风险日报."""
        return f"金融平台信任风险{self.period.word}"

    @property
    def top(self) -> tuple[Standing, ...]:
        """Platforms above 正常, at most TOP."""
        return tuple(one for one in self.standings if one.level in LADDER[1:])[:TOP]


def compose(material: Material) -> Brief:
    """The brief of a material. Deterministic: the same tables give the same brief."""
    standings = _standings(material)
    changes = _changes(material.flips)
    tally = _tally(material)
    sources = _sources(material)
    coverage = _coverage(material.now)
    return Brief(
        period=material.period,
        start=material.start,
        day=material.day,
        demo=material.demo,
        headline=headline(material.period, tally, changes),
        tally=tally,
        changes=changes,
        standings=standings,
        industry=_industry(material),
        coverage=coverage,
        sources=sources,
        stamp=material.stamp,
        missing=_missing(material, coverage, sources),
    )


def chosen(now: pd.DataFrame, most: int = TOP) -> list[str]:
    """Whom a brief tells of at length: ids of the gravest platforms above 正常."""
    rows = sorted(now.to_dict("records"), key=_gravity)
    return [str(row["platform_id"]) for row in rows if Level(row["level"]) in LADDER[1:]][:most]


def headline(period: Period, tally: Sequence[tuple[Level, int, int]], changes: Sequence[Change]) -> str:
    """One sentence: how many rose and fell, and how many stand at the upper levels."""
    when = "当日" if period is Period.DAILY else "本周"
    counts = {turn: sum(change.turn == turn for change in changes) for turn in ("升", "降")}
    moved = [f"{number} 次{word}级" for word, number in counts.items() if number]
    now = {level: number for level, number, _ in tally}
    stand = [f"{level.value} {now[level]} 家" for level in GREYS[:4] if now[level]]
    unknown = f"，另有 {now[Level.UNKNOWN]} 家数据不足" if now[Level.UNKNOWN] else ""
    total = sum(now.values())
    told = "、".join(stand) if stand else "没有平台处于预警等级"
    return f"{when}{' ' + '、'.join(moved) if moved else '没有升降级'}；{total} 家平台中{told}{unknown}。"


def _number(value: object) -> float | None:
    return None if value is None or value != value else float(value)  # type: ignore[arg-type] # a column of numbers


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def _gravity(row: Mapping[Any, Any]) -> tuple[int, float, str]:
    t_star = _number(row["t_star"])
    return (
        GREYS.index(Level(row["level"])),
        -(t_star if t_star is not None else -1.0),
        str(row["platform_id"]),
    )


def _tally(material: Material) -> tuple[tuple[Level, int, int], ...]:
    now, before = material.now["level"].value_counts(), material.before["level"].value_counts()
    return tuple((level, int(now.get(level.value, 0)), int(before.get(level.value, 0))) for level in GREYS)


def _turn(before: Level, after: Level) -> str:
    if after is Level.UNKNOWN:
        return "不明"
    if before is Level.UNKNOWN:
        return "恢复"
    return "升" if after.rank > before.rank else "降"


def _changes(flips: pd.DataFrame) -> tuple[Change, ...]:
    """Rises first, the gravest and newest of them at the head."""
    found = []
    for row in flips.to_dict("records"):
        before, after = Level(row["level_from"]), Level(row["level_to"])
        turn = _turn(before, after)
        t_star = _number(row["t_star"])
        found.append(
            Change(row["day"], row["platform_id"], row["name"], before, after, turn, t_star, row["reason"])
        )
    order = ("升", "恢复", "降", "不明")
    return tuple(
        sorted(
            found,
            key=lambda c: (order.index(c.turn), GREYS.index(c.after), -c.day.toordinal(), c.platform_id),
        )
    )


def _standings(material: Material) -> tuple[Standing, ...]:
    before = dict(zip(material.before["platform_id"], material.before["t_star"], strict=True))
    rows = sorted(material.now.to_dict("records"), key=_gravity)
    return tuple(_standing(row, _number(before.get(row["platform_id"])), material) for row in rows)


def _standing(row: Mapping[Any, Any], before: float | None, material: Material) -> Standing:
    platform, t_star = str(row["platform_id"]), _number(row["t_star"])
    failed = failed_status(material.statuses.get(platform, ()), material.day)
    grey = row["level_before_grey"]
    rows = material.evidence.get(platform)
    return Standing(
        platform_id=platform,
        name=str(row["name"]),
        category=str(row["category"]),
        level=Level(row["level"]),
        word=shown_word(str(row["level"]), failed),
        failed=failed,
        before_grey=grey if isinstance(grey, str) else None,
        since=row["since"],
        t=_number(row["t"]),
        t_star=t_star,
        change=_difference(t_star, before),
        coverage=float(row["coverage"]),
        scope=float(row["scope"]),
        reason=str(row["reason"] or ""),
        course=course(material.courses.get(platform, {}), material.day),
        evidence=() if rows is None else _evidence(rows, material.events),
    )


def course(known: Mapping[date, float | None], day: date) -> tuple[float | None, ...]:
    """T* of SPARK_DAYS days up to `day`, oldest first; None where unknown."""
    return tuple(_number(known.get(day - timedelta(days=back))) for back in range(SPARK_DAYS - 1, -1, -1))


def _evidence(rows: pd.DataFrame, events: Mapping[str, str]) -> tuple[Evidence, ...]:
    """One piece a story: its copies say the same."""
    found: dict[str, Evidence] = {}
    for row in rows.to_dict("records"):
        known = tuple(dict.fromkeys(events.get(hit["id"], hit["id"]) for hit in row["events"] or ()))
        gone = not (row["title"] or row["text"])
        one = Evidence(
            document_id=int(row["document_id"]),
            day=shanghai_day(row["available_at"]),
            title="（内容已按保留期限清除）" if gone else str(row["title"] or ""),
            publisher=row["publisher"] if isinstance(row["publisher"], str) else None,
            url=row["url"] if isinstance(row["url"], str) else None,
            quote=quote(row),
            events=known,
            publishers=int(row["story_publishers"]),
        )
        found.setdefault(one.title + one.quote, one)
    return tuple(found.values())


def quote(row: Mapping[Any, Any]) -> str:
    """The sentence with the first event, else with the platform's name; shortened around it, empty if there is none."""
    marks = [*(row["events"] or ()), *(row["spans"] or ())]
    for mark in marks:
        text = str(row[mark["part"]] or "")
        for start, end in sentences(text):
            if start <= mark["start"] < end and text[start:end].strip() != row["title"]:
                return _short(text[start:end].strip(), mark["start"] - start)
    return ""


def _short(text: str, at: int) -> str:
    if len(text) <= LONGEST_QUOTE:
        return text
    first = max(0, min(at - LONGEST_QUOTE // 3, len(text) - LONGEST_QUOTE))
    last = first + LONGEST_QUOTE
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"


def _industry(material: Material) -> Industry | None:
    rows = material.industry
    if rows is None or rows.empty:
        return None
    by_day = {row["day"]: row for row in rows.to_dict("records")}
    last = by_day.get(material.day)
    if last is None:
        return None
    known = {day: _number(row["t_star"]) for day, row in by_day.items()}
    before = known.get(material.start - timedelta(days=1))
    policy = material.policy
    week = material.day - timedelta(days=POLICY_DAYS - 1)
    inside = None if policy is None else int(policy.loc[policy["day"] >= week, "count"].sum())
    outside = None if policy is None else int(policy.loc[policy["day"] < week, "count"].sum())
    return Industry(
        level=Level(last["level"]),
        since=last["since"],
        t_star=known[material.day],
        change=_difference(known[material.day], before),
        reason=str(last["reason"] or ""),
        course=course(known, material.day),
        policy=inside,
        policy_before=outside,
    )


def _coverage(now: pd.DataFrame) -> Coverage:
    connected = now[now["scope"].astype("float64") > 0]
    seen = connected["coverage"].astype("float64")
    return Coverage(
        platforms=len(now),
        full=int((seen >= 1.0).sum()),
        partial=int(((seen > 0) & (seen < 1.0)).sum()),
        none=int((seen <= 0).sum()),
        unconnected=len(now) - len(connected),
        mean=float(seen.mean()) if len(seen) else None,
    )


def _sources(material: Material) -> tuple[SourceHealth, ...]:
    """Enabled sources, the ill ones first."""
    wanted = material.sources
    wanted = wanted[wanted["enabled"] & ~wanted["removed"] & (wanted["demo"] == material.demo)]
    by_source = dict(list(material.source_days.groupby("source_id")))
    found = []
    for row in wanted.to_dict("records"):
        days = by_source.get(row["id"])
        why = row["state_reason"] if isinstance(row["state_reason"], str) else None
        figures = (0, 0, 0, 0.0) if days is None else (
            int(days["answered"].sum()), len(days), int(days["items"].sum()), float(days["expected"].sum())
        )  # fmt: skip
        found.append(SourceHealth(str(row["id"]), str(row["name"]), str(row["state"]), why, *figures))
    return tuple(sorted(found, key=lambda one: (not one.ill, one.name, one.source_id)))


def _missing(material: Material, coverage: Coverage, sources: Sequence[SourceHealth]) -> tuple[str, ...]:
    told = []
    if material.demo:
        told.append("本简报由演示数据生成，平台与文本均为虚构。")
    if material.now["provisional"].any():
        told.append(f"{material.day.month}月{material.day.day}日尚未结束，当日等级为暂定。")
    ill = [one for one in sources if one.ill]
    if ill:
        told.append(f"{len(sources)} 个数据源中 {len(ill)} 个未按预期送达，所缺部分不当作平静。")
    if coverage.none or coverage.unconnected:
        told.append(
            f"{coverage.none + coverage.unconnected} 家平台当日没有任何数据源应答或未接入，其状况不明。"
        )
    return tuple(told)
