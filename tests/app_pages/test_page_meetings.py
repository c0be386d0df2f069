"""会议记录, notes and signatures: who may, what everybody sees, and what is kept of former words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from db import read, write
from db.roles import SYSTEM
from db.session import Database
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/meetings.py"
DETAIL = "app_pages/platform_detail.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def held(database: Database, hours: float = 2) -> int:
    told = write.MeetingText(NOW - timedelta(hours=hours), "第三次会议", "陈一、李二", "约谈星河聚财。")
    with database.writing() as session:
        return write.add_meeting(session, SYSTEM, told, now=NOW)


def test_a_meeting_is_recorded_with_who_and_what(database: Database, visit: Visit, said: Said) -> None:
    """And stands at the top for everybody; the form is empty again."""
    app = visit(PAGE)
    assert "还没有会议记录" in said(app)
    yesterday = TODAY - timedelta(days=1)
    app.date_input(key="new_day").set_value(yesterday)
    app.text_area(key="new_people").set_value("陈一、李二")
    app.text_area(key="new_decisions").set_value("持续关注<b>星河聚财</b>。")
    press(app, "登记")
    assert not app.exception
    html = said(app)
    assert "持续关注&lt;b&gt;星河聚财" in html
    assert "本机用户 登记于" in html
    assert app.text_area(key="new_decisions").value == ""


def test_changes_since_the_last_meeting_are_listed(database: Database, visit: Visit, said: Said) -> None:
    """Those that became known after it; what the meeting knew is not news."""
    held(database)
    flip = {
        "platform_id": "jingshui",
        "day": TODAY,
        "level_from": "正常",
        "level_to": "黄",
        "reason": "投诉增多",
    }
    flip |= {"t": 50.0, "t_star": 50.0, "threshold_version": 1, "settings_hash": "abc"}
    with database.writing() as session:
        write.save_flips(session, pd.DataFrame([flip]), NOW, computed=[])
    html = said(visit(PAGE))
    assert "第三次会议" in html
    assert "投诉增多" in html


def test_a_correction_needs_a_reason_and_keeps_the_former_words(
    database: Database, visit: Visit, said: Said
) -> None:
    """In the audit log; taking a record away likewise."""
    number = held(database)
    app = visit(PAGE)
    app.text_area(key=f"edit_{number}_1_decisions").set_value("约谈云舟贷。")
    app.button(key=f"edit_{number}_1_save").click().run()
    assert "请填写修改的理由" in said(app)
    app.text_input(key=f"edit_{number}_1_why").set_value("平台写错")
    app.button(key=f"edit_{number}_1_save").click().run()
    assert "约谈云舟贷" in said(app)
    with database.reading() as session:
        last = read.audit(session, action="meeting").iloc[0]
    assert last["detail"]["before"]["decisions"] == "约谈星河聚财。"
    app.text_input(key=f"edit_{number}_2_why").set_value("重复登记")
    app.button(key=f"edit_{number}_2_remove").click().run()
    assert "还没有会议记录" in said(app)


def test_a_committee_member_reads_and_changes_nothing(
    database: Database, visit: Visit, act_as: ActAs, said: Said
) -> None:
    """Neither form nor button on 会议记录 and 平台详情."""
    held(database)
    app = visit()
    act_as("某委员")
    app.switch_page(PAGE).run()
    assert "约谈星河聚财" in said(app)
    assert not list(app.text_area)
    app.switch_page(DETAIL)
    app.query_params["platform"] = "xinghe"
    app.run()
    assert not app.exception
    keys = {each.key for each in app.button}
    assert not {"sign_off_yes", "status_xinghe_save"} & keys
    assert not list(app.text_area)


def test_a_note_is_changed_by_its_author_alone(
    database: Database, visit: Visit, act_as: ActAs, said: Said
) -> None:
    """Everybody sees it with author and time, and what it said before."""
    app = visit(DETAIL, platform="xinghe")
    key = f"note_xinghe_{TODAY.isoformat()}"
    app.text_area(key=key).set_value("已电话核实<i>。")
    app.button(key=f"{key}_save").click().run()
    assert not app.exception
    assert "已电话核实&lt;i&gt;。" in said(app)
    app.text_area(key="note_edit_1_text").set_value("已当面核实。")
    app.button(key="note_edit_1_save").click().run()
    html = said(app)
    assert "（第 2 版）" in html
    assert "此前的文字" in html
    act_as("陈一")
    app.run()
    assert "已当面核实。" in said(app)
    assert not [each for each in app.button if each.key == "note_edit_1_save"]


def test_a_red_level_is_signed_off_by_name_with_a_reason(
    database: Database, visit: Visit, act_as: ActAs, said: Said
) -> None:
    """By liaison, reviewer or administrator; once a day; shown beside the level, and the level is decided anew."""
    app = visit()
    act_as("某联络岗")
    app.switch_page(DETAIL)
    app.query_params["platform"] = "xinghe"
    app.run()
    app.button(key="sign_off_yes").click().run()
    assert "请填写理由与依据" in said(app)
    for _ in range(2):
        app.text_area(key="sign_off_why").set_value("资金已核实到位")
        app.button(key="sign_off_yes").click().run()
    assert not app.exception
    assert "某联络岗 于" in said(app)
    with database.reading() as session:
        assert len(read.sign_offs(session, ["xinghe"])) == 1
        assert "xinghe" in read.pending(session, "warn")


@pytest.mark.usefixtures("database")
def test_an_analyst_is_not_offered_the_signature(visit: Visit, act_as: ActAs) -> None:
    """Nor is it offered where the level is not red."""
    app = visit(DETAIL, platform="yunzhou")
    assert not [each for each in app.button if each.key == "sign_off_yes"]
    act_as("某分析员")
    app.query_params["platform"] = "xinghe"
    app.run()
    assert not [each for each in app.button if each.key == "sign_off_yes"]
