"""The one Chinese sentence that says why a level is what it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from signals.calendar import Days, day_numbers
from signals.composite import Composite, Rules
from signals.levels import rule_of
from signals.model import Level

COUNTED = {
    "R": "监管文书量",
    "N": "负面报道量",
    "C": "投诉量",
    "K": "危机事件提及量",
    "P": "近7天监管文件量",
}
"""What the surprise part counts, as the subject of a sentence; others go by their index name."""

BASELINE = "26周以上"
NOTABLE = 25.0
"""An index below this is not worth a word."""
MANY_PUBLISHERS = 2
FADED = 5.0
LEAST_EXPECTED, NOTABLE_RATIO = 0.05, 1.2
"""Below these a ratio of today's count to the expected one says nothing."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """A count above its baseline: how many came, how many were expected (NaN unknown)."""

    subject: str
    count: int
    expected: float


@dataclass(frozen=True, slots=True)
class FloorFact:
    """A standing floor and what it rests on; `event` in Chinese."""

    event: str
    official: bool
    stories: int
    complainants: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentence may say. `publishers` independent ones, `event` in Chinese, `mentions90` None = not
    told."""

    level: Level
    t: float
    t_star: float
    coverage: float
    scope: float
    before_grey: Level | None = None
    floor: FloorFact | None = None
    surprises: tuple[Surprise, ...] = ()
    publishers: int = 0
    event: str | None = None
    top: tuple[str, float] | None = None
    mentions90: int | None = None
    low_days: int = 0
    """Observed days running with T* under the line to leave, of the `leave_days` that a fall takes."""
    leave_days: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a day: the level on the ladder, the one shown, the one that hides behind grey; T*; observed
    days running with T* under the line to leave."""

    level: Level
    shown: Level
    before_grey: Level | None
    t_star: float
    low: int


def reason_sentence(facts: Facts) -> str:
    """One Chinese sentence, e.g. 投诉量为基线的4.2倍（26周以上），12家独立媒体报道提现困难."""
    if facts.level is Level.UNKNOWN:
        return _unknown(facts)
    parts = [_floor(facts.floor)] if facts.floor else []
    parts += _surprising_counts(facts.surprises)
    if facts.publishers >= MANY_PUBLISHERS and (not facts.floor or facts.floor.stories < facts.publishers):
        parts.append(f"{facts.publishers}家独立媒体报道{facts.event or '负面消息'}")
    if not parts and facts.level is not Level.NORMAL and facts.top and facts.top[1] >= NOTABLE:
        parts.append(f"{facts.top[0]}指数为{facts.top[1]:.0f}")
    if facts.level is not Level.NORMAL and facts.t_star - _number(facts.t) >= FADED:
        parts.append(f"当日T为{_number(facts.t):.0f}，T*为{facts.t_star:.0f}，仍在观察期")
    return "，".join(parts) if parts else _calm(facts)


def _unknown(facts: Facts) -> str:
    before = f"，此前：{facts.before_grey.value}" if facts.before_grey else ""
    if facts.scope == 0:
        return f"数据不足：未接入任何数据源{before}"
    if facts.coverage == 0:
        return f"数据不足：当日没有任何数据源应答{before}"
    return f"数据不足：当日仅观测到已接入权重的{facts.coverage:.0%}{before}"


def _floor(floor: FloorFact) -> str:
    if floor.official:
        return f"官方或平台公告：{floor.event}"
    reports = f"{floor.stories}家独立媒体报道" if floor.stories > 1 else ""
    complaints = f"{floor.complainants}名投诉人反映" if floor.complainants else ""
    return f"48小时内{'、'.join(part for part in (reports, complaints) if part)}{floor.event}"


def _surprising_counts(surprises: Sequence[Surprise]) -> list[str]:
    """Those with a telling ratio first; the others (judged by the week, or next to none expected) in one clause."""
    ratios, others = [], []
    for one in surprises:
        ratio = one.count / one.expected if one.expected >= LEAST_EXPECTED else 0.0
        if ratio >= NOTABLE_RATIO:
            ratios.append(f"{one.subject}为基线的{ratio:.1f}倍（{BASELINE}）")
        else:
            others.append(one.subject)
    return ratios + ([f"近期{'、'.join(others)}明显高于基线"] if others else [])


def _calm(facts: Facts) -> str:
    if facts.mentions90 == 0:
        return "正常（90天无提及）"
    if facts.level is Level.NORMAL:
        return "各项指数处于常态"
    if facts.low_days >= facts.leave_days:
        return "已满足降级条件，等待签字解除"
    if facts.low_days:
        return f"T*低于解除线已{facts.low_days}天，满{facts.leave_days}天后下调一级"
    return "各项指数已回落，T*尚未低于解除线"


def _number(value: float) -> float:
    return 0.0 if math.isnan(value) else value


