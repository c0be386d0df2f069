"""Boosted trees read with numpy: the leaf that a walk from the root reaches, whatever the batch."""

from __future__ import annotations

import numpy as np
import pytest

from signals.trees import Trees

DEPTH, COLUMNS = 3, 6


def forest(trees: int) -> Trees:
    """Random trees in which some nodes ask nothing, as below an early leaf."""
    rng = np.random.default_rng(7)
    nodes, leaves = 2**DEPTH - 1, 2**DEPTH
    threshold = rng.normal(size=(trees, nodes)).astype(np.float32)
    threshold[rng.random((trees, nodes)) < 0.3] = np.inf
    return Trees(rng.integers(0, COLUMNS, (trees, nodes)), threshold, rng.normal(size=(trees, leaves)))


def walked(trees: Trees, row: np.ndarray) -> float:
    """The same by a walk from the root of each tree."""
    total = 0.0
    for feature, threshold, leaf in zip(trees.feature, trees.threshold, trees.leaf, strict=True):
        node = 0
        while node < len(feature):
            node = 2 * node + 1 + int(row[feature[node]] > threshold[node])
        total += leaf[node - len(feature)]
    return float(total)


@pytest.mark.parametrize("count", [1, 19, 45])
def test_every_row_falls_into_the_leaves_of_a_walk(count: int) -> None:
    """Also for numbers of trees that fill no block."""
    trees = forest(count)
    rows = np.random.default_rng(1).normal(size=(50, COLUMNS)).astype(np.float32)
    assert trees.log_odds(rows).tolist() == [walked(trees, row) for row in rows]


def test_a_row_scores_alike_in_any_batch() -> None:
    """To the last bit: alone, among thousands, and no rows at all give no scores."""
    trees = forest(45)
    rows = np.random.default_rng(2).normal(size=(5000, COLUMNS)).astype(np.float32)
    together = trees.log_odds(rows)
    for at in (0, 2047, 2048, 4999):
        assert trees.log_odds(rows[at : at + 1])[0] == together[at]
    assert trees.log_odds(rows[:0]).tolist() == []
