"""Upper tails of count distributions, vectorised in plain numpy.

Poisson: P(Y >= k) = P(k, mean), the regularised lower incomplete gamma function. Negative binomial of size r:
P(Y >= k) = I_x(k, r) with x = mean/(r + mean), the regularised incomplete beta function. Series and continued
fractions after Numerical Recipes, 3rd ed., sections 6.2 and 6.4 (modified Lentz); checked against exact sums.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGE = 1e6
"""Mean beyond which exact sums take long and say nothing more."""
_TINY = 1e-300
_EPSILON = 1e-14
_ROUNDS = 5000
_CHUNK = 8192
"""Values computed together: keeps the working arrays in the processor's cache."""
_SIFT = 8
"""Rounds after which the values that are done are taken out."""
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
    """P(Y >= k) for counts of this mean and variance: negative binomial, Poisson where variance = mean; beyond LARGE
    on average the gamma distribution of that mean and variance, by Wilson and Hilferty's cube root.

    NaN where an argument is NaN.
    """
    k, mean, variance = np.broadcast_arrays(*(np.asarray(a, dtype="float64") for a in (k, mean, variance)))
    tail = np.full(k.shape, np.nan)
    known = ~(np.isnan(k) | np.isnan(mean) | np.isnan(variance))
    large = known & (mean > LARGE)
    tail[large] = _gamma_tail(np.ceil(k[large]) - 0.5, mean[large], variance[large])
    known &= ~large
    spread = known & (variance > mean * (1 + 1e-6))
    even = known & ~spread
    mean = np.maximum(mean, 1e-12)
    tail[even] = poisson_tail(np.ceil(k[even]), mean[even])
    excess = variance[spread] - mean[spread]
    size = np.maximum(mean[spread] ** 2 / excess, 1e-9)
    tail[spread] = negative_binomial_tail(np.ceil(k[spread]), mean[spread], size)
    return np.asarray(np.clip(tail, 0.0, 1.0), dtype="float64")


def _gamma_tail(at: Floats, mean: Floats, variance: Floats) -> Floats:
    """P(X >= at) for a gamma variable; Wilson and Hilferty 1931 (PNAS 17:684): its cube root is nearly normal."""
    shape = mean**2 / np.maximum(variance, mean)
    z = (np.cbrt(np.maximum(at, 0.0) / mean) - 1 + 1 / (9 * shape)) * 3 * np.sqrt(shape)
    return np.array([0.5 * erfc(value / sqrt(2)) for value in z.ravel().tolist()]).reshape(z.shape)


def student_tail(t: Floats, freedom: Floats) -> Floats:
    """P(T >= t) for Student's t, t >= 0: half of I_x(freedom/2, 1/2) with x = freedom/(freedom + t²)."""
    t, freedom = np.broadcast_arrays(np.asarray(t, dtype="float64"), np.asarray(freedom, dtype="float64"))
    x = np.minimum(freedom / (freedom + t**2), 1 - 1e-15)
    return np.asarray(_beta(freedom / 2, np.full(t.shape, 0.5), x) / 2, dtype="float64")


def upper_count(mean: Floats, variance: Floats, alpha: float) -> Floats:
    """Smallest whole u >= 0 with P(Y > u) <= alpha; NaN where the mean is NaN."""
    upper = np.full(mean.shape, np.nan)
    known = ~np.isnan(mean)
    m, v = mean[known], variance[known]
    low, high = np.full(m.shape, -1.0), np.full(m.shape, np.inf)  # P(Y > low) > alpha >= P(Y > high)
    guess, stride = _guessed(m, v, alpha), np.ones(m.shape)
    open_ = np.arange(m.size)
    while open_.size:
        at = guess[open_]
        enough = count_tail(at + 1, m[open_], v[open_]) <= alpha
        high[open_] = np.where(enough, at, high[open_])
        low[open_] = np.where(enough, low[open_], at)
        open_ = open_[high[open_] - low[open_] > 1]
        bounded = np.floor((low[open_] + high[open_]) / 2)
        below = np.maximum(high[open_] - stride[open_], low[open_] + 1)
        above = np.where(np.isinf(high[open_]), low[open_] + stride[open_], np.maximum(bounded, below))
        guess[open_] = above
        stride[open_] *= 2
    upper[known] = high
    return upper


