"""The command `replay`: its files, what counts on which day, and what it says of input that cannot be right."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pipeline.__main__ import app
from pipeline.replay.platforms import read_platforms
from pipeline.replay.reading import in_sample
from pipeline.replay.runs import read_runs
from settings.loader import FOLDER
from signals.model import Kind
from tests.pipeline.streams import (
    CLEARED,
    COMPLAINTS,
    PLATFORMS,
    PRESS,
    REPORTS,
    START,
    Row,
    document,
    replay,
    told,
    values,
    write_rows,
)

ROOT = Path(__file__).parents[2]
ONE, OTHER = PLATFORMS[0], PLATFORMS[1]
END = START + timedelta(days=9)
LEVELS = {"正常", "蓝", "黄", "橙", "红", "数据不足"}


def complaints(first: int, count: int, day: date, name: str = ONE) -> list[Row]:
    """Distinct people who cannot withdraw."""
    return [
        document(f"c{n}", day, "complaint", COMPLAINTS[0].format(name=name, n=n + 2), author=f"用户{n}")
        for n in range(first, first + count)
    ]


def at(out: Path, day: date, name: str = ONE) -> pd.Series:
    """The row of a platform and day."""
    found = values(out)
    return found[(found["platform"] == name) & (found["day"] == day.isoformat())].iloc[0]


def command(folder: Path, rows: Sequence[Row], *more: str, platforms: str = f"platform\n{ONE}\n") -> Result:
    """The command as a user gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "platforms.csv"
    listed.write_text(platforms, "utf-8")
    docs = write_rows(folder / "docs.csv", rows)
    files = ["--documents", str(docs), "--platforms", str(listed), "--out", str(folder / "out")]
    period = [
        "--start",
        START.isoformat(),
        "--end",
        END.isoformat(),
        "--workers",
        "1",
        "--snownlp-share",
        "0",
    ]
    return CliRunner().invoke(app, ["replay", *files, *period, *more])


def test_every_platform_has_a_row_for_every_day_under_its_name_as_written(tmp_path: Path) -> None:
    """Names come back byte for byte, mentioned or not, whatever characters they hold."""
    names = [ONE, ' 空格"引号" ', "逗号,财富", "从未被提及宝"]
    out = replay(tmp_path, complaints(0, 3, START), platforms=names, end=END)
    with (out / "index_values.csv").open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    assert header == ["platform", "day", *"RNCKSDYT", "composite", "scope", "coverage", "level"]
    days = [(START + timedelta(days=n)).isoformat() for n in range(10)]
    assert [(row[0], row[1]) for row in rows] == [(name, day) for day in days for name in names]
    assert {row[-1] for row in rows} <= LEVELS


def test_the_files_have_the_columns_that_were_agreed(tmp_path: Path) -> None:
    """Other programs read them by name; the industry is never among the platforms."""
    out = replay(tmp_path, complaints(0, 8, START) + complaints(8, 8, START + timedelta(days=1)), end=END)
    headers = {path.name: path.read_text("utf-8").splitlines()[0] for path in out.glob("*.csv")}
    assert headers["flips.csv"] == "platform,day,from,to,reason"
    assert headers["baselines.csv"] == "platform,day,negative_count,complaint_count,snownlp_mean"
    assert headers["industry.csv"].startswith("platform,day,R,N,C,K,S,D,Y,P,T,composite")
    assert "全行业" not in (out / "index_values.csv").read_text("utf-8")
    assert len(pd.read_csv(out / "industry.csv")) == 10
    described = json.loads((out / "replay.json").read_text("utf-8"))
    assert described["kinds"] == ["regulatory", "news", "social", "complaint"]
    assert described["start"] == START.isoformat()
    assert described["rows"]["documents"] == 16


def test_a_flip_tells_from_where_to_where_and_why(tmp_path: Path) -> None:
    """Complaints on two days running: the change of level has its day and its sentence, and follows the rows."""
    out = replay(tmp_path, complaints(0, 8, START) + complaints(8, 8, START + timedelta(days=1)), end=END)
    flips = pd.read_csv(out / "flips.csv")
    first = flips.iloc[0]
    assert (first["platform"], first["day"], first["from"]) == (
        ONE,
        (START + timedelta(days=1)).isoformat(),
        "正常",
    )
    assert first["to"] in {"橙", "红"}
    assert "提现困难" in first["reason"]
    levels = values(out).query("platform == @ONE").set_index("day")["level"]
    shown = "正常"
    for day, level in levels.items():
        changed = flips[(flips["platform"] == ONE) & (flips["day"] == day)]
        assert len(changed) == (level != shown)
        shown = level


