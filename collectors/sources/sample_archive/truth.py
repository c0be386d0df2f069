"""What the sample archive plays, as ground truth for evaluation. Days are offsets from the anchor day."""

from __future__ import annotations

from dataclasses import dataclass

from settings.models import CrisisCase

DAYS = 400
"""Length of the archive up to and including the anchor day."""


@dataclass(frozen=True, slots=True)
class Crisis:
    """One played crisis.

    `first_sign`: first complaint of the story; `climax`: its worst day so far; `public_failure`: the day the
    platform publicly stopped paying, None where it goes on operating; `case_filed`: the official 立案.
    """

    platform_id: str
    case: CrisisCase
    first_sign: int
    climax: int
    public_failure: int | None = None
    case_filed: int | None = None


@dataclass(frozen=True, slots=True)
class Rumour:
    """A false claim: first posted, denied by the platform with proof, cleared by supervisor and police."""

    platform_id: str
    claimed: int
    denied: int
    cleared: int


@dataclass(frozen=True, slots=True)
class CopiedStory:
    """One text that `sites` publishers carried (the original among them), from `day` to `last_day`."""

    platform_id: str
    day: int
    last_day: int
    sites: int


@dataclass(frozen=True, slots=True)
class Expected:
    """Everything an evaluation may hold the product to."""

    crises: tuple[Crisis, ...]
    rumour: Rumour
    copied: CopiedStory
    gap: tuple[int, int]
    """First and last day without any complaint, news or social document."""
    calm: tuple[str, ...]
    """Platforms that never leave ordinary trouble within the last 120 days."""


EXPECTED = Expected(
    crises=(
        Crisis("demo-lutong", "跑路", first_sign=-78, climax=-6, public_failure=-8, case_filed=-4),
        Crisis("demo-rongzhan", "欺诈", first_sign=-229, climax=-205, public_failure=-209, case_filed=-205),
        Crisis("demo-shanque", "数据泄露", first_sign=-30, climax=-5),
        Crisis("demo-xihe", "过度营销", first_sign=-60, climax=-10),
    ),
    rumour=Rumour("demo-xiangyu", claimed=-120, denied=-119, cleared=-118),
    copied=CopiedStory("demo-lutong", day=-34, last_day=-32, sites=40),
    gap=(-150, -146),
    calm=("demo-bomai-loan", "demo-yingzhou", "demo-suilu", "demo-kouyun", "demo-tangli", "demo-daichuan"),
)
