"""Two years of stored indices as arrays, kept between previews: what did not change since is not read again.

A thousand platforms over two years are five million rows, several seconds to read. What is held is told to be
current by the rows of platform_days, whose index alone is asked: a day whose indices changed was judged again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock

import numpy as np
from sqlalchemy.orm import Session

from db.read import history_file, history_rows
from db.read.history_rows import ABSENT, Key, Mark
from settings.models import Platform
from signals.calendar import day_number
from signals.composite import Dense
from signals.evaluation.whatif import History
from signals.model import FAILED_STATUSES

MONTHS = 24
"""How far back a preview looks."""

WORTH_KEEPING = 0.02
"""Share of what is held: that much read again is worth writing the file anew."""

NOTHING, NO_DAY = -1, -2
"""Places of a floor: a judged day without one, and no judged day."""


@dataclass(frozen=True)
class Wanted:
    """Whose days: platform id -> (class, first day of a failed status or None), ids ascending.

    `start` … `end` are judged, `carry` days before them are read too. A `start` on the first of a month costs least.
    """

    platforms: Mapping[str, tuple[str, date | None]]
    index_ids: tuple[str, ...]
    start: date
    end: date
    carry: int

    @property
    def first(self) -> date:
        """The first day that is read."""
        return self.start - timedelta(days=self.carry)


def wanted(platforms: Sequence[Platform], index_ids: Iterable[str], today: date, carry: int) -> Wanted:
    """The last MONTHS whole months and what has passed of this one, up to yesterday: today is not decided yet."""
    end = today - timedelta(days=1)
    month = end.year * 12 + end.month - 1 - MONTHS
    told = {
        one.id: (one.category, (one.status_since or date.min) if one.status in FAILED_STATUSES else None)
        for one in sorted(platforms, key=lambda one: one.id)
    }
    return Wanted(told, tuple(index_ids), date(month // 12, month % 12 + 1, 1), end, carry)


def kept_at(data: Path, url: str) -> Path:
    """Where the history of a database is kept in the data folder; web process and worker share it."""
    digest = hashlib.sha256((url or "sqlite").encode()).hexdigest()[:12]
    return data / "cache" / f"history-{digest}.npz"


class HistoryStore:
    """Holds one history; `of` brings it up to date. Threads share it: whoever comes second waits."""

    def __init__(self, path: Path | None = None) -> None:
        """`path`: where what is held is kept for the next process."""
        self.lock = Lock()
        self.path = path
        self._held: _Held | None = None

    def of(self, session: Session, wanted: Wanted) -> History:
        """The stored history, as of now. Its arrays are those held: do not keep it beyond `lock`."""
        held = self._held
        if held is None and self.path is not None:
            held = _loaded(self.path)
        if held is None or held.wanted != wanted:
            held = _Held(wanted, held)
        read_again = held.refresh(session)
        self._held = held
        if self.path is not None and read_again > len(held.marks) * WORTH_KEEPING:
            held.save(self.path)
        return held.history()


class _Held:
    """Arrays (days, platforms[, indices]) from `wanted.first` on."""

    def __init__(self, wanted: Wanted, former: _Held | None) -> None:
        self.wanted = wanted
        self.ids = list(wanted.platforms)
        self.place = {name: n for n, name in enumerate(self.ids)}
        self.indices = {name: n for n, name in enumerate(wanted.index_ids)}
        count = (wanted.end - wanted.first).days + 1
        self.days = history_rows.places(wanted.first, count)
        shape = (count, len(self.ids), len(wanted.index_ids))
        self.present = np.zeros(shape, dtype=np.bool_)
        self.value, self.arrived = np.full(shape, np.nan), np.zeros(shape)
        self.floor = np.full(shape[:2], NO_DAY, dtype=np.int8)
        self.names: list[str] = []
        self.marks: dict[Key, Mark] = {}
        if former is not None and former.wanted.index_ids == wanted.index_ids:
            self._take_over(former)

    def _take_over(self, former: _Held) -> None:
        """Days that both hold; months that only one of them holds whole are read again, for their marks differ."""
        first = max(self.wanted.first, former.wanted.first)
        size = (min(self.wanted.end, former.wanted.end) - first).days + 1
        common = [name for name in self.ids if name in former.wanted.platforms]
        if size <= 0 or not common:
            return
        to = slice((first - self.wanted.first).days, (first - self.wanted.first).days + size)
        of = slice((first - former.wanted.first).days, (first - former.wanted.first).days + size)
        mine = [self.place[name] for name in common]
        theirs = [former.place[name] for name in common]
        for name in ("present", "value", "arrived", "floor"):
            getattr(self, name)[to, mine] = getattr(former, name)[of, theirs]
        self.names = former.names
        self.marks = {key: mark for key, mark in former.marks.items() if key[0] in self.wanted.platforms}

    def refresh(self, session: Session) -> int:
        """Read the months in which a platform's days changed; returns how many platforms' months that were."""
        found = dict(history_rows.marks(session, self.wanted.first, self.wanted.end, self.ids))
        changed = {key for key in found.keys() | self.marks.keys() if found.get(key) != self.marks.get(key)}
        for name, begin, end in history_rows.spans(changed):
            start, last = max(begin, self.wanted.first), min(history_rows.month_end(end), self.wanted.end)
            judged = sum(
                found[name, month].days
                for month in history_rows.months(start, last)
                if (name, month) in found
            )
            self._read(session, name, start, last, judged == (last - start).days + 1)
        if changed:
            self._place_floors(session)
        self.marks = found
        return len(changed)

    def save(self, path: Path) -> None:
        """As `_loaded` reads it."""
        wanted = self.wanted
        about = {
            "platforms": [
                [name, category, since and since.isoformat()]
                for name, (category, since) in wanted.platforms.items()
            ],
            "index_ids": wanted.index_ids,
            "start": wanted.start.isoformat(),
            "end": wanted.end.isoformat(),
            "carry": wanted.carry,
            "names": self.names,
            "marks": [
                [name, month.isoformat(), mark.versions, mark.days, mark.newest.isoformat()]
                for (name, month), mark in self.marks.items()
            ],
        }
        came = np.flatnonzero(self.arrived)
        history_file.save(
            path,
            about,
            {
                "present": self.present,
                "value": self.value,
                "floor": self.floor,
                "came": came,
                "arrived": self.arrived.ravel()[came],
            },
        )

    def _read(self, session: Session, name: str, start: date, end: date, whole: bool) -> None:
        """One platform's days anew; `whole`: each of them was judged."""
        first, last = (start - self.wanted.first).days, (end - self.wanted.first).days
        if last < first:
            return
        place, rows = self.place[name], slice(first, last + 1)
        code = np.full((last + 1 - first, len(self.wanted.index_ids)), ABSENT)
        day, column, stored = history_rows.codes(session, name, (start, end), self.days, self.indices)
        code[day - first, column] = stored
        self.present[rows, place] = code != ABSENT
        self.value[rows, place] = np.where(code >= 0, code, np.nan)
        self.arrived[rows, place] = np.where(code <= -1, -1 - code, 0.0)
        self.floor[rows, place] = NOTHING if whole else NO_DAY
        if not whole:
            asked = {"platform": name, "start": start, "end": end}
            judged = [self.days[day] for (day,) in history_rows.raw(session, history_rows.JUDGED, asked)]
            self.floor[judged, place] = NOTHING

    def _place_floors(self, session: Session) -> None:
        """The few days of all platforms on which one stood."""
        between = {"start": self.wanted.first, "end": self.wanted.end}
        for name, day, floor in history_rows.raw(session, history_rows.STANDING, between):
            if name not in self.place:
                continue
            if floor not in self.names:
                self.names.append(floor)
            self.floor[self.days[day], self.place[name]] = self.names.index(floor)

    def history(self) -> History:
        """As signals.evaluation.whatif asks for it."""
        wanted, carry = self.wanted, self.wanted.carry
        judged = self.floor[carry:]
        never = np.iinfo(np.int64).max
        failed = [never if since is None else day_number(since) for _, since in wanted.platforms.values()]
        days = day_number(wanted.start) + np.arange(len(judged))
        return History(
            categories={name: category for name, (category, _) in wanted.platforms.items()},
            first=day_number(wanted.start),
            dense=Dense(self.present, self.value, self.arrived),
            judged=judged != NO_DAY,
            floor=np.maximum(judged, NOTHING).astype(np.int64),
            floor_names=tuple(self.names),
            failed=days[:, None] >= np.array(failed)[None, :],
        )


def _loaded(path: Path) -> _Held | None:
    """What `_Held.save` wrote; None where it does not fit together."""
    found = history_file.load(path)
    if found is None:
        return None
    about, arrays = found.about, found.arrays
    platforms = {
        name: (category, date.fromisoformat(since) if since else None)
        for name, category, since in about["platforms"]
    }
    held = _Held(
        Wanted(
            platforms,
            tuple(about["index_ids"]),
            date.fromisoformat(about["start"]),
            date.fromisoformat(about["end"]),
            about["carry"],
        ),
        None,
    )
    if arrays["value"].shape != held.value.shape:
        return None
    held.present, held.value, held.floor = arrays["present"], arrays["value"], arrays["floor"]
    held.arrived.ravel()[arrays["came"]] = arrays["arrived"]
    held.names = list(about["names"])
    held.marks = {
        (name, date.fromisoformat(month)): Mark(versions, days, datetime.fromisoformat(newest))
        for name, month, versions, days, newest in about["marks"]
    }
    return held
