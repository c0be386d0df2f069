"""Reader `search_feed`: one feed, or one JSON list, per watched platform; `{name}` stands for its name.

A site is not asked for two hundred names at once: `[search] per_run` of them a run, in turn. Whose turn it is follows
from the clock and the schedule alone, so that nothing has to be kept and two workers would ask for the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from collectors.base import Context, Refusal, Row, SourceBroken, SourceConfig
from collectors.config import Schedule
from collectors.encoding import Decoded
from collectors.readers import feed, json_api
from collectors.readers.article import Doors
from collectors.readers.web import Page, collect_pages, looked_up
from settings.models import Platform

GIVE_UP = 5
"""Failures in a row after which the site is left alone: it is down, and asking on would be no help to it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """What the searches of this run find. One that fails is a refused row naming the platform.

    A text that was found is not thereby about the platform: `subject` stays empty, linking decides.

    Raises: SourceBlocked at once; SourceBroken when every search fails, or GIVE_UP of them in a row.
    """
    asked = due_platforms(source, context.platforms, context.due or context.now)
    places, doors = looked_up(source, context) if asked else {}, Doors()
    number = failures = in_a_row = 0
    for platform in asked:
        try:
            for row in collect_pages(
                source, context, _read(source), {**places, "name": platform.name}, number, doors
            ):
                number = row.number
                yield row
            in_a_row = 0
        except SourceBroken as error:
            number, failures, in_a_row = number + 1, failures + 1, in_a_row + 1
            yield Row(number, Refusal(source.url or "", number, f"搜索「{platform.name}」", "", str(error)))
            if in_a_row == GIVE_UP or failures == len(asked):
                raise SourceBroken(
                    f"{source.name}：{_how_many(failures, in_a_row, len(asked))}；最近一次：{error}",
                    evidence=error.evidence,
                    retry_after=error.retry_after,
                ) from error


def due_platforms(source: SourceConfig, watch_list: Sequence[Platform], due: datetime) -> list[Platform]:
    """The covered platforms whose turn it is at the scheduled moment `due`; all within ceil(n / per_run) periods.

    The moment at which a run begins will not do: seconds late, it can lie in the next turn, and one would be skipped.
    """
    covered = source.covers.ids(watch_list)
    platforms = sorted((p for p in watch_list if p.id in covered), key=lambda platform: platform.id)
    width = source.search.per_run
    runs = -(-len(platforms) // width)
    if runs <= 1:
        return platforms
    first = turn(source.schedule, due) % runs * width
    return platforms[first : first + width]


def turn(schedule: Schedule, due: datetime) -> int:
    """The number of the scheduled moment `due`, counted from 1970: one more with every moment."""
    if schedule.every_minutes is not None:
        return (due - _EPOCH) // timedelta(minutes=schedule.every_minutes)
    here = due.astimezone(ZoneInfo(schedule.timezone))
    past = sum(time.fromisoformat(at) <= here.time() for at in schedule.at)
    return here.toordinal() * len(schedule.at) + past


def _read(source: SourceConfig) -> Callable[[SourceConfig, Decoded], Page[Any]]:
    """An `item` is a place in JSON; feeds need none."""
    return json_api.read_page if source.item else feed.read_page


def _how_many(failures: int, in_a_row: int, asked: int) -> str:
    if failures == asked:
        return f"本轮 {asked} 个平台的搜索全部失败"
    return f"连续 {in_a_row} 个平台的搜索失败，已停止本轮"
