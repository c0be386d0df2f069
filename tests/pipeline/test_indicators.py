"""Numeric indicators from a file to Y: every row accounted for, once, and no day touched by what came after it."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from collectors.base import Refusal, UnreadableFile
from db import read, write
from db.write import ReadingRow
from pipeline.__main__ import app
from pipeline.commands.stages import carry
from pipeline.indicator_rows import Reader
from pipeline.indicators import Imported, csv_rows, import_rows
from pipeline.prepare import Workplace
from pipeline.progress import silent
from settings.loader import load
from settings.models import Platform
from tests.mention_tables import month_ends
from tests.pipeline.conftest import NOW, PLATFORM

HEADER = ("platform", "name", "period_end", "value", "unit", "available_at")
MONTHS = month_ends(date(2025, 4, 1), date(2026, 2, 28))
TODAY = date(2026, 3, 10)
Row = tuple[str, ...]


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows under a header."""

    def write_rows(*rows: Row, header: Row = HEADER) -> Path:
        path = tmp_path / f"indicators-{len(list(tmp_path.glob('indicators-*')))}.csv"
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([header, *rows])
        return path

    return write_rows


def bring(workplace: Workplace, path: Path, now: datetime = NOW, **more: Any) -> Imported:
    return import_rows(workplace.database, workplace.settings, path.name, csv_rows(path), now=now, **more)


def monthly(*values: float, name: str = "逾期率") -> list[Row]:
    """A series that ends with February 2026; each figure became known on the 10th of the month after."""
    months = MONTHS[-len(values) :]
    return [
        (PLATFORM.name, name, str(month), str(value), "%", str(month + timedelta(10)))
        for month, value in zip(months, values, strict=True)
    ]


def stored(workplace: Workplace) -> list[tuple[Any, ...]]:
    with workplace.database.reading() as session:
        found = read.readings(session, [PLATFORM.id], date(2099, 1, 1))
    return list(found.drop(columns="available_at").itertuples(index=False, name=None))


def y(workplace: Workplace, day: date = TODAY) -> pd.Series | None:
    with workplace.database.reading() as session:
        found = read.index_values(session, PLATFORM.id, day, day)
    rows = found[found["index_id"] == "Y"]
    return None if rows.empty else rows.iloc[0]


