"""Evaluation of boosted decision trees with numpy alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_ROWS, _TREES = 2048, 20  # rows and trees per block: keep the working set inside the processor's cache

Bools = npt.NDArray[np.bool_]


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
        """Sum of the leaves that each row of a (rows, columns) matrix without NaN falls into."""
        out = np.zeros(len(rows))
        for start in range(0, len(rows), _ROWS):
            total, columns = out[start : start + _ROWS], rows[start : start + _ROWS].T.copy()
            for first in range(0, len(self.leaf), _TREES):
                # Row by row: a sum over the axis may round by the number of rows, and a score must not know its batch.
                for leaves in self._leaves(columns, slice(first, first + _TREES)):
                    total += leaves
        return out

    def _leaves(self, columns: npt.NDArray[np.float32], trees: slice) -> npt.NDArray[np.float64]:
        """The leaf of some trees that each row falls into, (trees, rows): all nodes asked, the way found by bits."""
        leaf, size = self.leaf[trees], self.leaf.shape[1]
        way = _right(columns, self.feature[trees], self.threshold[trees])
        place, taken = np.zeros(way.shape[1:], np.uint8), list[Bools]()
        for level in range(size.bit_length() - 1):
            nodes = way[(1 << level) - 1 : (2 << level) - 1]
            for right in taken:  # the half of the nodes that the way so far leads to
                left_half, right_half = np.split(nodes, 2)
                nodes = left_half ^ (right & (left_half ^ right_half))
            taken.append(nodes[0])
            place = 2 * place + nodes[0]
        found: npt.NDArray[np.float64] = leaf.ravel()[place + (np.arange(len(leaf)) * size)[:, None]]
        return found


def _right(
    columns: npt.NDArray[np.float32], feature: npt.NDArray[np.int64], threshold: npt.NDArray[np.float32]
) -> Bools:
    """Whether each node sends each row to the right, (nodes, trees, rows); half of the nodes ask nothing."""
    tree, node = np.nonzero(np.isfinite(threshold))
    out = np.zeros((*threshold.shape[::-1], columns.shape[1]), bool)
    out[node, tree] = columns[feature[tree, node]] > threshold[tree, node][:, None]
    return out
