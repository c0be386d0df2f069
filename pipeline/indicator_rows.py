"""Rows of indicators as people write them -> readings to store; what cannot be right is refused with a remedy."""

from __future__ import annotations

import math
import re
import unicodedata
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collectors.base import Refusal
from collectors.dates import BadDate, parse_date
from db.write import ReadingRow
from settings.models import INDUSTRY, IndicatorSettings, IndustrySettings, Platform
from signals.model import day_start, shanghai_day

HEADERS: Mapping[str, tuple[str, ...]] = {
    "platform": ("platform", "平台", "平台名称", "平台id", "机构", "机构名称"),
    "name": ("name", "indicator", "指标", "指标名称"),
    "period_end": ("period_end", "期末", "期末日期", "报告期", "截止日期", "统计期末"),
    "value": ("value", "数值", "值", "指标值"),
    "unit": ("unit", "单位"),
    "available_at": ("available_at", "获知时间", "公布时间", "发布时间", "披露时间"),
}
"""Field -> the column names by which it is known, in lower case; the first is the official one."""
REQUIRED = ("platform", "name", "period_end", "value", "unit")
OPTIONAL = ("available_at",)
LARGEST = 1e15
_NUMBER = re.compile(r"([+-]?(?:\d[\d,]*)?(?:\.\d+)?(?:e[+-]?\d+)?)\s*(\D{0,8})")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?")


class NotRight(ValueError):
    """A cell that cannot be right: field, value, and a sentence that says what to do."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value = field, value


@dataclass(frozen=True)
class Reader:
    """Reads rows against the watch list and the indicators that are declared.

    `platforms`: folded name -> ids; `indicators`: folded name -> indicator.
    """

    platforms: Mapping[str, Sequence[str]]
    indicators: Mapping[str, IndicatorSettings]
    now: datetime

    @classmethod
    def of(
        cls,
        watch_list: Iterable[Platform],
        indicators: Iterable[IndicatorSettings],
        industry: IndustrySettings,
        now: datetime,
    ) -> Reader:
        """Platforms by id and every unambiguous name; 全行业 by its own."""
        names = cls.names_of(watch_list)
        for name in {folded(INDUSTRY), folded(industry.name)}:
            names[name] = [INDUSTRY]
        known = {folded(name): each for each in indicators for name in (each.id, each.name, *each.aliases)}
        return cls(names, known, now)

    @staticmethod
    def names_of(watch_list: Iterable[Platform]) -> dict[str, list[str]]:
        """Folded id or name -> ids of the platforms that bear it."""
        names: dict[str, list[str]] = defaultdict(list)
        for one in watch_list:
            told = (one.id, one.name, *one.full, *one.brand, *one.legal_entities, *one.old_names)
            for name in {folded(name) for name in told}:
                names[name].append(one.id)
        return dict(names)

    def read(self, file: str, number: int, cells: Mapping[str, str]) -> ReadingRow | Refusal:
        """One row: `cells` by field, all of REQUIRED and OPTIONAL."""
        try:
            return self._read({name: text.strip() for name, text in cells.items()})
        except NotRight as fault:
            return Refusal(file, number, fault.field, fault.value, str(fault))

    def _read(self, cells: Mapping[str, str]) -> ReadingRow:
        platform = self._platform(cells["platform"])
        indicator = self._indicator(cells["name"])
        end = self._period_end(cells["period_end"], indicator)
        given, unit = _number(cells["value"], cells["unit"])
        value = given * self._factor(unit, indicator)
        known = self._known(cells["available_at"], end)
        due = day_start(end + timedelta(days=max(indicator.due_days, 1)))
        return ReadingRow(
            platform,
            indicator.id,
            end,
            value,
            given,
            unit,
            known or min(due, self.now),
            assumed=known is None,
        )

    def _platform(self, name: str) -> str:
        if not name:
            raise NotRight("platform", name, "没有写平台，请填平台 id 或名称")
        found = self.platforms.get(folded(name), ())
        if not found:
            raise NotRight(
                "platform",
                name,
                "名单中没有这个平台，请改正名称，或先用 pipeline platforms load 把它加入名单",
            )
        if len(found) > 1:
            raise NotRight("platform", name, f"名称对应多个平台（{'、'.join(sorted(found))}），请改填平台 id")
        return found[0]

    def _indicator(self, name: str) -> IndicatorSettings:
        found = self.indicators.get(folded(name))
        if found is None:
            there = "、".join(dict.fromkeys(each.name for each in self.indicators.values()))
            raise NotRight(
                "name",
                name,
                f"没有登记这个指标；已登记：{there}。请改正名称，或在 settings/indicators.toml 中登记",
            )
        return found

    def _period_end(self, text: str, indicator: IndicatorSettings) -> date:
        month = _MONTH.fullmatch(unicodedata.normalize("NFKC", text))
        if month and indicator.period == "month" and 1 <= int(month[2]) <= 12 and int(month[1]) >= 1990:
            year, number = int(month[1]), int(month[2])
            end = date(year, number, monthrange(year, number)[1])
        else:
            try:
                end = shanghai_day(parse_date(text, self.now))
            except BadDate as error:
                raise NotRight("period_end", text, f"期末读不懂：{error}") from error
        if indicator.period == "month" and end.day != monthrange(end.year, end.month)[1]:
            raise NotRight("period_end", text, "月度指标的期末应是月末，如 2018-06-30，或写成 2018-06")
        if end > shanghai_day(self.now):
            raise NotRight("period_end", text, "这一期还没有结束，请核对期末日期")
        return end

    def _factor(self, unit: str, indicator: IndicatorSettings) -> float:
        factors = {folded(name): factor for name, factor in {indicator.unit: 1.0, **indicator.units}.items()}
        if not unit or (factor := factors.get(folded(unit))) is None:
            there = "、".join((indicator.unit, *indicator.units))
            why = "没有写单位" if not unit else "不认得这个单位"
            raise NotRight("unit", unit, f"{why}；{indicator.name}可用的单位：{there}")
        return factor

    def _known(self, text: str, end: date) -> datetime | None:
        if not text:
            return None
        try:
            moment = parse_date(text, self.now)
        except BadDate as error:
            raise NotRight("available_at", text, f"获知时间有误：{error}") from error
        if shanghai_day(moment) < end:
            raise NotRight("available_at", text, "获知时间早于期末：一期结束之前不会有它的数值，请核对")
        return min(moment, self.now)


def folded(name: str) -> str:
    """One spelling for full-width and half-width letters, capitals and blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def _number(text: str, unit: str) -> tuple[float, str]:
    """(number, unit): a unit may stand behind the number, but not another one than in its own column."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").casefold()
    match = _NUMBER.fullmatch(plain)
    if not match or not re.search(r"\d", match[1]):
        raise NotRight("value", text, "数值应是数字，如 12.5；没有数值的期请删去整行，不要写 0 或“-”")
    number = float(match[1].replace(",", ""))
    if not math.isfinite(number) or abs(number) > LARGEST:
        raise NotRight("value", text, "数值大得不合理，请核对")
    if match[2] and unit and folded(match[2]) != folded(unit):
        raise NotRight("value", text, f"数值后的单位与“单位”一列（{unit}）不同，请统一")
    return number, unit or match[2]
