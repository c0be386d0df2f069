"""Briefs from a database: what is gathered, when the worker makes one, what people ask for."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from db import read, write
from db.roles import Actor, Role
from pipeline.__main__ import app
from pipeline.brief import schedule
from pipeline.brief.gather import brief_of, material
from pipeline.brief.keep import briefs_dir
from pipeline.brief.make import last_day, make
from pipeline.brief.schedule import due, make_due
from pipeline.errors import UsageFault
from pipeline.prepare import Workplace
from pipeline.requests import serve
from signals.brief import Period
from signals.model import Document, Kind, Level, day_start
from tests.pipeline.conftest import NOW

DAY = date(2026, 3, 9)
MORNING = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
"""Half past eight in Shanghai, a Tuesday."""


def day_row(day: date, level: str, t: float, **more: Any) -> dict[str, object]:
    return {
        "platform_id": "lanqiao",
        "day": day,
        "t": t,
        "t_star": t,
        "q": t,
        "scope": 1.0,
        "coverage": 1.0,
        "level": level,
        "level_before_grey": None,
        "since": day,
        "provisional": False,
        "reason": "投诉量为基线的4.2倍",
        "floor": None,
        "state": {},
        "threshold_version": 1,
        "settings_hash": "abc",
        **more,
    }


@pytest.fixture
def ready(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Ten days of one platform that rose to orange yesterday. PDF has its own tests, and takes seconds."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    rows = [
        day_row(DAY - timedelta(days=back), "橙" if not back else "正常", 61.0 - back) for back in range(10)
    ]
    flip = {key: rows[0][key] for key in ("platform_id", "day", "reason", "t", "t_star", "threshold_version")}
    levels = {"level_from": "正常", "level_to": "橙", "settings_hash": "abc"}
    with workplace.database.writing() as session:
        write.save_platform_days(session, pd.DataFrame(rows), NOW)
        write.save_flips(session, pd.DataFrame([flip | levels]), NOW, computed=[])
    return workplace


def kept() -> list[str]:
    folder = briefs_dir()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_brief_from_the_database(ready: Workplace) -> None:
    """Levels of both ends of the period, the change between them, what it rests on."""
    with ready.database.reading() as session:
        brief = brief_of(session, ready.settings, Period.DAILY, DAY, demo=False)
    assert brief.headline.startswith("当日 1 次升级；1 家平台中橙 1 家")
    (one,) = brief.standings
    assert (one.level, one.t_star, one.change) == (Level.ORANGE, 61.0, 1.0)
    assert one.course[-3:] == (59.0, 60.0, 61.0)
    assert brief.stamp.settings_hash == ready.settings.hash
    assert brief.stamp.thresholds == (1,)


def test_nothing_later_than_its_day_is_in_it(ready: Workplace) -> None:
    """The brief of the day before the rise knows nothing of it."""
    before = DAY - timedelta(days=1)
    with ready.database.reading() as session:
        brief = brief_of(session, ready.settings, Period.DAILY, before, demo=False)
        found = material(session, ready.settings, Period.WEEKLY, before, demo=False)
    assert brief.changes == ()
    assert brief.standings[0].level is Level.NORMAL
    assert found.flips.empty
    assert all(day <= before for course in found.courses.values() for day in course)


def test_regulators_that_did_not_answer_are_unknown(ready: Workplace) -> None:
    """A document of theirs counts where a source of theirs answered; without one the number is not 0."""
    row = {
        "name": "某局",
        "kinds": ["regulatory"],
        "config": {},
        "enabled": True,
        "demo": False,
        "verified": True,
    }
    document = Document("bureau", Kind.REGULATORY, "通知", "关于……的通知", published_at=day_start(DAY))
    with ready.database.writing() as session:
        write.upsert_sources(session, [{"id": "bureau", **row}])
        write.store_documents(session, [document], now=NOW, salt="salt")
    with ready.database.reading() as session:
        assert material(session, ready.settings, Period.DAILY, DAY, demo=False).policy is None
    days = [
        {
            "source_id": "bureau",
            "day": DAY,
            "kind": "regulatory",
            "answered": True,
            "items": 1,
            "expected": 1.0,
        }
    ]
    with ready.database.writing() as session:
        write.save_source_days(session, days)
    with ready.database.reading() as session:
        policy = material(session, ready.settings, Period.DAILY, DAY, demo=False).policy
    assert policy is not None


def test_a_day_without_levels_is_refused_with_a_remedy(ready: Workplace) -> None:
    """No brief about nothing."""
    with pytest.raises(UsageFault, match="还没有真实平台的计算结果"):
        make(ready, Period.DAILY, date(2026, 1, 1), demo=False, who="测试")
    assert kept() == []


def test_the_newest_days_a_brief_can_end_on() -> None:
    """Yesterday; the last Sunday, which on a Sunday is a week ago."""
    assert last_day(Period.DAILY, MORNING) == DAY
    assert last_day(Period.WEEKLY, MORNING) == date(2026, 3, 8)
    assert last_day(Period.WEEKLY, datetime(2026, 3, 8, 4, tzinfo=UTC)) == date(2026, 3, 1)


def test_what_is_due() -> None:
    """The first time the newest only; then each once; after an interruption at most seven."""
    assert due(Period.DAILY, None, MORNING) == [DAY]
    assert due(Period.DAILY, DAY, MORNING) == []
    assert due(Period.DAILY, DAY - timedelta(days=2), MORNING) == [DAY - timedelta(days=1), DAY]
    assert len(due(Period.DAILY, DAY - timedelta(days=40), MORNING)) == schedule.MISSED
    assert due(Period.WEEKLY, date(2026, 2, 22), MORNING) == [date(2026, 3, 1), date(2026, 3, 8)]
    assert due(Period.WEEKLY, date(2026, 3, 8), MORNING) == []


def test_the_worker_makes_each_once(ready: Workplace) -> None:
    """The day's and the week's; asked again a minute later, nothing."""
    assert make_due(ready, MORNING) == 2
    assert kept() == ["2026-03-08-weekly", "2026-03-09-daily"]
    assert make_due(ready, MORNING + timedelta(minutes=1)) == 0
    assert make_due(ready, MORNING + timedelta(days=1)) == 0, "the next day is not computed yet"


def test_it_waits_for_the_morning_and_for_what_is_being_computed(ready: Workplace) -> None:
    """A brief that the next minute would contradict is not made."""
    assert make_due(ready, datetime(2026, 3, 9, 22, 59, tzinfo=UTC)) == 0
    with ready.database.writing() as session:
        write.add_pending(session, "warn", [("lanqiao", date(2026, 3, 8))])
    assert make_due(ready, MORNING) == 0
    with ready.database.writing() as session:
        write.clear_pending(session, "warn", {"lanqiao": DAY})
    assert make_due(ready, MORNING) == 2


def test_a_person_asks_and_is_told(ready: Workplace) -> None:
    """Every role may; the request is in the log, the file is there, the sentence says where."""
    viewer = Actor("某委员", Role.VIEWER)
    with ready.database.writing() as session:
        write.ask(session, "brief", {"period": "daily", "day": DAY.isoformat()}, viewer, NOW)
        write.ask(session, "brief", {"period": "monthly", "day": DAY.isoformat()}, viewer, NOW)
    assert serve(ready, None, None, NOW) == 2  # type: ignore[arg-type] # a brief needs neither schedule nor network
    with ready.database.reading() as session:
        wrong, right = read.requests(session).to_dict("records")
        logged = read.audit(session, action="request")
    assert right["state"] == "done"
    assert "2026-03-09 的日报已生成" in right["message"]
    assert "没有 PDF" in right["message"]
    assert wrong["state"] == "failed"
    assert kept() == ["2026-03-09-daily"]
    assert set(logged["actor"]) == {"某委员"}


def test_the_command_writes_where_it_is_told(ready: Workplace, tmp_path: Path) -> None:
    """And leaves its line in the audit log."""
    done = CliRunner().invoke(
        app, ["brief", "--weekly", "--day", "2026-03-09", "--out", str(tmp_path), "--real"]
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "2026-03-09-weekly" / "brief.html").is_file()
    with ready.database.reading() as session:
        assert read.audit(session, action="export").to_dict("records")[0]["subject"] == "brief"


def test_what_cannot_be_is_refused(ready: Workplace) -> None:
    """Exit code 2 and a sentence; nothing is written."""
    wrong = (["--daily", "--weekly"], ["--day", "gestern"], ["--out", "nowhere"], ["--day", "2020-01-01"])
    for options in wrong:
        assert CliRunner().invoke(app, ["brief", *options]).exit_code == 2
    assert kept() == []
