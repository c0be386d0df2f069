"""What turns columns into calibrated probabilities: sums or trees under a table, and how they are stored."""

from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from signals import columns
from signals.columns import Columns
from signals.ngrams import Floats
from signals.trees import Trees

CLIP: Final = 1e-4

Parts = dict[str, npt.NDArray[np.generic]]
"""Arrays of a weights file by name."""


class Scorer(Protocol):
    """Turns a float32 matrix (rows, columns) without NaN into log-odds (rows,)."""

    def log_odds(self, rows: npt.NDArray[np.float32]) -> Floats:
        """One value per row; the same row gives the same value in any batch."""
        ...


@dataclass(frozen=True)
class Weighted:
    """A weighted sum of the columns: float64 (columns,) and an intercept."""

    weights: Floats
    intercept: float

    def log_odds(self, rows: npt.NDArray[np.float32]) -> Floats:
        # Column by column: a matrix product may round by the number of rows, and a score must not know its batch.
        total = np.full(len(rows), self.intercept)
        for column, weight in zip(rows.T, self.weights, strict=True):
            total += column.astype(np.float64) * weight
        return total


S = TypeVar("S", bound=Scorer)


@dataclass(frozen=True)
class Table:
    """Calibration: the probability that belongs to each of some rising log-odds."""

    log_odds: Floats
    probability: Floats

    def calibrate(self, raw: Floats) -> Floats:
        """Probability 0..1 by linear interpolation."""
        return np.clip(np.interp(raw, self.log_odds, self.probability), CLIP, 1 - CLIP)


@dataclass(frozen=True)
class Head(Generic[S]):
    """A scorer over named columns and the table that turns its log-odds into a calibrated probability."""

    names: list[str]
    scorer: S
    table: Table

    def raw(self, values: Columns) -> Floats:
        """Uncalibrated log-odds of every row."""
        return self.scorer.log_odds(columns.matrix(values, self.names))

    def probability(self, values: Columns) -> Floats:
        """Calibrated probability of every row."""
        return self.table.calibrate(self.raw(values))


def tree_parts(name: str, head: Head[Trees]) -> Parts:
    """The arrays of a head of trees, each named after it."""
    return _head_parts(name, head) | {
        f"{name}_head_feature": head.scorer.feature.astype(np.int16),
        f"{name}_head_threshold": head.scorer.threshold,
        f"{name}_head_leaf": head.scorer.leaf,
    }


def sum_parts(name: str, head: Head[Weighted]) -> Parts:
    """The arrays of a head of weighted sums, each named after it."""
    return _head_parts(name, head) | {
        f"{name}_head_weights": head.scorer.weights,
        f"{name}_head_intercept": np.array(head.scorer.intercept),
    }


def _head_parts(name: str, head: Head[S]) -> Parts:
    return {
        f"{name}_head_names": np.array(head.names),
        f"{name}_head_log_odds": head.table.log_odds,
        f"{name}_head_probability": head.table.probability,
    }


def tree_head(name: str, parts: Parts) -> Head[Trees]:
    """What `tree_parts` stored. Raises KeyError, ValueError."""
    trees = Trees(
        parts[f"{name}_head_feature"].astype(np.int64),
        parts[f"{name}_head_threshold"].astype(np.float32),
        parts[f"{name}_head_leaf"].astype(np.float64),
    )
    return _head(name, trees, parts)


def sum_head(name: str, parts: Parts) -> Head[Weighted]:
    """What `sum_parts` stored. Raises KeyError, ValueError."""
    weights = parts[f"{name}_head_weights"].astype(np.float64)
    return _head(name, Weighted(weights, number(parts[f"{name}_head_intercept"])), parts)


def _head(name: str, scorer: S, parts: Parts) -> Head[S]:
    return Head(parts[f"{name}_head_names"].tolist(), scorer, table(f"{name}_head", parts))


def table(name: str, parts: Parts) -> Table:
    """A calibration table by its name."""
    return Table(
        parts[f"{name}_log_odds"].astype(np.float64), parts[f"{name}_probability"].astype(np.float64)
    )


def number(value: npt.NDArray[np.generic]) -> float:
    """The one value of an array."""
    return float(value.astype(np.float64))