def _guessed(mean: Floats, variance: Floats, alpha: float) -> Floats:
    """Cornish and Fisher's second-order quantile, a whole number >= 0 that is rarely off by more than one."""
    z = NormalDist().inv_cdf(1 - alpha)
    sd = np.sqrt(variance)
    skew = (2 * variance / np.maximum(mean, 1e-12) - 1) / np.maximum(sd, 1e-12)
    quantile = mean + sd * (z + (z * z - 1) * skew / 6 - (2 * z**3 - 5 * z) * skew**2 / 36)
    return np.asarray(np.floor(np.clip(quantile, 0.0, mean + 20 * sd + 20)))


def _gamma_series(a: Floats, x: Floats) -> Floats:
    """P(a, x) for x < a + 1."""
    total = np.ones(a.shape)
    for some in _chunks(a.size):
        shape, at = a[some], x[some]
        term, sum_ = np.ones(at.shape), np.ones(at.shape)
        for n in range(1, _ROUNDS):
            term = term * (at / (shape + n))
            open_ = term > sum_ * _EPSILON
            sum_ = np.where(open_, sum_ + term, sum_)
            if not open_.any():
                break
        total[some] = sum_
    return total * np.exp(a * np.log(x) - x - log_gamma(a + 1))


def _gamma_fraction(a: Floats, x: Floats) -> Floats:
    """Q(a, x) = 1 - P(a, x) for x >= a + 1."""

    def begin(a: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
        b = x + 1 - a
        return np.full(a.shape, 1 / _TINY), 1 / b, 1 / b

    def step(n: int, state: tuple[Floats, Floats], a: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
        c, d = state
        factor, b = -n * (n - a), x + 1 - a + 2 * n
        d = 1 / _away_from_zero(factor * d + b)
        c = _away_from_zero(b + factor / c)
        return c, d, d * c

    return _lentz(begin, step, a, x) * np.exp(a * np.log(x) - x - log_gamma(a))


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
    def begin(a: Floats, b: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
        d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
        return np.ones(a.shape), d, d

    def step(
        m: int, state: tuple[Floats, Floats], a: Floats, b: Floats, x: Floats
    ) -> tuple[Floats, Floats, Floats]:
        c, d = state
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _away_from_zero(1 + even * d)
        c = _away_from_zero(1 + even / c)
        first = d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _away_from_zero(1 + odd * d)
        c = _away_from_zero(1 + odd / c)
        return c, d, first * (d * c)

    return _lentz(begin, step, a, b, x)


_Begin = Callable[..., tuple[Floats, Floats, Floats]]
_Step = Callable[..., tuple[Floats, Floats, Floats]]


def _lentz(begin: _Begin, step: _Step, *arguments: Floats) -> Floats:
    """A continued fraction for each value; each stops by itself, so that no value depends on its neighbours.

    `begin` gives c, d and the value; `step` the next c and d and the factor by which the value changes.
    """
    result = np.empty(arguments[0].shape)
    for some in _chunks(result.size):
        given = [argument[some] for argument in arguments]
        c, d, value = begin(*given)
        place = np.arange(some.start, some.stop)
        open_ = np.ones(place.shape, dtype=np.bool_)
        for n in range(1, _ROUNDS):
            c, d, factor = step(n, (c, d), *given)
            value = value * factor
            ready = open_ & (np.abs(factor - 1) <= _EPSILON)
            result[place[ready]] = value[ready]
            open_ &= ~ready
            if not open_.any():
                break
            if n % _SIFT == 0:
                given = [argument[open_] for argument in given]
                c, d, value, place = c[open_], d[open_], value[open_], place[open_]
                open_ = open_[open_]
        result[place[open_]] = value[open_]
    return result


def _chunks(size: int) -> list[slice]:
    return [slice(at, min(at + _CHUNK, size)) for at in range(0, size, _CHUNK)]


def _away_from_zero(value: Floats) -> Floats:
    return np.where(np.abs(value) < _TINY, _TINY, value)
