"""新平台发现 as an analyst meets it: what rises, one click to watch it or to refuse it, one to take that back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _rising
from db import read, write
from db.roles import SYSTEM, Role
from db.session import Database
from signals.model import Document, Kind, shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
PAGE = "app_pages/discovery.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)
RISING, STEADY = "霜月优投", "青藤理财通"


def bring(database: Database, name: str, ages: list[int], confidence: float = 0.9) -> None:
    """A document that names `name` for each age in days."""
    with database.writing() as session:
        stored = [
            Document(
                "sample_archive",
                Kind.SOCIAL,
                "求助",
                f"今天第{age}次来问。{name}提现<b>一直不到账！",
                external_id=f"{name}{number}",
                publisher=f"论坛{number}",
                first_seen_at=NOW - timedelta(days=age),
            )
            for number, age in enumerate(ages)
        ]
        write.store_documents(session, stored, now=NOW, salt="s")
        ids = [
            document.id
            for document in read.waiting_documents(session, "test", limit=1000)
            if name in document.document.text
        ]
        rows = [write.AnalysisRow(number, []) for number in ids]
        write.save_analysis(session, rows, version="test", as_of=NOW)
        write.save_discoveries(session, {number: {name: confidence} for number in ids})


@pytest.fixture
def found(database: Database) -> Database:
    """One name that appears every week, and one that rises."""
    bring(database, STEADY, [0, 2, 8, 9, 15, 16, 22, 23])
    bring(database, RISING, [0, 1, 2, 3, 4])
    return database


def click(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def listed(database: Database) -> dict[str, str]:
    """name -> id of the watch list."""
    with database.reading() as session:
        return {platform.name: platform.id for platform in read.watch_list(session)}


@pytest.mark.usefixtures("found")
def test_what_rises_leads_with_its_numbers_and_a_sentence(visit: Visit, said: Said) -> None:
    """Last seven days, usual week, rise, confidence, and the words it stands in; markup in a text stays text."""
    app = visit(PAGE)
    html = said(app)
    assert not app.exception
    assert app.header[0].value == "哪些名称在上升？（2）"
    assert html.index(f'<h3 class="tw-found">{RISING}</h3>') < html.index(
        f'<h3 class="tw-found">{STEADY}</h3>'
    )
    for text in ("近 7 天</dt><dd>5 篇", "此前每周</dt><dd>0.8 篇", "可信度</dt><dd>高 90%"):
        assert text in html
    assert f'<mark class="tw-name">{RISING}</mark>提现&lt;b&gt;一直不到账！' in html


def test_one_click_puts_it_on_the_watch_list(found: Database, visit: Visit, said: Said) -> None:
    """With the name of who did it and the sentence as evidence; the worker is asked to read its texts again."""
    app = visit(PAGE)
    app.selectbox(key="new_category").select("网络借贷").run()
    click(app, "add_0")
    assert not app.exception
    html = said(app)
    assert f'<h3 class="tw-found">{RISING}</h3>' not in html
    assert "已加入监测名单" in html
    assert "本机用户，" in html
    with found.reading() as session:
        info = read.platform(session, listed(found)[RISING])
        (request,) = read.waiting_requests(session)
    assert info is not None
    assert info.category == "网络借贷"
    assert RISING in str(info.statuses[0].evidence)
    assert (request.what, request.arguments, request.who) == ("rescore", {"name": RISING}, "本机用户")


def test_adding_can_be_taken_back(found: Database, visit: Visit, said: Said) -> None:
    """It leaves the watch list and stands among the others again."""
    app = visit(PAGE)
    click(app, "add_0")
    click(app, "undo_0")
    assert RISING not in listed(found)
    assert f'<h3 class="tw-found">{RISING}</h3>' in said(app)
    assert "还没有加入或忽略过名称" in said(app)


def test_a_refused_name_is_gone_until_taken_back(found: Database, visit: Visit, said: Said) -> None:
    """Even if it is found again; the refusal shows with who and when."""
    app = visit(PAGE)
    click(app, "ignore_0")
    bring(found, RISING, [0, 0])
    html = said(app.run())
    assert f'<h3 class="tw-found">{RISING}</h3>' not in html
    assert "已忽略" in html
    assert "本机用户，" in html
    click(app, "undo_0")
    assert f'<h3 class="tw-found">{RISING}</h3>' in said(app)


def test_a_role_taken_away_meanwhile_decides_nothing(found: Database, visit: Visit, said: Said) -> None:
    """The page was drawn for an administrator; when the button is pressed, the account is a committee member's."""
    app = visit(PAGE)
    with found.writing() as session:
        write.set_role(session, SYSTEM, "本机用户", Role.VIEWER, reason="试验", now=NOW)
    click(app, "add_0")
    assert not app.exception
    assert RISING not in listed(found)


