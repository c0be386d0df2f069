"""`pipeline export` and `data-dictionary`: what the page 导出 gives, for those at the server."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from db import read, write
from pipeline.__main__ import app
from pipeline.commands.export import Table
from pipeline.prepare import Workplace
from tests.pipeline.conftest import NOW
from tests.pipeline.test_brief import DAY, day_row

ROOT = Path(__file__).parent.parent.parent


def test_the_command_knows_every_table() -> None:
    """As the page does, in the same order."""
    assert [str(one) for one in Table] == list(read.COLUMNS)


def test_a_workbook_by_the_files_name(workplace: Workplace, tmp_path: Path) -> None:
    """Rows, headers as asked for, what was chosen; noted in the log."""
    with workplace.database.writing() as session:
        write.save_platform_days(session, pd.DataFrame([day_row(DAY, "橙", 61.0)]), NOW)
    for option, head in (("--chinese", "平台编号"), ("--plain", "platform_id")):
        target = tmp_path / "levels.xlsx"
        done = CliRunner().invoke(
            app, ["export", "platform_days", str(target), "--platform", "lanqiao", option]
        )
        assert done.exit_code == 0, done.output
        book = openpyxl.load_workbook(target)
        assert book["数据"]["A1"].value == head
        assert book["数据"].max_row == 2
        told = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
        assert told["筛选：platform_id"] == "lanqiao"
    with workplace.database.reading() as session:
        assert list(read.audit(session, action="export")["subject"]) == ["platform_days"] * 2


@pytest.mark.parametrize("option", ["--platform=lanqiao", "--demo"])
def test_a_filter_that_a_table_does_not_know_is_refused(
    workplace: Workplace, tmp_path: Path, option: str
) -> None:
    """A file that passed over it would look as if it had obeyed; nothing is written, nothing half is left."""
    done = CliRunner().invoke(app, ["export", "audit", str(tmp_path / "log.csv"), option])
    assert done.exit_code == 2
    assert list(tmp_path.glob("*log.csv*")) == []


def test_the_dictionary_as_a_file(tmp_path: Path) -> None:
    """The text of docs/data-dictionary.md."""
    done = CliRunner().invoke(app, ["data-dictionary", str(tmp_path / "dictionary.md")])
    assert done.exit_code == 0, done.output
    written = (tmp_path / "dictionary.md").read_text("utf-8")
    assert written == (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
