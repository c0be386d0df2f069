"""Uploaded failure lists on 回放与评估."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from db import read, write
from db.roles import SYSTEM
from db.session import Database
from tests.pipeline.replay_files import write_replay

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/replays.py"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTWATCH_DATA", str(tmp_path))
    write_replay(tmp_path / "replays" / "夏季", {"甲": "n" * 20})


def listed(database: Database) -> None:
    with database.writing() as session:
        options = {"file": "a.csv", "path": "a/a.csv", "digest": "0", "size": 1, "now": NOW}
        number = write.begin_upload(session, SYSTEM, what="failures", list_name="公开名单", **options)
        write.save_look(session, number, {})
        write.confirm_upload(session, SYSTEM, number, now=NOW)
        row = {"platform_id": "xinghe", "problem_date": date(2018, 7, 1), "reason": "失联"}
        write.store_failures(session, number, [{"list_name": "公开名单", **row}])
        write.finish_upload(session, number, {}, "", now=NOW)


def test_without_a_list_the_way_to_upload_one_is_shown(database: Database, visit: Visit, said: Said) -> None:
    """With the tab already chosen."""
    assert "what=failures" in said(visit(PAGE, replay="夏季"))


def test_a_list_is_shown_and_evaluated_by(
    database: Database, visit: Visit, act_as: ActAs, said: Said
) -> None:
    """The worker is asked; a committee member sees the list and no button."""
    listed(database)
    app = visit(PAGE, replay="夏季")
    app.button(key="evaluate").click().run()
    assert not app.exception
    with database.reading() as session:
        asked = [each for each in read.waiting_requests(session) if each.what == "evaluate"]
    assert [each.arguments for each in asked] == [{"replay": "夏季", "list": "公开名单"}]
    act_as("某委员")
    app.run()
    assert app.selectbox(key="list").options == ["公开名单（1 家）"]
    assert not [each for each in app.button if each.key == "evaluate"]
