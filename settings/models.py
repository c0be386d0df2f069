"""The shape of every file in `settings/`: an unknown key or a value out of range is an error, not a guess."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Share = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0)]
RiskType = Literal["市场", "信用", "流动性", "操作", "技术", "法律"]
CrisisCase = Literal["跑路", "数据泄露", "欺诈", "过度营销"]
StatusWord = Literal["在营", "出险", "清盘", "立案", "转型", "退出"]
KindWord = Literal["regulatory", "news", "social", "complaint", "disclosure"]


INDUSTRY = "industry"
"""Reserved id of the row 全行业, in every table that has rows of platforms."""
INDUSTRY_DEMO = "industry-demo"
"""The same over the demonstration platforms."""
RESERVED_IDS = frozenset({INDUSTRY, INDUSTRY_DEMO})


class Strict(BaseModel):
    """Base of all settings: frozen, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AmbiguousAlias(Strict):
    """A common word that means the platform only when one of `context` stands near it."""

    text: str = Field(min_length=1)
    context: tuple[str, ...] = Field(min_length=1)


class Platform(Strict):
    """One `[[platform]]` block of platforms.toml."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")
    name: str = Field(min_length=1)
    category: str = Field(min_length=1)
    legal_entities: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    ambiguous: tuple[AmbiguousAlias, ...] = ()
    not_this: tuple[str, ...] = ()
    old_names: tuple[str, ...] = ()
    status: StatusWord = "在营"
    status_since: date | None = None
    status_evidence: str | None = None
    demo: bool = False

    @model_validator(mode="after")
    def _free(self) -> Platform:
        if self.id in RESERVED_IDS:
            raise ValueError(f"id = {self.id!r} 为全行业保留，请换一个 id")
        return self


class IndexSettings(Strict):
    """One `[[index]]` block of indices.toml (METHOD section 3)."""

    id: str = Field(pattern=r"^[A-Z]$")
    name: str
    function: str = Field(pattern=r"^[a-z_][\w.]*:[a-z_]\w*$")
    kinds: tuple[KindWord, ...]
    c: float = Field(gt=0)
    plateau_days: Days
    half_life_days: float = Field(gt=0)
    surprise: bool
    """Whether a surprise part A is computed on the day's count (R, N, C, K, S)."""
    fed_by: Literal["mentions", "indicators"] = "mentions"
    """Mentions are accumulated by age; what indicators say stands until the next period (Y)."""
    allowance: bool = True
    """Whether c is widened by the platform's own median (c_kp). Names that are always talked about need it; a figure
    that is always far from its class does not become better by staying there."""

    @model_validator(mode="after")
    def _fed(self) -> IndexSettings:
        if (self.fed_by == "mentions") != bool(self.kinds):
            raise ValueError('由提及构成的指数须写明 kinds；fed_by = "indicators" 的指数 kinds 应为空')
        if self.fed_by == "indicators" and self.surprise:
            raise ValueError('fed_by = "indicators" 的指数没有每日计数，surprise 应为 false')
        return self


class Judgement(Strict):
    """`[judgement]` of indicators.toml: how readings become z-values, and when they are late."""

    history_periods: int = Field(default=24, ge=3)
    min_periods: int = Field(default=6, ge=3)
    min_peers: int = Field(default=5, ge=3)
    z_from: float = Field(default=1.0, ge=0)
    z_max: float = Field(default=8.0, gt=0)
    observed_share: Share = 0.5
    delivered_share: Share = 0.5
    late_severity: Share = 0.3

    @model_validator(mode="after")
    def _possible(self) -> Judgement:
        if self.min_periods > self.history_periods:
            raise ValueError("min_periods 不能大于 history_periods")
        if self.z_from >= self.z_max:
            raise ValueError("z_from 应小于 z_max")
        return self


