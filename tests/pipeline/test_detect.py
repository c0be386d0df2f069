"""`pipeline detect`: every row comes back, missing is not zero, bad input is told by file, row and column."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from pipeline.__main__ import app
from pipeline.series_files import parse_day, read_series
from signals.calendar import day_number

SUNDAY = date(2020, 1, 5)
WEEKS = 130


def command(*arguments: object) -> Result:
    """The command, run in this process."""
    return CliRunner().invoke(app, ["detect", *map(str, arguments)])


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def weekly(
    name: str, first: date = SUNDAY, weeks: int = WEEKS, mean: float = 9.0, burst: int = 60
) -> list[str]:
    """Lines of a quiet series whose last week is a burst."""
    counts = np.random.default_rng(len(name)).poisson(mean, weeks)
    counts[-1] = burst
    return [f"{name},{first + timedelta(7 * n)},{count}" for n, count in enumerate(counts)]


def written(folder: Path, lines: list[str], header: str = "series,date,count") -> Path:
    """A CSV file of these lines."""
    path = folder / "in.csv"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def test_every_row_comes_back_in_order_with_four_columns(tmp_path: Path) -> None:
    """Shuffled rows and a further column are repeated as they are; the burst alarms, above its bound."""
    lines = [f"{line},备注{n}" for n, line in enumerate(weekly("甲") + weekly("乙乙", burst=9))]
    shuffled = [lines[n] for n in np.random.default_rng(1).permutation(len(lines))]
    source = written(tmp_path, shuffled, "series,date,count,note")
    result = command(source, tmp_path / "out.csv", "--freq", "W")
    assert result.exit_code == 0, result.output
    head, *rows = (tmp_path / "out.csv").read_text("utf-8").splitlines()
    assert head == "series,date,count,note,expected,upper,score,alarm"
    assert [row.rsplit(",", 4)[0] for row in rows] == shuffled
    found = {(row["series"], row["date"]): row for row in table(tmp_path / "out.csv")}
    burst = found["甲", str(SUNDAY + timedelta(7 * (WEEKS - 1)))]
    assert burst["alarm"] == "1"
    assert float(burst["expected"]) == pytest.approx(9, rel=0.2)
    assert float(burst["score"]) > 4
    judged = [row for row in found.values() if row["score"]]
    assert all((int(row["count"]) > int(row["upper"])) == (row["alarm"] == "1") for row in judged)


def test_a_short_history_is_visible_and_no_alarm(tmp_path: Path) -> None:
    """Ten weeks: all judgements empty, alarm 0, and the person is told."""
    source = written(tmp_path, weekly("短", weeks=10))
    result = command(source, tmp_path / "out.csv", "--freq", "W")
    assert result.exit_code == 0
    assert "1 个序列因历史不足" in result.output
    assert {
        (row["expected"], row["upper"], row["score"], row["alarm"]) for row in table(tmp_path / "out.csv")
    } == {("", "", "", "0")}


def test_last_judges_the_last_periods_alone_and_alike(tmp_path: Path) -> None:
    """--last 5: those five weeks as in a run over all, every other row empty."""
    source = written(tmp_path, weekly("甲") + weekly("乙", first=SUNDAY + timedelta(3)))
    assert command(source, tmp_path / "all.csv", "--freq", "W").exit_code == 0
    assert command(source, tmp_path / "few.csv", "--freq", "W", "--last", 5).exit_code == 0
    whole, few = table(tmp_path / "all.csv"), table(tmp_path / "few.csv")
    last = [n for n in range(len(few)) if n % WEEKS >= WEEKS - 5]
    assert [few[n] for n in last] == [whole[n] for n in last]
    assert all(row["expected"] == "" and row["alarm"] == "0" for n, row in enumerate(few) if n not in last)


@pytest.mark.parametrize("name", ["farrington", "cusum"])
def test_later_rows_change_no_earlier_verdict(tmp_path: Path, name: str) -> None:
    """The file cut at a date, among series of different spans: the rows that are left read as before."""
    lines = (
        weekly("甲") + weekly("乙", first=SUNDAY + timedelta(70)) + weekly("丙", first=SUNDAY + timedelta(1))
    )
    cut = str(SUNDAY + timedelta(7 * (WEEKS - 9)))
    early = [line for line in lines if line.split(",")[1] < cut]
    assert (
        command(written(tmp_path, lines), tmp_path / "all.csv", "--freq", "W", "--detector", name).exit_code
        == 0
    )
    assert (
        command(written(tmp_path, early), tmp_path / "cut.csv", "--freq", "W", "--detector", name).exit_code
        == 0
    )
    assert table(tmp_path / "cut.csv") == [row for row in table(tmp_path / "all.csv") if row["date"] < cut]


def test_weeks_may_begin_on_any_day(tmp_path: Path) -> None:
    """The same counts in weeks from Sunday, Monday or Thursday: the same verdicts, as good as."""
    source = written(
        tmp_path,
        [line for n in (0, 1, 4) for line in weekly("同", SUNDAY + timedelta(n))],
        "series,date,count",
    )
    text = source.read_text("utf-8").splitlines()
    renamed = [line.replace("同", f"第{n // WEEKS}", 1) for n, line in enumerate(text[1:])]
    assert (
        command(written(tmp_path, renamed), tmp_path / "out.csv", "--freq", "W", "--last", 1).exit_code == 0
    )
    rows = table(tmp_path / "out.csv")
    last = [rows[n * WEEKS - 1] for n in (1, 2, 3)]
    assert [row["alarm"] for row in last] == ["1", "1", "1"]
    assert [float(row["expected"]) for row in last] == pytest.approx([9.0] * 3, rel=0.2)


def test_missing_is_not_zero_unless_said(tmp_path: Path) -> None:
    """Every second week left out: expected as before; with --fill-zero half of it. An empty count stays unobserved."""
    lines = [line for n, line in enumerate(weekly("疏", burst=9)) if n % 2 or n > 120]
    lines[-1] = lines[-1].rsplit(",", 1)[0] + ","
    source = written(tmp_path, lines)
    assert command(source, tmp_path / "a.csv", "--freq", "W", "--last", 3).exit_code == 0
    assert command(source, tmp_path / "b.csv", "--freq", "W", "--last", 3, "--fill-zero").exit_code == 0
    kept, zeroed = table(tmp_path / "a.csv"), table(tmp_path / "b.csv")
    assert float(kept[-2]["expected"]) == pytest.approx(9, rel=0.25)
    assert float(zeroed[-2]["expected"]) < 0.75 * float(kept[-2]["expected"])
    assert [row["alarm"] for row in (kept[-1], zeroed[-1])] == ["0", "0"]
    assert [row["expected"] for row in (kept[-1], zeroed[-1])] == ["", ""]


def test_daily_counts_learn_the_weekday(tmp_path: Path) -> None:
    """Half as much at weekends is expected at weekends; dates are repeated in the form in which they came."""
    days = [date(2021, 3, 1) + timedelta(n) for n in range(500)]
    rng = np.random.default_rng(3)
    lines = [f"s,{day:%Y/%-m/%-d},{rng.poisson(5 if day.weekday() >= 5 else 10)}" for day in days]
    source = written(tmp_path, lines)
    assert command(source, tmp_path / "out.csv", "--freq", "d", "--last", 28).exit_code == 0
    rows = table(tmp_path / "out.csv")
    assert [row["date"] for row in rows] == [line.split(",")[1] for line in lines]
    expected = {weekend: [] for weekend in (False, True)}
    for day, row in zip(days[-28:], rows[-28:], strict=True):
        expected[day.weekday() >= 5].append(float(row["expected"]))
    assert np.mean(expected[True]) < 0.7 * np.mean(expected[False])


@pytest.mark.parametrize("name", ["scan", "ewma", "cusum", "ears_c1", "ears_c2", "ears_c3"])
def test_any_detector_can_be_asked(tmp_path: Path, name: str) -> None:
    """Each of them alarms at a burst of seven times the usual."""
    source = written(tmp_path, weekly("甲"))
    result = command(source, tmp_path / "out.csv", "--freq", "W", "--detector", name, "--last", 2)
    assert result.exit_code == 0, result.output
    assert table(tmp_path / "out.csv")[-1]["alarm"] == "1" or name == "ears_c3"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a,2020-13-05,1"], "in.csv 第 2 行 date：不是日期：'2020-13-05'"),
        (["a,2020-01-05,1", "a,昨天,1"], "in.csv 第 3 行 date"),
        (["a,2020-01-05,-1"], "in.csv 第 2 行 count：不是非负整数：'-1'"),
        (["a,2020-01-05,1.5"], "in.csv 第 2 行 count"),
        (["a,2020-01-05,NaN"], "in.csv 第 2 行 count"),
        (
            ["a,2020-01-05,1", "b,2020-01-05,1", "a,2020/1/5,2"],
            "in.csv 第 4 行 date：序列 'a' 的这一日期在第 2 行已出现",
        ),
        (
            ["a,2020-01-05,1", "a,2020-01-13,1"],
            "in.csv 第 3 行 date：与序列 'a' 的首个日期 2020-01-05 相隔不是整周",
        ),
        ([" ,2020-01-05,1"], "in.csv 第 2 行 series：空"),
        (["a,2020-01-05"], "in.csv 第 2 行 列数：有 2 列，表头有 3 列"),
        (['"a,2020-01-05,1'], "in.csv 第 2 行 引号"),
    ],
)
def test_a_bad_row_is_told_by_file_row_and_column(tmp_path: Path, lines: list[str], told: str) -> None:
    """Exit 2, and neither a result nor half of one."""
    result = command(written(tmp_path, lines), tmp_path / "out.csv", "--freq", "W")
    assert result.exit_code == 2
    assert told in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_many_bad_rows_are_told_together(tmp_path: Path) -> None:
    """Ten by name, the others by number."""
    source = written(tmp_path, [f"a,2020-01-05,x{n}" for n in range(25)])
    result = command(source, tmp_path / "out.csv", "--freq", "W")
    assert result.output.count("不是非负整数") == 10
    assert "另有 15 处" in result.output


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("series,date,n", "缺少列 count；文件中的列有：series、date、n"),
        ("series,date,count,count", "列 count 出现了不止一次"),
        ("series,date,count,alarm", "已有列 alarm"),
    ],
)
def test_a_bad_header_is_told(tmp_path: Path, header: str, told: str) -> None:
    """A column missing, twice, or named as one of the result."""
    result = command(written(tmp_path, [], header), tmp_path / "out.csv", "--freq", "W")
    assert result.exit_code == 2
    assert told in result.output


def test_no_file_no_detector_and_no_self_overwriting(tmp_path: Path) -> None:
    """Each ends with 2 and says what to do."""
    source = written(tmp_path, weekly("甲"))
    for arguments, told in (
        ((tmp_path / "nowhere.csv", tmp_path / "out.csv"), "没有这个文件"),
        ((source, source), "输入与输出是同一个文件"),
        ((source, tmp_path / "out.csv", "--detector", "magic"), "没有名为 'magic' 的检测器"),
    ):
        result = command(*arguments, "--freq", "W")
        assert result.exit_code == 2
        assert told in result.output
    assert len(source.read_text("utf-8").splitlines()) == WEEKS + 1


def test_a_header_alone_gives_a_header_alone(tmp_path: Path) -> None:
    """No rows are no error."""
    result = command(written(tmp_path, []), tmp_path / "out.csv", "--freq", "D")
    assert result.exit_code == 0
    assert (tmp_path / "out.csv").read_text("utf-8") == "series,date,count,expected,upper,score,alarm\n"


def test_cells_with_commas_quotes_and_other_encodings_survive(tmp_path: Path) -> None:
    """GB 18030 in, UTF-8 out; quoted cells stay one cell."""
    lines = [f'"甲,""乙""",{SUNDAY + timedelta(7 * n)},{n % 5}' for n in range(60)]
    source = tmp_path / "in.csv"
    source.write_bytes("\r\n".join(["Series, Date ,COUNT", *lines]).encode("gb18030"))
    result = command(source, tmp_path / "out.csv", "--freq", "W")
    assert result.exit_code == 0, result.output
    assert {row["Series"] for row in table(tmp_path / "out.csv")} == {'甲,"乙"'}


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-06",
        "2020/1/6",
        "2020.1.6",
        "20200106",
        "2020年1月6日",
        "2020-W02",
        "2020W02",
        "2020-01-06T00:00:00.000",
    ],
)
def test_dates_of_many_forms(text: str) -> None:
    """All of them name Monday, 6 January 2020."""
    assert parse_day(text) == day_number(date(2020, 1, 6))


@pytest.mark.parametrize(
    "text", ["", "2020-02-30", "0020-01-01", "2020-W60", "2020-01-06 12:00", "06/01/2020", "abc"]
)
def test_what_is_no_date(text: str) -> None:
    """Impossible, ambiguous or with a time of day."""
    assert parse_day(text) is None


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
CELLS = st.one_of(PRINTABLE, PRINTABLE.map(lambda text: f'{text},"{text}\n'))


@settings(max_examples=50, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_any_further_cell_is_repeated(tmp_path_factory: pytest.TempPathFactory, notes: list[str]) -> None:
    """Commas, quotation marks and line breaks included: the kept lines read as the file's rows do."""
    path = tmp_path_factory.mktemp("cells") / "in.csv"
    rows = [["甲", str(SUNDAY + timedelta(7 * n)), "1", note] for n, note in enumerate(notes)]
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["series", "date", "count", "note"], *rows])
    text = "\n".join(read_series(path, ()).lines)
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows
