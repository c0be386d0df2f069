"""The moments at which a source is due, and their names in the ledger. Pure: two workers compute the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from collectors.base import SourceConfig

DROP_FOLDER_MINUTES = 1
DEFAULT_MINUTES = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def period(source: SourceConfig) -> timedelta:
    """Time between two runs; of runs `at` times of the day the shortest such time. A folder without a schedule of
    its own is looked at every minute."""
    if source.schedule.at:
        minutes = sorted({int(at[:2]) * 60 + int(at[3:]) for at in source.schedule.at})
        gaps = [
            after - before for before, after in zip(minutes, [*minutes[1:], minutes[0] + 1440], strict=True)
        ]
        return timedelta(minutes=min(gaps))
    usual = DROP_FOLDER_MINUTES if source.path else DEFAULT_MINUTES
    return timedelta(minutes=source.schedule.every_minutes or usual)


def offset(source: SourceConfig) -> timedelta:
    """Where in its period a source runs, in whole seconds, by its id: two hundred sources do not start together."""
    digest = hashlib.sha256(source.id.encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) % int(period(source).total_seconds()))


def slot_of(source: SourceConfig, moment: datetime) -> str:
    """The ledger key of the scheduled run that `moment` falls into."""
    return key(moment_at_or_before(source, moment))


def key(moment: datetime) -> str:
    """A scheduled moment as the ledger names it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def moment_at_or_before(source: SourceConfig, now: datetime) -> datetime:
    """The newest scheduled moment that is not after `now`, in UTC."""
    if source.schedule.at:
        return max(moment for moment in _clock_moments(source, now) if moment <= now)
    width, start = period(source), EPOCH + offset(source)
    return start + (now.astimezone(UTC) - start) // width * width


def moment_after(source: SourceConfig, now: datetime) -> datetime:
    """The first scheduled moment after `now`, in UTC."""
    if source.schedule.at:
        return min(moment for moment in _clock_moments(source, now) if moment > now)
    return moment_at_or_before(source, now) + period(source)


def moments(source: SourceConfig, after: datetime, until: datetime) -> Iterator[datetime]:
    """Scheduled moments after `after`, up to and including `until`, in order."""
    moment = moment_after(source, after)
    while moment <= until:
        yield moment
        moment = moment_after(source, moment)


def _clock_moments(source: SourceConfig, now: datetime) -> list[datetime]:
    """The moments of `at` on the local days around `now`.

    A time that the clocks skip in spring is taken as late as they were put forward; one that comes twice in autumn
    is the first of the two.
    """
    zone = ZoneInfo(source.schedule.timezone)
    today = now.astimezone(zone).date()
    return [
        datetime.combine(today + timedelta(days=shift), time.fromisoformat(at), tzinfo=zone).astimezone(UTC)
        for shift in range(-2, 3)
        for at in source.schedule.at
    ]
