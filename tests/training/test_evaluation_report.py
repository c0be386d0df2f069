"""docs/evaluation.md as it is rendered: one row per engine and kind of fold, speeds once, nothing left unfilled."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")

from bench import score_speed
from training import compare
from training.data import Labelled
from training.evaluation_report import Measured, Report, render, speed_table, table

FIGURES = {"rows": 7, "f1": 0.9, "f1_low": 0.85, "f1_high": 1.0, "auc": 0.95, "ece": 0.02}


@pytest.fixture
def report() -> Report:
    tasks = {"document": FIGURES, "platform": FIGURES}
    ours = Measured(
        "ours", "TrustWatch", {"never seen": tasks, "known": tasks},
        {"per_second": 5000.0, "memory": 80.0, "start_up": 0.5},
    )  # fmt: skip
    snow = Measured(
        "snownlp", "SnowNLP as shipped", {"never seen": {"document": FIGURES}},
        {"per_second": 25.0, "memory": 450.0, "start_up": 3.0},
    )  # fmt: skip
    rows = Labelled(["一", "二"], [["甲"], []], [{"甲"}, set()], np.array([1, 0]))
    run = {
        **{
            "what": "names to be found",
            "platforms": "100,000 invented names",
            "workers": 2,
            "per_second": None,
        },
        **{"per_clock_second": 3900.0, "start_up": 2.0, "start_up_clock": 2.1, "memory": 300.0},
    }
    return Report(rows, 1, 5, [ours, snow], [run], 2, 200, "python -m y")


def test_a_row_for_every_engine_and_kind_of_fold(report: Report) -> None:
    """Speeds stand in an engine's first row, the ratio is to SnowNLP, a missing task is a dash."""
    lines = table(report).splitlines()[2:]
    assert lines[0] == (
        "| TrustWatch | never seen | 7 | .900 (.850–1.000) | .950 | .020 | .900 (.850–1.000) | .950 | .020 "
        "| 5,000 | 200.0 | 80 | 0.5 |"
    )
    assert lines[1].endswith("|  |  |  |  |")
    assert "| – | – | – |" in lines[2]
    assert len({line.count("|") for line in lines}) == 1


def test_several_workers_have_no_processor_time(report: Report) -> None:
    """A figure that was not measured is a dash."""
    assert "| 2 | – | – | 3,900 | 2.0 (2.1) | 300 |" in speed_table(report)


def test_the_document_is_whole(report: Report) -> None:
    """No placeholder is left, commands stand beside the tables."""
    text = render(report)
    assert "$" not in text
    assert table(report) in text
    assert speed_table(report) in text
    assert "1 of 5" in text
    assert text.count("    python -m y\n") == 2


def test_speed_is_measured_on_different_texts_of_one_length() -> None:
    """Short texts are left out, long ones cut, copies counted once."""
    long, short = "字" * (compare.LENGTH + 5), "短"
    rows = Labelled(
        [long, long + "尾", short], [["甲"], ["乙"], []], [set(), set(), set()], np.zeros(3, np.int64)
    )
    assert compare.timed_texts(rows) == [("字" * compare.LENGTH, ["甲"])]


def test_invented_names_are_different_and_the_same_every_time() -> None:
    """A watch list of any length, reproducible."""
    names = score_speed.invented_names(2000)
    assert len(set(names)) == 2000
    assert names == score_speed.invented_names(2000)
