"""简报: what the worker kept, what people ask for, and what they take along."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _briefs
from db import read, write
from db.roles import Actor, Role, command_line
from db.session import Database

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/brief.py"
DAY = date(2026, 3, 9)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder."""
    monkeypatch.setenv("TRUSTWATCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "briefs"


def keep(
    folder: Path, day: date = DAY, period: str = "daily", *, no_pdf: str | None = None, demo: bool = False
) -> Path:
    """A brief as the worker leaves it."""
    mine = folder / f"{day.isoformat()}-{period}"
    mine.mkdir(parents=True)
    (mine / "brief.html").write_text(f"<p>简报正文 {day}</p>", "utf-8")
    (mine / "brief.xlsx").write_bytes(b"workbook")
    if no_pdf is None:
        (mine / "brief.pdf").write_bytes(b"%PDF")
    about = {
        "period": period,
        "start": day.isoformat(),
        "day": day.isoformat(),
        "demo": demo,
        "headline": f"结论 {day}",
    }
    (mine / "about.json").write_text(json.dumps(about | {"who": "定时", "no_pdf": no_pdf}), "utf-8")
    return mine


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.get("download_button")]


def test_without_a_brief_it_says_when_there_will_be_one(visit: Visit, said: Said) -> None:
    """And offers to make one now."""
    app = visit(PAGE)
    assert not app.exception
    assert "每天 7 时" in said(app)
    assert app.button(key="make").label == "生成简报"


def test_the_newest_is_shown_and_all_are_listed(folder: Path, visit: Visit, said: Said) -> None:
    """With its three files, and the list as two; an older one by its address."""
    keep(folder)
    keep(folder, DAY - timedelta(days=1), "weekly")
    app = visit(PAGE)
    assert not app.exception
    assert labels(app) == ["下载 HTML", "下载 PDF", "下载 Excel", "下载 CSV", "下载 Excel"]
    assert "结论 2026-03-09" in said(app)
    assert "结论 2026-03-08" in said(app)
    assert f"简报正文 {DAY}" in app.get("iframe")[0].proto.srcdoc
    older = visit(PAGE, brief="2026-03-08-weekly")
    assert "简报正文 2026-03-08" in older.get("iframe")[0].proto.srcdoc


def test_an_unknown_one_shows_the_newest_and_says_so(folder: Path, visit: Visit, said: Said) -> None:
    """Also for addresses that lead outside the folder."""
    keep(folder)
    app = visit(PAGE, brief="../../etc/passwd")
    assert not app.exception
    assert "没有这份简报" in said(app)


def test_without_a_pdf_it_says_what_to_install(folder: Path, visit: Visit, said: Said) -> None:
    """The other two can be taken."""
    keep(folder, no_pdf="缺少系统库 Pango")
    app = visit(PAGE)
    assert labels(app) == ["下载 HTML", "下载 Excel", "下载 CSV", "下载 Excel"]
    assert "缺少系统库 Pango" in said(app)


def test_what_is_not_whole_is_not_listed(folder: Path) -> None:
    """about.json comes last; a damaged one is passed over."""
    (keep(folder) / "about.json").unlink()
    (keep(folder, DAY - timedelta(days=1)) / "about.json").write_text("{", "utf-8")
    assert _briefs.kept() == []


@pytest.mark.parametrize("role", Role)
def test_everybody_may_ask(database: Database, visit: Visit, said: Said, act_as: ActAs, role: Role) -> None:
    """The request waits for the worker; the page says so, and the log knows who."""
    act_as(f"某{role.word}")
    app = visit(PAGE)
    app.button(key="make").click().run()
    assert not app.exception
    assert "等待处理" in said(app)
    with database.reading() as session:
        (asked,) = read.waiting_requests(session)
        assert set(read.audit(session, action="request")["actor"]) == {f"某{role.word}"}
    assert asked.what == "brief"
    assert asked.arguments["period"] == "daily"


def test_why_one_was_not_made_is_told(database: Database, visit: Visit, said: Said) -> None:
    """A day without levels, say."""
    with database.writing() as session:
        now = datetime.now(UTC)
        number = write.ask(session, "brief", {"period": "daily", "day": "2020-01-01"}, command_line(), now)
        write.take_request(session, number, now)
        write.finish_request(session, number, now, False, "未完成：2020-01-01 还没有计算结果")
    assert "2020-01-01 的日报（命令行）：失败。未完成：2020-01-01 还没有计算结果" in said(visit(PAGE))


def test_a_download_is_in_the_log(folder: Path, database: Database, visit: Visit, act_as: ActAs) -> None:
    """Which brief, which file, by whom."""
    keep(folder)
    act_as("某委员")
    visit(PAGE)
    (brief,) = _briefs.kept()
    assert _briefs.taking(Actor("某委员", Role.VIEWER), brief, brief.files()["PDF"])() == b"%PDF"
    with database.reading() as session:
        entry = read.audit(session, action="export").to_dict("records")[0]
    assert (entry["actor"], entry["subject"]) == ("某委员", "brief")
    assert entry["detail"]["filters"] == {"brief": "2026-03-09-daily", "file": "brief.pdf"}


def test_files_are_called_by_kind_and_day(folder: Path) -> None:
    """People find them again."""
    keep(folder, demo=True)
    (brief,) = _briefs.kept()
    assert brief.filename("PDF") == "信任哨日报_2026-03-09_演示.pdf"
