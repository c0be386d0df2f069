"""回放与评估 as an analyst meets it: what to run when nothing is there, figures, charts and lists when something is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from app_pages import _evaluation_charts, _evaluations
from pipeline.__main__ import app as commands
from tests.pipeline.replay_files import write_failures, write_replay

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Unfold = Callable[[AppTest], AppTest]
PAGE = "app_pages/replays.py"
WARNED, CALM = "n" * 10 + "oo" + "n" * 188, "n" * 200
LIST = "platform,problem_date,reason\n岚桥<b>贷,2018-02-10,提现困难\n沐溪财富,2018-03-01,跑路\n不认识,2018-03-01,\n"


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one evaluated replay, made by the command itself."""
    data = tmp_path_factory.mktemp("data")
    falsely = "n" * 30 + "ooo" + "n" * 167
    platforms = {"岚桥<b>贷": WARNED, "沐溪财富": CALM, "云舟贷": falsely}
    folder = write_replay(data / "replays" / "春季", platforms)
    listed = write_failures(data / "listed.csv", LIST)
    arguments = ["evaluate", "--replay", str(folder), "--failures", str(listed), "--draws", "20"]
    assert CliRunner().invoke(commands, arguments).exit_code == 0
    return data


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("TRUSTWATCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.usefixtures("data", "database")
def test_an_empty_page_says_which_two_commands_to_run(visit: Visit) -> None:
    """Replay, then evaluate, into the folder that the page reads."""
    app = visit(PAGE)
    assert not app.exception
    (code,) = [one.value for one in app.code]
    first, second = code.splitlines()
    assert first.startswith("python -m pipeline replay ")
    assert first.endswith("--out data/replays/2018")
    assert second == "python -m pipeline evaluate --replay data/replays/2018 --failures 出险名单.csv"


@pytest.mark.usefixtures("database")
def test_a_replay_without_evaluation_says_what_is_missing(visit: Visit, said: Said, data: Path) -> None:
    """The command with its own name in it."""
    write_replay(data / "replays" / "夏季", {"甲": CALM})
    app = visit(PAGE)
    assert "“夏季”还没有评估" in said(app)
    assert "--replay data/replays/夏季" in app.code[0].value


@pytest.fixture
def page(evaluated: Path, monkeypatch: pytest.MonkeyPatch, database: object, visit: Visit) -> AppTest:
    """The page with the evaluated replay."""
    monkeypatch.setenv("TRUSTWATCH_DATA", str(evaluated))
    return visit(PAGE)


def test_figures_stand_beside_what_one_would_use_instead(page: AppTest, said: Said) -> None:
    """Five methods as columns, ours first; one of two failures, with its interval and its limits."""
    html = said(page)
    assert not page.exception
    for name in ("本系统", "负面条数", "SnowNLP 均值", "投诉条数", "随机预警"):
        assert f">{name}</th>" in html
    assert '命中率 POD</span></td><td class="num" data-label="本系统">50.0%<span' in html
    assert "参评出险只有 2 家" in html
    assert "按平台抽样 20 次" in html


def test_every_failure_and_every_episode_is_listed(page: AppTest, said: Said) -> None:
    """With outcome; markup in a name stays text; an unknown platform is named."""
    html = said(page)
    assert "岚桥&lt;b&gt;贷" in html
    assert "岚桥<b>贷" not in html
    assert "不在回放名单中" in html
    assert [one.value for one in page.header][-2:] == [
        "每次出险之前显示的是什么？（3）",
        "发出过哪些预警？（2）",
    ]


def test_the_lists_can_be_downloaded(page: AppTest, unfold: Unfold) -> None:
    """Figures, failures, episodes, and the data of both charts."""
    keys = {one.key for one in unfold(page).get("download_button")}
    tables = ("evaluation", "failures_judged", "episodes", "lead_times", "curve")
    assert keys == {f"{form}_{table}" for form in ("csv", "xlsx") for table in tables}


def test_types_of_failure_have_their_own_row(page: AppTest, said: Said) -> None:
    """提现困难 was warned of, 跑路 was not."""
    html = said(page)
    part = html[html.index("各类出险的命中率") :]
    assert part.index("提现困难") < part.index("100.0%")
    assert "0.0%" in part[part.index("跑路") : part.index("</table>")]


def test_a_file_that_cannot_be_read_is_named(evaluated: Path, page: AppTest, said: Said) -> None:
    """With the command that writes it anew; the page does not fall over."""
    path = evaluated / "replays" / "春季" / "curve.csv"
    kept = path.read_bytes()
    path.write_text("method,level\n", "utf-8")
    try:
        (evaluated / "replays" / "春季" / "evaluation.csv").touch()
        app = page.run()
    finally:
        path.write_bytes(kept)
        (evaluated / "replays" / "春季" / "evaluation.csv").touch()
    assert not app.exception
    assert "curve.csv 缺少列 pod" in said(app)


def test_the_chosen_replay_is_in_the_address(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, database: object, visit: Visit
) -> None:
    """A name that is not there falls back to one that is."""
    monkeypatch.setenv("TRUSTWATCH_DATA", str(evaluated))
    assert visit(PAGE, replay="没有").query_params["replay"] == "春季"


def test_only_replays_are_offered(data: Path) -> None:
    """A folder of anything else is none; nothing outside the folder can be named."""
    (data / "replays" / "别的").mkdir(parents=True)
    write_replay(data / "replays" / "甲", {"甲": CALM})
    assert _evaluations.replays() == {"甲": False}


def test_lead_times_fall_into_bins_of_ten_days() -> None:
    """1 and 10 in the first, 11 in the second, 90 in the ninth, longer ones apart; misses nowhere."""
    rows = pd.DataFrame(
        {"hit": [1, 1, 1, 1, 1, 0], "lead_days": [1, 10, 11, 90, 90, None], "over_90": [0, 0, 0, 0, 1, None]}
    )
    bins = _evaluation_charts.lead_bins(rows)["failures"].tolist()
    assert bins == [2, 1, 0, 0, 0, 0, 0, 0, 1, 1]


def test_the_cost_chart_marks_levels_with_their_glyphs() -> None:
    """Ours labelled by level; every method told apart by dash as well as by colour."""
    curve = pd.DataFrame(
        [
            (method, level, 0.5, 0.2)
            for method in ("trustwatch", "negative_count", "random")
            for level in ("蓝", "橙")
        ],
        columns=["method", "level", "pod", "false_alarms_per_platform_year"],
    )
    figure = _evaluation_charts.cost(curve)
    assert [trace.name for trace in figure.data] == ["本系统", "负面条数", "随机预警"]
    assert list(figure.data[0].marker.symbol) == ["circle", "triangle-up"]
    assert len({trace.line.dash for trace in figure.data}) == 3
