"""Upper tails of count distributions, vectorised in plain numpy.

Poisson: P(Y >= k) = P(k, mean), the regularised lower incomplete gamma function. Negative binomial of size r:
P(Y >= k) = I_x(k, r) with x = mean/(r + mean), the regularised incomplete beta function. Series and continued
fractions after Numerical Recipes, 3rd ed., sections 6.2 and 6.4 (modified Lentz); checked against exact sums.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TINY = 1e-300
_EPSILON = 1e-14
_ROUNDS = 5000
_LANCZOS = np.array(
    [
        0.99999999999980993,
        676.5203681218851,
        -1259.1392167224028,
        771.32342877765313,
        -176.61502916214059,
        12.507343278686905,
        -0.13857109526572012,
        9.9843695780195716e-6,
        1.5056327351493116e-7,
    ]
)


def log_gamma(x: Floats) -> Floats:
    """ln Γ(x) for x > 0 (Lanczos, g = 7, nine terms): relative error about 1e-15."""
    z = np.asarray(x, dtype="float64") - 1
    base = z + 7.5
    total = np.full_like(z, _LANCZOS[0])
    for n in range(1, _LANCZOS.size):
        total = total + _LANCZOS[n] / (z + n)
    value: Floats = 0.5 * np.log(2 * np.pi) + (z + 0.5) * np.log(base) - base + np.log(total)
    return value


def poisson_tail(k: Floats, mean: Floats) -> Floats:
    """P(Y >= k) for Poisson counts; k >= 0, mean > 0, of one shape. 1 where k is 0."""
    k, mean = np.broadcast_arrays(np.asarray(k, dtype="float64"), np.asarray(mean, dtype="float64"))
    tail = np.ones(k.shape)
    low = (k > 0) & (mean < k + 1)
    high = (k > 0) & ~low
    tail[low] = _gamma_series(k[low], mean[low])
    tail[high] = 1 - _gamma_fraction(k[high], mean[high])
    return tail


def negative_binomial_tail(k: Floats, mean: Floats, size: Floats) -> Floats:
    """P(Y >= k) for negative binomial counts of variance mean + mean²/size; arrays of one shape, k >= 0."""
    k, mean, size = np.broadcast_arrays(*(np.asarray(a, dtype="float64") for a in (k, mean, size)))
    tail = np.ones(k.shape)
    some = k > 0
    tail[some] = _beta(k[some], size[some], mean[some] / (size[some] + mean[some]))
    return tail


def count_tail(k: Floats, mean: Floats, variance: Floats) -> Floats:
    """P(Y >= k) for counts of this mean and variance: negative binomial, Poisson where variance = mean.

    NaN where an argument is NaN.
    """
    k, mean, variance = np.broadcast_arrays(*(np.asarray(a, dtype="float64") for a in (k, mean, variance)))
    tail = np.full(k.shape, np.nan)
    known = ~(np.isnan(k) | np.isnan(mean) | np.isnan(variance))
    spread = known & (variance > mean * (1 + 1e-6))
    even = known & ~spread
    mean = np.maximum(mean, 1e-12)
    tail[even] = poisson_tail(np.ceil(k[even]), mean[even])
    excess = variance[spread] - mean[spread]
    size = np.maximum(mean[spread] ** 2 / excess, 1e-9)
    tail[spread] = negative_binomial_tail(np.ceil(k[spread]), mean[spread], size)
    return np.asarray(np.clip(tail, 0.0, 1.0), dtype="float64")


def upper_count(mean: Floats, variance: Floats, alpha: float) -> Floats:
    """Smallest whole u with P(Y > u) <= alpha, by bisection; NaN where the mean is NaN."""
    upper = np.full(mean.shape, np.nan)
    known = ~np.isnan(mean)
    if not known.any():
        return upper
    m, v = mean[known], variance[known]
    low = np.full(m.shape, -1.0)
    high = np.ceil(m + 6 * np.sqrt(v) + 10)
    while (short := count_tail(high + 1, m, v) > alpha).any():
        high[short] *= 2
    while (open_ := high - low > 1).any():
        middle = np.where(open_, np.floor((low + high) / 2), high)
        enough = count_tail(middle + 1, m, v) <= alpha
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    upper[known] = high
    return upper


def _gamma_series(a: Floats, x: Floats) -> Floats:
    """P(a, x) for x < a + 1."""
    term = np.ones(a.shape)
    total = term.copy()
    for n in range(1, _ROUNDS):
        term = term * (x / (a + n))
        total = total + term
        if not (term > total * _EPSILON).any():
            break
    return total * np.exp(a * np.log(x) - x - log_gamma(a + 1))


def _gamma_fraction(a: Floats, x: Floats) -> Floats:
    """Q(a, x) = 1 - P(a, x) for x >= a + 1."""
    b = x + 1 - a
    c = np.full(a.shape, 1 / _TINY)
    d = 1 / b
    h = d.copy()
    for n in range(1, _ROUNDS):
        factor = -n * (n - a)
        b = b + 2
        d = 1 / _away_from_zero(factor * d + b)
        c = _away_from_zero(b + factor / c)
        h = h * (d * c)
        if not (np.abs(d * c - 1) > _EPSILON).any():
            break
    return h * np.exp(a * np.log(x) - x - log_gamma(a))


def _beta(a: Floats, b: Floats, x: Floats) -> Floats:
    """I_x(a, b), on whichever side its continued fraction converges fast."""
    front = np.exp(
        log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * np.log(np.maximum(x, _TINY)) + b * np.log1p(-x)
    )
    turn = x > (a + 1) / (a + b + 2)
    direct = _beta_fraction(np.where(turn, b, a), np.where(turn, a, b), np.where(turn, 1 - x, x))
    value = front * direct / np.where(turn, b, a)
    return np.where(turn, 1 - value, value)


def _beta_fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    c = np.ones(a.shape)
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    h = d.copy()
    for m in range(1, _ROUNDS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for factor in (even, odd):
            d = 1 / _away_from_zero(1 + factor * d)
            c = _away_from_zero(1 + factor / c)
            h = h * (d * c)
        if not (np.abs(d * c - 1) > _EPSILON).any():
            break
    return h


def _away_from_zero(value: Floats) -> Floats:
    return np.where(np.abs(value) < _TINY, _TINY, value)