def test_a_name_that_is_watched_already_is_explained(found: Database, visit: Visit, said: Said) -> None:
    """Somebody added it meanwhile under another name."""
    bring(found, "云舟贷", list(range(7)) * 2)
    app = visit(PAGE)
    click(app, "add_0")
    assert "已是监测名单中“云舟贷”的名称" in said(app)


def test_the_page_is_in_the_address(found: Database, visit: Visit, said: Said) -> None:
    """Twenty names a page."""
    for number in range(21):
        bring(found, f"{chr(0x6625 + number)}水宝", [0, 1])
    app = visit(PAGE, page="2")
    assert not app.exception
    assert said(app).count("</h3>") == 3


def test_doubtful_names_are_listed_on_demand(found: Database, visit: Visit, said: Said) -> None:
    """A slip of one text and what is rather something else stay away until asked for; the choice is in the address."""
    bring(found, "周末观鸟", [0])
    bring(found, "默认勾选", [0, 1, 2], confidence=0.4)
    app = visit(PAGE)
    assert said(app).count("</h3>") == 2
    assert "把握不大的 2 个" in app.toggle(key="all").label
    html = said(visit(PAGE, all="true"))
    assert html.count("</h3>") == 4
    assert html.index(RISING) < html.index("默认勾选")


def test_only_doubtful_names_are_no_empty_page(database: Database, visit: Visit, said: Said) -> None:
    """It says that there are some, and where."""
    bring(database, "周末观鸟", [0])
    app = visit(PAGE)
    assert not app.exception
    assert "没有把握较大的新名称" in said(app)
    assert app.toggle(key="all")


@pytest.mark.usefixtures("database")
def test_an_empty_page_says_what_fills_it(visit: Visit, said: Said) -> None:
    """Nothing found yet."""
    app = visit(PAGE)
    assert not app.exception
    assert "近 7 天没有发现名单之外的名称" in said(app)


def test_a_row_is_ranked_with_its_own_confidence() -> None:
    """The rise leads; the confidence is that of the last seven days, the first sight that of all times."""
    day = {"first_seen": NOW - timedelta(days=200), "publishers": 1}
    rows = [
        {"name": "常见", "day": TODAY - timedelta(days=7 * week), "documents": 10, "confidence": 0.9, **day}
        for week in range(9)
    ]
    rows += [
        {"name": "新的", "day": TODAY - timedelta(days=age), "documents": n, "confidence": sure, **day}
        for age, n, sure in ((0, 3, 0.8), (1, 1, 0.4))
    ]
    found = _rising.ranked(pd.DataFrame(rows), TODAY)
    assert list(found["name"]) == ["新的", "常见"]
    assert found["confidence"].iloc[0] == pytest.approx(0.7)
    assert list(found["first_seen"]) == [day["first_seen"]] * 2


def test_what_is_doubtful_rises_less() -> None:
    """Three sure documents outrank four that are more likely about something else; the counts stay what they are."""
    day = {"first_seen": NOW, "day": TODAY, "publishers": 4}
    rows = [
        {"name": "含糊", "documents": 4, "confidence": 0.3, **day},
        {"name": "确实", "documents": 3, "confidence": 0.9, **day, "publishers": 3},
    ]
    found = _rising.ranked(pd.DataFrame(rows), TODAY)
    assert list(found["name"]) == ["确实", "含糊"]
    assert list(found["recent"]) == [3, 4]
    assert list(_rising.doubtful(found)) == [False, True]


@pytest.mark.parametrize(("confidence", "word"), [(0.8, "高"), (0.5, "中"), (0.49, "低")])
def test_confidence_has_a_word(confidence: float, word: str) -> None:
    """Never a number alone."""
    assert _rising.sureness(confidence) == word


def test_a_purged_example_is_said_to_be_gone() -> None:
    """Numbers stay, words do not."""
    row = {"name": "甲", "recent": 1, "before": 0.0, "rise": 1.0, "confidence": 0.5, "first_seen": NOW}
    assert "保留期限" in _rising.row(row, None)
