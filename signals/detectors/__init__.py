"""Surprise detectors: is a count unusual for this series, judged by a baseline that never contains it?

`REGISTRY` is data: a detector is one file here and one line there; tests/test_contracts.py applies by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from signals.detectors.judgement import Bools, Days, Floats, Judgement, alarms

__all__ = ["DEFAULT", "REGISTRY", "Detector", "Judgement", "UnknownDetector", "alarms", "create"]

REGISTRY = {
    "farrington": "signals.detectors.farrington:Farrington",
    "scan": "signals.detectors.scan:scan",
    "ewma": "signals.detectors.ewma:Ewma",
    "cusum": "signals.detectors.cusum:Cusum",
    "ears_c1": "signals.detectors.ears:c1",
    "ears_c2": "signals.detectors.ears:c2",
    "ears_c3": "signals.detectors.ears:c3",
    "farrington_1996": "signals.detectors.published:Farrington1996",
    "farrington_flexible": "signals.detectors.published:FarringtonFlexible",
}
DEFAULT = "farrington"


class UnknownDetector(ValueError):
    """No detector of this name is registered."""


class Detector(Protocol):
    """What every detector offers. `period_days` is 1 for daily counts, 7 for weekly ones; `alpha`: its p of an
    alarm."""

    @property
    def period_days(self) -> int: ...

    @property
    def alpha(self) -> float: ...

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """Judges the periods from row `start` on.

        Args:    counts: (periods, series), NaN = not observed, no gaps between rows; days: day number of each
                 period's first day; wanted: (judged, series), False = need not be judged (p NaN).
        Returns: Judgement over (judged, series). No figure rests on a later period.
        """
        ...


def create(name: str, period_days: int = 1) -> Detector:
    """A detector by its registered name. Raises UnknownDetector."""
    if name not in REGISTRY:
        raise UnknownDetector(f"没有名为 {name!r} 的检测器，可用：{sorted(REGISTRY)}")
    module, _, factory = REGISTRY[name].partition(":")
    detector: Detector = getattr(import_module(module), factory)(period_days=period_days)
    return detector
