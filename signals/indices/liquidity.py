"""Y 收益与流动性: how far the indicators of a platform stand on the bad side of their own past and of their class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Term:
    """One indicator, arrays (days, platforms): `z_from`, where a warning begins; `known`, a reading has ever come; `z`,
    against each reference, NaN where it is not judged (nothing stands, or the reference is too small); high is bad."""

    weight: float
    z_from: float
    known: Bools
    z: tuple[Floats, ...]


def impulses(z: Floats, weight: float, z_from: float) -> Floats:
    """w·max(0, z − z_from); 0 where z is NaN."""
    return weight * np.nan_to_num(np.maximum(z - z_from, 0.0))


def daily(terms: Iterable[Term], observed_share: float) -> tuple[Floats, NDArray[np.int64]]:
    """(impulse, count) by day and platform: Σ w·max(0, z − z_from), and how many readings are beyond z_from.

    The impulse is NaN where too little stands to speak of: less than `observed_share` of the weight of the indicators
    that the platform has ever reported. Without any term both arrays are (0, 0).
    """
    impulse, count = np.zeros((0, 0)), np.zeros((0, 0), dtype=np.int64)
    heard, known = np.zeros((0, 0)), np.zeros((0, 0))
    for n, term in enumerate(terms):
        if n == 0:
            shape = term.known.shape
            impulse, count = np.zeros(shape), np.zeros(shape, dtype=np.int64)
            heard, known = np.zeros(shape), np.zeros(shape)
        judged = np.zeros(term.known.shape, dtype=np.bool_)
        beyond = judged.copy()
        for z in term.z:
            impulse = impulse + impulses(z, term.weight, term.z_from)
            judged |= ~np.isnan(z)
            beyond |= np.nan_to_num(z) > term.z_from
        heard, known = heard + term.weight * judged, known + term.weight * term.known
        count = count + beyond
    enough = (known > 0) & (heard >= observed_share * known - 1e-12) & (heard > 0)
    return np.where(enough, impulse, np.nan), count
