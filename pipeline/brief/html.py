"""A brief as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline.brief import look
from signals.brief import Brief, Period
from signals.lifecycle import failed_word
from signals.model import LADDER


@dataclass(frozen=True, slots=True)
class Room:
    """How much is told: rows of changes, pieces of evidence of each platform (their number is that of the platforms),
    ailing sources. The workbook has everything."""

    changes: int
    evidence: tuple[int, ...]
    sources: int


ON_SCREEN = Room(12, (2,) * 6, 6)
ON_PAPER = (
    Room(12, (2,) * 6, 6),
    Room(8, (2, 2, 2, 1, 1, 1), 4),
    Room(8, (2, 1, 1, 1, 1, 1), 4),
    Room(6, (1,) * 6, 3),
    Room(6, (1,) * 4, 3),
    Room(4, (1,) * 3, 2),
)
"""From roomy to narrow: the first that fits on one page is printed."""

SOURCE_STATES = {
    "ok": "正常",
    "late": "迟到",
    "broken": "故障",
    "blocked": "被拒",
    "off": "已停用",
    "new": "尚未运行",
}
"""A source's state as people read it; a test compares them with the screen's."""

AGAINST = {Period.DAILY: "较前日", Period.WEEKLY: "较上周"}


def moved(now: int, before: int) -> str:
    """By how many platforms a level grew."""
    return "持平" if now == before else f"{now - before:+d}".replace("-", "−")


def render(brief: Brief, room: Room = ON_SCREEN) -> str:
    """The page. What comes from outside is escaped by the template engine; links are to http(s) originals only."""
    own = files("pipeline.brief")
    engine = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    above = sum(one.level in LADDER[1:] for one in brief.standings)
    return engine.from_string(
        own.joinpath("page.html").read_text("utf-8")
    ).render(
        brief=brief,
        style=Markup(own.joinpath("page.css").read_text("utf-8")),  # noqa: S704 # our own file
        badge=look.badge,
        line=look.line,
        score=look.score,
        change=look.change,
        share=look.share,
        long_day=look.long_day,
        short_day=look.short_day,
        moment=look.moment,
        moved=moved,
        failed_word=failed_word,
        against=AGAINST[brief.period],
        top=brief.top[: len(room.evidence)],
        changes_shown=room.changes,
        evidence_shown=room.evidence,
        sources_shown=room.sources,
        source_states=SOURCE_STATES,
        ill=[one for one in brief.sources if one.ill],
        more=above - len(brief.top[: len(room.evidence)]),
    )
