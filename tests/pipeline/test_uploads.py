"""What becomes of a file that somebody uploads: looked at without a trace, stored once, taken back whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from collectors.fetch import Fetcher
from db import read, write
from db.read import UploadRow
from db.roles import Actor, Role
from pipeline import requests
from pipeline.paths import data_dir
from pipeline.prepare import Workplace
from pipeline.scheduler import Schedule
from pipeline.stages.analyse import analyse
from pipeline.stages.index import index
from pipeline.uploads.files import FORGOTTEN
from pipeline.uploads.serve import prune
from tests.pipeline.conftest import NOW

CHEN = Actor("陈一", Role.ANALYST)
HEAD = "编号,标题,正文,发布时间,来源\n"
ROWS = (
    "1,岚桥优贷公告,岚桥优贷提现困难，多名投资人称两周未到账。,2026-03-08,虚构财经报\n"
    "2,岚桥优贷回应,岚桥优贷称系统升级。电话13800138000。,2026-03-09,虚构财经报\n"
)


def bring(workplace: Workplace, name: str, content: bytes, what: str = "documents", **more: Any) -> int:
    """A file as the page leaves it, and its row."""
    digest = hashlib.sha256(content).hexdigest()
    path = data_dir() / "uploads" / digest[:12] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    options = {"source_id": "import_documents"} if what == "documents" else {}
    options |= {"list_name": "公开名单"} if what == "failures" else {}
    with workplace.database.writing() as session:
        return write.begin_upload(
            session,
            CHEN,
            what=what,
            file=name,
            path=f"{digest[:12]}/{name}",
            digest=digest,
            size=len(content),
            now=NOW,
            **(options | more),
        )


def serve(workplace: Workplace) -> None:
    schedule = Schedule(lambda *_: None, lambda: None, lambda *_: None)
    requests.serve(workplace, schedule, Fetcher(), NOW)


def row(workplace: Workplace, number: int) -> UploadRow:
    with workplace.database.reading() as session:
        found = read.upload(session, number)
    assert found is not None
    return found


def looked(workplace: Workplace, number: int) -> UploadRow:
    serve(workplace)
    return row(workplace, number)


def confirm(workplace: Workplace, number: int) -> UploadRow:
    with workplace.database.writing() as session:
        write.confirm_upload(session, CHEN, number, now=NOW)
    return looked(workplace, number)


def take_back(workplace: Workplace, number: int) -> UploadRow:
    with workplace.database.writing() as session:
        write.undo_upload(session, CHEN, number, reason="传错了", now=NOW)
    return looked(workplace, number)


def documents(workplace: Workplace) -> list[Mapping[str, Any]]:
    with workplace.database.reading() as session:
        return [dict(each) for each in read.rows(session, "documents")]


def by_field(found: UploadRow) -> dict[str, str | None]:
    return {each["id"]: each["column"] for each in found.found["fields"]}


def test_a_look_says_what_would_be_done_and_does_nothing(workplace: Workplace) -> None:
    """Columns, first rows (masked) and counts, in every encoding that Excel writes; no document, no run."""
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        number = bring(workplace, "文档.csv", (HEAD + ROWS + "3,,,2026-03-09,\n").encode(encoding))
        found = looked(workplace, number)
        assert found.state == "looked"
        counts = {"items": 3, "stored": 2, "revised": 0, "duplicates": 0, "refused": 1}
        assert found.found["counts"] == counts
        assert by_field(found)["publisher"] == "来源"
        assert found.found["refusals"][0]["row"] == 4
        assert "13800138000" not in str(found.found)
    assert documents(workplace) == []
    with workplace.database.reading() as session:
        assert read.runs(session, source_id="import_documents").empty


def test_columns_nobody_knows_are_mapped_by_hand(workplace: Workplace) -> None:
    """Refused at first, with the columns there are; with the mapping it can be stored, and is by that mapping."""
    content = ROWS.replace("2026-03-08", "2026-03-08 09:30")
    number = bring(workplace, "问题.csv", ("a,b,c,d,e\n" + content).encode())
    found = looked(workplace, number)
    assert found.state == "refused"
    assert found.found["columns"] == ["a", "b", "c", "d", "e"]
    assert found.message is not None
    assert "正文" in found.message
    with workplace.database.writing() as session:
        mapping = {"external_id": "a", "title": "b", "text": "c", "published_at": "d"}
        write.remap_upload(session, CHEN, number, mapping, now=NOW)
    assert looked(workplace, number).state == "looked"
    assert confirm(workplace, number).state == "stored"
    assert [each["title"] for each in documents(workplace)] == ["岚桥优贷公告", "岚桥优贷回应"]


UNUSABLE = [
    ("空.csv", b"", "空"),
    ("图.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "文本"),
    ("文.doc", b"abc", "扩展名"),
    ("坏.xlsx", b"PK\x03\x04garbage", "Excel"),
    ("只有表头.csv", HEAD.encode(), "没有一行数据"),
    ("全错.csv", (HEAD + "1,,,x,\n").encode(), "没有一行可以入库"),
]


def test_a_file_that_cannot_be_used_changes_nothing(workplace: Workplace) -> None:
    """It is refused with a reason, and cannot be confirmed."""
    for name, content, why in UNUSABLE:
        found = looked(workplace, bring(workplace, name, content))
        assert found.state == "refused", name
        assert why in (found.message or ""), name
        with workplace.database.writing() as session, pytest.raises(write.InputRefused):
            write.confirm_upload(session, CHEN, found.id, now=NOW)
    assert documents(workplace) == []


def test_storing_and_taking_back_leave_what_was_there(workplace: Workplace) -> None:
    """The counts are those of the look; the file goes; the worker computes the platform's days again both times."""
    first = bring(workplace, "先.csv", (HEAD + ROWS.splitlines(keepends=True)[0]).encode())
    looked(workplace, first)
    confirm(workplace, first)
    number = bring(workplace, "后.csv", (HEAD + ROWS).encode())
    looked(workplace, number)
    stored = confirm(workplace, number)
    counts = {"items": 2, "stored": 1, "revised": 0, "duplicates": 1, "refused": 0, "report": None}
    assert stored.counts == counts
    assert not (data_dir() / "uploads" / stored.path).exists()
    assert analyse(workplace, now=NOW).mentions == 2
    index(workplace, now=NOW)
    undone = take_back(workplace, number)
    assert undone.state == "undone"
    assert "撤回 1 篇" in (undone.message or "")
    assert [each["title"] for each in documents(workplace)] == ["岚桥优贷公告"]
    with workplace.database.reading() as session:
        assert "lanqiao" in read.pending(session, "index")


