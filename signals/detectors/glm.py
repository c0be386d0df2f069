"""Quasi-Poisson regressions of many series on one design at once, with past outbreaks down-weighted.

All series share the design matrix, so the Gram matrices of a round are one matrix product. Weights after
Noufaily et al. 2013: an observation whose standardised Anscombe residual s exceeds 2.58 weighs (2.58/s)².

A series' fit is the same to the last bit whatever series it is fitted with: blocks are filled up with empty rows to
whole tiles of the matrix product, and no round waits for a neighbour to converge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OUTBREAK = 2.58
FIRST_ROUNDS, LAST_ROUNDS = 3, 3
"""Newton steps before and after down-weighting."""
LONGEST_STEP = 3.0
LOWEST, HIGHEST = -12.0, 28.0
"""Bounds of log μ: a series of zeros must not run off to minus infinity, nor any to infinity."""
WILD_FACTOR, WILD_MARGIN, USUAL = 3.0, 10.0, 0.95
"""A count beyond WILD_FACTOR x the USUAL quantile of its series + WILD_MARGIN is no outbreak but a register's bulk
entry: it would bend the very fit whose residuals are to down-weight it."""
CHUNK, TILE = 64, 8
"""Series fitted together: keeps the working arrays in the processor's cache; and what their number is filled up to."""


@dataclass(frozen=True)
class Fit:
    """`beta` (series, p), `dispersion` (series,) >= 1, `covariance` (series, p, p) of beta, dispersion
    included."""

    beta: Floats
    dispersion: Floats
    covariance: Floats

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean count and relative variance of that mean for design rows x (rows, p); each (rows, series)."""
        mean = np.exp(np.clip(np.einsum("rp,sp->rs", x, self.beta), -20.0, HIGHEST))
        half = np.einsum("spq,rq->rsp", self.covariance, x)
        return mean, np.maximum(np.einsum("rsp,rp->rs", half, x), 0.0)


@dataclass(frozen=True)
class Response:
    """Arrays (series, n): `counts` per full period, finite; `share`, 0..1, how much of the period was observed
    (0 = leave out); `logs` = ln(counts + .5) and `roots` = counts^(2/3), computed once for many fits."""

    counts: Floats
    share: Floats
    logs: Floats
    roots: Floats

    @staticmethod
    def of(counts: Floats, share: Floats) -> Response:
        roots = np.cbrt(counts)
        roots *= roots
        return Response(counts, share, np.log(counts + 0.5), roots)

    def __getitem__(self, at: tuple[NDArray[np.int64] | slice, slice]) -> Response:
        return Response(self.counts[at], self.share[at], self.logs[at], self.roots[at])

    def tamed(self) -> Response:
        """Bulk entries read as the most that is not one; see WILD_FACTOR."""
        known = self.share > 0
        periods = np.maximum(known.sum(axis=1), 1)
        mean = np.where(known, self.counts, 0.0).sum(axis=1) / periods
        wild = np.flatnonzero(self.counts.max(axis=1, initial=0.0) > WILD_FACTOR * mean + WILD_MARGIN)
        if not wild.size:
            return self
        ordered = np.sort(np.where(known[wild], self.counts[wild], -1.0), axis=1)
        place = ordered.shape[1] - periods[wild] + np.floor(USUAL * (periods[wild] - 1)).astype(np.int64)
        usual = ordered[np.arange(wild.size), place]
        counts = np.minimum(self.counts[wild], (WILD_FACTOR * usual + WILD_MARGIN)[:, None])
        changed, whole = (
            Response.of(counts, self.share[wild]),
            Response(*(part.copy() for part in self._parts)),
        )
        for target, part in zip(whole._parts, changed._parts, strict=True):
            target[wild] = part
        return whole

    @property
    def _parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.counts, self.share, self.logs, self.roots

    def filled(self) -> Response:
        """With series that were never observed, up to a multiple of TILE."""
        return Response(*(filled(part, 0.0) for part in self._parts))


class Design:
    """`x` (n, p), first column 1, and `products` (n, p(p+1)/2): of any two of its columns, those with the first in
    front, named by `pairs`; so that all Gram matrices of a round are one product."""

    def __init__(self, x: Floats) -> None:
        self.x = x
        self.parameters = x.shape[1]
        self.pairs = np.triu_indices(self.parameters)
        self.products = x[:, self.pairs[0]] * x[:, self.pairs[1]]

    def gram(self, sums: Floats, ridge: Floats) -> Floats:
        """(series, p, p) from weighted sums of the products, with prior precisions `ridge` (series, p) added."""
        row, column = self.pairs
        gram = np.empty((sums.shape[0], self.parameters, self.parameters))
        gram[:, row, column] = gram[:, column, row] = sums
        diagonal = np.arange(self.parameters)
        gram[:, diagonal, diagonal] += ridge
        return gram


def fit(response: Response, x: Floats, ridge: Floats) -> Fit:
    """Fits every series.

    Args:    x: (n, p), first column 1; ridge: (series, p), prior precision about 0.
    """
    design = Design(x)
    series, parameters = ridge.shape
    beta, spread = np.empty((series, parameters)), np.empty(series)
    covariance = np.empty((series, parameters, parameters))
    for at in range(0, series, CHUNK):
        part = slice(at, min(at + CHUNK, series))
        fitted = _fit(response[part, slice(None)].filled(), design, filled(ridge[part], 1.0))
        for whole, piece in zip((beta, spread, covariance), fitted, strict=True):
            whole[part] = piece[: part.stop - at]
    return Fit(beta, spread, covariance)


def filled(rows: Floats, value: float) -> Floats:
    """With rows of `value` at the end, up to a multiple of TILE."""
    missing = -rows.shape[0] % TILE
    return np.concatenate([rows, np.full((missing, *rows.shape[1:]), value)]) if missing else rows


def means(beta: Floats, x: Floats) -> Floats:
    """μ of every series and row, (series, n)."""
    eta = beta @ x.T
    np.minimum(np.maximum(eta, LOWEST, out=eta), HIGHEST, out=eta)
    return np.exp(eta, out=eta)


def newton(
    y: Floats, weight: Floats, design: Design, ridge: Floats, beta: Floats, rounds: int
) -> tuple[Floats, Floats]:
    """Newton steps of the penalised quasi-likelihood: beta, and the precision matrix before the last step."""
    wanted = (weight * y) @ design.x
    precision = np.empty(0)
    for _ in range(rounds):
        mean = means(beta, design.x)
        mean *= weight
        sums = mean @ design.products
        precision = design.gram(sums, ridge)
        gradient = wanted - sums[:, : design.parameters] - ridge * beta
        step = np.linalg.solve(precision, gradient[:, :, None])[:, :, 0]
        beta = beta + np.minimum(np.maximum(step, -LONGEST_STEP), LONGEST_STEP)
    return beta, precision


def dispersion(y: Floats, weight: Floats, mean: Floats, parameters: int) -> Floats:
    """Pearson's, (series,)."""
    residual = y - mean
    residual *= residual
    residual *= weight
    residual /= mean
    freedom = np.maximum(weight.sum(axis=1) - parameters, 1.0)
    return np.asarray(residual.sum(axis=1) / freedom, dtype="float64")


