"""`pipeline evaluate`: figures on stdout and in files; what cannot be read is named with file, row and column."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.__main__ import app
from tests.pipeline.replay_files import write_failures, write_replay

ROOT = Path(__file__).parent.parent.parent
WARNED, CALM = "n" * 10 + "oo" + "n" * 188, "n" * 200
LIST = "platform,problem_date,reason\n岚桥优贷,2018-02-10,提现困难\n沐溪财富,2018-03-01,跑路\n"

Run = Callable[..., Result]


@pytest.fixture
def replay(tmp_path: Path) -> Path:
    return write_replay(tmp_path / "replay", {"岚桥优贷": WARNED, "沐溪财富": CALM, "云舟贷": CALM})


@pytest.fixture
def run(tmp_path: Path, replay: Path) -> Run:
    """Evaluates with a list of failures, given as text."""

    def call(text: str = LIST, *options: str) -> Result:
        listed = write_failures(tmp_path / "listed.csv", text)
        arguments = [
            "evaluate",
            "--replay",
            str(replay),
            "--failures",
            str(listed),
            "--draws",
            "20",
            *options,
        ]
        return CliRunner().invoke(app, arguments)

    return call


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_figures_stand_on_stdout_and_in_the_files(run: Run, replay: Path) -> None:
    """One of two failures warned of, 30 days before."""
    result = run()
    assert result.exit_code == 0, result.output
    assert "命中率 POD" in result.stdout
    assert "50.0%" in result.stdout
    found = {(row["method"], row["metric"]): row for row in rows(replay / "evaluation.csv")}
    assert list(rows(replay / "evaluation.csv")[0]) == ["method", "metric", "value", "low", "high", "n"]
    assert found["trustwatch", "pod"]["value"] == "0.5"
    assert found["trustwatch", "pod"]["n"] == "2"
    assert {method for method, _ in found} == {
        "trustwatch", "negative_count", "snownlp_mean", "complaint_count", "random",
    }  # fmt: skip
    (episode,) = rows(replay / "episodes.csv")
    assert (episode["platform"], episode["start"], episode["outcome"]) == ("岚桥优贷", "2018-01-11", "hit")
    judged = rows(replay / "failures_judged.csv")
    assert [(row["hit"], row["lead_days"], row["level_on_eve"]) for row in judged] == [
        ("1", "30", "正常"), ("0", "", "正常"),
    ]  # fmt: skip
    about = json.loads((replay / "evaluation.json").read_text("utf-8"))
    assert (about["level"], about["start"], about["end"]) == ("橙", "2018-01-01", "2018-07-19")


def test_an_unknown_platform_is_named(run: Run) -> None:
    """It does not count, and nobody has to wonder why."""
    result = run(LIST + "青藤理财通,2018-03-03,\n")
    assert result.exit_code == 0
    assert "1 行未计入命中率：不在回放的平台名单中：青藤理财通" in result.stderr


def test_a_row_that_cannot_be_read_is_refused_by_name(run: Run, replay: Path) -> None:
    """Exit code 1; the others count."""
    result = run(LIST + "云舟贷,去年夏天,\n")
    assert result.exit_code == 1
    assert "listed.csv 第 4 行：problem_date “去年夏天” 不是 2018-07-16 这样的日期" in result.stderr
    assert len(rows(replay / "failures_judged.csv")) == 2


@pytest.mark.parametrize(
    "written",
    ["2018-02-10", "2018/2/10", "20180210", "2018年2月10日", "2018-02-10 00:00:00", "2018/2/10 0:00"],
)
def test_dates_as_people_write_them(run: Run, replay: Path, written: str) -> None:
    """All the same day."""
    assert run(f"platform,problem_date\n岚桥优贷,{written}\n").exit_code == 0
    assert rows(replay / "failures_judged.csv")[0]["problem_date"] == "2018-02-10"


def test_results_can_go_elsewhere(run: Run, replay: Path, tmp_path: Path) -> None:
    """--out: the replay's folder stays as it was."""
    before = sorted(path.name for path in replay.iterdir())
    assert run(LIST, "--out", str(tmp_path / "new" / "place")).exit_code == 0
    assert sorted(path.name for path in replay.iterdir()) == before
    assert (tmp_path / "new" / "place" / "evaluation.csv").is_file()


def test_another_level_can_be_the_line(run: Run, replay: Path) -> None:
    """No red day: no hit."""
    assert run(LIST, "--level", "红").exit_code == 0
    found = {(row["method"], row["metric"]): row["value"] for row in rows(replay / "evaluation.csv")}
    assert found["trustwatch", "pod"] == "0"


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("云舟贷,2018-01-03", "云舟贷,2018-13-03", "index_values.csv 第 404 行，列 day：“2018-13-03”不是"),
        (",10.0,10.0,1.0,1.0,正常", ",ten,10.0,1.0,1.0,正常", "第 2 行，列 T：“ten”不是数字"),
        (",正常\n", ",青\n", "第 2 行，列 level：“青”不是预警等级"),
        ("云舟贷,2018-01-03", "云舟贷,2018-01-02", "平台“云舟贷”在 2018-01-02 有不止一行"),
        ("platform,day", "name,day", "缺少列 platform"),
    ],
)
def test_a_broken_replay_is_told_with_its_place(
    run: Run, replay: Path, old: str, new: str, told: str
) -> None:
    """Exit code 2, and nothing is written."""
    spoil(replay / "index_values.csv", old, new)
    result = run()
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (replay / "evaluation.csv").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "文件是空的"),
        ("platform,date\n甲,2018-01-01\n", "缺少列 problem_date"),
        ("platform,problem_date\n", "没有一行可用的出险记录"),
    ],
)
def test_a_list_without_a_usable_row_is_refused(run: Run, text: str, told: str) -> None:
    """Exit code 2 with what is missing."""
    result = run(text)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_folder_without_a_replay_says_which_command_makes_one(run: Run, replay: Path) -> None:
    """The empty folder, and no folder at all."""
    (replay / "index_values.csv").unlink()
    result = run()
    assert result.exit_code == 2
    assert "python -m pipeline replay" in result.stderr


def test_an_unknown_level_is_told(run: Run) -> None:
    """Only the four levels of alarm can be the line."""
    result = run(LIST, "--level", "正常")
    assert result.exit_code == 2
    assert "请用 蓝、黄、橙 或 红" in result.stderr


def test_without_baselines_chance_is_left_to_compare(run: Run, replay: Path) -> None:
    """The table says what is missing."""
    (replay / "baselines.csv").unlink()
    result = run()
    assert result.exit_code == 0
    assert "没有 baselines.csv" in result.stdout


def test_the_list_is_never_overwritten(replay: Path) -> None:
    """It lies in the output folder under the name of a result."""
    listed = write_failures(replay / "failures_judged.csv", LIST)
    result = CliRunner().invoke(app, ["evaluate", "--replay", str(replay), "--failures", str(listed)])
    assert result.exit_code == 2
    assert listed.read_text("utf-8") == LIST


def test_the_same_input_gives_the_same_bytes(replay: Path, tmp_path: Path) -> None:
    """In fresh processes with different hash seeds."""
    listed = write_failures(tmp_path / "listed.csv", LIST)
    outputs = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "pipeline", "evaluate", "--replay", str(replay), "--failures"]
        subprocess.run(
            [*command, str(listed), "--out", str(out), "--draws", "10"],
            check=True, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        outputs.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert outputs[0] == outputs[1]
