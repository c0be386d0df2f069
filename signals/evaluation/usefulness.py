"""Noise-to-signal ratio and relative usefulness of a binary signal.

Sources: Kaminsky & Reinhart 1999 (noise-to-signal); Alessi & Detken 2011; Sarlin 2013 (Economics Letters 119).
"""

from __future__ import annotations

from dataclasses import dataclass

NAN = float("nan")
PREFERENCES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""μ, the weight of a missed failure against that of a false alarm: failures are rare, so the interesting ones are
near 1 - the share of failures."""


@dataclass(frozen=True)
class Confusion:
    """Platform-weeks, weighted: `hit` alarm before failure, `false` alarm without, `missed`, `calm`."""

    hit: float
    false: float
    missed: float
    calm: float

    @property
    def hit_rate(self) -> float:
        """Share of the weeks before a failure that were in alarm."""
        return _ratio(self.hit, self.hit + self.missed)

    @property
    def false_rate(self) -> float:
        """Share of the other weeks that were in alarm."""
        return _ratio(self.false, self.false + self.calm)

    @property
    def noise_to_signal(self) -> float:
        """false_rate / hit_rate: under 1 is better than chance, 0 the best; NaN where nothing was hit."""
        return _ratio(self.false_rate, self.hit_rate)

    def usefulness(self, preference: float) -> float:
        """Sarlin's relative usefulness at μ: 1 = perfect, 0 = no better than ignoring the signal, may be negative.

        Loss μ·missed + (1-μ)·false as shares of all weeks, against min(μ·P, (1-μ)·(1-P)) of always or never
        giving the alarm, P the share of weeks before a failure. NaN without both kinds of weeks.
        """
        whole = self.hit + self.false + self.missed + self.calm
        best = min(preference * (self.hit + self.missed), (1 - preference) * (self.false + self.calm))
        if whole == 0 or best == 0:
            return NAN
        return 1 - (preference * self.missed + (1 - preference) * self.false) / best


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else NAN