class IndicatorSettings(Strict):
    """One `[[indicator]]` block of indicators.toml."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    unit: str = Field(min_length=1)
    """The unit in which values are kept."""
    units: dict[str, Annotated[float, Field(gt=0)]]
    """Other units that are accepted: kept value = value × factor."""
    period: Literal["day", "week", "month"]
    bad: Literal["high", "low"]
    against: tuple[Literal["past", "class"], ...] = ("past",)
    shape: Literal["plain", "log", "ratio"] = "plain"
    """plain: the value; log: asinh, for amounts that may be 0 or negative; ratio: ln(1e-6 + value), for values >= 0."""
    scale_floor: float = Field(default=1.0, gt=0)
    """The least spread that counts as one z, in `unit`; natural-log points where shape is log or ratio."""
    z_from: float | None = Field(default=None, ge=0)
    """Its own z_from; None: that of `[judgement]`."""
    weight: float = Field(gt=0, le=10)
    """w of Y; for an indicator that feeds D, σ of one open item (at most 1)."""
    feeds: Literal["Y", "D"] = "Y"
    due_days: Days
    """A reading is due so many days after its period ends, and stands until the next one is due."""
    late_days: Days | None = None
    """So many days after that, a missing reading is an open item of D. None: nobody is called late."""

    @model_validator(mode="after")
    def _severity(self) -> IndicatorSettings:
        if self.feeds == "D" and self.weight > 1:
            raise ValueError('feeds = "D" 时 weight 是单项事件的严重度 σ，应不大于 1')
        return self


class Indicators(Strict):
    """All of indicators.toml."""

    judgement: Judgement
    indicator: tuple[IndicatorSettings, ...]

    @model_validator(mode="after")
    def _told_apart(self) -> Indicators:
        names = [
            name for each in self.indicator for name in dict.fromkeys((each.id, each.name, *each.aliases))
        ]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"indicators.toml 中 id、名称或别名重复：{twice}")
        return self


class PolicySettings(Strict):
    """`[policy]` of industry.toml: documents of regulators by week against their own baseline."""

    id: str = Field(pattern=r"^[A-Z]$")
    name: str
    kinds: tuple[KindWord, ...] = Field(min_length=1)
    window_days: int = Field(ge=1, le=31)
    min_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _possible(self) -> PolicySettings:
        if self.min_days > self.window_days:
            raise ValueError("min_days 不能大于 window_days")
        return self


class IndustrySettings(Strict):
    """industry.toml: the row 全行业."""

    name: str = Field(min_length=1)
    policy: PolicySettings


class EventSettings(Strict):
    """One `[[event]]` block of events.toml."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    case: CrisisCase | None = None
    risk: RiskType
    severity: Share
    crisis: bool = True
    """Counts towards index K; False for clarifications, resumed redemption and the like."""
    patterns: tuple[str, ...] = Field(min_length=1)
    counter: tuple[str, ...] = ()
    """Phrases which, overlapping or adjacent to a hit, cancel it (advertisements, homonyms)."""


class LevelRule(Strict):
    """Hysteresis of one level (METHOD section 5)."""

    enter: Score
    need_days: int = Field(ge=1)
    window_days: int = Field(ge=1)
    leave_days: int = Field(ge=1)
    sign_off: bool = False


class Floor(Strict):
    """A condition that lifts T to at least `score`."""

    score: Score
    events: tuple[str, ...]
    official_only: bool = False
    min_stories: int = Field(default=1, ge=1)
    min_complainants: int = Field(default=1, ge=1)
    hours: int = Field(default=48, ge=1)
    at_once: bool = False


class LevelLines(Strict):
    """The four levels of a scope, whole: lines of two scopes are never mixed."""

    blue: LevelRule
    yellow: LevelRule
    orange: LevelRule
    red: LevelRule
    leave_margin: float = Field(ge=0, le=50)

    @model_validator(mode="after")
    def _ordered(self) -> LevelLines:
        ascending(self.blue, self.yellow, self.orange, self.red)
        return self


class Override(Strict):
    """What a class of platforms, or one platform, has of its own; None = as in the wider scope."""

    lines: LevelLines | None = None
    weights: dict[str, Share] | None = None
    single_index_share: Share | None = None
    floors: dict[str, Floor] = {}
    """By name; a floor not named here is that of the wider scope."""

    @model_validator(mode="after")
    def _weighed(self) -> Override:
        if self.weights is not None:
            some_weight(self.weights)
        return self

    @model_serializer(mode="wrap")
    def _compact(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in whole(self).items() if value not in (None, {})}


class Overrides(Strict):
    """Exceptions from the thresholds for all: by class of platforms (`category`) and by id of a platform."""

    category: dict[str, Override] = {}
    platform: dict[str, Override] = {}

    def each(self) -> Iterator[tuple[str, Override]]:
        """Every exception with its place in the file."""
        for kind, found in (("category", self.category), ("platform", self.platform)):
            yield from ((f"overrides.{kind}.{name}", one) for name, one in found.items())

    @model_serializer(mode="wrap")
    def _compact(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in whole(self).items() if value}


