"""The visual language: level looks, badges, chips, sparklines and tables as escaped HTML. Pure strings.

A badge is glyph and word on the colour: it survives greyscale print and colour blindness.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from app_pages._words import missing
from signals.lifecycle import failed_word, shown_word
from signals.model import Level


@dataclass(frozen=True, slots=True)
class Look:
    """How one level is shown: glyph, word of the grade, fill and ink colours, CSS class."""

    glyph: str
    grade: str
    fill: str
    ink: str
    css: str
    symbol: str
    """The plotly marker that resembles the glyph."""


LOOKS: dict[Level, Look] = {
    Level.RED: Look("■", "特别严重", "#B3261E", "#FFFFFF", "red", "square"),
    Level.ORANGE: Look("▲", "严重", "#E8710A", "#000000", "orange", "triangle-up"),
    Level.YELLOW: Look("◆", "较重", "#F2C100", "#000000", "yellow", "diamond"),
    Level.BLUE: Look("●", "一般", "#1F5FBF", "#FFFFFF", "blue", "circle"),
    Level.UNKNOWN: Look("?", "", "#8A8F98", "#000000", "unknown", "x-thin"),
    Level.NORMAL: Look("○", "", "#FFFFFF", "#1B5E20", "normal", "circle-open"),
}
"""Ordered as lists are: the gravest first, then 数据不足, then 正常."""


def title(level: Level) -> str:
    """The level in words: 橙 严重, 数据不足, 正常."""
    return f"{level.value} {LOOKS[level].grade}".strip()


def badge(level: Level, before: str | None = None, *, big: bool = False, failed: object = None) -> str:
    """Glyph and word on the colour; a grey one says which level it hides (此前：橙).

    `failed`: the platform's failed life-cycle status, if any: where 正常 would stand, 已出险（…） does.
    """
    look = LOOKS[level]
    size = " tw-big" if big else ""
    status = failed if isinstance(failed, str) and failed else None
    if level is Level.NORMAL and status is not None:
        word = escape(failed_word(status))
        return f'<span class="tw-badge tw-failed{size}"><span aria-hidden="true">✕</span> {word}</span>'
    hidden = shown_word(before, status) if before and not missing(before) else None
    tail = f"（此前：{hidden}）" if level is Level.UNKNOWN and hidden else ""
    return (
        f'<span class="tw-badge tw-{look.css}{size}"><span aria-hidden="true">{look.glyph}</span> '
        f"{escape(title(level) + tail)}</span>"
    )


def chip(text: str, tone: str = "plain", hint: str = "") -> str:
    """A small label. `tone`: plain | good | warn | bad | demo."""
    tip = f' title="{escape(hint)}"' if hint else ""
    return f'<span class="tw-chip tw-{tone}"{tip}>{escape(text)}</span>'


def clamp(text: str) -> str:
    """Two lines of a longer text, all of it on hover."""
    return f'<span class="tw-clamp" title="{escape(text)}">{escape(text)}</span>'


def link(page: str, text: str, css: str = "", **parameters: str) -> str:
    """A link within the product: a real address, followed without reloading where _links.py is mounted."""
    target = f"./{page}?{urlencode(parameters)}" if parameters else f"./{page}"
    return (
        f'<a class="tw-link {css}" data-tw-page="{escape(page)}" href="{escape(target)}">{escape(text)}</a>'
    )


def outward(url: object, text: str) -> str:
    """A link to an original, or its text alone where the address is not plain http(s)."""
    if isinstance(url, str) and urlsplit(url).scheme in {"http", "https"}:
        return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'
    return escape(text)


def spark(
    values: Sequence[float | None], level: Level, what: str = "T*", width: int = 96, height: int = 24
) -> str:
    """The last days of `what` as an image on the fixed scale 0..100; a day without value is a gap."""
    known = [value for value in values if value is not None and not math.isnan(value)]
    if not known:
        return '<span class="tw-mute">—</span>'
    fill = LOOKS[level].fill if level not in (Level.NORMAL, Level.UNKNOWN) else "#1B5E20"
    step = (width - 6) / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None or math.isnan(value):
            runs.append([])
        else:
            runs[-1].append(f"{3 + place * step:.1f},{height - 3 - value / 100 * (height - 6):.1f}")
    lines = "".join(
        f'<polyline points="{" ".join(run)}" fill="none" stroke="#5A6572" stroke-width="1.4"/>'
        for run in runs
        if len(run) > 1
    )
    dots = "".join(_dot(run[0], "#5A6572", 1.2) for run in runs if len(run) == 1)
    last = next(run[-1] for run in reversed(runs) if run)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f"{lines}{dots}{_dot(last, fill, 2.6)}</svg>"
    )
    words = f"近{len(values)}天{what}：最低 {min(known):.1f}，最高 {max(known):.1f}，最近 {known[-1]:.1f}"
    return (
        f'<img class="tw-spark" width="{width}" height="{height}" alt="{words}" title="{words}" '
        f'src="data:image/svg+xml,{quote(picture)}">'
    )


def _dot(point: str, colour: str, radius: float) -> str:
    x, y = point.split(",")
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>'


@dataclass(frozen=True, slots=True)
class Column:
    """A table column. `css` joins num | wide | tight; `hint` explains the header."""

    name: str
    css: str = ""
    hint: str = ""


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], caption: str, css: str = "") -> str:
    """Rows of cells that are HTML already. On a narrow screen each row becomes a card."""
    head = "".join(
        f'<th scope="col" class="{column.css}" title="{escape(column.hint)}">{escape(column.name)}</th>'
        for column in columns
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{column.css}" data-label="{escape(column.name)}">{cell}</td>'
            for column, cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="tw-table {css}"><caption class="tw-hidden">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
