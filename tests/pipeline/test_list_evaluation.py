"""A replay evaluated by a failure list that people uploaded."""

from __future__ import annotations

import csv
from datetime import date

from collectors.fetch import Fetcher
from db import read, write
from db.roles import SYSTEM
from pipeline import requests
from pipeline.paths import data_dir
from pipeline.prepare import Workplace
from pipeline.scheduler import Schedule
from signals.evaluation.evaluate import OURS
from tests.pipeline.conftest import NOW
from tests.pipeline.replay_files import write_replay

WARNED, CALM = "n" * 10 + "oo" + "n" * 188, "n" * 200


def ask(workplace: Workplace, **arguments: str) -> tuple[str, str]:
    """State and message of the request."""
    with workplace.database.writing() as session:
        write.ask(session, "evaluate", arguments, SYSTEM, NOW)
    schedule = Schedule(lambda *_: None, lambda: None, lambda *_: None)
    requests.serve(workplace, schedule, Fetcher(), NOW)
    with workplace.database.reading() as session:
        row = read.requests(session).iloc[0]
    return row["state"], row["message"]


def test_a_replay_is_evaluated_by_an_uploaded_list(workplace: Workplace) -> None:
    """By the platforms' names; what the list said then lies beside the figures; what is not there is told."""
    folder = write_replay(data_dir() / "replays" / "春季", {"岚桥优贷": WARNED, "沐溪财富": CALM})
    assert "是空的" in ask(workplace, replay="春季", list="公开名单")[1]
    with workplace.database.writing() as session:
        number = write.begin_upload(
            session,
            SYSTEM,
            what="failures",
            file="名单.csv",
            path="a/名单.csv",
            digest="0" * 64,
            size=1,
            list_name="公开名单",
            now=NOW,
        )
        write.save_look(session, number, {})
        write.confirm_upload(session, SYSTEM, number, now=NOW)
        day = {"platform_id": "lanqiao", "problem_date": date(2018, 2, 10), "reason": "失联"}
        write.store_failures(session, number, [{"list_name": "公开名单", **day}])
        write.finish_upload(session, number, {}, "", now=NOW)
    state, message = ask(workplace, replay="春季", list="公开名单")
    assert state == "done", message
    assert "1 家中 1 家可以参评" in message
    with (folder / "evaluation.csv").open(encoding="utf-8") as handle:
        (pod,) = [row for row in csv.DictReader(handle) if (row["method"], row["metric"]) == (OURS, "pod")]
    assert float(pod["value"]) == 1.0
    assert "岚桥优贷,2018-02-10,失联" in (folder / "uploaded_failures.csv").read_text("utf-8")
    assert "没有名为" in ask(workplace, replay="../春季", list="公开名单")[1]