def test_what_is_not_observed_is_nan_and_what_is_observed_is_a_number(tmp_path: Path) -> None:
    """Without indicators Y is NaN; a configured kind that brought nothing reads 0."""
    out = replay(tmp_path, complaints(0, 1, START), end=END)
    text = (out / "index_values.csv").read_text("utf-8").splitlines()[1]
    assert ",NaN," in text
    row = at(out, START)
    assert np.isnan(row["Y"])
    assert row["R"] == row["N"] == 0
    assert row["coverage"] == 1
    counted = pd.read_csv(out / "baselines.csv").iloc[0]
    assert (counted["negative_count"], counted["complaint_count"]) == (0, 1)
    assert np.isnan(counted["snownlp_mean"])


def test_history_counts_and_the_future_does_not(tmp_path: Path) -> None:
    """Documents before the start weigh on the first day; what becomes available after the end is as if unwritten."""
    before, after = START - timedelta(days=2), END + timedelta(days=1)
    quiet = replay(tmp_path / "quiet", complaints(0, 1, END), end=END)
    known = replay(tmp_path / "known", complaints(0, 1, END) + complaints(1, 6, before), end=END)
    later = replay(tmp_path / "later", complaints(0, 1, END) + complaints(1, 6, after), end=END)
    assert at(known, START)["C"] > at(quiet, START)["C"]
    assert (later / "index_values.csv").read_bytes() == (quiet / "index_values.csv").read_bytes()


def test_a_document_counts_from_the_later_of_publication_and_first_sight(tmp_path: Path) -> None:
    """Published on one day, seen on another: the day before it was seen knows nothing; a bare date is midnight."""
    seen = START + timedelta(days=3)
    rows = [row | {"first_seen_at": f"{seen}T18:00:00"} for row in complaints(0, 6, START)]
    out = replay(tmp_path, rows, end=END)
    assert at(out, seen - timedelta(days=1))["C"] == 0
    assert at(out, seen)["C"] > 0
    assert at(replay(tmp_path / "bare", complaints(0, 6, START), end=END), START)["C"] > 0


def test_only_configured_kinds_are_read_and_in_scope(tmp_path: Path) -> None:
    """Disclosure is left out unless asked for; with complaints alone every index fed by others is out of scope."""
    own = [
        document("d1", START, "disclosure", f"{ONE}公告：即日起停止兑付，请出借人耐心等待。", publisher=ONE)
    ]
    tally = told(tmp_path / "usual", own, end=END)
    assert (tally.documents, tally.other_kinds) == (0, 1)
    asked = replay(tmp_path / "asked", own, kinds=tuple(Kind), end=END)
    assert at(asked, START)["T"] >= 80
    alone = at(replay(tmp_path / "alone", complaints(0, 1, START), kinds=(Kind.COMPLAINT,), end=END), START)
    assert np.isnan(alone["N"])
    assert alone["C"] > 0
    assert alone["scope"] < 0.5


def test_a_bad_row_is_named_and_the_others_count(tmp_path: Path) -> None:
    """File, row and field on standard error; the exit code says that something was refused."""
    good = complaints(0, 3, START)
    bad = [
        document("x1", "不是日期", "news", "甲"),
        document("x2", START, "blog", "乙"),
        document("", START, "news", "丙"),
        document("x4", "", "news", "丁"),
    ]
    done = command(tmp_path, good + bad)
    assert done.exit_code == 1, done.output
    for row, field in ((5, "published_at"), (6, "kind"), (7, "id"), (8, "published_at")):
        assert f"docs.csv 第 {row} 行：{field}" in done.stderr
    assert values(tmp_path / "out")["C"].max() > 0


def test_an_id_counts_once_as_first_available(tmp_path: Path) -> None:
    """The same row again is no second document; another content under the id is refused, naming both rows."""
    first, second = complaints(0, 2, START)
    other = first | {"published_at": (START + timedelta(days=4)).isoformat(), "text": f"{ONE}很好"}
    tally = told(tmp_path / "twice", [other, first, second, first], end=END)
    assert (tally.documents, tally.duplicates, len(tally.faults)) == (2, 1, 1)
    assert tally.faults[0][0] == 2
    assert "第 3 行" in tally.faults[0][1]
    once = replay(tmp_path / "once", [first, second], end=END)
    assert (tmp_path / "twice" / "out" / "index_values.csv").read_bytes() == (
        once / "index_values.csv"
    ).read_bytes()


