"""Writes the model card beside the weights."""

from pathlib import Path
from string import Template

import numpy as np

from signals.negativity import NegativityModel
from training.data import Labelled
from training.evaluate import Figures

Results = dict[str, dict[str, Figures]]

_TEMPLATE = Path(__file__).with_name("model_card.md.in")
_NAMES = {
    "document": "document, candidates given",
    "plain": "document, text alone",
    "platform": "platform (text and candidate)",
    "document_renamed": "document, every name replaced by an invented one",
    "platform_renamed": "platform, every name replaced by an invented one",
}


def write_card(path: Path, model: NegativityModel, labelled: Labelled, results: Results) -> None:
    """Fills the template with the figures of this run."""
    text = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        version=model.version,
        threshold=f"{model.threshold:.2f}",
        rows=f"{len(labelled.texts):,}",
        candidates=f"{sum(map(len, labelled.candidates)):,}",
        positive=f"{int(np.sum(labelled.negative)):,}",
        table=_table(results),
    )
    path.write_text(text, encoding="utf-8")


def _table(results: Results) -> str:
    lines = ["| platforms | judged | texts | F1 (95 % interval) | AUC | ECE |", "|---|---|---|---|---|---|"]
    for platforms, figures in results.items():
        for what, found in figures.items():
            interval = f"{found.f1:.3f} ({found.f1_low:.3f}–{found.f1_high:.3f})"
            row = (
                platforms,
                _NAMES[what],
                f"{found.rows:,}",
                interval,
                f"{found.auc:.3f}",
                f"{found.ece:.3f}",
            )
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)