def _fit(response: Response, design: Design, ridge: Floats) -> tuple[Floats, Floats, Floats]:
    """Beta, dispersion and covariance of one block of CHUNK series."""
    y, share = response.counts, response.share
    beta, _ = newton(y, share, design, ridge, start(response, design, ridge), FIRST_ROUNDS)
    weight = share * _down_weights(response, beta, design.x)
    beta, precision = newton(y, weight, design, ridge, beta, LAST_ROUNDS)
    spread = np.maximum(dispersion(y, weight, means(beta, design.x), design.parameters), 1.0)
    covariance: Floats = np.asarray(np.linalg.inv(precision), dtype="float64")
    return beta, spread, covariance * spread[:, None, None]


def start(response: Response, design: Design, ridge: Floats) -> Floats:
    """Least squares on ln(y + .5), moved so that the fitted total is the observed one: near enough for
    FIRST_ROUNDS."""
    share = response.share
    gram = design.gram(share @ design.products, ridge + 1e-9)
    solved = np.linalg.solve(gram, ((share * response.logs) @ design.x)[:, :, None])
    beta: Floats = np.asarray(solved[:, :, 0], dtype="float64")
    fitted = (share * means(beta, design.x)).sum(axis=1)
    seen = (share * response.counts).sum(axis=1)
    beta[:, 0] += np.log(np.maximum(seen, 1e-3) / np.maximum(fitted, 1e-9))
    return beta


def _down_weights(response: Response, beta: Floats, x: Floats) -> Floats:
    eta = beta @ x.T
    np.minimum(np.maximum(eta, LOWEST, out=eta), HIGHEST, out=eta)
    sixth = np.exp(eta / 6)  # all powers of the mean that are needed, from one exponential
    half = sixth * sixth * sixth
    spread = np.maximum(dispersion(response.counts, response.share, half * half, 1), 1.0)
    anscombe = 1.5 * (response.roots / sixth - half)
    standardised = anscombe / np.sqrt(spread)[:, None]
    weight: Floats = OUTBREAK / np.maximum(standardised, OUTBREAK)
    return np.square(weight)
