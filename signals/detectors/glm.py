"""Quasi-Poisson regressions of many series on one design at once, with past outbreaks down-weighted.

All series share the design matrix, so the Gram matrices of a round are one matrix product. Weights after
Noufaily et al. 2013: an observation whose standardised Anscombe residual s exceeds 2.58 weighs (2.58/s)².
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OUTBREAK = 2.58
FIRST_ROUNDS, LAST_ROUNDS = 6, 3
"""Fixed numbers of Newton steps, before and after down-weighting: a series' fit must not depend on how soon its
neighbours converge."""
CHUNK = 256
"""Series fitted together: keeps the working arrays in the processor's cache."""


@dataclass(frozen=True)
class Fit:
    """`beta` (series, p), `dispersion` (series,) >= 1, `covariance` (series, p, p) of beta, dispersion
    included."""

    beta: Floats
    dispersion: Floats
    covariance: Floats

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean count and relative variance of that mean for design rows x (rows, p); each (rows, series)."""
        mean = np.exp(np.clip(x @ self.beta.T, -20.0, 20.0))
        half = np.matmul(self.covariance, x.T)  # (series, p, rows)
        return mean, np.maximum((half * x.T).sum(axis=1).T, 0.0)


def fit(counts: Floats, share: Floats, x: Floats, ridge: Floats) -> Fit:
    """Fits every series.

    Args:    counts: (series, n), per full period, finite; share: (series, n), 0..1, how much of the period
             was observed (0 = leave out); x: (n, p), first column 1; ridge: (series, p), prior precision
             about 0.
    """
    parts = [
        _fit(counts[at : at + CHUNK], share[at : at + CHUNK], x, ridge[at : at + CHUNK])
        for at in range(0, counts.shape[0], CHUNK)
    ]
    return Fit(
        np.concatenate([part.beta for part in parts]),
        np.concatenate([part.dispersion for part in parts]),
        np.concatenate([part.covariance for part in parts]),
    )


def _fit(y: Floats, share: Floats, x: Floats, ridge: Floats) -> Fit:
    row, column = np.triu_indices(x.shape[1])
    products = x[:, row] * x[:, column]
    beta = np.zeros((y.shape[0], x.shape[1]))
    mean = (share * y).sum(axis=1) / np.maximum(share.sum(axis=1), 1e-9)
    beta[:, 0] = np.log(np.maximum(mean, 1e-3))
    beta, _ = _irls(y, share, x, products, ridge, beta, FIRST_ROUNDS)
    weight = share * _down_weights(y, share, _means(beta, x))
    beta, precision = _irls(y, weight, x, products, ridge, beta, LAST_ROUNDS)
    dispersion = np.maximum(_dispersion(y, weight, _means(beta, x), x.shape[1]), 1.0)
    covariance: Floats = np.asarray(np.linalg.inv(precision), dtype="float64")
    return Fit(beta, dispersion, covariance * dispersion[:, None, None])


def _means(beta: Floats, x: Floats) -> Floats:
    eta = beta @ x.T
    np.clip(eta, -12.0, 14.0, out=eta)
    return np.exp(eta, out=eta)


def _irls(
    y: Floats, weight: Floats, x: Floats, products: Floats, ridge: Floats, beta: Floats, rounds: int
) -> tuple[Floats, Floats]:
    """Newton steps of the penalised quasi-likelihood; returns beta and the last precision matrix.

    `products`: (n, p(p+1)/2), the products of any two columns of x, so that all Gram matrices are one product.
    """
    p = x.shape[1]
    row, column = np.triu_indices(p)
    precision = np.empty((y.shape[0], p, p))
    for _ in range(rounds):
        mean = _means(beta, x)
        mean *= weight
        precision[:, row, column] = precision[:, column, row] = mean @ products
        precision[:, np.arange(p), np.arange(p)] += ridge
        gradient = (weight * y - mean) @ x - ridge * beta
        beta = beta + np.clip(np.linalg.solve(precision, gradient[:, :, None])[:, :, 0], -3.0, 3.0)
    return beta, precision


def _dispersion(y: Floats, weight: Floats, mean: Floats, parameters: int) -> Floats:
    pearson = (weight * (y - mean) ** 2 / mean).sum(axis=1)
    freedom = np.maximum(weight.sum(axis=1) - parameters, 1.0)
    return np.asarray(pearson / freedom, dtype="float64")


def _down_weights(y: Floats, share: Floats, mean: Floats) -> Floats:
    dispersion = np.maximum(_dispersion(y, share, mean, 1), 1.0)
    anscombe = 1.5 * (np.cbrt(y) ** 2 - np.cbrt(mean) ** 2) / mean ** (1 / 6)
    standardised = anscombe / np.sqrt(dispersion)[:, None]
    return np.where(standardised > OUTBREAK, (OUTBREAK / np.maximum(standardised, OUTBREAK)) ** 2, 1.0)
