"""Figures of the model, and the model against the labelled rows where they are at hand."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")

from signals.negativity import NegativityModel
from training import data, evaluate

LABELLED = Path(__file__).parents[3] / "shared" / "data" / "finneg_dev.csv"
needs_rows = pytest.mark.skipif(not LABELLED.exists(), reason="the labelled rows are not part of the project")


def test_a_perfect_calibration_has_no_error():
    """Half of the values at 0.5 positive: no error; all of them positive: an error of 0.5."""
    half = np.tile([0, 1], 50)
    assert evaluate.calibration_error(half, np.full(100, 0.5)) == pytest.approx(0)
    assert evaluate.calibration_error(np.ones(100, np.int64), np.full(100, 0.5)) == pytest.approx(0.5)


def test_the_interval_holds_the_figure():
    """F1 is computed at one half and lies inside its bootstrap interval."""
    label = np.tile([0, 1, 1, 0], 25)
    found = evaluate.figures(
        evaluate.Judged(label, np.where(np.arange(100) % 5, label, 1 - label), np.arange(100)), 0
    )
    assert found.f1 == pytest.approx(0.8)
    assert found.f1_low < found.f1 < found.f1_high


def test_a_value_counts_from_its_own_threshold():
    """Folds whose models have different thresholds are judged each by its own."""
    label = np.tile([0, 1], 50)
    judged = evaluate.Judged(label, np.full(100, 0.45), np.arange(100), np.where(label, 0.4, 0.5))
    assert evaluate.figures(judged, 0).f1 == pytest.approx(1)


def test_invented_names_keep_their_nesting_and_their_suffix():
    """What contained a name contains its replacement; the company suffix is grammar and stays."""
    rows = data.Labelled(
        ["星河宝有限公司旗下星河宝逾期"], [["星河宝", "星河宝有限公司"]], [{"星河宝"}], np.array([1])
    )
    new = evaluate.invent(rows)
    short, long = new.candidates[0]
    assert short in long
    assert long.endswith("有限公司")
    assert "星河宝" not in new.texts[0]
    assert new.texts[0].count(short) == 2
    assert new.keys == [{short}]


@needs_rows
def test_invented_names_hardly_move_the_figures():
    """Replacing every candidate by an invented name moves document F1 by less than .01."""
    rows = data.read(LABELLED)
    model = NegativityModel.load()
    before = model.rate(rows.texts, rows.forms).document
    after_rows = evaluate.invent(rows)
    after = model.rate(after_rows.texts, after_rows.forms).document
    group = np.arange(len(rows.texts))
    figures = [evaluate.figures(evaluate.Judged(rows.negative, p, group), 0).f1 for p in (before, after)]
    assert abs(figures[0] - figures[1]) < 0.01


@needs_rows
def test_the_shipped_weights_fit_their_rows():
    """The weights belong to this code: on the rows they learnt from they are far better than on unseen ones."""
    rows = data.read(LABELLED)
    found = NegativityModel.load().rate(rows.texts, rows.forms).document
    assert ((found >= 0.5) == rows.negative).mean() > 0.95


def test_a_wrong_label_is_named(tmp_path: Path):
    """A label that is neither 0 nor 1 is refused with its row."""
    path = tmp_path / "rows.csv"
    path.write_text("id,text,entity,negative,key_entity\n1,星河宝逾期,星河宝,2,星河宝\n", encoding="utf-8")
    with pytest.raises(data.DataError, match="第 2 行"):
        data.read(path)


def test_a_missing_column_is_named(tmp_path: Path):
    """A file of another shape is refused."""
    path = tmp_path / "rows.csv"
    path.write_text("id,text\n1,星河宝逾期\n", encoding="utf-8")
    with pytest.raises(data.DataError, match="key_entity"):
        data.read(path)
