"""How a brief looks: the six levels as badges, small lines as SVG, numbers and days as text. Pure strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup, escape

from signals.model import SHANGHAI, Level

NONE = "—"
"""Shown where there is no value: never 0, which would read as calm."""


@dataclass(frozen=True, slots=True)
class Look:
    """Glyph, word of the grade, fill and ink: those of the screen."""

    glyph: str
    grade: str
    fill: str
    ink: str


LOOKS: dict[Level, Look] = {
    Level.RED: Look("■", "特别严重", "#B3261E", "#FFFFFF"),
    Level.ORANGE: Look("▲", "严重", "#E8710A", "#000000"),
    Level.YELLOW: Look("◆", "较重", "#F2C100", "#000000"),
    Level.BLUE: Look("●", "一般", "#1F5FBF", "#FFFFFF"),
    Level.UNKNOWN: Look("?", "", "#8A8F98", "#000000"),
    Level.NORMAL: Look("○", "", "#FFFFFF", "#1B5E20"),
}
"""The same as on screen, which a test compares: the web process and this one share no module that draws."""

WEEKDAYS = "一二三四五六日"


def badge(level: Level, word: str | None = None) -> Markup:
    """Glyph and word on the colour: it survives greyscale print. `word`: what stands instead of the level's own."""
    look = LOOKS[level]
    text = word if word and word != level.value else f"{level.value} {look.grade}".strip()
    border = look.ink if look.fill == "#FFFFFF" else look.fill
    return Markup(
        '<span class="badge" style="background:{};color:{};border-color:{}"><i>{}</i>{}</span>'
    ).format(look.fill, look.ink, border, look.glyph, text)


def line(values: Sequence[float | None], level: Level, width: int = 132, height: int = 30) -> Markup:
    """T* of the last days on the fixed scale 0..100, the level lines faint; a day without value is a gap."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup('<span class="mute">—</span>')
    step = (width - 8) / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{4 + place * step:.1f},{height - 4 - value / 100 * (height - 8):.1f}")
    lines = "".join(
        f'<polyline points="{" ".join(run)}" fill="none" stroke="#3A444F" stroke-width="1.3"/>'
        for run in runs
        if len(run) > 1
    )
    look = LOOKS[level]
    x, y = next(run[-1] for run in reversed(runs) if run).split(",")
    told = f"近 {len(values)} 天 T*：最低 {min(known):.1f}，最高 {max(known):.1f}，最近 {known[-1]:.1f}"
    ink = look.ink if look.fill == "#FFFFFF" else look.fill
    return Markup(  # noqa: S704 # numbers only
        f'<svg class="line" role="img" aria-label="{escape(told)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><rect x="0" y="0" width="{width}" height="{height}" fill="#F6F7F9"/>'
        f'{lines}<circle cx="{x}" cy="{y}" r="2.6" fill="{ink}"/></svg>'
    )


def score(value: float | None) -> str:
    """An index or T with one decimal."""
    return NONE if value is None else f"{value:.1f}"


def change(value: float | None) -> str:
    """A signed difference with one decimal and a true minus sign."""
    if value is None:
        return NONE
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def share(value: float | None) -> str:
    """0..1 as a whole percentage."""
    return NONE if value is None else f"{value:.0%}"


def long_day(value: date) -> str:
    """2026年11月21日（星期六）."""
    return f"{value.year}年{value.month}月{value.day}日（星期{WEEKDAYS[value.weekday()]}）"


def short_day(value: date) -> str:
    """11-21."""
    return f"{value:%m-%d}"


def moment(value: datetime | None) -> str:
    """2026-11-21 14:05 in Asia/Shanghai."""
    return NONE if value is None else value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
