"""Evaluation of boosted decision trees with numpy alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_ROWS = 4096  # rows per block: keeps the working set inside the processor's cache


@dataclass(frozen=True)
class Trees:
    """Boosted trees, each laid out as a complete binary tree of the same depth.

    Args: feature: int (trees, 2**depth - 1), column that each inner node looks at;
          threshold: float32 of the same shape, a row goes right where its value is larger;
          leaf: float64 (trees, 2**depth), contribution to the log-odds.
    """

    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float32]
    leaf: npt.NDArray[np.float64]

    def log_odds(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Sum of the leaves that each row of a (rows, columns) matrix without NaN falls into."""
        out = np.empty(len(rows))
        for start in range(0, len(rows), _ROWS):
            out[start : start + _ROWS] = self._block(rows[start : start + _ROWS].T.copy())
        return out

    def _block(self, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        total = np.zeros(columns.shape[1])
        depth = self.leaf.shape[1].bit_length() - 1
        for feature, threshold, leaf in zip(self.feature, self.threshold, self.leaf, strict=True):
            node = (columns[feature[0]] > threshold[0]).astype(np.intp)
            for level in range(1, depth):
                first = (1 << level) - 1
                right = (
                    columns[feature[first : first + (1 << level)]]
                    > threshold[first : first + (1 << level), None]
                )
                node = 2 * node + right[node, np.arange(len(node))]
            total += leaf[node]
        return total
