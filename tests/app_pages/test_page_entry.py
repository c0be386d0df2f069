"""数据录入 as an analyst uses it: a file with a dry run, a letter typed in, and the way back from both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _uploads
from db import read, write
from db.roles import SYSTEM
from db.session import Database

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/entry.py"
NOW = datetime.now(UTC)
FOUND = {
    "columns": ["说明", "时间"],
    "fields": [
        {"id": "text", "word": "正文", "required": True, "column": None},
        {"id": "published_at", "word": "发布时间", "required": True, "column": "时间"},
    ],
    "sample": [["岚桥<b>优贷</b>", "2026-03-01"]],
    "counts": {"items": 3, "stored": 2, "revised": 0, "duplicates": 0, "refused": 1},
    "refusals": [{"row": 4, "field": "发布时间", "value": "x", "reason": "日期读不懂，请改成 2026-01-31"}],
    "revisions": [{"row": 2, "name": "1", "changes": [["标题", "旧", "新"]]}],
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTWATCH_DATA", str(tmp_path))


def begun(database: Database, **found: object) -> int:
    """An upload that was looked at."""
    with database.writing() as session:
        number = write.begin_upload(
            session,
            SYSTEM,
            what="documents",
            file="来文.csv",
            path="a/来文.csv",
            digest="0" * 64,
            size=3,
            source_id="import_documents",
            now=NOW,
        )
        write.save_look(session, number, FOUND | found)
    return number


def state(database: Database, number: int) -> str:
    with database.reading() as session:
        row = read.upload(session, number)
    assert row is not None
    return row.state


def steps(database: Database) -> list[str]:
    with database.reading() as session:
        return [str(each.arguments.get("step")) for each in read.waiting_requests(session)]


def test_an_uploaded_file_is_left_for_the_worker(database: Database, visit: Visit, said: Said) -> None:
    """In a folder of its own, with a request; the page then says that it waits, and what if nobody works."""
    app = visit(PAGE)
    app.file_uploader[0].set_value(("../坏\\名.csv", "标题,正文\n甲,乙\n".encode(), "text/csv")).run()
    app.button(key="begin").click().run()
    assert not app.exception
    with database.reading() as session:
        (row,) = read.uploads(session).to_dict("records")
    assert row["state"] == "waiting"
    kept = _uploads.folder() / row["path"]
    assert kept.read_bytes().startswith("标题".encode())
    assert kept.resolve().is_relative_to(_uploads.folder())
    assert steps(database) == ["look"]
    assert "预演中" in said(app)


def test_the_dry_run_is_shown_before_anything_is_stored(database: Database, visit: Visit, said: Said) -> None:
    """Counts, first rows with the field each column feeds, refused rows with reason; markup of the file stays text."""
    number = begun(database)
    app = visit(PAGE, upload=str(number))
    html = said(app)
    assert not app.exception
    for text in ("将新增 <b>2</b>", "时间 → 发布时间", "日期读不懂", "岚桥&lt;b&gt;优贷", "旧", "新"):
        assert text in html
    assert app.button(key="confirm").label == "确认入库（2 行，1 行拒收）"


def test_confirming_hands_it_to_the_worker(database: Database, visit: Visit) -> None:
    """Once, with an entry in the log."""
    number = begun(database)
    app = visit(PAGE, upload=str(number))
    app.button(key="confirm").click().run()
    assert not app.exception
    assert state(database, number) == "storing"
    assert steps(database) == ["look", "store"]


def test_another_column_is_looked_at_anew(database: Database, visit: Visit) -> None:
    """Only what the person changed is fixed; the rest stays as recognised."""
    number = begun(database)
    app = visit(PAGE, upload=str(number))
    app.selectbox(key=f"map_{number}_text").select("说明")
    next(each for each in app.button if each.label == "按新的对应关系重新预演").click().run()
    assert not app.exception
    with database.reading() as session:
        row = read.upload(session, number)
    assert row is not None
    assert (row.state, row.mapping) == ("waiting", {"text": "说明"})


def test_a_refused_file_offers_no_confirmation(database: Database, visit: Visit, said: Said) -> None:
    """It says why, and can be put away without a trace."""
    with database.writing() as session:
        number = write.begin_upload(
            session, SYSTEM, what="indicators", file="表.csv", path="b/表.csv", digest="0", size=1, now=NOW
        )
        write.save_look(session, number, {}, refused="文件是空的，请检查导出是否完成")
    app = visit(PAGE, upload=str(number))
    assert "文件是空的" in said(app)
    assert not [each for each in app.button if each.key == "confirm"]
    app.button(key="drop").click().run()
    assert state(database, number) == "dropped"


def test_an_upload_is_taken_back_with_a_reason(database: Database, visit: Visit, said: Said) -> None:
    """Without one it is refused in words."""
    number = begun(database)
    with database.writing() as session:
        write.confirm_upload(session, SYSTEM, number, now=NOW)
        write.finish_upload(session, number, {"items": 2, "stored": 2}, "读取 2 行：新增 2。", now=NOW)
    app = visit(PAGE)
    app.button(key=f"undo_yes_{number}").click().run()
    assert "请填写撤销的理由" in said(app)
    app.text_input(key=f"undo_why_{number}").set_value("传错了")
    app.button(key=f"undo_yes_{number}").click().run()
    assert not app.exception
    assert state(database, number) == "undoing"


def test_a_letter_typed_in_is_a_document_once(database: Database, visit: Visit, said: Said) -> None:
    """Twice the same is one; it names its platform as subject; it is taken back with a reason."""
    app = visit(PAGE, tab="录入来函来电")
    for _ in range(2):
        app.selectbox(key="entry_platform").select("jingshui")
        app.selectbox(key="entry_what").select("letter")
        app.text_input(key="entry_sender").set_value("虚构省金融管理局")
        app.text_area(key="entry_text").set_value("要求静水支付说明备付金情况，联系电话13800138000。")
        next(each for each in app.button if each.label == "录入").click().run()
        assert not app.exception
    with database.reading() as session:
        (row,) = [each for each in read.rows(session, "documents") if each["source_id"] == "manual_entry"]
        (entry,) = read.entries(session).to_dict("records")
    assert row["kind"] == "regulatory"
    assert "13800138000" not in row["text"]
    assert app.text_area(key="entry_text").value == ""
    assert "监管函：静水支付" in said(app)
    number = entry["id"]
    app.text_input(key=f"entry_why_{number}").set_value("录错平台")
    app.button(key=f"entry_yes_{number}").click().run()
    assert not app.exception
    assert "已撤销（本机用户" in said(app)


def test_what_was_typed_stays_where_it_is_refused(database: Database, visit: Visit, said: Said) -> None:
    """Nobody types a letter twice because the platform was missing."""
    app = visit(PAGE, tab="录入来函来电")
    app.text_area(key="entry_text").set_value("内容")
    next(each for each in app.button if each.label == "录入").click().run()
    assert "请选择类型，以及监测名单上的一个平台" in said(app)
    assert app.text_area(key="entry_text").value == "内容"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("who", "able"), [("某委员", False), ("某分析员", True), ("某复核", False)])
def test_only_who_may_upload_sees_the_page(
    visit: Visit, act_as: ActAs, said: Said, who: str, able: bool
) -> None:
    """Others are told who may."""
    app = visit()
    act_as(who)
    app.switch_page(PAGE).run()
    assert not app.exception
    assert (len(app.file_uploader) > 0) is able
    assert ("不能上传数据" in said(app)) is not able


def test_a_file_name_leads_nowhere_else() -> None:
    """Whatever a browser sends."""
    assert _uploads.safe_name("../../etc/passwd") == "passwd"
    assert _uploads.safe_name("C:\\x\\表 1.csv") == "表 1.csv"
    assert _uploads.safe_name("...") == "文件"
    assert len(_uploads.safe_name("很" * 300 + ".csv")) == 64
