"""A fetcher for tests: its clock stands still unless somebody sleeps, and sleeping takes no time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.base import Evidence, Politeness, SourceError
from collectors.fetch import Fetcher
from tests.collectors.loopback import Answer

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
OK = Answer("提现困难".encode())


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def evidence_of(get: Fetcher, url: str, politeness: Politeness = Politeness()) -> Evidence:
    """What is kept of a request that fails."""
    with pytest.raises(SourceError) as caught:
        get(url, politeness)
    assert caught.value.evidence is not None
    return caught.value.evidence


def fetcher(clock: Clock | None = None) -> Fetcher:
    clock = clock or Clock()
    return Fetcher(
        allow_hosts={"127.0.0.1"}, contact="ops@example.org", clock=clock, now=lambda: NOW, sleep=clock.sleep
    )
