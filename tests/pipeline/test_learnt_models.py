"""The models in use: every change is on record with who and when, and the way back leads to what was trusted before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from db import read, write
from db.roles import Actor, NotAllowed, Role, command_line
from db.schema import Mention
from pipeline import learnt_models
from pipeline.commands.stages import carry
from pipeline.commands.train import model_lines
from pipeline.errors import UsageFault
from pipeline.learnt_models import SHIPPED
from pipeline.prepare import Workplace
from pipeline.progress import silent
from signals.negativity import NegativityModel
from tests.pipeline.conftest import NOW
from tests.pipeline.test_feedback import Table
from tests.pipeline.test_stages import bring, row
from tests.pipeline.test_train import CALM, command

MINUTE = timedelta(minutes=1)
DAY = date(2026, 3, 8)
ONE, TWO = "negativity-local-1", "negativity-local-2"


def keep(version: str, shift: float = 0.0) -> None:
    """A model file of that version; with `shift` it takes everything for worse."""
    folder = learnt_models.models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    model = NegativityModel.load()
    joint = replace(model.joint, probability=np.clip(model.joint.probability + shift, 0.001, 0.999))
    replace(model, version=version, joint=joint).save(folder / f"{version}.npz")


def use(workplace: Workplace, version: str, minute: int, who: str = "陈一") -> None:
    with workplace.database.writing() as session:
        learnt_models.put_to_use(
            session, version, NOW.isoformat(), actor=command_line(who), now=NOW + minute * MINUTE
        )


def back(workplace: Workplace, version: str, minute: int, who: str = "李二") -> None:
    with workplace.database.writing() as session:
        learnt_models.go_back(session, version, actor=command_line(who), now=NOW + minute * MINUTE)


def in_use(workplace: Workplace) -> str:
    with workplace.database.reading() as session:
        (found,) = (each.version for each in learnt_models.kept(session) if each.in_use)
    return found


def test_the_way_back_is_recorded(workplace: Workplace) -> None:
    """Which, who and when, in order; the worker is asked to read everything again; what was learnt from stays known."""
    keep(ONE)
    keep(TWO)
    use(workplace, ONE, 1)
    use(workplace, TWO, 2)
    back(workplace, ONE, 3)
    assert in_use(workplace) == ONE
    with workplace.database.reading() as session:
        past = learnt_models.history(session)
        asked = [request.arguments["model"] for request in read.waiting_requests(session)]
    assert [(each.version, each.who) for each in past] == [(ONE, "陈一"), (TWO, "陈一"), (ONE, "李二")]
    assert past[0].activated_at < past[1].activated_at < past[2].activated_at
    assert past[2].learnt_at == past[0].learnt_at
    assert asked[-1] in (ONE, TWO)


def test_the_shipped_model_is_always_a_way_back(workplace: Workplace) -> None:
    """By its own word, whatever its version; that is on record too."""
    keep(ONE)
    use(workplace, ONE, 1)
    back(workplace, SHIPPED, 2)
    assert in_use(workplace) == SHIPPED
    with workplace.database.reading() as session:
        assert learnt_models.activated(session) is None
        assert [each.version for each in learnt_models.history(session)] == [ONE, SHIPPED]
    assert learnt_models.active_model(workplace.database).version == NegativityModel.load().version


@pytest.mark.parametrize(
    ("version", "told"), [(TWO, "从未启用"), (ONE, "正在使用"), ("../../etc/passwd", "从未启用")]
)
def test_only_what_was_trusted_can_be_used_again(workplace: Workplace, version: str, told: str) -> None:
    """A candidate that never passed its trial does not get in by the back door."""
    keep(ONE)
    keep(TWO)
    use(workplace, ONE, 1)
    with pytest.raises(UsageFault, match=told):
        back(workplace, version, 2)
    assert in_use(workplace) == ONE


def test_a_model_that_cannot_be_read_is_refused(workplace: Workplace) -> None:
    """Nothing changes, and the message names the file."""
    keep(ONE)
    use(workplace, ONE, 1)
    back(workplace, SHIPPED, 2)
    (learnt_models.models_dir() / f"{ONE}.npz").write_bytes(b"damaged")
    with pytest.raises(UsageFault, match=ONE):
        back(workplace, ONE, 3)
    assert in_use(workplace) == SHIPPED


def test_only_who_may_put_the_worker_to_work_goes_back(workplace: Workplace) -> None:
    """As with every decision: checked where data changes, and nothing is left behind."""
    keep(ONE)
    use(workplace, ONE, 1)
    with pytest.raises(NotAllowed), workplace.database.writing() as session:
        learnt_models.go_back(session, SHIPPED, actor=Actor("李二", Role.ANALYST), now=NOW + 2 * MINUTE)
    assert in_use(workplace) == ONE


def test_every_change_of_model_stands_in_the_audit_log(workplace: Workplace) -> None:
    """Who, when, to which and from which, also where the worker was asked for the same reading already."""
    keep(ONE)
    use(workplace, ONE, 1)
    back(workplace, SHIPPED, 2)
    back(workplace, ONE, 3)
    with workplace.database.reading() as session:
        entries = read.audit(session, action="model_use").to_dict("records")
        assert not read.verify_audit(session).faults
    told = [(each["subject"], each["detail"]["before"], each["actor"]) for each in reversed(entries)]
    assert told == [(ONE, SHIPPED, "陈一"), (SHIPPED, ONE, "李二"), (ONE, SHIPPED, "李二")]


def test_every_mention_keeps_the_model_that_made_it(workplace: Workplace, table: Table) -> None:
    """Forth and back again: three readings that differ are three versions, none rewritten, each naming its model."""
    bring(workplace, table([row(1, DAY, CALM, kind="news", publisher="示例早报")]))
    keep(ONE, shift=0.3)
    chen = command_line("陈一")
    for minute, version in ((1, ONE), (3, SHIPPED)):
        with workplace.database.writing() as session:
            if version == SHIPPED:
                learnt_models.go_back(session, SHIPPED, actor=chen, now=NOW + minute * MINUTE)
            else:
                learnt_models.put_to_use(session, version, "", actor=chen, now=NOW + minute * MINUTE)
            write.rescore(session)
        carry(workplace, NOW + (minute + 1) * MINUTE, silent)
    with workplace.database.reading() as session:
        rows = session.execute(select(Mention.model_version, Mention.negative).order_by(Mention.as_of)).all()
    shipped = NegativityModel.load().version
    assert [row.model_version.split("+")[0] for row in rows] == [shipped, ONE, shipped]
    assert rows[0].negative == rows[2].negative < rows[1].negative


def test_versions_are_listed_with_their_trial(workplace: Workplace) -> None:
    """The shipped one, then what was learnt: figures, when put to use by whom, or that it never was."""
    keep(ONE)
    keep(TWO)
    use(workplace, ONE, 1)
    part = {"name": "回归句", "candidate": 0.91, "active": 0.9}
    trial = {"learnt_at": NOW.isoformat(), "rows": 100, "corrections": 3, "against": SHIPPED, "parts": [part]}
    (learnt_models.models_dir() / f"{ONE}.json").write_text(json.dumps(trial), "utf-8")
    (learnt_models.models_dir() / f"{TWO}.json").write_text("{", "utf-8")
    with workplace.database.reading() as session:
        listed = "\n".join(line for each in learnt_models.kept(session) for line in model_lines(each))
    assert listed.index(SHIPPED) < listed.index(ONE) < listed.index(TWO)
    assert f"* {ONE}" in listed
    assert "人工更正 3 条" in listed
    assert "回归句 0.9100 / 0.9000" in listed
    assert "2026-03-10 12:01 由 陈一 启用" in listed
    assert listed.endswith("从未启用")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--list", "--events"], "一次只能用一个"),
        (["--activate"], "--use"),
        (["--use", "negativity-local-9"], "从未启用"),
        (["--use", "shipped", "--who", "名" * 65], "--who 太长"),
    ],
)
@pytest.mark.slow
def test_the_command_explains_what_it_cannot_do(
    tmp_path_factory: pytest.TempPathFactory, arguments: list[str], told: str
) -> None:
    """Exit code 2 and a sentence, never a traceback."""
    done = command(tmp_path_factory.getbasetemp() / "models-command", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_command_lists_the_shipped_model(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On an installation that never learnt anything."""
    done = command(tmp_path_factory.getbasetemp() / "models-command", "--list")
    assert done.returncode == 0
    assert "shipped　（使用中）" in done.stdout
