"""What one day brings to a platform's level, and the state it leaves for the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from signals.model import Level


@dataclass(frozen=True, slots=True)
class DayInput:
    """What one day brings. `t` with floors, NaN without scope; `seen`: T of what was observed today, floors
    included."""

    day: date
    t: float
    seen: float
    scope: float
    coverage: float
    official: bool = False
    """An at-once floor stands."""
    signed: date | None = None
    """Day of the latest sign-off up to this day."""
    always_signed: bool = False
    """Replays sign off on the first eligible day."""
    failed: bool = False
    """The platform's life-cycle status is a failed one: it never returns to 正常."""


@dataclass(frozen=True, slots=True)
class State:
    """All that the next day needs.

    `level` is on the ladder, `grey` hides it; `since` first day of what is shown; `fit_day` last day of
    enough coverage (None: never); `recent` the last days that count for entering: (day, T, fully observed);
    `low` observed days running with T* below the line to leave, begun on `low_since`; `peak` reached on
    `peak_day`.
    """

    level: Level
    grey: bool
    since: date
    day: date
    fit_day: date | None
    peak: float
    peak_day: date
    recent: tuple[tuple[date, float, bool], ...] = ()
    low: int = 0
    low_since: date | None = None

    @property
    def shown(self) -> Level:
        """What people see."""
        return Level.UNKNOWN if self.grey else self.level

    @property
    def before_grey(self) -> Level | None:
        """The level behind 数据不足; None if none was ever known, or nothing is hidden."""
        return self.level if self.grey and self.fit_day is not None else None

    def to_json(self) -> dict[str, Any]:
        """A small dict for the database."""
        return {
            "level": self.level.value,
            "grey": self.grey,
            "since": self.since.isoformat(),
            "day": self.day.isoformat(),
            "fit_day": self.fit_day.isoformat() if self.fit_day else None,
            "peak": self.peak,
            "peak_day": self.peak_day.isoformat(),
            "recent": [[day.isoformat(), t, full] for day, t, full in self.recent],
            "low": self.low,
            "low_since": self.low_since.isoformat() if self.low_since else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        """The state stored by `to_json`."""
        return cls(
            level=Level(data["level"]),
            grey=bool(data["grey"]),
            since=date.fromisoformat(data["since"]),
            day=date.fromisoformat(data["day"]),
            fit_day=_day(data["fit_day"]),
            peak=float(data["peak"]),
            peak_day=date.fromisoformat(data["peak_day"]),
            recent=tuple((date.fromisoformat(day), float(t), bool(full)) for day, t, full in data["recent"]),
            low=int(data["low"]),
            low_since=_day(data["low_since"]),
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