def test_refused_rows_can_be_fetched_afterwards(workplace: Workplace) -> None:
    """All of them, in the report that the page offers; the good rows are stored."""
    number = bring(workplace, "文档.csv", (HEAD + ROWS + "3,,,2026-03-09,\n").encode())
    looked(workplace, number)
    found = confirm(workplace, number)
    assert (found.counts["stored"], found.counts["refused"]) == (2, 1)
    report = (data_dir() / "reports" / found.counts["report"]).read_text("utf-8-sig")
    assert "标题和正文都为空" in report


def test_an_upload_taken_back_can_be_brought_again(workplace: Workplace) -> None:
    """It is not taken for known."""
    content = (HEAD + ROWS).encode()
    for _ in range(2):
        number = bring(workplace, "文档.csv", content)
        looked(workplace, number)
        assert confirm(workplace, number).counts["stored"] == 2
        take_back(workplace, number)
    assert documents(workplace) == []


def test_a_store_that_was_killed_goes_on(workplace: Workplace) -> None:
    """What was stored before is counted once; the request waits again with the next worker."""
    number = bring(workplace, "文档.csv", (HEAD + ROWS).encode())
    looked(workplace, number)
    with workplace.database.writing() as session:
        write.confirm_upload(session, CHEN, number, now=NOW)
        (request,) = read.waiting_requests(session)
        write.take_request(session, request.id, NOW)
        run = write.start_run(session, "import_documents", f"upload-{number}", NOW)
        assert run is not None
    with workplace.database.writing() as session:
        write.abandon_running(session, NOW)
        write.reopen_requests(session)
    found = looked(workplace, number)
    assert (found.state, found.counts["stored"]) == ("stored", 2)