def test_units_are_converted_and_kept_as_given(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Five hundredths, five percent and five hundred basis points are the same; ten thousands of yuan are the unit."""
    path = file(
        (PLATFORM.name, "逾期率", "2026-01-31", "0.05", "小数", "2026-02-10"),
        (PLATFORM.id, "overdue_rate", "2025-12", "5%", "", "2026-01-10"),
        (PLATFORM.id, "收益率", "2025年12月", "850", "bp", "2026-01-10"),
        (PLATFORM.id, "余额", "2025-12-31", "1,250,000", "元", "2026-01-10"),
    )
    done = bring(workplace, path)
    assert (done.stored, done.refused) == (4, 0)
    found = {(name, end): value for _, name, end, value, _ in stored(workplace)}
    assert found["overdue_rate", date(2026, 1, 31)] == pytest.approx(5.0)
    assert found["overdue_rate", date(2025, 12, 31)] == 5.0
    assert found["yield", date(2025, 12, 31)] == pytest.approx(8.5)
    assert found["balance", date(2025, 12, 31)] == pytest.approx(125.0)


def test_chinese_headers_are_known(workplace: Workplace, file: Callable[..., Path]) -> None:
    """A file as people keep it needs no renaming."""
    header = ("平台名称", "指标", "报告期", "数值", "单位", "公布时间")
    assert bring(workplace, file(*monthly(2.0, 2.1), header=header)).stored == 2


def test_an_import_repeated_counts_nothing_twice(workplace: Workplace, file: Callable[..., Path]) -> None:
    """The same file again, with and without moments of its own, leaves every table as it was."""
    paths = (
        file(*monthly(2.0, 2.1)),
        file(*[row[:5] for row in monthly(8.0, name="收益率")], header=HEADER[:5]),
    )
    for path in paths:
        bring(workplace, path)
    before = stored(workplace)
    for path in paths:
        again = bring(workplace, path, NOW + timedelta(days=1))
        assert (again.stored, again.revised, again.duplicates) == (0, 0, again.rows)
    assert stored(workplace) == before


def test_a_later_row_is_a_revision_from_its_own_day(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Both versions stay; a value without a moment counts from the import."""
    bring(workplace, file(*monthly(2.0)))
    named = ("2026-02-28", "3.0", "%", "2026-03-09")
    assert bring(workplace, file((PLATFORM.id, "overdue_rate", *named))).revised == 1
    unnamed = (PLATFORM.id, "overdue_rate", "2026-02-28", "4.0", "%")
    assert bring(workplace, file(unnamed, header=HEADER[:5])).revised == 1
    assert [(value, day) for *_, value, day in stored(workplace)] == [
        (3.0, date(2026, 3, 9)),
        (2.0, TODAY),
        (4.0, TODAY),
    ]


def test_without_a_moment_a_figure_counts_from_the_day_it_was_due(
    workplace: Workplace, file: Callable[..., Path]
) -> None:
    """A backfill: January's is due on 15 February; February's, imported before it is due, counts from now."""
    rows = [(PLATFORM.id, "overdue_rate", month, "2.0", "%") for month in ("2026-01", "2026-02")]
    done = bring(workplace, file(*rows, header=HEADER[:5]))
    assert done.assumed == 2
    assert [day for *_, day in stored(workplace)] == [date(2026, 2, 15), TODAY]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"platform": "无此平台"}, "platform", "platforms load"),
        ({"platform": ""}, "platform", "没有写平台"),
        ({"name": "市盈率"}, "name", "已登记：综合收益率"),
        ({"period_end": "2026-02-27"}, "period_end", "月末"),
        ({"period_end": "2026-04-30"}, "period_end", "晚于现在"),
        ({"period_end": "去年底"}, "period_end", "读不懂"),
        ({"value": ""}, "value", "删去整行"),
        ({"value": "约3%"}, "value", "数字"),
        ({"value": "3万元"}, "value", "与“单位”一列"),
        ({"value": "1e300"}, "value", "大得不合理"),
        ({"unit": "元"}, "unit", "逾期率可用的单位：%"),
        ({"unit": ""}, "unit", "没有写单位"),
        ({"available_at": "2026-02-01"}, "available_at", "早于期末"),
        ({"available_at": "2026-12-01"}, "available_at", "晚于现在"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_with_its_remedy(
    changes: Mapping[str, str], field: str, reason: str
) -> None:
    """Row, field, value and what to do."""
    settings = load()
    reader = Reader.of([PLATFORM], settings.indicators.indicator, settings.industry, NOW)
    cells = (PLATFORM.id, "overdue_rate", "2026-02-28", "2.0", "%", "2026-03-09")
    good = dict(zip(HEADER, cells, strict=True))
    assert isinstance(reader.read("甲.csv", 2, good), ReadingRow)
    refusal = reader.read("甲.csv", 3, {**good, **changes})
    assert isinstance(refusal, Refusal)
    assert (refusal.file, refusal.row, refusal.field) == ("甲.csv", 3, field)
    assert reason in refusal.reason


def test_refused_rows_stand_in_a_report_and_good_ones_are_stored(
    workplace: Workplace, file: Callable[..., Path]
) -> None:
    """As with documents: file, row, field, value and reason, and a broken line of the file is a row like others."""
    path = file(*monthly(1.0, name="收益率"), (PLATFORM.id, "市盈率", "2026-02", "1", "%", ""), ("太短",))
    done = bring(workplace, path)
    assert (done.rows, done.stored, done.refused) == (3, 1, 2)
    assert done.report is not None
    rows = list(csv.DictReader(done.report.open(encoding="utf-8-sig")))
    assert [(row["文件"], row["行"], row["字段"]) for row in rows] == [
        (path.name, "3", "name"),
        (path.name, "4", "整行"),
    ]


def test_two_values_of_one_period_without_moments_contradict_each_other(
    workplace: Workplace, file: Callable[..., Path]
) -> None:
    """Nobody can tell which came first; so too when the file is read again."""
    rows = [(PLATFORM.id, "overdue_rate", "2026-01", value, "%") for value in ("2", "3")]
    path = file(*rows, header=HEADER[:5])
    assert (bring(workplace, path).stored, bring(workplace, path).refused) == (1, 1)
    assert len(stored(workplace)) == 1


def test_the_same_moment_twice_is_a_contradiction(workplace: Workplace, file: Callable[..., Path]) -> None:
    """A revision needs a later moment."""
    row = (PLATFORM.id, "overdue_rate", "2026-01", "2", "%", "2026-02-10")
    done = bring(workplace, file(row, (*row[:3], "3", *row[4:])))
    assert (done.stored, done.refused) == (1, 1)


def test_an_ambiguous_name_is_not_guessed(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Two platforms of one brand: the id is asked for."""
    twin = Platform(id="lanqiao2", name="岚桥优贷（二）", category="网贷", brand=(PLATFORM.name,))
    with workplace.database.writing() as session:
        write.load_platforms(session, [twin], now=NOW, who="test", evidence=None)
    done = bring(workplace, file(*monthly(2.0)))
    assert done.refused == 1
    assert done.report is not None
    assert "lanqiao、lanqiao2" in done.report.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (("platform", "name", "period_end", "value"), "unit"),
        (("platform", "平台", "name", "period_end", "value", "unit"), "只保留一列"),
    ],
)
def test_a_file_without_its_columns_is_refused_whole(
    workplace: Workplace, file: Callable[..., Path], header: Row, said: str
) -> None:
    """The message names what is missing or double, and what there is."""
    with pytest.raises(UnreadableFile, match=said):
        bring(workplace, file(tuple("x" for _ in header), header=header))


def test_a_dry_run_leaves_no_trace(workplace: Workplace, file: Callable[..., Path]) -> None:
    """It tells what would happen, refused rows included, and writes neither figures nor a report."""
    bad = (PLATFORM.id, "市盈率", "2026-01", "2", "%", "")
    done = bring(workplace, file(*monthly(2.0, 2.1), bad), dry_run=True)
    assert (done.stored, done.refused, done.report) == (2, 1, None)
    assert [refusal.field for refusal in done.examples] == ["name"]
    assert stored(workplace) == []
    with workplace.database.reading() as session:
        assert read.pending(session, "index") == {}


def test_y_follows_its_figures_and_says_since_when(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Ten quiet months and a jump to 6 %: Y is 0 on the day before it was known and high from then on."""
    bring(workplace, file(*monthly(*[2.0] * 10, 6.0)))
    carry(workplace, NOW, silent)
    before, today = y(workplace, TODAY - timedelta(1)), y(workplace)
    assert before is not None
    assert today is not None
    assert before["value"] == 0.0
    assert today["value"] > 60
    assert today["observed"]


def test_a_revision_changes_no_earlier_day(workplace: Workplace, file: Callable[..., Path]) -> None:
    """January is set right on 8 March: every day up to the 7th keeps its row, version and all."""
    bring(workplace, file(*monthly(*[2.0] * 11)))
    carry(workplace, NOW, silent)
    before = [y(workplace, TODAY - timedelta(n)) for n in range(3, 30)]
    revised = (PLATFORM.id, "overdue_rate", "2026-01-31", "9.0", "%", "2026-03-08")
    bring(workplace, file(revised), NOW + timedelta(minutes=5))
    carry(workplace, NOW + timedelta(minutes=5), silent)
    after = [y(workplace, TODAY - timedelta(n)) for n in range(3, 30)]
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_series_equal(one, other, check_names=False)
    changed = y(workplace, TODAY - timedelta(2))
    assert changed is not None
    assert changed["value"] > 50, "what stood on the 8th and 9th was January's figure"


def test_stale_figures_are_not_observed(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Nothing since December: in scope, NaN from 16 February on, and never a calm 0."""
    bring(workplace, file(*monthly(*[2.0] * 11)[:-2]))
    carry(workplace, NOW, silent)
    last, today = y(workplace, date(2026, 2, 15)), y(workplace)
    assert last is not None
    assert last["observed"]
    assert today is not None
    assert not today["observed"]
    assert today["value"] != today["value"]


def test_without_figures_y_is_not_in_scope(workplace: Workplace) -> None:
    """未接入: no row at all."""
    carry(workplace, NOW, silent)
    assert y(workplace) is None


def test_a_night_later_the_day_is_the_same(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Computed alone from the stored roll-ups, a day says what it said in the batch."""
    bring(workplace, file(*monthly(*[2.0] * 10, 6.0)))
    carry(workplace, NOW, silent)
    first = y(workplace)
    carry(workplace, NOW + timedelta(days=1), silent)
    decided = y(workplace)
    assert first is not None
    assert decided is not None
    assert (decided["value"], decided["saturation"]) == (first["value"], first["saturation"])


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of somebody else, named by the environment."""
    path = tmp_path / "figures.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE f (p TEXT, n TEXT, e TEXT, v REAL, u TEXT)")
        connection.execute("INSERT INTO f VALUES (?, '逾期率', '2026-01-31', 2.5, '%')", (PLATFORM.name,))
        connection.execute("INSERT INTO f VALUES (?, '逾期率', '2025-12-31', NULL, '%')", (PLATFORM.name,))
    monkeypatch.setenv("FIGURES_DB", f"sqlite:///{path}")
    return path


QUERY = "SELECT p AS platform, n AS name, e AS period_end, v AS value, u AS unit FROM f ORDER BY e DESC"


def test_a_query_brings_them_too(workplace: Workplace, figures: Path) -> None:
    """The same rules over a database: a good row stored, a NULL refused, and nothing twice."""
    command = ["import-indicators", "--database", "FIGURES_DB", "--query", QUERY, "--no-analyse"]
    first = CliRunner().invoke(app, command)
    assert (first.exit_code, "新增 1，修订 0，重复 0，拒收 1" in first.output) == (1, True)
    assert "新增 0，修订 0，重复 1，拒收 1" in CliRunner().invoke(app, command).output


def test_the_command_says_what_it_wants(workplace: Workplace, file: Callable[..., Path]) -> None:
    """Neither file nor query, a file that is not there, a query that writes: code 2 and a sentence."""
    for arguments, said in (
        ([], "请给出一个 CSV 文件"),
        (["nowhere.csv"], "没有这个文件"),
        (["--database", "FIGURES_DB", "--query", "DELETE FROM f"], "只读"),
    ):
        result = CliRunner().invoke(app, ["import-indicators", *arguments])
        assert result.exit_code == 2
        assert said in result.output
