"""我的关注, 平台对比, 行业与监管 and 系统健康 as their readers meet them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _checks, _stars
from db import read, write
from db.session import Database
from settings.models import INDUSTRY_DEMO
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Unfold = Callable[[AppTest], AppTest]
ActAs = Callable[[str | None], None]
WATCHING, COMPARE = "app_pages/watching.py", "app_pages/compare.py"
INDUSTRY, HEALTH, OVERVIEW = "app_pages/industry.py", "app_pages/health.py", "app_pages/overview.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)


def mine(database: Database, who: str) -> frozenset[str]:
    with database.reading() as session:
        return read.watched(session, who)


def test_a_list_without_platforms_says_how_to_fill_it(database: Database, visit: Visit, said: Said) -> None:
    """The next step, with the way to it."""
    html = said(visit(WATCHING))
    assert "还没有关注的平台" in html
    assert 'data-tw-page=""' in html


@pytest.mark.parametrize("name", ["某委员", "某复核"])
def test_everybody_keeps_a_list_of_their_own(
    database: Database, visit: Visit, said: Said, act_as: ActAs, name: str
) -> None:
    """What is picked is watched, shown with its level and its changes, and nobody else sees it."""
    app = visit(WATCHING)
    act_as(name)
    app.run()
    app.multiselect[0].select("xinghe").run()
    html = said(app)
    assert not app.exception
    assert mine(database, name) == {"xinghe"}
    assert "红 特别严重" in html
    assert "关注平台的等级变化" in html
    assert mine(database, "本机用户") == frozenset()


def test_taking_out_of_the_box_is_no_longer_watching(database: Database, visit: Visit) -> None:
    """And what another tab added meanwhile stays."""
    app = visit(WATCHING)
    app.multiselect[0].select("xinghe").run()
    with database.writing() as session:
        write.watch(session, _me(), "jingshui", now=NOW)
    app.multiselect[0].unselect("xinghe").run()
    assert mine(database, "本机用户") == {"jingshui"}


def _me():  # type: ignore[no-untyped-def]
    from db.roles import Actor, Role

    return Actor("本机用户", Role.ADMIN)


def test_a_star_stands_before_every_name_and_says_whether_it_is_on(
    database: Database, visit: Visit, said: Said
) -> None:
    """On 总览 and 平台详情; a button for screen readers, escaped."""
    with database.writing() as session:
        write.watch(session, _me(), "xinghe", now=NOW)
    html = said(visit())
    assert html.count('data-tw-star="') == 4
    assert 'aria-pressed="true" data-tw-star="xinghe"' in html
    assert 'aria-label="关注 未知&lt;b&gt;平台"' in html
    assert 'aria-pressed="true"' in said(visit("app_pages/platform_detail.py", platform="xinghe"))


def test_a_click_on_a_star_turns_it(database: Database, visit: Visit) -> None:
    """On, and off again; a page that is drawn tells what was done."""
    app = AppTest.from_function(_click)
    app.run()
    assert mine(database, "本机用户") == {"xinghe"}
    assert app.session_state["done"] == "已加入“我的关注”"
    app.run()
    assert mine(database, "本机用户") == frozenset()


def _click() -> None:
    from app_pages import _stars

    _stars.toggle("xinghe")


def test_who_only_looks_is_offered_no_star() -> None:
    """There is no account to keep it with."""
    assert _stars.star("a", "甲", None) == ""


def test_nobody_signed_in_keeps_no_list(
    database: Database, visit: Visit, said: Said, act_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`streamlit run dashboard.py` on loopback: the page says why."""
    from app_pages import _who

    app = visit(WATCHING)
    act_as(None)
    monkeypatch.setattr(_who, "served", False)
    assert "请先登录" in said(app.run())


@pytest.mark.usefixtures("database")
def test_platforms_are_compared_by_the_address(visit: Visit, said: Said, unfold: Unfold) -> None:
    """In its order; what is not on the watch list is left out."""
    app = visit(COMPARE, platforms="yunzhou,nobody,xinghe")
    assert not app.exception
    assert app.multiselect[0].value == ["yunzhou", "xinghe"]
    html = said(app)
    assert html.index("云舟贷") < html.index("星河聚财")
    charts = app.get("plotly_chart")
    assert len(charts) == 2
    assert all("的 T* 走势" in chart.proto.alt for chart in charts)
    assert len(unfold(app).dataframe) == 1