@pytest.mark.parametrize(
    ("more", "platforms", "said"),
    [
        (("--kinds", "news,blog"), f"platform\n{ONE}\n", "--kinds"),
        (("--start", "2025-13-01"), f"platform\n{ONE}\n", "--start"),
        (("--end", "2020-01-01"), f"platform\n{ONE}\n", "--end"),
        ((), f"platform\n{ONE}\n{ONE}\n", "platforms.csv 第 3 行"),
        ((), "platform\n", "没有任何平台"),
        ((), f"name\n{ONE}\n", "platform"),
    ],
)
def test_what_cannot_be_right_ends_with_a_sentence_and_writes_nothing(
    tmp_path: Path, more: tuple[str, ...], platforms: str, said: str
) -> None:
    """Exit code 2, the argument or the file and row named, no result folder with half of a result."""
    done = command(tmp_path, complaints(0, 1, START), *more, platforms=platforms)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert not list((tmp_path / "out").glob("*"))


def test_a_missing_column_is_told_before_anything_is_read(tmp_path: Path) -> None:
    """The columns there are, too: the reader may only have another name for it."""
    rows = [{name: cell for name, cell in row.items() if name != "kind"} for row in complaints(0, 2, START)]
    done = command(tmp_path, rows)
    assert done.exit_code == 2
    assert "docs.csv：缺少列 kind" in done.stderr


