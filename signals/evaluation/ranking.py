"""AUROC and AUPRC with weights: the scores are sorted once, every bootstrap draw only weighs them anew."""

from __future__ import annotations

import numpy as np

from signals.evaluation.grid import Bools, Floats, Ints

NAN = float("nan")


class Ranking:
    """Labels in order of their scores; equal scores form one group."""

    def __init__(self, label: Bools, score: Floats) -> None:
        values, self._group = np.unique(-score, return_inverse=True)  # group 0 holds the highest scores
        self._groups = values.size
        self._label = label

    def areas(self, weight: Floats | Ints | None = None) -> tuple[float, float]:
        """(AUROC, AUPRC), both 0..1; NaN without positives, AUROC NaN without negatives too.

        AUROC: probability that a positive scores above a negative, equal scores counting half (Mann-Whitney).
        AUPRC: average precision, Σ (R_n - R_{n-1})·P_n over the distinct scores, without interpolation.
        """
        weight = np.ones(self._label.size) if weight is None else weight.astype(np.float64)
        positive = np.bincount(self._group, np.where(self._label, weight, 0.0), self._groups)
        negative = np.bincount(self._group, np.where(self._label, 0.0, weight), self._groups)
        p, n = float(positive.sum()), float(negative.sum())
        if p == 0:
            return NAN, NAN
        hits, alarms = np.cumsum(positive), np.cumsum(positive + negative)
        precision = np.divide(hits, alarms, out=np.zeros_like(hits), where=alarms > 0)
        auprc = float((positive * precision).sum() / p)
        if n == 0:
            return NAN, auprc
        below = n - np.cumsum(negative)
        return float((positive * (below + negative / 2)).sum() / (p * n)), auprc
