"""Evaluation of boosted decision trees with numpy alone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

_ROWS: Final = 1024  # rows per block: keep the working set inside the processor's cache
_FEWEST: Final = 8  # rows below which a sum over the trees might be taken in another order

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trees:
    """Boosted trees, each laid out as a complete binary tree of the same depth.

    Args: feature: int (trees, 2**depth - 1), column that each inner node looks at;
          threshold: float32 of the same shape, a row goes right where its value is larger, nowhere at infinity;
          leaf: float64 (trees, 2**depth), contribution to the log-odds; depth at most 8.
    """

    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float32]
    leaf: npt.NDArray[np.float64]

    def log_odds(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Sum of the leaves that each row of a (rows, columns) matrix without NaN falls into, tree after tree."""
        out = np.zeros(len(rows))
        first = (np.arange(len(self.leaf)) * self.leaf.shape[1])[:, None]
        for start in range(0, len(rows), _ROWS):
            block = rows[start : start + _ROWS]
            if len(block) < _FEWEST:
                block = np.pad(block, ((0, _FEWEST - len(block)), (0, 0)))
            place = self._places(np.ascontiguousarray(block.T))
            out[start : start + _ROWS] = self.leaf.take(place + first).sum(axis=0)[: len(rows) - start]
        return out

    def _places(self, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """The leaf of every tree that each row falls into, (trees, rows): all nodes asked, the way found by bits."""
        way = self._right(columns)
        place, taken = np.zeros(way.shape[1:], np.uint8), list[Bools]()
        for level in range(self.leaf.shape[1].bit_length() - 1):
            nodes = way[(1 << level) - 1 : (2 << level) - 1]
            for right in taken:  # the half of the nodes that the way so far leads to
                half = len(nodes) // 2
                nodes = nodes[:half] ^ (right & (nodes[:half] ^ nodes[half:]))
            taken.append(nodes[0])
            place = 2 * place + nodes[0]
        return place

    def _right(self, columns: npt.NDArray[np.float32]) -> Bools:
        """Whether each node sends each row to the right, (nodes, trees, rows); what many ask is asked once."""
        questions, number = self._questions
        answers = np.zeros((len(questions) + 1, columns.shape[1]), bool)
        for feature, begin, end in self._by_feature:
            np.greater(columns[feature], questions[begin:end, None], out=answers[begin:end])
        return answers.take(number, axis=0)

    @cached_property
    def _questions(self) -> tuple[npt.NDArray[np.float32], Ints]:
        """Thresholds by feature, and which of them each node asks, (nodes, trees); the one after the last: nothing."""
        asks = np.isfinite(self.threshold)
        pairs = np.stack([self.feature[asks], self.threshold[asks]], axis=1)
        distinct, number = np.unique(pairs, axis=0, return_inverse=True)
        table = np.full(self.threshold.shape, len(distinct), np.int64)
        table[asks] = number.ravel()
        return distinct[:, 1].astype(np.float32), table.T.copy()

    @cached_property
    def _by_feature(self) -> list[tuple[int, int, int]]:
        """Features and where their thresholds begin and end."""
        asks = np.isfinite(self.threshold)
        pairs = np.unique(np.stack([self.feature[asks], self.threshold[asks]], axis=1), axis=0)
        features, begin = np.unique(pairs[:, 0].astype(np.int64), return_index=True)
        ends = np.append(begin[1:], len(pairs))[: len(begin)]  # none where no tree asks anything
        return list(zip(features.tolist(), begin.tolist(), ends.tolist(), strict=True))
