"""Thresholds under governance: nobody decides alone, nothing is overwritten, and every act is in the log."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from db import read, write
from db.roles import Actor, NotAllowed, Role, command_line
from db.schema import Pending, ThresholdVersion
from db.session import Database
from db.write import Overtaken, ThresholdsRefused
from settings.loader import load
from settings.models import Override, Overrides, Thresholds
from signals.model import day_start, shanghai_day
from tests.db.builders import NOW, add_platforms

BASE = load().thresholds
TODAY = shanghai_day(NOW)
LIAISON, COLLEAGUE = Actor("林联", Role.LIAISON), Actor("何联", Role.LIAISON)
APPROVER, ADMIN = Actor("方核", Role.APPROVER), Actor("关管", Role.ADMIN)


def orange(enter: float) -> Thresholds:
    """The installation's thresholds with another orange line."""
    return BASE.model_copy(update={"orange": BASE.orange.model_copy(update={"enter": enter})})


@pytest.fixture
def governed(database: Database) -> Database:
    """With version 1 in force and two platforms."""
    with database.writing() as session:
        assert write.seed_thresholds(session, BASE, NOW) == 1
        add_platforms(session, "a", "b")
    return database


def submit(
    database: Database, thresholds: Thresholds, actor: Actor = LIAISON, **changes: Any
) -> int | Overtaken:
    told: dict[str, Any] = {"base": 1, "seen": 0, "why": "误报偏多", "now": NOW, **changes}
    with database.writing() as session:
        return write.submit_thresholds(session, thresholds, actor=actor, **told)


def approve(
    database: Database, number: int, actor: Actor = APPROVER, day: date = TODAY, now: datetime = NOW
) -> None:
    with database.writing() as session:
        write.approve_thresholds(session, number, effective=day, actor=actor, comment="同意", now=now)


def version(database: Database, number: int) -> read.VersionRow:
    with database.reading() as session:
        found = read.threshold_version(session, number)
    assert found is not None
    return found


def acts(database: Database) -> list[tuple[str, str, str | None]]:
    with database.reading() as session:
        log = read.audit(session).sort_values("id")
        return list(zip(log["action"], log["actor"], log["reason"], strict=True))


def test_a_proposal_waits_and_changes_nothing(governed: Database) -> None:
    """Submitted with its base and reason; version 1 stays in force."""
    number = submit(governed, orange(66))
    found = version(governed, number)
    assert (found.state, found.base_id, found.who, found.why) == ("proposed", 1, "林联", "误报偏多")
    with governed.reading() as session:
        assert read.active_thresholds(session, NOW + timedelta(days=900))[0] == 1
        assert len(read.threshold_history(session)) == 1


def test_another_person_brings_it_into_force(governed: Database) -> None:
    """From the day that was chosen; until then the former version counts."""
    number = submit(governed, orange(66))
    begins = TODAY + timedelta(days=3)
    approve(governed, number, day=begins)
    with governed.reading() as session:
        assert read.active_thresholds(session, day_start(begins) - timedelta(seconds=1))[0] == 1
        assert read.active_thresholds(session, day_start(begins)) == (number, orange(66))
    found = version(governed, number)
    assert (found.decided_by, found.comment) == ("方核", "同意")


def test_in_force_today_asks_for_todays_rows_again(governed: Database) -> None:
    """Approved for today: every active platform waits for the warning stage; for later: none does."""
    approve(governed, submit(governed, orange(66)))
    with governed.reading() as session:
        waiting = session.execute(select(Pending.stage, Pending.platform_id, Pending.day)).all()
    assert sorted(waiting) == [("warn", "a", TODAY), ("warn", "b", TODAY)]


def test_a_later_day_asks_for_nothing_now(governed: Database) -> None:
    """Its midnight comes anyway."""
    approve(governed, submit(governed, orange(66)), day=TODAY + timedelta(days=1))
    with governed.reading() as session:
        assert not session.execute(select(Pending)).all()


@pytest.mark.parametrize("own", [ADMIN, Actor(" 关管", Role.ADMIN), Actor("关管", Role.APPROVER)])
def test_nobody_approves_their_own(governed: Database, own: Actor) -> None:
    """Neither with both roles, nor with blanks around the name, nor after a change of role."""
    number = submit(governed, orange(66), ADMIN)
    with pytest.raises(ThresholdsRefused, match="您自己提交"):
        approve(governed, number, own)
    with pytest.raises(ThresholdsRefused, match="您自己提交"), governed.writing() as session:
        write.reject_thresholds(session, number, actor=own, comment="算了", now=NOW)
    assert version(governed, number).state == "proposed"


def test_the_database_itself_refuses_ones_own(governed: Database) -> None:
    """Whoever writes past the functions meets the check."""
    number = submit(governed, orange(66), ADMIN)
    own = update(ThresholdVersion).where(ThresholdVersion.id == number)
    with pytest.raises(IntegrityError), governed.writing() as session:
        session.execute(own.values(state="active", decided_by=ADMIN.name, decided_at=NOW))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.APPROVER])