@pytest.mark.usefixtures("database")
def test_picking_another_platform_changes_the_address(visit: Visit) -> None:
    """A copied address shows the same."""
    app = visit(COMPARE, platforms="yunzhou")
    app.multiselect[0].select("jingshui").run()
    assert app.query_params["platforms"] == "yunzhou,jingshui"
    app.query_params["platforms"] = "xinghe"
    assert app.run().multiselect[0].value == ["xinghe"]


@pytest.mark.usefixtures("database")
def test_nothing_to_compare_is_offered_a_beginning(visit: Visit, said: Said) -> None:
    """The gravest of each class, and names by pinyin."""
    app = visit(COMPARE)
    assert "第三方支付：最严重的 2 家" in said(app)
    app.text_input(key="find").input("xhjc").run()
    assert "platforms=xinghe" in said(app)


@pytest.mark.usefixtures("database")
def test_platforms_are_found_by_pinyin_on_overview_and_detail(visit: Visit, said: Said) -> None:
    """xhjc is 星河聚财, yzd is 云舟贷."""
    listed = said(visit(q="xhjc"))
    assert "星河聚财" in listed
    assert "静水支付" not in listed
    app = visit("app_pages/platform_detail.py")
    app.text_input(key="find").input("yunzhou").run()
    assert "platform=yunzhou" in said(app)


def industry_day(back: int, level: str, t_star: float) -> dict[str, object]:
    return {
        "platform_id": INDUSTRY_DEMO,
        "day": TODAY - timedelta(days=back),
        "t": t_star,
        "t_star": t_star,
        "q": t_star,
        "scope": 0.9,
        "coverage": 1.0,
        "level": level,
        "level_before_grey": None,
        "since": TODAY - timedelta(days=3),
        "provisional": False,
        "reason": "近7天监管文件量为基线的3倍",
        "floor": None,
        "state": {},
        "threshold_version": 1,
        "settings_hash": "abc",
    }


def policy_day(back: int) -> dict[str, object]:
    shared = {"platform_id": INDUSTRY_DEMO, "day": TODAY - timedelta(days=back), "level_part": 0.0}
    return {
        **shared,
        "index_id": "P",
        "value": 42.0,
        "surprise_part": 0.42,
        "accumulated": 7.0,
        "saturation": None,
        "count": 7,
        "expected": 2.5,
        "observed": True,
    }


@pytest.fixture
def industry(database: Database) -> Database:
    """Forty days of the fictional industry, the last three 橙."""
    with database.writing() as session:
        write.seed_industry(session, INDUSTRY_DEMO, "全行业", demo=True, now=NOW)
        days = [
            industry_day(back, "橙" if back < 3 else "正常", 65.0 if back < 3 else 12.0) for back in range(40)
        ]
        write.save_platform_days(session, pd.DataFrame(days), NOW + timedelta(seconds=1))
        write.save_index_values(session, pd.DataFrame([policy_day(back) for back in range(40)]), NOW)
    return database


def test_the_industry_has_its_page(industry: Database, visit: Visit, said: Said, unfold: Unfold) -> None:
    """Level, reason, policy, calendar, indices, complaints, and the platforms' days, each chart with words."""
    app = visit(INDUSTRY)
    html = said(app)
    assert not app.exception
    assert "橙 严重" in html
    assert "近7天监管文件量为基线的3倍" in html
    told = [chart.proto.alt for chart in app.get("plotly_chart")]
    for part in ("全行业 T* 走势", "政策强度", "等级日历", "个平台近 90 天的等级", "全行业的投诉"):
        assert any(part in alt for alt in told), part
    assert len(unfold(app).dataframe) == len(told)


def test_overview_has_the_industry_in_one_line(industry: Database, visit: Visit, said: Said) -> None:
    """Badge, T*, policy intensity and reason, with the way to its page; the calendar below."""
    app = visit()
    html = said(app)
    strip = html.partition("tw-strip")[2].partition("</div>")[0]
    for part in ("橙 严重", "<b>65.0</b>", "政策强度 <b>42.0</b>", "监管文件量", 'data-tw-page="industry"'):
        assert part in strip, part
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.usefixtures("database")
def test_an_industry_without_days_says_what_it_waits_for(visit: Visit, said: Said) -> None:
    """The platforms' own days are shown all the same."""
    app = visit(INDUSTRY)
    html = said(app)
    assert not app.exception
    assert "全行业还没有计算结果" in html
    assert len(app.get("plotly_chart")) == 1


