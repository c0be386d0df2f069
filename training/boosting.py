"""Boosted trees by LightGBM, in the layout that is read at run time."""

from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from signals.ngrams import Floats, Ints
from signals.trees import Trees

Matrix = npt.NDArray[np.float32]

_DEPTH = 4
_TREES: dict[str, Any] = {
    "n_estimators": 200,
    "learning_rate": 0.05,
    "num_leaves": 8,
    "max_depth": _DEPTH,
    "min_child_samples": 20,
    "reg_lambda": 5.0,
    "colsample_bytree": 0.3,
    "subsample": 0.7,
    "subsample_freq": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


def booster(matrix: Matrix, label: Ints, weight: Floats, seed: int) -> lightgbm.LGBMClassifier:
    """LightGBM's model of the rows."""
    return lightgbm.LGBMClassifier(**_TREES, random_state=seed).fit(matrix, label, sample_weight=weight)


def exported(model: lightgbm.LGBMClassifier) -> Trees:
    """The same model in the layout that is read at run time."""
    return _complete([tree["tree_structure"] for tree in model.booster_.dump_model()["tree_info"]])


def boost(matrix: Matrix, label: Ints, weight: Floats, seed: int) -> Trees:
    return exported(booster(matrix, label, weight, seed))


def _complete(structures: list[dict[str, Any]]) -> Trees:
    """Trees as complete binary trees of depth _DEPTH; below an early leaf every path ends in its value."""
    inner_nodes, leaves = (1 << _DEPTH) - 1, 1 << _DEPTH
    feature = np.zeros((len(structures), inner_nodes), np.int64)
    threshold = np.zeros((len(structures), inner_nodes), np.float32)
    leaf = np.zeros((len(structures), leaves))

    def place(tree: int, node: dict[str, Any], index: int) -> None:
        if index >= inner_nodes:
            leaf[tree, index - inner_nodes] = node["leaf_value"]
            return
        split = "split_feature" in node
        feature[tree, index] = node["split_feature"] if split else 0
        threshold[tree, index] = node["threshold"] if split else np.inf
        place(tree, node["left_child"] if split else node, 2 * index + 1)
        place(tree, node["right_child"] if split else node, 2 * index + 2)

    for tree, structure in enumerate(structures):
        place(tree, structure, 0)
    return Trees(feature, threshold, leaf)