def test_who_may_not_propose(governed: Database, role: Role) -> None:
    """Looking is not changing; drafts neither."""
    nobody = Actor("王某", role)
    with pytest.raises(NotAllowed, match="提交阈值"):
        submit(governed, orange(66), nobody)
    with pytest.raises(NotAllowed), governed.writing() as session:
        write.save_draft(session, {}, base=1, actor=nobody, why="", now=NOW)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.LIAISON])
def test_who_may_not_decide(governed: Database, role: Role) -> None:
    """Those who propose do not approve."""
    number = submit(governed, orange(66))
    with pytest.raises(NotAllowed, match="复核阈值"):
        approve(governed, number, Actor("王某", role))
    with pytest.raises(NotAllowed), governed.writing() as session:
        write.reject_thresholds(session, number, actor=Actor("王某", role), comment="不", now=NOW)


def test_a_reason_is_mandatory(governed: Database) -> None:
    """Blanks are none; nor is a proposal without a change one."""
    with pytest.raises(ThresholdsRefused, match="理由"):
        submit(governed, orange(66), why="  ")
    with pytest.raises(ThresholdsRefused, match="没有需要复核的修改"):
        submit(governed, BASE)


def test_what_cannot_work_is_refused(governed: Database) -> None:
    """A leaving line below zero would hold blue for ever."""
    with pytest.raises(ThresholdsRefused, match="永远不会解除"):
        submit(governed, BASE.model_copy(update={"leave_margin": 30.0}))


def test_rejecting_wants_a_comment(governed: Database) -> None:
    """The proposer must learn what to change."""
    number = submit(governed, orange(66))
    with pytest.raises(ThresholdsRefused, match="驳回的原因"), governed.writing() as session:
        write.reject_thresholds(session, number, actor=APPROVER, comment=" ", now=NOW)
    with governed.writing() as session:
        write.reject_thresholds(session, number, actor=APPROVER, comment="依据不足", now=NOW)
    assert (version(governed, number).state, version(governed, number).comment) == ("rejected", "依据不足")
    with governed.reading() as session:
        assert read.active_thresholds(session, NOW)[0] == 1


def test_only_the_proposer_withdraws(governed: Database) -> None:
    """And a withdrawn one is decided on by nobody."""
    number = submit(governed, orange(66))
    with pytest.raises(ThresholdsRefused, match="只能由本人撤回"), governed.writing() as session:
        write.withdraw_thresholds(session, number, actor=COLLEAGUE, why="", now=NOW)
    with governed.writing() as session:
        write.withdraw_thresholds(session, number, actor=LIAISON, why="重做", now=NOW)
    with pytest.raises(ThresholdsRefused, match="已撤回"):
        approve(governed, number)


def test_a_decision_is_made_once(governed: Database) -> None:
    """Two approvers at once: the second is told who was first."""
    number = submit(governed, orange(66))
    approve(governed, number)
    with pytest.raises(ThresholdsRefused, match="已通过（方核）"):
        approve(governed, number, ADMIN)


def test_the_second_editor_is_told_and_loses_nothing(governed: Database) -> None:
    """Both began from version 1: the second learns of the first's proposal, and the edit is kept as a draft."""
    first = submit(governed, orange(66))
    found = submit(governed, orange(70), COLLEAGUE, why="另一理由")
    assert isinstance(found, Overtaken)
    assert (found.by.id, found.by.who) == (first, "林联")
    with governed.reading() as session:
        draft = read.threshold_draft(session, "何联")
        assert [one.id for one in read.threshold_versions(session)] == [first, 1]
    assert draft is not None
    assert (draft.base_id, draft.why) == (1, "另一理由")
    assert Thresholds.model_validate(draft.content) == orange(70)


def test_knowing_of_the_first_one_may_submit_beside_it(governed: Database) -> None:
    """Both wait; once one is approved, the other cannot be: it would undo it unseen."""
    first = submit(governed, orange(66))
    second = submit(governed, orange(70), COLLEAGUE, seen=first)
    assert isinstance(second, int)
    approve(governed, first)
    with pytest.raises(ThresholdsRefused, match=f"最新通过的是版本 {first}"):
        approve(governed, second)
    assert isinstance(submit(governed, orange(71), COLLEAGUE, seen=second), Overtaken)
    assert isinstance(submit(governed, orange(71), COLLEAGUE, base=first, seen=second), int)


def test_submitting_clears_the_draft(governed: Database) -> None:
    """Of the person who submits alone; discarding does too."""
    with governed.writing() as session:
        for actor in (LIAISON, COLLEAGUE):
            write.save_draft(
                session, orange(70).model_dump(mode="json"), base=1, actor=actor, why="", now=NOW
            )
    submit(governed, orange(66))
    with governed.reading() as session:
        assert read.threshold_draft(session, "林联") is None
        assert read.threshold_draft(session, "何联") is not None
    with governed.writing() as session:
        write.discard_draft(session, actor=COLLEAGUE)
    with governed.reading() as session:
        assert read.threshold_draft(session, "何联") is None


