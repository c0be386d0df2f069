"""Who may do what: the table itself, and every function that a person's action reaches, called directly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db import read, write
from db.roles import ACTIONS, MAY, SYSTEM, Actor, NotAllowed, Role, command_line, may, require
from db.session import Database, Session
from settings.access import ROLES
from settings.loader import load
from tests.db.builders import NOW, TODAY, add_platforms, add_source

Call = Callable[[Session, Actor], object]

REACHED: dict[str, tuple[str, Call]] = {
    "correct": ("correct", lambda s, a: write.correct(s, 1, "a", "negative", actor=a, now=NOW, events={})),
    "undo_correction": ("correct", lambda s, a: write.undo_correction(s, 1, actor=a, now=NOW, events={})),
    "promote": ("discover", lambda s, a: write.promote(s, "名", actor=a, evidence=None, now=NOW)),
    "undo_promotion": ("discover", lambda s, a: write.undo_promotion(s, "名", actor=a, now=NOW)),
    "dismiss": ("discover", lambda s, a: write.dismiss(s, "名", actor=a, now=NOW)),
    "undo_dismissal": ("discover", lambda s, a: write.undo_dismissal(s, "名", actor=a, now=NOW)),
    "ask collect": ("collect", lambda s, a: write.ask(s, "collect", {}, a, NOW)),
    "ask forget": ("source.edit", lambda s, a: write.ask(s, "forget_source", {}, a, NOW)),
    "ask import": ("upload", lambda s, a: write.ask(s, "import", {}, a, NOW)),
    "ask rescore": ("work", lambda s, a: write.ask(s, "rescore", {}, a, NOW)),
    "propose_thresholds": (
        "threshold.propose",
        lambda s, a: write.propose_thresholds(s, load().thresholds, actor=a, why="试", now=NOW),
    ),
    "ask anything": ("work", lambda s, a: write.ask(s, "something new", {}, a, NOW)),
    "enable_source": ("source.edit", lambda s, a: write.enable_source(s, "news", actor=a, now=NOW)),
    "sign_off": ("sign_off", lambda s, a: write.add_sign_off(s, "a", TODAY, a, "已核实", NOW)),
    "export": ("export", lambda s, a: write.record_export(s, a, "flips", {}, now=NOW)),
    "create_account": ("users", lambda s, a: write.create_account(s, a, "新人", Role.VIEWER, "h", now=NOW)),
    "set_role": ("users", lambda s, a: write.set_role(s, a, "张三", Role.ADMIN, reason="升", now=NOW)),
    "reset_password": ("users", lambda s, a: write.reset_password(s, a, "张三", "h", now=NOW)),
    "lock_account": ("users", lambda s, a: write.lock_account(s, a, "张三", reason="离职", now=NOW)),
    "unlock_account": ("users", lambda s, a: write.unlock_account(s, a, "张三", now=NOW)),
    "sign_out_everywhere": ("users", lambda s, a: write.sign_out_everywhere(s, a, "张三", now=NOW)),
}
"""Function -> the action it needs, and a call of it."""


@pytest.fixture
def ready(database: Database) -> Database:
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        write.seed_thresholds(session, load().thresholds, NOW)
        write.create_account(session, SYSTEM, "张三", Role.VIEWER, "h", now=NOW)
        write.create_account(session, SYSTEM, "头", Role.ADMIN, "h", now=NOW)
    return database


@pytest.mark.parametrize("name", list(REACHED))
def test_a_direct_call_with_the_wrong_role_is_refused(ready: Database, name: str) -> None:
    """Whatever page or route it came by: refused with the roles that may, and nothing is written or logged."""
    action, call = REACHED[name]
    with ready.reading() as session:
        before = read.audit_count(session)
    for role in set(Role) - MAY[action]:
        with pytest.raises(NotAllowed, match="可由"), ready.writing() as session:
            call(session, Actor("某人", role))
    with ready.reading() as session:
        assert read.audit_count(session) == before


@pytest.mark.parametrize("name", list(REACHED))
def test_the_right_role_gets_past_the_check(ready: Database, name: str) -> None:
    """What then refuses it, if anything, is the matter itself."""
    action, call = REACHED[name]
    for role in MAY[action]:
        try:
            with ready.writing() as session:
                call(session, Actor("某人", role))
        except (write.CorrectionRefused, write.AccountRefused):
            continue


def test_every_action_has_a_word_and_a_role() -> None:
    """Messages can name each action, and none is open to nobody; settings know the same roles, weakest first."""
    assert set(MAY) == set(ACTIONS)
    assert all(MAY.values())
    assert tuple(role.value for role in Role) == ROLES


def test_a_viewer_changes_nothing() -> None:
    """委员 look, download what they see and watch their own platforms."""
    viewer = Actor("王委员", Role.VIEWER)
    assert {action for action in MAY if may(viewer, action)} == {"read", "brief", "watch"}


def test_the_machine_may_and_a_person_of_its_name_may_not() -> None:
    """It is the kind of actor that counts, not what it is called."""
    require(SYSTEM, "users")
    require(command_line(), "users")
    with pytest.raises(NotAllowed, match=r"“委员”.*管理用户.*管理员"):
        require(Actor(SYSTEM.name, Role.VIEWER), "users")


def test_an_unknown_action_is_a_fault_of_ours() -> None:
    """Never a silent yes or no."""
    with pytest.raises(KeyError):
        may(SYSTEM, "fly")
