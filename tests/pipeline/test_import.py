"""Files that people import: corrections are revisions, and a dry run says beforehand what an import will do."""

from __future__ import annotations

import csv
import hashlib
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from db.session import Database, Leader
from db.write import StoreCounts
from pipeline import preview
from pipeline.__main__ import app
from pipeline.prepare import Workplace
from pipeline.preview import preview_file
from pipeline.stages.collect import import_file
from tests.pipeline.conftest import NOW, Rows

IMPORTED = {
    "id": "K-1",
    "title": "标题",
    "text": "岚桥优贷提前收取服务费。",
    "date": "2026-03-01",
    "status": "处理中",
}
HEIMAO = {
    "链接": "https://tousu.sina.com.cn/complaint/view/17351050542/",
    "投诉标题": "标题",
    "投诉详情": "岚桥优贷提前收取服务费。",
    "投诉对象": "岚桥优贷",
    "投诉时间": "2026-03-01",
    "投诉状态": "处理中",
}
CHANGES = {
    "import_documents": {
        "status": {"status": "已完成"},
        "date": {"date": "2026-03-02"},
        "text": {"text": "岚桥优贷提前收取服务费，已退还。"},
        "title": {"title": "更正：标题"},
        "kind": {"kind": "complaint"},
        "subject": {"subject": "岚桥优贷"},
    },
    "heimao_export": {
        "status": {"投诉状态": "已完成"},
        "date": {"投诉时间": "2026-03-02"},
        "text": {"投诉详情": "岚桥优贷提前收取服务费，已退还。"},
        "title": {"投诉标题": "更正：标题"},
        "subject": {"投诉对象": "云汀钱包"},
    },
}
CORRECTIONS = [(source, what) for source, changes in CHANGES.items() for what in changes]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["import", *arguments])


@pytest.mark.parametrize(("source", "what"), CORRECTIONS, ids=lambda part: part)
def test_a_row_that_comes_again_corrected_is_a_revision(
    workplace: Workplace, table: Callable[[Rows], Path], source: str, what: str
) -> None:
    """Through the command line: new, then the same again, then corrected, then the correction again."""
    row = IMPORTED if source == "import_documents" else HEIMAO
    first, corrected = table([row]), table([row | CHANGES[source][what]])
    said = [
        run(str(path), "--source", source, "--no-analyse") for path in (first, first, corrected, corrected)
    ]
    assert [done.exit_code for done in said] == [0, 0, 0, 0], said[-1].output
    assert [done.output.splitlines()[0] for done in said] == [
        "读取 1 行：新增 1，重复 0，修订 0，拒收 0。",
        "读取 1 行：新增 0，重复 1，修订 0，拒收 0。",
        "读取 1 行：新增 0，重复 0，修订 1，拒收 0。",
        "读取 1 行：新增 0，重复 1，修订 0，拒收 0。",
    ]


def test_a_correction_within_one_file_is_a_revision_too(
    workplace: Workplace, table: Callable[[Rows], Path]
) -> None:
    """An export that lists a complaint at every stage of it."""
    path = table([IMPORTED, IMPORTED | {"status": "已完成"}, IMPORTED | {"status": "已完成"}])
    done = run(str(path), "--source", "import_documents", "--no-analyse")
    assert "新增 1，重复 1，修订 1，拒收 0" in done.output


def test_counters_that_move_are_no_revision(workplace: Workplace, table: Callable[[Rows], Path]) -> None:
    """A column that says nothing about the document must not send it through analysis again."""
    path, again = table([IMPORTED | {"浏览量": "10"}]), table([IMPORTED | {"浏览量": "11"}])
    run(str(path), "--source", "import_documents", "--no-analyse")
    assert "重复 1，修订 0" in run(str(again), "--source", "import_documents", "--no-analyse").output


