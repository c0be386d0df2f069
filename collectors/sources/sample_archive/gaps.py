"""The gaps of a text and what fills them: names, sums, dates, figures of the story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from collectors.sources.sample_archive.script import Member, Script, Theme
from settings.models import Platform

SURNAMES = "王李张刘陈杨赵周吴徐孙马朱胡林"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the gaps of one text are filled from."""

    script: Script
    platform: Platform
    member: Member
    theme: Theme
    day: date
    rng: Random
    publisher: str
    agency: str


class Gaps(dict[str, str]):
    """Gap name -> its value in this text, drawn at first use and kept, so that title and text agree."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene

    def __missing__(self, name: str) -> str:
        value = self.scene.member.facts.get(name) or FILL[name](self)
        self[name] = value
        return value


Fill = Callable[[Gaps], str]


def _money(gaps: Gaps) -> str:
    low, high = gaps.scene.member.amounts
    yuan = low * (high / low) ** gaps.scene.rng.random()
    if yuan >= 10_000:
        return f"{round(yuan / 10_000, 1 if yuan < 200_000 else 0):g}万元"
    return f"{round(yuan, -2 if yuan > 2_000 else -1):.0f}元"


def _number(low: int, high: int, unit: str = "") -> Fill:
    return lambda gaps: f"{gaps.scene.rng.randint(low, high)}{unit}"


def _decimal(low: float, high: float, unit: str) -> Fill:
    return lambda gaps: f"{gaps.scene.rng.uniform(low, high):.1f}{unit}"


def _ago(gaps: Gaps) -> str:
    """Press and authorities write of today and yesterday, people of the last days."""
    fast = gaps.scene.theme.kind in ("news", "regulatory")
    return str(gaps.scene.rng.randint(*((0, 1) if fast else (2, 9))))


def _day(gaps: Gaps, back: int) -> str:
    today = gaps.scene.day
    day = today - timedelta(days=back)
    year = f"{day.year}年" if day.year != today.year and back > 40 else ""
    return f"{year}{day.month}月{day.day}日"


def _month(gaps: Gaps) -> str:
    return f"{(gaps.scene.day.month - 2) % 12 + 1}月"


def _quarter(gaps: Gaps) -> str:
    return ("四季度", "一季度", "二季度", "三季度")[(gaps.scene.day.month - 1) // 3]


def _document_number(gaps: Gaps) -> str:
    scene = gaps.scene
    short = scene.script.outlets.agency[scene.agency].short
    return f"{scene.member.city[0]}{short}罚决字〔{scene.day.year}〕{scene.rng.randint(1, 80)}号"


def _phone(gaps: Gaps) -> str:
    """Obviously made up, but in the form that must be masked."""
    rng = gaps.scene.rng
    return f"{rng.choice((138, 139, 150, 186))}0000{rng.randint(1000, 9999)}"


def _other(gaps: Gaps) -> str:
    """Another platform, of those that go on operating."""
    scene = gaps.scene
    cast = scene.script.stories.cast
    others = [key for key in cast if key != scene.platform.id and not cast[key].ends]
    return scene.script.platforms[scene.rng.choice(others)].name


def _agency(code: str) -> Fill:
    return lambda gaps: gaps.scene.script.outlets.agency[code].name.format(city=gaps.scene.member.city)


FILL: dict[str, Fill] = {
    "p": lambda gaps: gaps.scene.rng.choice(gaps.scene.member.names),
    "P": lambda gaps: gaps.scene.platform.name,
    "e": lambda gaps: gaps.scene.platform.legal_entities[0],
    "o": _other,
    "city": lambda gaps: gaps.scene.member.city,
    "bank": lambda gaps: gaps.scene.member.bank,
    "outlet": lambda gaps: gaps.scene.publisher,
    "agency": lambda gaps: gaps.scene.publisher,
    **{code: _agency(code) for code in ("dj", "ga", "sj", "yh", "zj", "wx")},
    "amt": _money,
    "amt2": _money,
    "fee": _number(29, 399, "元"),
    "small": _decimal(2, 30, "元"),
    "smallfine": _number(1, 30, "万元"),
    "yi": _decimal(0.4, 9.8, "亿元"),
    "pct": _decimal(3, 42, "%"),
    "rate": _decimal(4.5, 9.8, "%"),
    "highrate": _decimal(23.0, 23.9, "%"),
    "n": _number(2, 9),
    "days": _number(3, 15),
    "nn": _number(12, 98),
    "nnn": _number(120, 980),
    "ago": _ago,
    "d": lambda gaps: _day(gaps, int(gaps["ago"])),
    "d2": lambda gaps: _day(gaps, gaps.scene.rng.randint(25, 110)),
    "nd": lambda gaps: _day(gaps, -gaps.scene.rng.randint(3, 12)),
    "m": _month,
    "q": _quarter,
    "docno": _document_number,
    "no": lambda gaps: f"SL{gaps.scene.day:%Y%m%d}{gaps.scene.rng.randint(10_000, 99_999)}",
    "who": lambda gaps: gaps.scene.rng.choice(SURNAMES) + gaps.scene.rng.choice(("先生", "女士")),
    "phone": _phone,
    "phone2": _phone,
}
"""Gap -> how it is filled, unless the platform's `facts` say so. An unknown gap is a KeyError."""
