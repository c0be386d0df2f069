"""Writes the card of the discovery model beside its weights."""

from pathlib import Path
from string import Template

from signals.discovery import Discoverer
from training.discovery_data import Named
from training.discovery_evaluate import Figures, Score

Results = dict[str, Figures]

_TEMPLATE = Path(__file__).with_name("discovery_card.md.in")


def write_card(path: Path, model: Discoverer, data: Named, listed: int, results: Results) -> None:
    """Fills the template with the figures of this run."""
    names = [(name, text) for own, text in zip(data.names, data.texts, strict=True) for name in own]
    absent = sum(name not in text for name, text in names)
    text = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        version=model.version,
        threshold=f"{model.threshold:.2f}",
        rows=f"{len(data.texts):,}",
        labels=f"{len(names):,}",
        absent=f"{absent:,}",
        bound=f"{1 - absent / max(len(names), 1):.2f}",
        listed=f"{listed:,}",
        table=_table(results),
        steps=_steps(results),
    )
    path.write_text(text, encoding="utf-8")


def _table(results: Results) -> str:
    lines = [
        "| rows | counted | precision | recall | F1 (95 % interval) | ECE |",
        "|---|---|---|---|---|---|",
    ]
    for split, found in results.items():
        for counted, score in (
            ("exact name", found.exact),
            ("exact name, names absent from their text left out", found.written),
            ("name that holds or is held by the labelled one", found.loose),
        ):
            ece = f"{found.ece:.3f}" if score is found.exact else ""
            lines.append(f"| {split} | {counted} | {_row(score)} | {ece} |")
    return "\n".join(lines)


def _row(score: Score) -> str:
    value, low, high = score.f1
    return f"{score.precision[0]:.3f} | {score.recall[0]:.3f} | {value:.3f} ({low:.3f}–{high:.3f})"


def _steps(results: Results) -> str:
    lines = ["| confidence from | precision, never seen | recall, never seen |", "|---|---|---|"]
    for step, (precision, recall) in results["never seen"].steps.items():
        lines.append(f"| {step:.1f} | {precision:.3f} | {recall:.3f} |")
    return "\n".join(lines)
