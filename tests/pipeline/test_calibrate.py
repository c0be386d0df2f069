"""`pipeline calibrate`: fitted on what it saw, judged on what it did not see, proposed and never in force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from db import read, write
from db.roles import command_line
from db.schema import ThresholdVersion
from db.session import Database
from pipeline.__main__ import app
from pipeline.thresholds_file import write_thresholds
from settings.loader import load, read_thresholds
from signals.composite import Rules
from signals.evaluation.calibrate import Goal, case, fit, folds
from signals.evaluation.failures import lay
from signals.evaluation.grid import grid
from signals.evaluation.recompute import material
from tests.signals.replays import failed, on

DAYS, FAILED = 130, 80
NAMES = [f"虚构平台{n}" for n in range(12)]
FAILING = NAMES[:6]
SETTINGS = load()


def replayed() -> pd.DataFrame:
    """Complaints reach 76 before every failure, just under the line of orange; policy noise in R tells nothing."""
    rng = np.random.default_rng(7)
    rows = []
    for name in NAMES:
        complaints = np.full(DAYS, 5.0)
        if name in FAILING:
            complaints[FAILED - 30 : FAILED + 10] = 76.0
        noise = rng.uniform(0, 20, DAYS)
        for n in range(DAYS):
            rows.append((name, on(n), noise[n], complaints[n]))
    table = pd.DataFrame(rows, columns=["platform", "day", "R", "C"])
    t = SETTINGS.thresholds
    q = np.sqrt(
        (t.weights["R"] * table["R"] ** 2 + t.weights["C"] * table["C"] ** 2)
        / (t.weights["R"] + t.weights["C"])
    )
    table["T"] = np.maximum(q, t.single_index_share * table[["R", "C"]].max(axis=1))
    others = dict.fromkeys(("N", "K", "S", "D", "Y"), np.nan)
    return table.assign(**others, composite=table["T"], scope=0.42, coverage=1.0, level="正常")


def prepared(folder: Path) -> Path:
    """A replay and its list of failures."""
    (folder / "replay").mkdir()
    replayed().to_csv(folder / "replay" / "index_values.csv", index=False)
    told = "".join(f"{name},{on(FAILED)}\n" for name in FAILING)
    (folder / "listed.csv").write_text("platform,problem_date\n" + told, "utf-8")
    return folder


def calibrate(folder: Path, *options: str) -> Result:
    """The command on such a folder; the proposal is new.toml in it."""
    paths = ["--replay", str(folder / "replay"), "--failures", str(folder / "listed.csv")]
    return CliRunner().invoke(app, ["calibrate", *paths, "--out", str(folder / "new.toml"), *options])


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Calibrated once for the tests that only look."""
    folder = prepared(tmp_path_factory.mktemp("calibrated"))
    return folder, calibrate(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def test_a_signal_just_under_the_line_is_found(done: tuple[Path, Result]) -> None:
    """Before: no failure warned of; after, on platforms that the fit did not see: all of them, no false alarm."""
    folder, result = done
    assert result.exit_code == 0, result.output
    lines = {
        line.split()[0]: line.split() for line in result.stdout.splitlines() if "%" in line and line.strip()
    }
    assert lines["之前"][2] == "0.0%"
    assert lines["之后，样本外"][2:4] == ["100.0%", "0.00"]
    new = read_thresholds(folder / "new.toml")
    assert new != SETTINGS.thresholds
    assert sum(new.weights.values()) == pytest.approx(sum(SETTINGS.thresholds.weights.values()), abs=0.005)


def test_the_file_tells_what_it_rests_on(done: tuple[Path, Result]) -> None:
    """The loss, before, after, held out, and c apart, as comments."""
    text = (done[0] / "new.toml").read_text("utf-8")
    for told in ("未生效", "损失 =", "之前：", "样本外", "c 的建议（不在本文件中）"):
        assert told in text


def test_a_proposal_is_stored_and_in_force_for_nobody(
    done: tuple[Path, Result], folder: Path, data_folder: Path
) -> None:
    """State `proposed`; the active version stays the seeded one. The same input gave the same file, bit for bit."""
    result = calibrate(folder, "--propose", "--who", "陈一")
    assert result.exit_code == 0, result.output
    with (
        Database.open(f"sqlite:///{data_folder / 'trustwatch.db'}") as database,
        database.reading() as session,
    ):
        stored = session.execute(
            select(ThresholdVersion.state, ThresholdVersion.who, ThresholdVersion.content)
        ).all()
        _, active = read.active_thresholds(session, datetime(2100, 1, 1, tzinfo=UTC))
    (proposed,) = [row for row in stored if row.state == "proposed"]
    assert proposed.who == "陈一"
    assert proposed.content == read_thresholds(folder / "new.toml").model_dump(mode="json")
    assert active == SETTINGS.thresholds
    assert (folder / "new.toml").read_bytes() == (done[0] / "new.toml").read_bytes()


def test_a_replay_made_with_other_weights_is_noticed(folder: Path) -> None:
    """T cannot be recomputed from its indices."""
    table = pd.read_csv(folder / "replay" / "index_values.csv")
    table["T"] = table["T"] * 0.9
    table.to_csv(folder / "replay" / "index_values.csv", index=False)
    assert "能由分项指数复算出 T" in calibrate(folder).stderr


def test_too_few_failures_are_refused(folder: Path) -> None:
    """Cross-validation by platform needs five."""
    (folder / "listed.csv").write_text(f"platform,problem_date\n{FAILING[0]},{on(FAILED)}\n", "utf-8")
    result = calibrate(folder)
    assert result.exit_code == 2
    assert "只有 1 家" in result.stderr


def test_lists_must_fit_the_replays(folder: Path) -> None:
    """One list for all, or one for each."""
    again = ["--failures", str(folder / "listed.csv")]
    result = calibrate(folder, *again, *again)
    assert result.exit_code == 2
    assert "给出了 1 个 --replay、3 份 --failures" in result.stderr


def test_held_out_platforms_are_judged_by_a_fit_that_did_not_see_them() -> None:
    """A platform whose own noise is the only thing to learn gains nothing held out. Folds: disjoint, each with a
    failure, the same for one name in two replays."""
    rows = replayed()
    rules = Rules(SETTINGS.thresholds, SETTINGS.indices)
    over = grid(rows)
    listed = failed(*((name, FAILED) for name in FAILING))
    one = case(material(rows, over, rules), lay(listed, over))
    fold = folds([one, one], 5)
    assert fold[: len(NAMES)].tolist() == fold[len(NAMES) :].tolist()
    assert set(fold[: len(NAMES)][one.failures.judged]) == set(range(5))


def test_fitting_never_worsens_what_it_saw() -> None:
    """The search keeps only what lowers the loss, the distance from the start included."""
    rows = replayed()
    over = grid(rows)
    listed = failed(*((name, FAILED) for name in FAILING))
    one = case(material(rows, over, Rules(SETTINGS.thresholds, SETTINGS.indices)), lay(listed, over))
    found = fit([one], SETTINGS.thresholds, Goal(), number_of_folds=2)
    assert found.after.loss <= found.before.loss


def test_a_thresholds_file_reads_back_as_it_was(tmp_path: Path) -> None:
    """Every field, words with quotation marks in the remarks included."""
    path = tmp_path / "t.toml"
    write_thresholds(path, SETTINGS.thresholds, ['说明"甲"'])
    assert read_thresholds(path) == SETTINGS.thresholds
    assert [p.name for p in tmp_path.iterdir()] == ["t.toml"]


def test_proposing_does_not_touch_what_is_active(data_folder: Path) -> None:
    """Another content is another version; the same content and reason is the same one."""
    now = datetime(2026, 3, 10, tzinfo=UTC)
    with Database.open(f"sqlite:///{data_folder / 'p.db'}") as database:
        database.migrate()
        with database.writing() as session:
            active = write.seed_thresholds(session, SETTINGS.thresholds, now)
            one = write.propose_thresholds(
                session, SETTINGS.thresholds, actor=command_line("甲"), why="试", now=now
            )
            two = write.propose_thresholds(
                session, SETTINGS.thresholds, actor=command_line("乙"), why="试", now=now
            )
            found = read.active_thresholds(session, datetime(2100, 1, 1, tzinfo=UTC))[0]
            (entry,) = read.audit(session).to_dict("records")
    assert one == two != active == found
    assert (entry["actor"], entry["action"], entry["reason"]) == ("甲", "threshold_submit", "试")