@pytest.mark.parametrize(
    ("day", "told"), [(TODAY - timedelta(days=1), "今天"), (TODAY + timedelta(days=4), "版本 2 的生效日")]
)
def test_no_version_comes_into_force_before_today_or_its_base(
    governed: Database, day: date, told: str
) -> None:
    """Finished days are never judged anew, and the older version must not return when its later day comes."""
    first = submit(governed, orange(66))
    if day > TODAY:
        approve(governed, first, day=TODAY + timedelta(days=5))
        first = submit(governed, orange(70), base=first)
    with pytest.raises(ThresholdsRefused, match=f"不能早于{told}"):
        approve(governed, first, day=day)


def test_rolling_back_is_a_new_version(governed: Database) -> None:
    """It says what it copies, and is decided on like any other."""
    second = submit(governed, orange(66))
    approve(governed, second)
    third = submit(governed, BASE, base=second, copy_of=1, why="回到安装时的阈值")
    assert isinstance(third, int)
    approve(governed, third)
    found = version(governed, third)
    assert (found.copy_of, found.thresholds) == (1, BASE)
    with governed.reading() as session:
        assert read.active_thresholds(session, NOW)[0] == third


def test_a_machines_proposal_waits_in_the_same_list(governed: Database) -> None:
    """`calibrate` proposes beside people; the same again is the same version; a person approves."""
    with governed.writing() as session:
        one = write.propose_thresholds(session, orange(66), actor=command_line(), why="校准", now=NOW)
        two = write.propose_thresholds(session, orange(66), actor=command_line("乙"), why="校准", now=NOW)
    assert one == two == version(governed, one).id
    approve(governed, one)
    with governed.reading() as session:
        assert read.active_thresholds(session, NOW)[0] == one


def test_a_version_counts_from_its_approval_not_its_making(governed: Database) -> None:
    """What was proposed long ago was not known to be in force then."""
    number = submit(governed, orange(66))
    later = NOW + timedelta(days=9)
    approve(governed, number, day=shanghai_day(later), now=later)
    with governed.reading() as session:
        assert read.threshold_history(session)[-1].created_at == later


def test_every_act_is_in_the_log(governed: Database) -> None:
    """Who, what, why, and what would change."""
    first = submit(governed, orange(66))
    with governed.writing() as session:
        write.reject_thresholds(session, first, actor=APPROVER, comment="依据不足", now=NOW)
    second = submit(governed, orange(67))
    with governed.writing() as session:
        write.withdraw_thresholds(session, second, actor=LIAISON, why="笔误", now=NOW)
    approve(governed, submit(governed, orange(68)))
    assert acts(governed) == [
        ("threshold_submit", "林联", "误报偏多"),
        ("threshold_reject", "方核", "依据不足"),
        ("threshold_submit", "林联", "误报偏多"),
        ("threshold_withdraw", "林联", "笔误"),
        ("threshold_submit", "林联", "误报偏多"),
        ("threshold_approve", "方核", "同意"),
    ]
    with governed.reading() as session:
        last = read.audit(session, action="threshold_approve").to_dict("records")[0]
    assert last["detail"]["changes"] == {"orange.enter": [60, 68]}
    assert last["detail"]["effective_from"] == TODAY.isoformat()


def test_overrides_are_stored_and_read_back(governed: Database) -> None:
    """A class's own weights and a platform's own floor."""
    floor = BASE.floors["withdrawal"].model_copy(update={"score": 70.0})
    overrides = Overrides(
        category={"网络借贷": Override(weights={"R": 0.5, "C": 0.5})},
        platform={"a": Override(floors={"withdrawal": floor})},
    )
    changed = BASE.model_copy(update={"overrides": overrides})
    number = submit(governed, changed)
    assert version(governed, number).thresholds == changed
    with governed.reading() as session:
        stored = session.scalars(select(ThresholdVersion.content).where(ThresholdVersion.id == 1)).one()
    assert "overrides" not in stored


def test_versions_of_before_wait_on(empty_url: str) -> None:
    """A proposal that an older programme stored has no base; it can be approved, and keeps its number."""
    from alembic import command

    from db import migrations

    with Database.open(empty_url) as database:
        if database.is_sqlite:
            from db.engines import sqlite_path

            sqlite_path(database.url).parent.mkdir(parents=True, exist_ok=True)
        with database.engines.writing.begin() as connection:
            command.upgrade(migrations.config(connection), "0007")
            for number, state in ((1, "active"), (2, "proposed")):
                connection.execute(
                    text(
                        "INSERT INTO threshold_versions (id, content, who, why, created_at, effective_from, state) "
                        "VALUES (:id, :content, '甲', '旧', :at, :at, :state)"
                    ),
                    {
                        "id": number,
                        "content": orange(60 + number - 1).model_dump_json(),
                        "at": "2026-01-01 00:00:00+00:00"
                        if not database.is_sqlite
                        else "2026-01-01 00:00:00",
                        "state": state,
                    },
                )
        database.migrate()
        approve(database, 2)
        found = version(database, 2)
        assert (found.base_id, found.state, found.thresholds) == (None, "active", orange(61))
