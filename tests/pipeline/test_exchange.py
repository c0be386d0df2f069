"""What a run is told about the one before it, and about the moment it stands for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.base import Ask, Context, Politeness, Response, SourceConfig
from db import write
from db.write import StoreCounts
from pipeline.prepare import Workplace, declaration
from pipeline.slots import moment_at_or_before
from pipeline.stages.exchange import Exchange
from tests.pipeline.conftest import NOW


def _no_web(url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
    raise AssertionError(f"nothing is asked, not {url}")


def told(workplace: Workplace, *states: str) -> Context:
    """What the reader is handed after runs that ended so, oldest first."""
    settings: dict[str, object] = {
        "id": "site",
        "name": "示例站",
        "kind": "news",
        "reader": "feed",
        "covers": "all",
    }
    settings |= {"url": "https://site.example.org/f", "schedule": {"every_minutes": 60}}
    config = SourceConfig.model_validate(settings)
    with workplace.database.writing() as session:
        write.upsert_sources(session, [declaration(config)])
        for place, state in enumerate([*states, "running"]):
            now = NOW - timedelta(hours=len(states) - place)
            if state == "missed":
                write.record_missed(session, "site", f"s{place}", now, "上一次仍在进行")
                continue
            run_id = write.start_run(session, "site", f"s{place}", now)
            assert run_id is not None
            if state != "running":
                write.finish_run(session, run_id, now=now, state=state, counts=StoreCounts(), error=None)
    context = Exchange(_no_web).context(workplace, config, NOW)
    assert context.due == moment_at_or_before(config, NOW)
    return context


@pytest.mark.parametrize(
    ("states", "complete"),
    [
        ((), False),
        (("done",), True),
        (("failed", "done"), True),
        (("done", "partial"), False),
        (("done", "failed"), False),
        (("done", "running"), False),
        (("done", "missed"), True),
        (("failed", "missed"), False),
    ],
)
def test_only_a_whole_run_is_built_upon(
    workplace: Workplace, states: tuple[str, ...], complete: bool
) -> None:
    """The newest run that was begun counts; one killed or still running lost what nobody knows."""
    assert told(workplace, *states).complete is complete
