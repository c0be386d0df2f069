"""Learning from corrections: candidate models and their trial against the one in use."""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from db import read
from db.roles import Actor
from db.session import Database, Session
from pipeline.errors import UsageFault
from pipeline.learnt_models import activated, active_model, models_dir, put_to_use
from pipeline.paths import ROOT
from signals.negativity import NegativityModel

SEED, DRAWS = 20191112, 500
COLUMNS = ("id", "text", "entity", "negative", "key_entity")
SENTENCES = ROOT / "tests" / "regression" / "sentences.toml"


class TrainingMissing(RuntimeError):
    """The libraries that only training needs are not installed."""


@dataclass(frozen=True)
class Part:
    """F1 of both models on one part of the frozen evaluation set of `judged` judgements.

    `low`, `high`: 95 % bootstrap interval of candidate minus active, whole texts drawn, both judged on the same draw.
    """

    name: str
    judged: int
    candidate: float
    active: float
    low: float
    high: float


@dataclass(frozen=True)
class Trial:
    """A candidate on disk and how it fares. `worse`: by how much, on the parts where it is worse."""

    version: str
    path: Path
    learnt_at: datetime
    rows: int
    corrections: int
    parts: tuple[Part, ...]

    @property
    def worse(self) -> dict[str, float]:
        """Loss of F1 by part; empty = it may be activated."""
        return {
            part.name: part.active - part.candidate for part in self.parts if part.candidate < part.active
        }


class _Tools(NamedTuple):
    """The modules of `training`, which pull in scikit-learn."""

    data: Any
    evaluate: Any
    folds: Any
    learn: Any


def activate(session: Session, trial: Trial, *, actor: Actor, now: datetime) -> None:
    """Use the candidate from the worker's next turn on (pipeline.learnt_models.put_to_use)."""
    put_to_use(session, trial.version, trial.learnt_at.isoformat(), actor=actor, now=now)


def export_rows(session: Session, path: Path) -> int:
    """Write the labelled rows that corrections make, in the format of the labelled data; returns how many."""
    rows = read.training_rows(session)
    _write(path, rows.to_dict("records"))
    return len(rows)


def train(database: Database, labelled: Path, *, now: datetime) -> Trial:
    """Fit a candidate on the labelled rows and all corrections, and try it against the active model.

    The frozen evaluation set: rows of `labelled` whose platforms no training row names, and the regression sentences.
    On the rows both sides are fitted anew without them: the active model as it was learnt, from the same rows and the
    corrections of its time. On the sentences, which nobody learns from, the two models themselves are judged.
    Raises TrainingMissing, UsageFault.
    """
    tools = _tools()
    with database.reading() as session:
        chosen = activated(session)
        corrections = read.training_rows(session)
        known = (
            read.training_rows(session, at=datetime.fromisoformat(chosen.learnt_at))
            if chosen
            else corrections.head(0)
        )
    active = active_model(database)
    base = _read(tools, labelled)
    both, digest = _with(tools, labelled, corrections.to_dict("records"))
    former, _ = _with(tools, labelled, known.to_dict("records"))
    version = f"negativity-local-{digest[:10]}"
    candidate = tools.learn.fit(both, SEED, version)
    path = models_dir() / f"{version}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate.save(path)
    parts = (*_held_out(tools, base, both, former), *_sentences(tools, candidate, active))
    trial = Trial(version, path, now, len(base.texts), len(corrections), parts)
    told = {"learnt_at": now.isoformat(), "rows": trial.rows, "corrections": trial.corrections,
            "against": active.version, "parts": [asdict(part) for part in parts]}  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    return trial


def _tools() -> _Tools:
    try:
        return _Tools(*(import_module(f"training.{name}") for name in _Tools._fields))
    except ImportError as error:
        raise TrainingMissing(
            f"训练所需的库没有安装（{error.name}）：请运行 pip install -r requirements-train.txt 后重试"
        ) from error