def test_a_dry_run_lists_what_would_change(workplace: Workplace, table: Callable[[Rows], Path]) -> None:
    """Old and new of every changed column, masked, with the row as a sheet numbers it."""
    run(str(table([IMPORTED])), "--source", "import_documents", "--no-analyse")
    corrected = IMPORTED | {"status": "已完成", "date": "2026-03-02", "title": "请联系13912345678"}
    done = run(str(table([IMPORTED | {"id": "K-2"}, corrected])), "--source", "import_documents", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "读取 2 行，将新增 1，重复 0，修订 1，拒收 0" in done.output
    assert "第 3 行 K-1" in done.output
    assert "状态：处理中 → 已完成" in done.output
    assert "日期：2026-03-01 00:00:00 → 2026-03-02 00:00:00" in done.output
    assert "标题：标题 → 请联系139****5678" in done.output
    assert "正文" not in done.output
    assert "未写入任何内容" in done.output


def test_long_texts_are_cut_where_they_differ(workplace: Workplace, table: Callable[[Rows], Path]) -> None:
    """Two texts with the same first thousand characters must not look alike."""
    long = "岚桥优贷公告。" * 200
    run(str(table([IMPORTED | {"text": long + "旧"}])), "--source", "import_documents", "--no-analyse")
    done = run(str(table([IMPORTED | {"text": long + "新"}])), "--source", "import_documents", "--dry-run")
    (shown,) = [line for line in done.output.splitlines() if "正文：" in line]
    assert "旧 → " in shown
    assert shown.endswith("新")
    assert len(shown) < 200


def test_refused_rows_are_printed_and_not_filed(
    workplace: Workplace, data_folder: Path, table: Callable[[Rows], Path]
) -> None:
    """Exit code 1, the reason of each on the screen, their values masked, and no report file."""
    rows: Rows = [IMPORTED, IMPORTED | {"id": "K-2", "date": "致电13912345678"}]
    done = run(str(table(rows)), "--source", "import_documents", "--dry-run")
    assert done.exit_code == 1
    assert "将新增 1，重复 0，修订 0，拒收 1" in done.output
    assert "第 3 行" in done.output
    assert "139****5678" in done.output
    assert "13912345678" not in done.output
    assert not (data_folder / "reports").exists()


def test_only_the_first_twenty_are_listed(workplace: Workplace, table: Callable[[Rows], Path]) -> None:
    """A file with the wrong date format does not flood the screen; the counts are whole."""
    rows: Rows = [IMPORTED | {"id": str(n), "date": "某日"} for n in range(preview.SHOWN + 5)]
    done = run(str(table(rows)), "--source", "import_documents", "--dry-run")
    assert f"拒收 {preview.SHOWN + 5}" in done.output
    assert sum(line.startswith("  ") for line in done.output.splitlines()) == preview.SHOWN


def test_a_dry_run_writes_nothing(
    workplace: Workplace, data_folder: Path, table: Callable[[Rows], Path]
) -> None:
    """Neither a row nor a file: the whole data folder has the same content afterwards."""
    run(str(table([IMPORTED])), "--source", "import_documents", "--no-analyse")
    path = table([IMPORTED | {"status": "已完成"}, IMPORTED | {"id": "K-2"}])
    workplace.database.close()
    before = contents(data_folder)
    assert run(str(path), "--source", "import_documents", "--dry-run").exit_code == 0
    assert contents(data_folder) == before


def contents(folder: Path) -> dict[str, object]:
    """What the files of a folder hold; a database by its rows, for its log may be folded into it at any time."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    held: dict[str, object] = {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.startswith("trustwatch.db")
    }
    with sqlite3.connect(f"file:{folder / 'trustwatch.db'}?mode=ro", uri=True) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        stored = [
            name for name, sql in made if not sql.startswith("CREATE VIRTUAL")
        ]  # what they hold is in their own
        held["database"] = [
            (name, connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in stored
        ]
    connection.close()
    return held


def test_a_dry_run_needs_no_leadership(workplace: Workplace, table: Callable[[Rows], Path]) -> None:
    """While a worker leads, and while another process is in the middle of a write."""
    path = table([IMPORTED])
    leader = Leader(Database.open(f"sqlite:///{workplace.database.where}"))
    assert leader.acquire()
    try:
        with workplace.database.writing():
            done = run(str(path), "--source", "import_documents", "--dry-run")
    finally:
        leader.release()
    assert done.exit_code == 0, done.output
    assert "将新增 1" in done.output


def test_a_dry_run_without_a_database_does_not_make_one(
    data_folder: Path, table: Callable[[Rows], Path]
) -> None:
    """The message names the command that builds it."""
    done = run(str(table([IMPORTED])), "--source", "import_documents", "--dry-run")
    assert done.exit_code == 4
    assert "pipeline migrate" in done.output
    assert not (data_folder / "trustwatch.db").exists()


def test_a_faulty_source_is_explained(
    data_folder: Path, tmp_path: Path, table: Callable[[Rows], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo in source.toml is named instead of calling the source unknown."""
    (tmp_path / "sources" / "broken").mkdir(parents=True)
    (tmp_path / "sources" / "broken" / "source.toml").write_text('id = "broken"\nnmae = "拼错"\n', "utf-8")
    monkeypatch.setenv("TRUSTWATCH_SOURCES", str(tmp_path / "sources"))
    done = run(str(table([IMPORTED])), "--source", "broken")
    assert done.exit_code == 2
    assert "nmae" in done.output


ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["A", "B", "C", ""]),
        "title": st.sampled_from(["标题", "更正"]),
        "text": st.sampled_from(["岚桥优贷公告。", "岚桥优贷公告，电话13912345678。", ""]),
        "date": st.sampled_from(["2026-03-01", "2026-03-02 10:00", "某日", ""]),
        "first_seen_at": st.sampled_from(["", "2026-03-03"]),
        "status": st.sampled_from(["处理中", "已完成", ""]),
        "author": st.sampled_from(["", "某甲"]),
        "url": st.sampled_from(["", "https://example.org/1"]),
        "publisher": st.sampled_from(["", "示例日报"]),
    }
)
EXAMPLES = count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(ROW, min_size=1, max_size=8), min_size=1, max_size=3), batch=st.integers(1, 4))
def test_a_dry_run_counts_what_the_import_then_does(
    workplace: Workplace, tmp_path: Path, files: list[list[dict[str, str]]], batch: int
) -> None:
    """Exactly: with repeats, corrections and faults, whatever is stored already and wherever batches end."""
    example = next(EXAMPLES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.stages.collect.BATCH", batch)
        patch.setattr("pipeline.preview.BATCH", 5 - batch)
        for number, rows in enumerate(files):
            path = tmp_path / f"{example}-{number}.csv"
            write_rows(path, example, rows)
            now = NOW + timedelta(minutes=10 * example + number)
            assert both(workplace, path, now) is None


def both(workplace: Workplace, path: Path, now: datetime) -> tuple[StoreCounts, StoreCounts] | None:
    """The counts of preview and import where they differ."""
    source = workplace.source("import_documents")
    assert source is not None
    told = preview_file(workplace.database, workplace.publishers, source, path, now=now).counts
    done = import_file(workplace, source, path, now=now).counts
    return None if told == done else (told, done)


def write_rows(path: Path, example: int, rows: list[dict[str, str]]) -> None:
    """Ids and texts of their own for every example, so that none meets another's documents."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        for row in rows:
            own: dict[str, Any] = {
                "id": row["id"] and f"{example}-{row['id']}",
                "text": row["text"] and f"{row['text']}{example}",
            }
            writer.writerow({**row, **own})


def test_a_dry_run_begins_where_an_interrupted_import_stopped(
    workplace: Workplace, table: Callable[[Rows], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import goes on behind the rows it has stored, so the dry run counts the remaining ones alone."""
    from db import write
    from db.session import DiskFull

    path = table([IMPORTED | {"id": str(n)} for n in range(6)])
    whole, calls = write.store_documents, count()

    def full(*arguments: Any, **named: Any) -> StoreCounts:
        if next(calls) == 1:
            raise DiskFull("磁盘空间不足")
        return whole(*arguments, **named)

    monkeypatch.setattr("pipeline.stages.collect.BATCH", 4)
    source = workplace.source("import_documents")
    assert source is not None
    with monkeypatch.context() as patch:
        patch.setattr(write, "store_documents", full)
        with pytest.raises(DiskFull):
            import_file(workplace, source, path, now=NOW)
    told = preview_file(workplace.database, workplace.publishers, source, path, now=NOW).counts
    assert told == StoreCounts(stored=2)
    assert import_file(workplace, source, path, now=NOW).counts == told


def test_a_dry_run_refuses_the_future_like_the_import(
    workplace: Workplace, table: Callable[[Rows], Path]
) -> None:
    """Both read the same clock: a date two days ahead is refused by either."""
    ahead = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    path = str(table([IMPORTED | {"date": ahead}]))
    for arguments in (["--dry-run"], ["--no-analyse"]):
        done = run(path, "--source", "import_documents", *arguments)
        assert done.exit_code == 1
        assert "拒收 1" in done.output
