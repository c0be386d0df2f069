"""总览 as a reader meets it."""

from __future__ import annotations

import math
import re
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


def names(html: str) -> list[str]:
    """Platform names of the ranking, top to bottom."""
    table = html.partition("平台预警等级一览")[2].partition("</table>")[0]
    return re.findall(r'data-tw-page="platform"[^>]*>([^<]+)<', table)


@pytest.mark.usefixtures("database")
def test_platforms_are_listed_by_severity(visit: Visit, said: Said) -> None:
    """红, then 数据不足 with what it hides, then 正常; one without data waits among the grey."""
    app = visit()
    html = said(app)
    assert not app.exception
    assert names(html) == ["星河聚财", "云舟贷", "未知&lt;b&gt;平台", "静水支付"]
    assert "数据不足（此前：橙）" in html
    assert "2家独立媒体报道提现困难" in html


@pytest.mark.usefixtures("database")
def test_the_page_says_as_of_when(visit: Visit, said: Said) -> None:
    """Every figure is as of a time in Shanghai."""
    assert re.search(r"数据截至 20\d\d-\d\d-\d\d \d\d:\d\d（上海时间）", said(visit()))


@pytest.mark.usefixtures("database")
def test_filters_come_from_the_address(visit: Visit, said: Said) -> None:
    """A copied address shows the same list."""
    assert names(said(visit(data="真实"))) == ["未知&lt;b&gt;平台", "静水支付"]
    assert names(said(visit(level="红"))) == ["星河聚财"]
    assert names(said(visit(q="云舟"))) == ["云舟贷"]
    assert names(said(visit(category="第三方支付", sort="名称"))) == ["未知&lt;b&gt;平台", "静水支付"]


@pytest.mark.usefixtures("database")
def test_a_list_that_no_platform_fits_says_so(visit: Visit, said: Said) -> None:
    """An empty state with its remedy."""
    assert "请放宽筛选" in said(visit(q="不存在的名字"))


@pytest.mark.usefixtures("database")
def test_changes_of_the_last_fortnight_are_told(visit: Visit, said: Said) -> None:
    """The one of nine days ago, not the one of forty."""
    changes = said(visit()).partition("近 14 天的等级变化")[2]
    assert "星河聚财" in changes
    assert "云舟贷" not in changes


@pytest.mark.usefixtures("database")
def test_demonstration_data_is_marked(visit: Visit, said: Said) -> None:
    """A banner, and a chip on each fictional platform."""
    html = said(visit())
    assert "演示数据" in html
    assert html.count(">演示<") == 2


def test_without_demonstration_nothing_speaks_of_it(database: Database, visit: Visit, said: Said) -> None:
    """After the removal the very next page is clean: no cache keeps it alive."""
    assert "演示" in said(visit())
    with database.writing() as session:
        number = write.ask(session, "forget_source", {"source_id": "sample_archive"}, SYSTEM, _now(database))
        write.take_request(session, number, _now(database))
    write.forget_source(database, "sample_archive")
    with database.writing() as session:
        write.finish_request(session, number, _now(database), True, "已删除")
    app = visit()
    assert "演示" not in said(app)
    assert not app.segmented_control


def _now(database: Database):  # type: ignore[no-untyped-def]
    with database.reading() as session:
        return read.worker_status(session).heartbeat_at


def test_a_silent_worker_is_told_with_the_remedy(database: Database, visit: Visit, said: Said) -> None:
    """The page shows what it has and how old it is."""
    with database.writing() as session:
        write.beat(session, holder="test", now=_now(database) - timedelta(hours=2))
    html = said(visit())
    assert "采集与计算进程没有运行（最近心跳：2 小时前）" in html
    assert "make run" in html


def test_work_in_progress_is_shown(database: Database, visit: Visit, said: Said) -> None:
    """Stage, count and bar, while the first data is being computed."""
    with database.writing() as session:
        write.beat(session, holder="t", now=_now(database), stage="analyse", done=1500, total=6000)
    html = said(visit())
    assert "研读文本" in html
    assert "1,500 / 6,000" in html
    assert "width:25%" in html


def test_a_failed_turn_of_the_worker_is_told(database: Database, visit: Visit, said: Said) -> None:
    """What went wrong, that it is tried again, where to look; as text, and not as work in progress."""
    with database.writing() as session:
        write.beat(session, holder="t", now=_now(database), stage="error", message="ValueError: <b>坏行</b>")
    for page in ("app_pages/overview.py", "app_pages/method.py"):
        html = said(visit(page))
        assert "工作进程出错：ValueError: &lt;b&gt;坏行&lt;/b&gt;；系统会自动重试，详情见日志" in html
        assert "正在处理" not in html


def test_silent_sources_explain_the_grey_in_one_line(database: Database, visit: Visit, said: Said) -> None:
    """Only where every grey real platform is grey for that reason."""
    assert "未能采集" not in said(visit())
    with database.writing() as session:
        days = pd.DataFrame([_grey("jingshui"), _grey("weizhi")])
        write.save_platform_days(session, days, _now(database) + timedelta(seconds=1))
    html = said(visit())
    assert "2 个真实平台数据不足：1 个数据源未能采集，见<a" in html
    assert "未能采集" not in said(visit(data="演示"))


def _grey(platform: str) -> dict[str, object]:
    return {
        "platform_id": platform,
        "day": shanghai_day(datetime.now(UTC)),
        "t": math.nan,
        "t_star": math.nan,
        "q": math.nan,
        "scope": 0.7,
        "coverage": 0.0,
        "level": "数据不足",
        "level_before_grey": None,
        "since": shanghai_day(datetime.now(UTC)),
        "provisional": True,
        "reason": "数据不足：当日仅观测到已接入权重的0%",
        "floor": None,
        "state": {},
        "threshold_version": 1,
        "settings_hash": "abc",
    }


@pytest.mark.usefixtures("empty")
def test_an_empty_watch_list_says_what_fills_it(visit: Visit, said: Said) -> None:
    """The first seconds of an installation."""
    app = visit()
    assert not app.exception
    assert "观察名单为空" in said(app)


def test_thousands_of_platforms_are_paged(database: Database, visit: Visit, said: Said) -> None:
    """Twenty-five rows a page, the page in the address; a page beyond the end shows the last."""
    from settings.models import Platform

    many = [Platform(id=f"p{n}", name=f"平台{n:04d}", category="网贷") for n in range(2000)]
    with database.writing() as session:
        write.load_platforms(session, many, now=_now(database), who="测试", evidence=None)
    assert len(names(said(visit()))) == 25
    second = visit(page="2")
    assert len(names(said(second))) == 25
    assert "第 2 / 81 页" in said(second)
