"""All documents of one day of the archive: ordinary ones, what comes now and then, and the played stories."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from random import Random

from collectors.sources.sample_archive.compose import Draft, compose
from collectors.sources.sample_archive.copies import copies
from collectors.sources.sample_archive.script import Event, Member, Occasional, Phase, Script
from collectors.sources.sample_archive.truth import DAYS, EXPECTED
from settings.models import KindWord
from signals.model import SHANGHAI

HOURS: dict[KindWord, tuple[int, int]] = {
    "regulatory": (9, 17),
    "news": (7, 21),
    "social": (7, 22),
    "complaint": (8, 21),
    "disclosure": (9, 19),
}
"""First and last hour in which a kind is published."""
DELAY: dict[KindWord, tuple[int, int]] = {
    "regulatory": (5, 90),
    "news": (5, 60),
    "social": (3, 45),
    "complaint": (10, 100),
    "disclosure": (5, 60),
}
"""Minutes until it is first seen, on the same day."""
LATE = 0.03
"""Share of ordinary documents first seen a day or two after they were published."""
SILENT: frozenset[KindWord] = frozenset({"complaint", "news", "social"})
"""The kinds that stop in the gap."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the play; `rng(lane)` is the same whenever the day is generated."""

    script: Script
    anchor: date
    date: date

    @property
    def offset(self) -> int:
        """Days since the anchor day."""
        return (self.date - self.anchor).days

    def rng(self, lane: str) -> Random:
        """The random numbers of one lane of this day: stories do not disturb each other.

        The anchor does not enter: whenever the first run was, the same play is seen.
        """
        digest = blake2b(f"{self.offset}|{lane}".encode(), digest_size=8).digest()
        return Random(int.from_bytes(digest))  # noqa: S311 # sample texts, not secrets


Row = dict[str, object]


def rows_of(script: Script, anchor: date, day: date) -> list[Row]:
    """The rows that become available on `day`, in order of availability; none before the archive begins."""
    today = Day(script, anchor, day)
    if today.offset <= -DAYS:
        return []
    rows = [*_ordinary(today), *_occasional(today), *_stories(today)]
    if is_gap(today.offset):
        rows = [row for row in rows if row["kind"] not in SILENT]
    return sorted(rows, key=availability)


def availability(row: Row) -> tuple[str, str]:
    """Sort key: when a row was first seen, then its id. ISO times of one zone sort as text."""
    return str(row["first_seen_at"]), str(row["id"])


def is_gap(offset: int) -> bool:
    """Whether the archive's outage falls on that day."""
    return EXPECTED.gap[0] <= offset <= EXPECTED.gap[1]


def _ordinary(day: Day) -> Iterator[Row]:
    cast = day.script.stories.cast
    for kind, (least, most) in day.script.stories.daily.items():
        rng = day.rng(f"usual {kind}")
        playing = [key for key, member in cast.items() if member.plays(kind, day.offset)]
        weights = [cast[key].weight[kind] for key in playing]
        for number in range(rng.randint(least, most)):
            platform_id = rng.choices(playing, weights)[0]
            late = 0 if rng.random() >= LATE else rng.randint(1, 2)
            if day.offset - late <= -DAYS or any(is_gap(day.offset - back) for back in range(late + 1)):
                late = 0
            theme = rng.choice(_themes(day, cast[platform_id], kind))
            yield _drawn(day, theme, platform_id, f"usual {kind} {number}", late=late)


def _themes(day: Day, member: Member, kind: KindWord) -> list[str]:
    themes: tuple[str, ...] = getattr(member, kind)
    known = ((theme, day.script.themes[theme].after) for theme in themes)
    return [theme for theme, after in known if after is None or after <= day.offset]


def _occasional(day: Day) -> Iterator[Row]:
    for one in day.script.stories.now_and_then:
        rng = day.rng(f"occasional {one.theme}")
        if not (one.weekdays_only and day.date.weekday() >= 5) and rng.random() < one.rate:
            yield _drawn(day, one.theme, _someone(day, one, rng), f"occasional {one.theme}")


def _someone(day: Day, one: Occasional, rng: Random) -> str:
    kind = day.script.themes[one.theme].kind
    cast = day.script.stories.cast
    return rng.choice([key for key, member in cast.items() if member.plays(kind, day.offset)])


def _stories(day: Day) -> Iterator[Row]:
    for strand in day.script.stories.strand:
        for phase in strand.phases:
            if phase.first <= day.offset <= phase.last:
                yield from _phase(day, strand.platform, phase)
        for event in strand.events:
            if event.copies:
                yield from _copied(day, strand.platform, event)
            elif event.day == day.offset:
                lane = f"event {strand.platform} {event.theme}"
                for number in range(event.count):
                    yield _drawn(day, event.theme, strand.platform, f"{lane} {number}", hours=event.hours)


def _phase(day: Day, platform_id: str, phase: Phase) -> Iterator[Row]:
    lane = f"phase {platform_id} {phase.theme} {phase.first}"
    for number in range(_poisson(phase.rate_on(day.offset), day.rng(lane))):
        yield _drawn(day, phase.theme, platform_id, f"{lane} {number}", hours=phase.hours)


def _copied(day: Day, platform_id: str, event: Event) -> Iterator[Row]:
    since = day.offset - event.day
    if not 0 <= since < len(event.copies):
        return
    first = Day(day.script, day.anchor, day.date - timedelta(days=since))
    lane = f"copied {platform_id} {event.theme}"
    told = copies(day.script, platform_id, event, first.date, first.rng(lane))[since]
    for number, draft in enumerate(told):
        hours = (7, 8) if since == 0 and number == 0 else (9, 21)
        yield _row(day, draft, f"{lane} {number}", hours=hours)


def _drawn(
    day: Day, theme: str, platform_id: str, lane: str, *, late: int = 0, hours: tuple[int, int] | None = None
) -> Row:
    published = day.date - timedelta(days=late)
    draft = compose(day.script, theme, platform_id, published, day.rng(f"{lane} text"))
    return _row(day, draft, lane, late=late, hours=hours)


def _row(day: Day, draft: Draft, lane: str, *, late: int = 0, hours: tuple[int, int] | None = None) -> Row:
    rng = day.rng(f"{lane} time")
    first, last = hours or HOURS[draft.kind]
    midnight = datetime(day.date.year, day.date.month, day.date.day, tzinfo=SHANGHAI)
    appeared = midnight + timedelta(seconds=rng.randrange(first * 3600, (last + 1) * 3600))
    seen = appeared + timedelta(seconds=rng.randrange(*(60 * minutes for minutes in DELAY[draft.kind])))
    # Authorities date their acts by the day: 00:00 means the bare date.
    published = midnight if draft.kind == "regulatory" else appeared - timedelta(days=late)
    key = blake2b(f"{day.anchor}|{day.offset}|{lane}".encode(), digest_size=5).hexdigest()
    return {
        "id": f"{day.date:%Y%m%d}-{key}",
        "published_at": published.isoformat(),
        "first_seen_at": seen.isoformat(),
        "kind": draft.kind,
        "publisher": draft.publisher,
        "reach": draft.reach,
        "official": draft.official,
        "channel": draft.channel,
        "author": draft.author,
        "title": draft.title,
        "text": draft.text,
        "url": f"https://sample-archive.example/{draft.kind}/{day.date:%Y%m%d}/{key}",
        "subject": draft.subject,
        "status": draft.status,
        "synthetic": True,
    }


def _poisson(rate: float, rng: Random) -> int:
    """A Poisson number by Knuth's method: fine for the small rates of a story."""
    limit, product, number = math.exp(-rate), rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number
