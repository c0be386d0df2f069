"""Learning from corrections: candidate models, their trial against the active one, and which one is active."""

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

import structlog

from db import read, write
from db.session import Database, Session
from pipeline.errors import UsageFault
from pipeline.paths import ROOT, data_dir
from signals.negativity import NegativityModel, WeightsError

log = structlog.get_logger()
ACTIVE = "active_model"
"""Fact: which learnt model the analyse stage uses, as JSON of `Activated`; none = the one that ships."""
SEED = 20191112
COLUMNS = ("id", "text", "entity", "negative", "key_entity")
SENTENCES = ROOT / "tests" / "regression" / "sentences.toml"


class TrainingMissing(RuntimeError):
    """The libraries that only training needs are not installed."""


@dataclass(frozen=True)
class Activated:
    """A learnt model in use. `learnt_at`: the corrections as they stood then are what it learnt from."""

    version: str
    learnt_at: str
    activated_at: str
    who: str


@dataclass(frozen=True)
class Part:
    """F1 of both models on one part of the frozen evaluation set of `judged` judgements."""

    name: str
    judged: int
    candidate: float
    active: float


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


def models_dir() -> Path:
    """Where learnt models are kept, <version>.npz."""
    return data_dir() / "models"


def activated(session: Session) -> Activated | None:
    """The learnt model in use; None = the one that ships."""
    told = read.fact(session, ACTIVE)
    return Activated(**json.loads(told)) if told else None


def active_model(database: Database) -> NegativityModel:
    """The model in use. One that cannot be read is reported and the shipped one steps in: every mention says which."""
    with database.reading() as session:
        chosen = activated(session)
    if chosen is not None:
        try:
            return NegativityModel.load(models_dir() / f"{chosen.version}.npz")
        except WeightsError as error:
            log.error("active_model_unreadable", error=str(error), instead="shipped")
    return NegativityModel.load()


def activate(session: Session, trial: Trial, *, who: str, now: datetime) -> None:
    """Use the candidate from the worker's next turn on, and have every stored document read again by it."""
    who = write.allowed(who)
    chosen = Activated(trial.version, trial.learnt_at.isoformat(), now.isoformat(), who)
    write.set_fact(session, ACTIVE, json.dumps(asdict(chosen), ensure_ascii=False))
    write.ask(session, write.RESCORE, {"model": trial.version}, who, now)


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
    return Trial(version, path, now, len(base.texts), len(corrections), parts)


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
        ours, theirs = (tools.evaluate.figures(found[name], SEED) for found in (candidate, active))
        yield Part(title, len(candidate[name].label), ours.f1, theirs.f1)


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
    scores = []
    for model in (candidate, active):
        probability = model.score_about(texts, names, others)
        scores.append(tools.evaluate.figures(tools.evaluate.Judged(label, probability, group), SEED).f1)
    yield Part("回归句", len(found), *scores)


def _told(sentences: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Sentence, candidate, the other candidates, whether it is negative about it, number; clear cases only."""
    for number, sentence in enumerate(sentences):
        for name, expected in sentence["about"].items():
            if "negative" in expected:
                others = [other for other in sentence["about"] if other != name]
                yield sentence["text"], [name], others, expected["negative"], number