class Reasons:
    """Finds the facts of any platform and day of a batch; dense arrays (days, platforms, indices)."""

    def __init__(
        self,
        values: pd.DataFrame,
        facts: pd.DataFrame | None,
        platform_ids: Sequence[str],
        days: Days,
        rules: Rules,
        whole: Composite,
    ) -> None:
        self._rules = rules
        self._coverage, self._scope = whole.coverage.tolist(), whole.scope.tolist()
        self._best, self._most = whole.used.argmax(axis=2).tolist(), whole.used.max(axis=2).tolist()
        self._names = {event.id: event.name for event in rules.events}
        self._surprising = _surprising(values, platform_ids, days, rules)
        self._facts = _Told(facts, platform_ids, days)

    def facts(self, d: int, p: int, decided: Decision, t: float, floor: pd.Series | None) -> Facts:
        """What is known of platform `p` on day `d`."""
        told = self._facts.of(d, p)
        event = told["event"] if isinstance(told.get("event"), str) else None
        surprises, publishers = self._surprises(d, p)
        return Facts(
            level=decided.shown,
            t=t,
            t_star=decided.t_star,
            coverage=self._coverage[d][p],
            scope=self._scope[d][p],
            before_grey=decided.before_grey,
            floor=None if floor is None else self._floor(floor),
            surprises=surprises,
            publishers=int(told.get("publishers") or publishers),
            event=self._names.get(event, event) if event else None,
            top=(self._rules.indices[self._best[d][p]].name, self._most[d][p]),
            mentions90=int(told["mentions90"]) if "mentions90" in told else None,
            low_days=decided.low,
            leave_days=self._leave_days(decided.level),
        )

    def _leave_days(self, level: Level) -> int:
        return 1 if level is Level.NORMAL else rule_of(level, self._rules.thresholds).leave_days

    def _surprises(self, d: int, p: int) -> tuple[tuple[Surprise, ...], int]:
        """Counts above their baseline, and the publishers of the day if those are among them."""
        found, publishers = [], 0
        for index_id, count, expected in self._surprising.get((d, p), ()):
            if index_id == "S":
                publishers = count
            else:
                found.append(Surprise(COUNTED.get(index_id, index_id), count, expected))
        return tuple(found[:2]), publishers

    def _floor(self, floor: pd.Series) -> FloorFact:
        event = str(floor["event_id"])
        official = self._rules.thresholds.floors[str(floor["name"])].official_only
        return FloorFact(
            self._names.get(event, event), official, int(floor["stories"]), int(floor["complainants"])
        )


def _surprising(
    values: pd.DataFrame, platform_ids: Sequence[str], days: Days, rules: Rules
) -> dict[tuple[int, int], list[tuple[str, int, float]]]:
    """(day, platform) -> index, count, expected where a surprise part is above 0, heaviest index first."""
    found: dict[tuple[int, int], list[tuple[str, int, float]]] = {}
    if values.empty:
        return found
    rows = values[(values["surprise_part"].astype("float64") > 0).to_numpy("bool")]
    d = pd.Index(days).get_indexer(pd.Index(day_numbers(rows["day"])))
    p = pd.Index(platform_ids).get_indexer(pd.Index(rows["platform_id"]))
    weight = rows["index_id"].map(rules.thresholds.weights).fillna(0.0).to_numpy("float64")
    columns = (rows["index_id"].tolist(), rows["count"].tolist(), rows["expected"].tolist())
    for n in np.argsort(-weight * rows["surprise_part"].to_numpy("float64"), kind="stable").tolist():
        if d[n] >= 0 and p[n] >= 0:
            entry = (columns[0][n], int(columns[1][n]), float(columns[2][n] or np.nan))
            found.setdefault((int(d[n]), int(p[n])), []).append(entry)
    return found


class _Told:
    """Rows of the facts by day and platform: few of many are asked for."""

    def __init__(self, facts: pd.DataFrame | None, platform_ids: Sequence[str], days: Days) -> None:
        self._columns: dict[str, list[Any]] = {}
        self._place: dict[tuple[int, int], int] = {}
        if facts is None or facts.empty:
            return
        d = pd.Index(days).get_indexer(pd.Index(day_numbers(facts["day"])))
        p = pd.Index(platform_ids).get_indexer(pd.Index(facts["platform_id"]))
        self._place = {key: row for row, key in enumerate(zip(d.tolist(), p.tolist(), strict=True))}
        told = [name for name in ("mentions90", "publishers", "event") if name in facts]
        self._columns = {name: facts[name].tolist() for name in told}

    def of(self, d: int, p: int) -> dict[str, Any]:
        """What is told of the day; empty if nothing is."""
        row = self._place.get((d, p))
        return {} if row is None else {name: column[row] for name, column in self._columns.items()}
