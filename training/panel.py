"""Walk-forward learners on the monthly panel: logistic regression and gradient boosting, for comparison with rankings
that learn nothing. scikit-learn and LightGBM stay here.
"""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]
Fit = Callable[[Floats, npt.NDArray[np.bool_]], Callable[[Floats], Floats]]


def walk_forward(
    features: pd.DataFrame, month: pd.Series, known: pd.Series, failed: pd.Series, horizon: int, learn: Fit
) -> Floats:
    """A score per row from what was known on the day the month's figures were.

    Learnt from the rows of earlier months whose whole horizon had passed by that day, so that their outcome was
    public; 0 for all rows of a month before which no failure had been seen.
    """
    scores = np.zeros(len(features))
    values = features.to_numpy("float64")
    ahead = (failed - known).dt.days.to_numpy("float64")
    label = (ahead >= 1) & (ahead <= horizon)
    for each in sorted(month.unique()):
        rows = (month == each).to_numpy("bool")
        today = known[rows].iloc[0]
        past = (known + pd.Timedelta(days=horizon) <= today).to_numpy("bool")
        if label[past].any():
            scores[rows] = learn(values[past], label[past])(values[rows])
    return scores


def looking_ahead(
    features: pd.DataFrame, platform: pd.Series, known: pd.Series, failed: pd.Series, horizon: int, learn: Fit
) -> Floats:
    """A score per row learnt from other platforms in all months, later ones included: five folds by platform. Not a
    forecast; it shows what the same learner gets when it may see the wave that it is to foretell."""
    scores = np.zeros(len(features))
    values = features.to_numpy("float64")
    ahead = (failed - known).dt.days.to_numpy("float64")
    label = (ahead >= 1) & (ahead <= horizon)
    fold = pd.factorize(platform, sort=True)[0] % 5
    for number in range(5):
        train = fold != number
        scores[~train] = learn(values[train], label[train])(values[~train])
    return scores


def logistic(strength: float) -> Fit:
    """L2-regularised logistic regression; `strength` is scikit-learn's C."""

    def learn(x: Floats, y: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
        model = LogisticRegression(C=strength, max_iter=1000).fit(x, y)
        return lambda new: np.asarray(model.decision_function(new), dtype=np.float64)

    return learn


def boosted(x: Floats, y: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """A small gradient-boosted forest."""
    model = lightgbm.LGBMClassifier(
        n_estimators=60,
        num_leaves=7,
        min_child_samples=30,
        learning_rate=0.05,
        n_jobs=1,
        random_state=0,
        verbose=-1,
    )
    model.fit(x, y)
    return lambda new: np.asarray(model.predict_proba(new), dtype=np.float64)[:, 1]
