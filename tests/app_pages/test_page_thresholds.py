"""阈值 as each role meets it: look, edit with a preview, submit, and let another person decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app_pages._thresholds_words import Teller
from db import read, write
from db.roles import Actor, Role
from db.session import Database
from settings.loader import load
from settings.models import Override, Overrides, Thresholds
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/thresholds.py"
NOW = datetime.now(UTC)
BASE = load().thresholds
LIAISON = Actor("某联络岗", Role.LIAISON)


def orange(enter: float) -> Thresholds:
    return BASE.model_copy(update={"orange": BASE.orange.model_copy(update={"enter": enter})})


def propose(database: Database, thresholds: Thresholds, actor: Actor = LIAISON, **more: Any) -> int:
    told: dict[str, Any] = {"base": 1, "seen": 0, "why": "误报偏多<b>", "now": NOW} | more
    with database.writing() as session:
        number = write.submit_thresholds(session, thresholds, actor=actor, **told)
    assert isinstance(number, int)
    return number


def state(database: Database, number: int) -> str:
    with database.reading() as session:
        found = read.threshold_version(session, number)
    assert found is not None
    return found.state


def field(app: AppTest, path: str) -> Any:
    return next(one for one in app.number_input if one.key.endswith(f"_{path}"))


def click(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_everybody_sees_what_is_in_force(
    database: Database, visit: Visit, said: Said, act_as: ActAs, role: Role
) -> None:
    """Levels, weights and where they come from; editing is offered to those who may."""
    act_as(f"某{role.word}")
    app = visit(PAGE)
    assert not app.exception
    html = said(app)
    for told in ("第 1 版", "T ≥ 60", "22.0%", "没有例外", "安装时"):
        assert told in html
    (views,) = app.get("button_group")
    assert ("修改" in [option.content for option in views.proto.options]) == (
        role in {Role.LIAISON, Role.ADMIN}
    )


def test_an_edit_is_previewed_and_submitted(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """The change is named, its effect on history told, and it waits for another person with its reason."""
    act_as("某联络岗")
    app = visit(PAGE, view="修改", data="全部")
    assert app.button(key="submit").disabled
    field(app, "orange/enter").set_value(55.0).run()
    assert "改了什么？（1）" in [one.value for one in app.header]
    click(app, "preview")
    html = said(app)
    assert not app.exception
    assert "未提供失败名单" in html
    assert "新增的等级变化" in html
    click(app, "submit")
    assert "请填写理由" in said(app)
    app.text_area(key="thresholds_why").input("橙色偏迟").run()
    click(app, "submit")
    assert "已提交版本 2" in app.toast[0].value
    assert state(database, 2) == "proposed"
    with database.reading() as session:
        found = read.threshold_version(session, 2)
    assert found is not None
    assert (found.thresholds, found.who, found.why) == (orange(55.0), "某联络岗", "橙色偏迟")


def test_what_is_wrong_stands_beside_the_field(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """In Chinese; nothing can be previewed or submitted until it is put right."""
    act_as("某联络岗")
    app = visit(PAGE, view="修改")
    field(app, "leave_margin").set_value(30.0).run()
    assert "蓝色永远不会解除" in said(app)
    assert app.button(key="preview").disabled
    field(app, "orange/enter").set_value(90.0).run()
    assert "进入线必须逐级升高" in said(app)
    app.text_area(key="thresholds_why").input("试").run()
    click(app, "submit")
    assert "请先改正标红的各项" in said(app)
    with database.reading() as session:
        assert len(read.threshold_versions(session)) == 1


def test_a_class_gets_weights_of_its_own(database: Database, visit: Visit, said: Said, act_as: ActAs) -> None:
    """Ticked, they begin with those for all; in proportion when submitted; the others keep theirs."""
    act_as("某联络岗")
    app = visit(PAGE, view="修改", scope="category:第三方支付")
    own = next(one for one in app.checkbox if one.label == "自定权重")
    own.check().run()
    field(app, "overrides/category/第三方支付/weights/R").set_value(0.7).run()
    app.text_area(key="thresholds_why").input("支付类以处罚为主").run()
    click(app, "submit")
    assert not app.exception
    with database.reading() as session:
        found = read.threshold_version(session, 2)
    assert found is not None
    weights = found.thresholds.overrides.category["第三方支付"].weights
    assert weights is not None
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["R"] == pytest.approx(0.7 / 1.5, abs=1e-3)
    assert found.thresholds.weights == BASE.weights


def test_the_second_editor_is_told_and_keeps_a_draft(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """A colleague submits while one edits: told who and when; the draft can then be submitted beside it."""
    act_as("某联络岗")
    app = visit(PAGE, view="修改")
    field(app, "orange/enter").set_value(66.0).run()
    app.text_area(key="thresholds_why").input("误报").run()
    propose(database, orange(70), Actor("何联", Role.LIAISON))
    click(app, "submit")
    html = said(app)
    assert "没有提交" in html
    assert "何联" in html
    with database.reading() as session:
        draft = read.threshold_draft(session, "某联络岗")
        assert len(read.threshold_versions(session)) == 2
    assert draft is not None
    click(app, "beside")
    click(app, "submit")
    assert "已提交版本 3" in app.toast[0].value


def test_a_draft_is_there_again_and_moves_onto_the_newer_version(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """Meanwhile another version was approved: my change is carried over, theirs stays."""
    mine = orange(66).model_dump(mode="json")
    with database.writing() as session:
        write.save_draft(session, mine, base=1, actor=LIAISON, why="误报", now=NOW)
    number = propose(database, BASE.model_copy(update={"leave_margin": 4.0}), Actor("何联", Role.LIAISON))
    with database.writing() as session:
        write.approve_thresholds(
            session,
            number,
            effective=shanghai_day(NOW),
            actor=Actor("方核", Role.APPROVER),
            comment="",
            now=datetime.now(UTC),
        )
    act_as("某联络岗")
    app = visit(PAGE, view="修改")
    html = said(app)
    assert "已载入您保存的草稿" in html
    assert f"版本 {number} 已于" in html
    click(app, "rebase")
    assert field(app, "orange/enter").value == 66
    assert field(app, "leave_margin").value == 4
    click(app, "submit")
    assert not app.exception
    with database.reading() as session:
        found = read.threshold_version(session, number + 1)
    assert found is not None
    assert (found.base_id, found.thresholds.leave_margin, found.thresholds.orange.enter) == (number, 4, 66)


def test_an_approver_sees_the_difference_and_decides(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """What changed, why, its effect, and from which day."""
    number = propose(database, orange(66))
    act_as("某复核")
    app = visit(PAGE, view="版本", data="全部")
    html = said(app)
    assert "误报偏多&lt;b&gt;" in html
    assert "橙：进入线" in html
    click(app, "preview")
    assert "哪些平台会不同" in "".join(one.value for one in app.header)
    app.date_input(key="effective").set_value(shanghai_day(NOW) + timedelta(days=2)).run()
    click(app, "approve")
    assert not app.exception
    assert state(database, number) == "active"
    assert "待生效" in said(app)
    app = visit(PAGE)
    assert "零时生效" in said(app)


def test_rejecting_asks_for_a_comment(database: Database, visit: Visit, said: Said, act_as: ActAs) -> None:
    """Which the proposer then reads in the list."""
    number = propose(database, orange(66))
    act_as("某复核")
    app = visit(PAGE, view="版本")
    click(app, "reject")
    assert "请写明驳回的原因" in said(app)
    assert state(database, number) == "proposed"
    app.text_input(key="comment").input("依据不足").run()
    click(app, "reject")
    assert state(database, number) == "rejected"
    assert "依据不足" in said(app)


def test_one_s_own_proposal_can_only_be_withdrawn(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """An administrator has both roles and still needs somebody else."""
    number = propose(database, orange(66), Actor("某管理员", Role.ADMIN))
    act_as("某管理员")
    app = visit(PAGE, view="版本")
    assert "须由另一个人复核" in said(app)
    assert not {"approve", "reject"} & keys(app)
    click(app, "withdraw")
    assert state(database, number) == "withdrawn"


@pytest.mark.parametrize("word", ["委员", "分析员", "联络岗"])
def test_who_may_not_decide_is_not_offered_it(
    database: Database, visit: Visit, said: Said, act_as: ActAs, word: str
) -> None:
    """Nor somebody else's withdrawal."""
    propose(database, orange(66), Actor("何联", Role.LIAISON))
    act_as(f"某{word}")
    app = visit(PAGE, view="版本")
    assert not app.exception
    assert not {"approve", "reject", "withdraw"} & keys(app)
    assert "等待有复核权限的人处理" in said(app)