def ascending(*rules: LevelRule) -> None:
    """Raises ValueError unless every level is entered above the one before it."""
    enters = [rule.enter for rule in rules]
    if enters != sorted(set(enters)):
        raise ValueError("进入线必须逐级升高：蓝 < 黄 < 橙 < 红")


def some_weight(weights: dict[str, float]) -> None:
    """Raises ValueError if nothing has any weight."""
    if sum(weights.values()) <= 0:
        raise ValueError("权重之和必须大于 0")


class Thresholds(Strict):
    """Everything the liaison officer may change: levels.toml, and one row of `threshold_versions`.

    `overrides` is left out of what is written where there is none: versions and hashes of before it stay what they
    were. See settings.scopes for how it is resolved.
    """

    weights: dict[str, Share]
    single_index_share: Share
    single_index_ids: tuple[str, ...]
    blue: LevelRule
    yellow: LevelRule
    orange: LevelRule
    red: LevelRule
    leave_margin: float = Field(ge=0, le=50)
    memory_plateau_days: Days
    memory_half_life_days: float = Field(gt=0)
    coverage_min: Share
    coverage_hold_days: Days
    scope_min: Share
    carry_days: Days
    """How many unobserved days an index keeps its last, decaying value."""
    floors: dict[str, Floor]
    overrides: Overrides = Overrides()

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        ascending(self.blue, self.yellow, self.orange, self.red)
        some_weight(self.weights)
        return self

    def every_floor(self) -> Iterator[tuple[str, Floor]]:
        """The floors of all scopes, each with its place in the file."""
        yield from ((f"floors.{name}", floor) for name, floor in self.floors.items())
        for place, one in self.overrides.each():
            yield from ((f"{place}.floors.{name}", floor) for name, floor in one.floors.items())

    @model_serializer(mode="wrap")
    def _compact(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in whole(self).items() if name != "overrides" or value}


class Publisher(Strict):
    """One `[[publisher]]` block of publishers.toml: reach 0..1; `official` = regulator, police or court."""

    name: str
    aliases: tuple[str, ...] = ()
    reach: Share
    official: bool = False


class Lexicons(Strict):
    """Word lists of settings/lexicons/*.txt by file stem; one entry a line, `#` begins a comment."""

    words: dict[str, tuple[str, ...]]

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self.words[name]


class Settings(Strict):
    """All of settings/, validated together."""

    platforms: tuple[Platform, ...]
    indices: tuple[IndexSettings, ...]
    events: tuple[EventSettings, ...]
    thresholds: Thresholds
    publishers: tuple[Publisher, ...]
    lexicons: Lexicons
    indicators: Indicators
    industry: IndustrySettings

    @property
    def hash(self) -> str:
        """First 12 hex digits of SHA-256 over everything but the watch list: stamps exports and values."""
        body = self.model_dump_json(exclude={"platforms"})
        return hashlib.sha256(body.encode()).hexdigest()[:12]

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        known = {index.id for index in self.indices}
        weighed = [("weights", self.thresholds.weights)]
        weighed += [(f"{at}.weights", one.weights or {}) for at, one in self.thresholds.overrides.each()]
        for place, weights in weighed:
            if extra := set(weights) - known:
                raise ValueError(f"levels.toml 的 {place} 提到未登记的指数：{sorted(extra)}")
        if extra := set(self.thresholds.single_index_ids) - known:
            raise ValueError(f"levels.toml 的 single_index_ids 提到未登记的指数：{sorted(extra)}")
        if self.industry.policy.id in known:
            raise ValueError(
                f"industry.toml 的 policy.id = {self.industry.policy.id!r} 已是 indices.toml 中的指数"
            )
        events = {event.id for event in self.events}
        for place, floor in self.thresholds.every_floor():
            if extra := set(floor.events) - events:
                raise ValueError(f"levels.toml 的 {place} 提到未登记的事件：{sorted(extra)}")
        for what, ids in (
            ("platforms.toml", [p.id for p in self.platforms]),
            ("indices.toml", [i.id for i in self.indices]),
            ("events.toml", [e.id for e in self.events]),
            ("publishers.toml（名称与别名）", [n for p in self.publishers for n in (p.name, *p.aliases)]),
        ):
            if twice := sorted({x for x in ids if ids.count(x) > 1}):
                raise ValueError(f"{what} 中 id 重复：{twice}")
        return self