def test_results_are_replaced_whole_and_other_files_stay(tmp_path: Path) -> None:
    """A second replay into a folder replaces the first one's files, a failed one leaves them; all else is untouched."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "别的.txt").write_text("留着", "utf-8")
    assert command(tmp_path, complaints(0, 6, START)).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert command(tmp_path, complaints(0, 1, START), "--kinds", "blog").exit_code == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert command(tmp_path, complaints(0, 1, START)).exit_code == 0
    assert (out / "index_values.csv").read_bytes() != before["index_values.csv"]
    assert {path.name for path in out.iterdir()} == set(before)
    assert (out / "别的.txt").read_text("utf-8") == "留着"


def test_killed_it_leaves_no_half_result(tmp_path: Path) -> None:
    """kill -9 while it works: no result file stands, its processes end, and the next run is whole."""
    rows = [row | {"id": f"k{n}"} for n in range(4000) for row in complaints(n, 1, START)]
    docs = write_rows(tmp_path / "docs.csv", rows)
    listed = write_rows(tmp_path / "platforms.csv", [{"platform": ONE}])
    files = ["--documents", str(docs), "--platforms", str(listed), "--out", str(tmp_path / "out")]
    period = [
        "--start",
        START.isoformat(),
        "--end",
        END.isoformat(),
        "--workers",
        "2",
        "--snownlp-share",
        "0",
    ]
    process = subprocess.Popen([sys.executable, "-m", "pipeline", "replay", *files, *period], cwd=ROOT)
    while not (tmp_path / "out").is_dir():
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix in {".csv", ".json"}]
    assert command(tmp_path, complaints(0, 6, START)).exit_code == 0
    assert not list((tmp_path / "out").glob("*.part"))


def test_a_kind_that_did_not_answer_is_unknown_not_calm(tmp_path: Path) -> None:
    """RUNS says that nothing answered: no value, coverage 0, after three days 数据不足; no day before it changes."""
    rows = complaints(0, 2, START)
    silent = [START + timedelta(days=n) for n in range(3, 9)]
    runs = write_rows(
        tmp_path / "runs.csv",
        [
            {"kind": kind, "day": day.isoformat(), "answered": "0"}
            for day in silent
            for kind in ("regulatory", "news", "social", "complaint")
        ],
    )
    usual = replay(tmp_path / "usual", rows, end=END)
    dark = replay(tmp_path / "dark", rows, end=END, runs=read_runs(runs))
    assert at(dark, silent[0])["coverage"] == 0
    assert np.isnan(at(dark, silent[0])["C"])
    assert at(dark, silent[-1])["level"] == "数据不足"
    before = values(dark)["day"] < silent[0].isoformat()
    pd.testing.assert_frame_equal(values(dark)[before], values(usual)[before])
    counted = pd.read_csv(dark / "baselines.csv").set_index(["platform", "day"])
    assert np.isnan(counted.loc[(ONE, silent[0].isoformat()), "complaint_count"])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "blog", "day": "2025-07-08", "answered": "1"}, "kind"),
        ({"kind": "news", "day": "昨天", "answered": "1"}, "day"),
        ({"kind": "news", "day": "2025-07-08", "answered": "也许"}, "answered"),
        ({"kind": "news", "day": "2025-07-08", "answered": "1", "items": "-3"}, "items"),
    ],
)
def test_a_bad_row_of_runs_ends_the_command(tmp_path: Path, row: Row, field: str) -> None:
    """Scope rests on this small file: it must be right in every row."""
    runs = write_rows(tmp_path / "runs.csv", [row])
    done = command(tmp_path, complaints(0, 1, START), "--runs", str(runs))
    assert done.exit_code == 2
    assert f"runs.csv 第 2 行：{field}" in done.stderr


def test_other_thresholds_give_other_levels(tmp_path: Path) -> None:
    """--thresholds names a file of the shape of levels.toml; one that is wrong is refused by name."""
    text = (FOLDER / "levels.toml").read_text("utf-8")
    low = tmp_path / "low.toml"
    low.write_text(
        text.replace("enter = 25", "enter = 1").replace("leave_margin = 5", "leave_margin = 0.5"), "utf-8"
    )
    rows = complaints(0, 1, START)
    assert command(tmp_path / "usual", rows).exit_code == 0
    assert command(tmp_path / "low", rows, "--thresholds", str(low)).exit_code == 0
    assert set(values(tmp_path / "usual" / "out")["level"]) == {"正常"}
    assert "蓝" in set(values(tmp_path / "low" / "out")["level"])
    low.write_text(text.replace("enter = 25", "enter = 99"), "utf-8")
    wrong = command(tmp_path / "wrong", rows, "--thresholds", str(low))
    assert wrong.exit_code == 2
    assert "low.toml" in wrong.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("need_days = 2", "need_days = 9", "need_days"),
        ("leave_margin = 5", "leave_margin = 30", "leave_margin"),
        ("R = 0.20\n", "", "weights.R"),
    ],
)
def test_thresholds_that_cannot_work_are_refused(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    """What the page refuses, the command refuses: lines that nothing reaches or leaves, an index without a weight."""
    text = (FOLDER / "levels.toml").read_text("utf-8")
    assert right in text
    file = tmp_path / "odd.toml"
    file.write_text(text.replace(right, wrong), "utf-8")
    result = command(tmp_path / "odd", complaints(0, 1, START), "--thresholds", str(file))
    assert result.exit_code == 2
    assert "odd.toml" in result.stderr
    assert told in result.stderr
    assert not (tmp_path / "odd" / "out").exists()


def test_a_file_of_a_header_alone_is_a_replay_without_documents(tmp_path: Path) -> None:
    """So a file cut before its first document is: calm or unknown days, no error."""
    assert command(tmp_path, ()).exit_code == 0
    assert set(values(tmp_path / "out")["level"]) == {"正常"}


def test_a_denial_changes_the_days_from_its_own_on(tmp_path: Path) -> None:
    """A rumour stands as it stood until an authority clears it; from that day on its history is gone."""
    rumour = [
        document(
            f"f{n}",
            START + timedelta(days=n // 2),
            "news",
            REPORTS[n % 2].format(name=ONE, n=n + 5),
            publisher=paper,
        )
        for n, paper in enumerate(PRESS)
    ]
    day = START + timedelta(days=3)
    cleared = document("f", day, "regulatory", CLEARED.format(name=ONE), publisher="示例市金融监管局")
    believed, denied = (
        replay(tmp_path / "a", rumour, end=END),
        replay(tmp_path / "b", [*rumour, cleared], end=END),
    )
    before = values(denied)["day"] < day.isoformat()
    pd.testing.assert_frame_equal(values(believed)[before], values(denied)[before])
    assert at(denied, day - timedelta(days=1))["level"] in {"橙", "红"}
    assert at(believed, day)["level"] in {"橙", "红"}
    assert at(denied, day)["composite"] < 60
    assert at(denied, day)["level"] not in {"橙", "红"}


def test_who_is_an_authority(tmp_path: Path) -> None:
    """A regulatory document speaks officially unless its publisher is an association or press, or the file says no."""
    text = f"经查，{ONE}涉嫌非法吸收公众存款，公安机关已依法立案侦查。"
    levels = {}
    for name, more in {
        "office": {"publisher": "示例市公安局"},
        "association": {"publisher": "示例市网贷协会"},
        "denied": {"publisher": "示例市公安局", "official": "0"},
    }.items():
        out = replay(tmp_path / name, [document("a", START, "regulatory", text, **more)], end=END)
        levels[name] = at(out, START)["level"]
    assert levels == {"office": "红", "association": "正常", "denied": "正常"}


def test_copies_count_as_one_story(tmp_path: Path) -> None:
    """Ten sites with one text weigh less than ten reports of their own."""
    text = REPORTS[2].format(name=ONE, n=9) + "公司注册资本为三千万元，股东之间近期没有变化。"
    copies = [
        document(f"a{n}", START, "news", f"【{PRESS[n % 5]}讯】{text}", publisher=f"站点{n}")
        for n in range(10)
    ]
    own = [
        document(
            f"b{n}",
            START + timedelta(hours=n),
            "news",
            report.format(name=ONE, n=n + 3) + tail,
            publisher=f"站点{n}",
        )
        for n, (report, tail) in enumerate(
            zip(
                REPORTS * 4,
                (
                    "昨日下午三时许，示例路办公楼前聚集了数十人。",
                    "律师提醒投资人保留合同与转账凭证。",
                    "该公司去年营业收入下降两成。",
                    "其合作银行表示存管协议仍在履行。",
                    "客服热线连续三日无人接听。",
                    "工商资料显示法定代表人上月变更。",
                    "有员工称工资已拖欠两个月。",
                    "多个城市的门店已经停止营业。",
                    "行业人士认为期限错配是主因。",
                    "平台曾在公告中承诺月底解决。",
                ),
                strict=False,
            )
        )
    ]
    assert (
        at(replay(tmp_path / "a", copies, end=END), START)["N"]
        < at(replay(tmp_path / "b", own, end=END), START)["N"]
    )


def test_a_name_that_two_platforms_bear_belongs_to_the_first(tmp_path: Path) -> None:
    """Each string means one platform; the file's reader is told which row lost it."""
    listed = tmp_path / "platforms.csv"
    listed.write_text(f"platform,aliases\n{ONE},岚桥;岚桥网贷\n{OTHER},岚桥网贷\n岚桥网贷,\n", "utf-8")
    watched = read_platforms(listed)
    assert watched.written == (ONE, OTHER, "岚桥网贷")
    assert len(watched.notes) == 2
    assert "第 3 行" in watched.notes[0]
    assert "岚桥网贷" not in (watched.platforms[1].brand, watched.platforms[2].name)