def test_a_former_version_is_taken_up_as_a_new_one(database: Database, visit: Visit, act_as: ActAs) -> None:
    """Its content over the newest, with a reason begun; it says what it copies."""
    number = propose(database, orange(66))
    with database.writing() as session:
        write.approve_thresholds(
            session,
            number,
            effective=shanghai_day(NOW),
            actor=Actor("方核", Role.APPROVER),
            comment="",
            now=datetime.now(UTC),
        )
    act_as("某联络岗")
    app = visit(PAGE, view="版本", version="1")
    click(app, "take_up")
    assert app.text_area(key="thresholds_why").value == "恢复为版本 1："
    click(app, "submit")
    assert not app.exception
    with database.reading() as session:
        found = read.threshold_version(session, number + 1)
    assert found is not None
    assert (found.copy_of, found.base_id, found.thresholds) == (1, number, BASE)


def test_flips_name_the_version_that_decided_them(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """The list under a version is made of them."""
    act_as("某委员")
    html = said(visit(PAGE, view="版本", version="1"))
    assert "星河聚财" in html
    assert "2家独立媒体报道提现困难" in html


def test_an_empty_database_says_what_to_start(empty: Database, visit: Visit, said: Said) -> None:
    """No thresholds before the first worker."""
    assert "请先启动一次工作进程" in said(visit(PAGE))


def test_every_field_has_a_chinese_name() -> None:
    """Of a difference with every kind of exception: no path shows as it is stored."""
    own = Override(weights={"R": 1.0}, single_index_share=0.5, floors={"official": BASE.floors["official"]})
    from settings.threshold_diff import diff, flat

    whole = BASE.model_copy(
        update={"overrides": Overrides(category={"支付": own}, platform={"a": own})}
    ).model_dump(mode="json")
    teller = Teller({"R": "监管"}, {}, {"a": "甲"})
    for path in flat(whole):
        told = teller.field(path)
        assert told
        assert "_" not in told
    assert {change.path[0] for change in diff(BASE.model_dump(mode="json"), whole)} == {"overrides"}
    assert teller.value(None).startswith("—")
