"""The learners of training/panel.py as rankings of the panel; needs what `make eval` installs."""

from __future__ import annotations

import warnings

from pipeline.backtests.panel import Scores
from pipeline.backtests.panel_data import FEATURES, Panel, ranks
from signals.evaluation.grid import Floats


def learners() -> tuple[tuple[str, Scores], ...]:
    """Name and ranking of each learner. Raises ImportError without the training libraries."""
    from training import panel as training  # imported late: a deployment has no scikit-learn

    warnings.filterwarnings("ignore", message="X does not have valid feature names")

    def forward(learn: training.Fit, ranked: bool) -> Scores:
        def score(panel: Panel, horizon: int) -> Floats:
            rows = panel.rows
            features = ranks(rows) if ranked else rows[list(FEATURES)].fillna(0.0)
            return training.walk_forward(
                features, rows["month"], rows["known"], rows["failed"], horizon, learn
            )

        return score

    def ahead(learn: training.Fit) -> Scores:
        def score(panel: Panel, horizon: int) -> Floats:
            rows = panel.rows
            return training.looking_ahead(
                ranks(rows), rows["platform"], rows["known"], rows["failed"], horizon, learn
            )

        return score

    return (
        ("logistic regression on ranks, C .003, walk-forward", forward(training.logistic(0.003), True)),
        ("logistic regression on ranks, C .3, walk-forward", forward(training.logistic(0.3), True)),
        ("gradient boosting on ranks, walk-forward", forward(training.boosted, True)),
        ("gradient boosting on raw figures, walk-forward", forward(training.boosted, False)),
        ("gradient boosting, by platform, looking ahead in time", ahead(training.boosted)),
    )