def test_changes_since_the_last_meeting_are_counted(database: Database, visit: Visit, said: Said) -> None:
    """Which rose and which fell, before the list of the last fortnight."""
    with database.writing() as session:
        told = write.MeetingText(NOW - timedelta(days=2), "季度会", "某委员", "无")
        write.add_meeting(session, _me(), told, now=NOW)
    html = said(visit())
    assert "“季度会”以来：升级 2 家。" in html
    assert "上次会议以来的等级变化" in html


@pytest.mark.parametrize(
    ("name", "may"), [("某分析员", True), ("某管理员", True), ("某委员", False), ("某复核", False)]
)
@pytest.mark.usefixtures("database")
def test_health_is_for_those_who_can_mend_it(
    visit: Visit, said: Said, act_as: ActAs, name: str, may: bool
) -> None:
    """Others are told who may."""
    app = visit(HEALTH)
    act_as(name)
    html = said(app.run())
    assert ("系统健康检查" in html) is may
    assert ("没有权限" in html or "没有执行" in html) is not may


def test_faults_are_told_with_what_to_do(database: Database, visit: Visit, said: Said) -> None:
    """A dead worker, a failed turn, a request that waits too long, a failed run; trouble first."""
    long_ago = NOW - timedelta(hours=2)
    failure = {"at": long_ago.isoformat(), "message": "ValueError: <b>坏"}
    with database.writing() as session:
        write.beat(session, holder="t", now=long_ago)
        write.set_fact(session, "last_failure", json.dumps(failure))
        write.set_fact(
            session, "stage_runs", json.dumps({"analyse": {"at": long_ago.isoformat(), "done": 1234}})
        )
        write.ask(session, "collect", {"source_id": "quiet_feed"}, _me(), long_ago)
        run = write.start_run(session, "quiet_feed", "s", NOW)
        assert run is not None
        write.finish_run(session, run, now=NOW, state="failed", counts=write.StoreCounts(), error="HTTP 403")
    app = visit(HEALTH)
    html = said(app)
    assert not app.exception
    for text in (
        "没有运行（最近心跳：2 小时前）",
        "make run",
        "ValueError: &lt;b&gt;坏",
        "1 项等待",
        "1,234",
    ):
        assert text in html, text
    assert html.index("有问题") < html.index("正常")
    assert "HTTP 403" in app.dataframe[0].value.to_csv()


def test_a_healthy_system_says_so(database: Database, visit: Visit, said: Said) -> None:
    """Each check with what was found; what nobody can know is not called well."""
    html = said(visit(HEALTH))
    for text in ("工作进程", "数据库", "SQLite", "剩余", "设置指纹", "阈值第 1 版", "没有备份"):
        assert text in html, text


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (_checks.worker(NOW, None, None, NOW), "ok"),
        (_checks.worker(NOW, "error", "坏", NOW), "bad"),
        (_checks.worker(None, None, None, NOW), "bad"),
        (_checks.failure(NOW - 30 * HOUR, "旧", NOW), "ok"),
        (_checks.failure(NOW - HOUR, "新", NOW), "warn"),
        (_checks.freshness(NOW - 30 * HOUR, NOW), "bad"),
        (_checks.freshness(None, NOW), "warn"),
        (_checks.backlog(0, {}, None), "ok"),
        (_checks.backlog(10, {"index": 5}, date(2026, 1, 1)), "ok"),
        (_checks.backlog(90_000, {}, None), "warn"),
        (_checks.requests(1, NOW - HOUR, NOW), "warn"),
        (_checks.requests(1, NOW, NOW), "ok"),
        (_checks.sources(0, 0), "warn"),
        (_checks.sources(2, 9), "warn"),
        (_checks.sources(0, 9), "ok"),
        (_checks.database("SQLite 3", "/x", 10, 3 * 2**30), "warn"),
        (_checks.database("PostgreSQL 16", "x", 10, None), "ok"),
        (_checks.disk(2**30, "/x"), "bad"),
        (_checks.disk(5 * 2**30, "/x"), "warn"),
        (_checks.disk(50 * 2**30, "/x"), "ok"),
        (_checks.disk(None, "/x"), "warn"),
        (_checks.backup(None, NOW), "warn"),
        (_checks.backup(NOW - 200 * HOUR, NOW), "warn"),
        (_checks.backup(NOW - HOUR, NOW), "ok"),
        (_checks.settings("a", "b", 1), "warn"),
        (_checks.settings("a", "a", 1), "ok"),
        (_checks.settings("a", None, 1), "ok"),
    ],
)
def test_every_fault_has_a_remedy(check: _checks.Check, state: str) -> None:
    """And nothing else has one."""
    assert check.state == state
    assert bool(check.remedy) is (state != "ok")
    assert check.told