def test_indicators_bring_y_into_scope_from_when_they_were_known(tmp_path: Path) -> None:
    """Figures of a month count from the day they were available; rows of unknown platforms are counted, not refused."""
    known = START + timedelta(days=4)
    rows = [
        {
            "platform": name,
            "name": "yield",
            "period_end": end,
            "value": "8",
            "unit": "%",
            "available_at": available,
        }
        for name in (ONE, "名单之外")
        for end, available in (("2025-06-30", known.isoformat()),)
    ]
    figures = write_rows(tmp_path / "figures.csv", rows)
    done = command(tmp_path, complaints(0, 1, START), "--indicators", str(figures))
    assert done.exit_code == 0, done.output
    assert "1 行的平台不在平台名单中" in done.stderr
    scope = [at(tmp_path / "out", START + timedelta(days=n))["scope"] for n in range(10)]
    assert scope[3] < scope[4]
    assert len(set(scope)) == 2


def test_the_sample_for_snownlp_rests_on_the_id_alone() -> None:
    """A smaller share samples some of the same documents; about so many are sampled."""
    names = [f"文档-{n}" for n in range(20_000)]
    few, more = ({name for name in names if in_sample(name, share)} for share in (0.01, 0.05))
    assert few <= more
    assert 120 < len(few) < 280
    assert not any(in_sample(name, 0.0) for name in names)
    assert all(in_sample(name, 1.0) for name in names)