def _with(tools: _Tools, labelled: Path, extra: Sequence[Mapping[str, Any]]) -> tuple[Any, str]:
    """The labelled rows followed by the extra ones, and a digest of all; no copy of the texts stays on disk."""
    with labelled.open(encoding="utf-8-sig", newline="") as handle:
        rows = [{name: row[name] for name in COLUMNS} for row in csv.DictReader(handle)]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "rows.csv"
        _write(path, [*rows, *extra])
        content = path.read_bytes() + f"{SEED} {NegativityModel.load().version}".encode()
        return _read(tools, path), hashlib.sha256(content).hexdigest()


def _read(tools: _Tools, path: Path) -> Any:
    try:
        return tools.data.read(path)
    except (tools.data.DataError, UnicodeDecodeError, csv.Error) as error:
        raise UsageFault(f"标注数据无法使用：{error}") from error


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _held_out(tools: _Tools, base: Any, both: Any, former: Any) -> Iterator[Part]:
    """Both recipes on the first fold of platforms never seen; a correction that names one of them is left out."""
    groups = tools.folds.platform_groups(base.candidates, base.keys, tools.folds.duplicate_groups(base.texts))
    split = next(tools.folds.unseen(base.candidates, groups, tools.learn.FOLDS, SEED))
    if not len(split.test):
        raise UsageFault("标注数据里的平台彼此相连，留不出未见过的平台来评估：请提供更多平台的标注数据")
    candidate, active = (_judged(tools, rows, len(base.texts), split) for rows in (both, former))
    for name, title in (("document", "未见过的平台：文本"), ("platform", "未见过的平台：平台")):
        yield _compared(tools, title, candidate[name], active[name])


def _compared(tools: _Tools, name: str, candidate: Any, active: Any) -> Part:
    """Both models' F1 on the same judgements, and how far chance alone may move their difference."""
    import numpy as np

    ours, theirs = (tools.evaluate.figures(judged, SEED).f1 for judged in (candidate, active))
    units, index = np.unique(candidate.group, return_inverse=True)
    rng = np.random.default_rng(SEED)
    differences = []
    for _ in range(DRAWS):
        times = np.bincount(rng.integers(len(units), size=len(units)), minlength=len(units))[index]
        differences.append(_f1(candidate, times) - _f1(active, times))
    low, high = np.quantile(differences, (0.025, 0.975))
    return Part(name, len(candidate.label), ours, theirs, float(low), float(high))


def _f1(judged: Any, times: Any) -> float:
    guess = judged.probability >= judged.threshold
    counted = (times * (judged.label + guess)).sum()
    return float(2 * (times * (judged.label * guess)).sum() / counted) if counted else 0.0


def _judged(tools: _Tools, rows: Any, size: int, split: Any) -> Any:
    names = {name for row in split.test for name in rows.candidates[row]}
    texts = {rows.texts[row] for row in split.test}
    added = [
        row
        for row in range(size, len(rows.texts))
        if names.isdisjoint(rows.candidates[row]) and rows.texts[row] not in texts
    ]
    chosen = type(split)([*split.train.tolist(), *added], split.test)
    return tools.evaluate.cross_validate(rows, [chosen], lambda part: tools.learn.fit(part, SEED, "fold"))


def _sentences(tools: _Tools, candidate: NegativityModel, active: NegativityModel) -> Iterator[Part]:
    """Both models on the frozen sentences of the regression set, where the installation has them."""
    import numpy as np

    if not SENTENCES.exists():
        return
    found = list(_told(tomllib.loads(SENTENCES.read_text("utf-8"))["sentence"]))
    texts, names, others = ([row[place] for row in found] for place in range(3))
    label, group = np.array([int(row[3]) for row in found]), np.array([row[4] for row in found])
    judged = [
        tools.evaluate.Judged(label, model.score_about(texts, names, others), group)
        for model in (candidate, active)
    ]
    yield _compared(tools, "回归句", *judged)


def _told(sentences: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Sentence, candidate, the other candidates, whether it is negative about it, number; clear cases only."""
    for number, sentence in enumerate(sentences):
        for name, expected in sentence["about"].items():
            if "negative" in expected:
                others = [other for other in sentence["about"] if other != name]
                yield sentence["text"], [name], others, expected["negative"], number
