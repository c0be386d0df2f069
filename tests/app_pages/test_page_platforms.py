"""平台管理: finding a platform by any of its names, recording what became of it, and editing the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from db import read, write
from db.roles import SYSTEM
from db.session import Database
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/platforms.py"
OVERVIEW = "app_pages/overview.py"
DETAIL = "app_pages/platform_detail.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def reason(app: AppTest) -> TextInput:
    """The reason of the form for names and class."""
    return next(
        each
        for each in app.text_input
        if str(each.key).startswith("edit_") and str(each.key).endswith("_why")
    )


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("typed", ["静水", "jingshui", "jszf", "虚构星河信息"])
def test_platforms_are_found_by_part_pinyin_or_company(visit: Visit, said: Said, typed: str) -> None:
    """And by nothing else: the others are not listed."""
    html = said(visit(PAGE, named=typed))
    assert ("静水支付" in html) is (typed != "虚构星河信息")
    assert ("星河聚财" in html) is (typed == "虚构星河信息")
    assert "云舟贷" not in html


def test_a_failed_status_shows_everywhere_at_once(database: Database, visit: Visit, said: Said) -> None:
    """Recorded with evidence; 正常 becomes 已出险（清盘） on 总览 and 平台详情, and the level is decided anew."""
    app = visit(PAGE, edit="jingshui")
    app.selectbox(key="status_jingshui_status").select_index(8)
    app.text_area(key="status_jingshui_evidence").set_value("虚构的清算公告")
    app.button(key="status_jingshui_save").click().run()
    assert not app.exception
    with database.reading() as session:
        info = read.platform(session, "jingshui")
        waiting = read.pending(session, "warn")
    assert info is not None
    assert (info.status, info.statuses[-1].evidence) == ("清盘", "虚构的清算公告")
    assert waiting["jingshui"] == TODAY
    for page, query in ((OVERVIEW, {}), (DETAIL, {"platform": "jingshui"})):
        html = said(visit(page, **query))
        assert "已出险（清盘）" in html
        assert "为什么是正常" not in html


def test_a_platform_that_failed_is_not_in_operation_again(
    database: Database, visit: Visit, said: Said
) -> None:
    """The wrong entry is taken back instead, with a reason that the log keeps."""
    app = visit(PAGE, edit="xinghe")
    app.selectbox(key="status_xinghe_status").select_index(0)
    app.text_area(key="status_xinghe_evidence").set_value("恢复运营")
    app.button(key="status_xinghe_save").click().run()
    assert "不再回到正常" in said(app)
    app.text_input(key="fix_xinghe_why").set_value("登错了平台")
    app.button(key="fix_xinghe_undo").click().run()
    assert not app.exception
    with database.reading() as session:
        info = read.platform(session, "xinghe")
        last = read.audit(session).iloc[0]
    assert info is not None
    assert info.statuses == ()
    assert (last["action"], last["reason"]) == ("platform_status", "登错了平台")
    assert last["detail"]["before"]["status"] == "出险"


def test_new_names_make_the_worker_read_again(database: Database, visit: Visit, said: Said) -> None:
    """A reason is asked for; the former names are in the log."""
    app = visit(PAGE, edit="jingshui")
    brand = next(each for each in app.text_area if each.label == "品牌名")
    brand.set_value("静水支付\n静水宝宝")
    press(app, "保存")
    assert "请填写修改的理由" in said(app)
    reason(app).set_value("新品牌")
    press(app, "保存")
    assert not app.exception
    with database.reading() as session:
        (request,) = read.waiting_requests(session)
        entry = next(each for each in read.watch_list(session) if each.id == "jingshui")
    assert entry.brand == ("静水支付", "静水宝宝")
    assert request.arguments == {"platform": "jingshui", "names": ["静水宝宝"]}


def test_a_platform_is_added_archived_and_brought_back(database: Database, visit: Visit, said: Said) -> None:
    """By its name alone; what is archived stands in a list of its own."""
    app = visit(PAGE)
    app.text_input(key="add_name").set_value("霜月优投")
    press(app, "加入")
    assert not app.exception
    with database.reading() as session:
        new = next(each for each in read.watch_list(session) if each.name == "霜月优投")
    app = visit(PAGE, edit=new.id)
    app.text_input(key="active_why").set_value("重复")
    app.button(key="active_yes").click().run()
    assert not app.exception
    assert "霜月优投" not in said(visit(PAGE))
    assert "霜月优投" in said(visit(PAGE, archived="true"))
    app = visit(PAGE, edit=new.id)
    app.text_input(key="active_why").set_value("误归档")
    app.button(key="active_yes").click().run()
    assert "霜月优投" in said(visit(PAGE))


def test_a_second_editor_is_told(database: Database, visit: Visit, said: Said) -> None:
    """Somebody changed the platform after the form was drawn: nothing is overwritten."""
    app = visit(PAGE, edit="jingshui")
    with database.writing() as session:
        seen = next(each for each in read.watch_list(session) if each.id == "jingshui")
        other = seen.model_copy(update={"category": "其他"})
        write.edit_platform(session, SYSTEM, other, seen=seen, reason="归类", now=NOW)
    next(each for each in app.text_area if each.label == "品牌名").set_value("另一个名称")
    reason(app).set_value("归类")
    press(app, "保存")
    assert not app.exception
    with database.reading() as session:
        kept = next(each for each in read.watch_list(session) if each.id == "jingshui")
    assert (kept.category, kept.brand) == ("其他", ("静水支付",))


@pytest.mark.usefixtures("database")
def test_an_analyst_records_a_status_and_edits_no_names(visit: Visit, act_as: ActAs, said: Said) -> None:
    """The administrator's forms are not there; a committee member does not see the page."""
    app = visit()
    act_as("某分析员")
    app.switch_page(PAGE)
    app.query_params["edit"] = "jingshui"
    app.run()
    assert app.button(key="status_jingshui_save")
    assert "由管理员修改" in said(app)
    act_as("某委员")
    app.run()
    assert "不能登记平台状态" in said(app)


def test_nobody_spoke_reads_differently(database: Database, visit: Visit, said: Said) -> None:
    """正常（90 天无提及） on 总览 and 平台详情, where without it a platform would look merely calm."""
    assert "正常（90 天无提及）" in said(visit(OVERVIEW))
    assert "正常（90 天无提及）" in said(visit(DETAIL, platform="jingshui"))
    earlier = (TODAY - timedelta(days=10)).isoformat()
    assert "90 天无提及" not in said(visit(DETAIL, platform="jingshui", day=earlier))
