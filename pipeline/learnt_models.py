"""Which negativity model is in use, which were before, and the way back to one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from db import read, write
from db.roles import Actor, require
from db.session import Database, Session
from pipeline.errors import UsageFault
from pipeline.paths import data_dir
from signals.negativity import NegativityModel, WeightsError

log = structlog.get_logger()
ACTIVE = "active_model"
"""Fact: the learnt model in use, as JSON of `Activated`; none or empty = the one that ships."""
HISTORY = "activated_models"
"""Fact: everything that was ever put to use, oldest first, as a JSON list of `Activated`; nothing leaves it."""
SHIPPED = "shipped"
"""By this name the model that ships is asked for, whatever its version."""


@dataclass(frozen=True)
class Activated:
    """A model put to use. `learnt_at`: the corrections as they stood then are what it learnt from; "" = of none."""

    version: str
    learnt_at: str
    activated_at: str
    who: str


@dataclass(frozen=True)
class Kept:
    """A model that can be read. `trial`: how it fared (pipeline.training_runs), {} = nothing on record."""

    version: str
    trial: Mapping[str, Any]
    activated: tuple[Activated, ...]
    in_use: bool


def models_dir() -> Path:
    """Where learnt models are kept: <version>.npz, and <version>.json with its trial."""
    return data_dir() / "models"


def activated(session: Session) -> Activated | None:
    """The learnt model in use; None = the one that ships."""
    told = read.fact(session, ACTIVE)
    return Activated(**json.loads(told)) if told else None


def history(session: Session) -> list[Activated]:
    """Every model that was put to use, oldest first, with who and when; the shipped one as SHIPPED."""
    told = read.fact(session, HISTORY)
    return [Activated(**each) for each in json.loads(told)] if told else []


def active_model(database: Database) -> NegativityModel:
    """The model in use. One that cannot be read is reported and the shipped one steps in: every mention says which."""
    with database.reading() as session:
        chosen = activated(session)
    if chosen is not None:
        try:
            return NegativityModel.load(models_dir() / f"{chosen.version}.npz")
        except WeightsError as error:
            log.error("active_model_unreadable", error=str(error), instead=SHIPPED)
    return NegativityModel.load()


def put_to_use(session: Session, version: str, learnt_at: str, *, actor: Actor, now: datetime) -> None:
    """Use a model from the worker's next turn on, and have every stored document read again by it.

    Who and when are added to the history and to the audit log. Raises NotAllowed.
    """
    require(actor, "work")
    before = activated(session)
    chosen = Activated(version, learnt_at, now.isoformat(), actor.name)
    told = "" if version == SHIPPED else json.dumps(asdict(chosen), ensure_ascii=False)
    write.set_fact(session, ACTIVE, told)
    past = [asdict(each) for each in (*history(session), chosen)]
    write.set_fact(session, HISTORY, json.dumps(past, ensure_ascii=False))
    write.enqueue(session, write.RESCORE, {"model": version}, chosen.who, now)
    detail = {"before": before.version if before else SHIPPED}
    write.record(session, actor=actor, action="model_use", subject=version, detail=detail, now=now)


def go_back(session: Session, version: str, *, actor: Actor, now: datetime) -> None:
    """Use a model again that was in use before, or the one that ships (SHIPPED).

    Raises UsageFault: it never passed its trial, is in use already, or its file cannot be read. Raises NotAllowed.
    """
    using = activated(session)
    if version == (SHIPPED if using is None else using.version):
        raise UsageFault(f"{version} 正在使用，无需切换")
    if version == SHIPPED:
        put_to_use(session, SHIPPED, "", actor=actor, now=now)
        return
    before = next((each for each in reversed(history(session)) if each.version == version), None)
    if before is None:
        raise UsageFault(
            f"{version} 从未启用过，不能直接切换：候选模型须经 --data … --activate 评估，不逊于当前模型才可启用"
        )
    try:
        NegativityModel.load(models_dir() / f"{version}.npz")
    except WeightsError as error:
        raise UsageFault(f"无法切换：{error}") from error
    put_to_use(session, version, before.learnt_at, actor=actor, now=now)


def kept(session: Session) -> list[Kept]:
    """The shipped model, then the learnt ones on disk, the last learnt first."""
    using, past = activated(session), history(session)
    found = [_kept(SHIPPED, {}, past, using is None)]
    learnt = [_kept(path.stem, _trial(path), past, using is not None and using.version == path.stem)
              for path in models_dir().glob("*.npz")]  # fmt: skip
    return found + sorted(
        learnt, key=lambda each: (each.trial.get("learnt_at", ""), each.version), reverse=True
    )


def _kept(version: str, trial: Mapping[str, Any], past: list[Activated], in_use: bool) -> Kept:
    return Kept(version, trial, tuple(each for each in past if each.version == version), in_use)


def _trial(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