def test_a_changed_file_is_not_stored(workplace: Workplace) -> None:
    """Somebody wrote over it after the look."""
    number = bring(workplace, "文档.csv", (HEAD + ROWS).encode())
    path = data_dir() / "uploads" / looked(workplace, number).path
    path.write_bytes((HEAD + ROWS + ROWS).encode())
    assert "与上传时不同" in (confirm(workplace, number).message or "")
    assert documents(workplace) == []


def test_a_path_outside_the_folder_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    """Whatever stands in the row."""
    with workplace.database.writing() as session:
        (tmp_path / "x.csv").write_text(HEAD + ROWS, "utf-8")
        digest = hashlib.sha256((tmp_path / "x.csv").read_bytes()).hexdigest()
        options = {"digest": digest, "size": 1, "source_id": "import_documents", "now": NOW}
        number = write.begin_upload(
            session, CHEN, what="documents", file="x.csv", path="../../x.csv", **options
        )
    assert "已不在服务器上" in (looked(workplace, number).message or "")


def workbook(tmp_path: Path, *rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    book.save(tmp_path / "表.xlsx")
    return (tmp_path / "表.xlsx").read_bytes()


def test_indicators_come_from_a_workbook_too(workplace: Workplace, tmp_path: Path) -> None:
    """A title above the header, real dates and numbers; taken back, none of them is left."""
    rows = [
        ["2026年指标统计"],
        ["平台名称", "指标", "期末", "数值", "单位"],
        ["岚桥优贷", "平均综合收益率", date(2026, 1, 31), 12.5, "%"],
        ["无此平台", "平均综合收益率", date(2026, 1, 31), 12.5, "%"],
    ]
    name = workplace.settings.indicators.indicator[0].name
    for cells in rows[2:]:
        cells[1], cells[4] = name, workplace.settings.indicators.indicator[0].unit
    number = bring(workplace, "指标.xlsx", workbook(tmp_path, *rows), "indicators")
    found = looked(workplace, number)
    assert found.state == "looked", found.message
    assert (found.found["counts"]["stored"], found.found["counts"]["refused"]) == (1, 1)
    assert "名单中没有这个平台" in found.found["refusals"][0]["reason"]
    assert confirm(workplace, number).counts["stored"] == 1
    index(workplace, now=NOW)
    with workplace.database.reading() as session:
        assert read.reporting(session) == {"lanqiao"}
    assert "撤回 1 条" in (take_back(workplace, number).message or "")
    with workplace.database.reading() as session:
        assert read.reporting(session) == frozenset()
        assert "lanqiao" in read.pending(session, "index")
    index(workplace, now=NOW)


LIST = "平台名称,停业时间,事件类型\n岚桥优贷,2026-02-01,失联\n"


def test_a_failure_list_is_stored_by_name(workplace: Workplace) -> None:
    """Dates in the usual spellings; unknown platforms, unreadable and contradicting dates are refused by row."""
    bad = "无此平台,2026-02-01,\n岚桥优贷,2026年2月3日,\n岚桥优贷,不详,\n岚桥优贷,2026/02/01,失联\n,2026-02-01,\n"
    number = bring(workplace, "名单.csv", (LIST + bad).encode("gb18030"), "failures")
    found = looked(workplace, number)
    assert found.found["counts"] == {"items": 6, "stored": 1, "revised": 0, "duplicates": 1, "refused": 4}
    confirm(workplace, number)
    with workplace.database.reading() as session:
        (failure,) = read.failures(session).to_dict("records")
    assert (failure["platform_id"], failure["problem_date"], failure["reason"]) == (
        "lanqiao",
        date(2026, 2, 1),
        "失联",
    )
    take_back(workplace, number)
    with workplace.database.reading() as session:
        assert read.failures(session).empty


def test_files_nobody_wants_go(workplace: Workplace) -> None:
    """A week without a decision drops an upload; its file, like one that no upload knows, goes with the next night."""
    number = bring(workplace, "文档.csv", (HEAD + ROWS).encode())
    stray = data_dir() / "uploads" / "stray"
    stray.mkdir()
    assert prune(workplace, NOW) == 0
    later = datetime.now(UTC) + FORGOTTEN * 2
    assert prune(workplace, later) == 2
    assert row(workplace, number).state == "dropped"
    assert not stray.exists()
