"""Fitting on a few invented rows."""

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="requirements-train.txt is not installed")
pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")

from training import boosting, data, learn


@pytest.fixture(scope="module")
def rows() -> data.Labelled:
    """A hundred short texts about a hundred platforms, reported by a bystander; every other one is negative."""
    texts, names, keys = [], [], []
    for i in range(100):
        first, second = chr(0x4E00 + 11 * i), chr(0x6E00 - 11 * i)
        name = f"{first}{second}宝"
        texts.append(f"据云帆报道{name}{('涉嫌诈骗跑路', '推出暑期抽奖活动')[i % 2]}{second * 20}")
        names.append([name, "云帆"])
        keys.append(set() if i % 2 else {name})
    return data.Labelled(texts, names, keys, np.array([1 - i % 2 for i in range(100)]))


def test_it_learns_the_words_and_not_the_names(rows: data.Labelled):
    """A new platform in known words is judged by the words."""
    texts = ["据云帆报道甲乙丙涉嫌诈骗跑路", "据云帆报道甲乙丙推出暑期抽奖活动"]
    scores = learn.fit(rows, 0, "t").score_about(texts, [["甲乙丙"]] * 2, [["云帆"]] * 2)
    assert scores[0] > 0.5 > scores[1]


def test_the_same_seed_gives_the_same_model(rows: data.Labelled):
    """Training is reproducible to the last bit of every probability."""
    first, second = (learn.fit(rows, 0, "t").rate(rows.texts, rows.forms) for _ in range(2))
    np.testing.assert_array_equal(first.document, second.document)
    np.testing.assert_array_equal(np.concatenate(first.about), np.concatenate(second.about))


def test_the_threshold_is_half_of_the_best_f1():
    """A perfect separation asks for one half, a useless one for less."""
    label = np.tile([0, 1], 50)
    assert learn.best_threshold(label, np.where(label, 0.9, 0.1)) == pytest.approx(0.5)
    assert learn.best_threshold(label, np.full(100, 0.5)) == pytest.approx(0.33)


def test_trees_score_as_lightgbm_does():
    """The complete-tree layout gives LightGBM's own log-odds."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(400, 5)).astype(np.float32)
    label = (matrix[:, 0] * matrix[:, 1] + matrix[:, 2] > 0).astype(np.int64)
    model = boosting.booster(matrix, label, np.ones(400), 0)
    np.testing.assert_allclose(
        boosting.exported(model).log_odds(matrix), model.predict(matrix, raw_score=True), atol=1e-6
    )
