"""待复核链接 as an analyst meets it: why a link is doubtful, one click to answer, one to take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from db import read, write
from db.roles import SYSTEM, Role
from db.session import Database
from signals.model import Document, Kind, Mention, Polarity, Span

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/review.py"
NOW = datetime.now(UTC)
TEXT = "有人知道云舟的情况吗<b>？云舟提现一直不到账。"


def bring(
    database: Database, number: int, platforms: list[str], age: int = 0, source: str = "sample_archive"
) -> int:
    """A document in which 云舟 may mean any of these platforms; returns its id."""
    with database.writing() as session:
        seen = NOW - timedelta(days=age)
        stored = Document(
            source,
            Kind.SOCIAL,
            f"求助{number}",
            TEXT,
            external_id=f"r{number}",
            publisher="论坛",
            first_seen_at=seen,
        )
        write.store_documents(session, [stored], now=NOW, salt="s")
        (found,) = read.waiting_documents(session, "test", limit=9)
        spans = (Span("text", 4, 6, "云舟"),)
        links = [
            Mention(one, 0.2, 0.97, Polarity.ASSERTED, (), 0.3, spans, "test", needs_review=True)
            for one in platforms
        ]
        write.save_analysis(session, [write.AnalysisRow(found.id, links)], version="test", as_of=NOW)
        return found.id


def click(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def test_a_link_is_shown_with_its_sentence_and_the_reason(
    database: Database, visit: Visit, said: Said
) -> None:
    """The words underlined, where they come from, who may be meant and why nobody is sure; markup stays text."""
    bring(database, 1, ["yunzhou", "jingshui"])
    app = visit(PAGE)
    html = said(app)
    assert not app.exception
    assert app.header[0].value == "这些文本说的是我们的平台吗？（2 处，1 篇报道）"
    assert '<mark class="tw-name" title="平台名称">云舟</mark>的情况吗&lt;b&gt;？' in html
    assert "同一名称也属于“静水支付”" in html
    assert "同一名称也属于“云舟贷”" in html


@pytest.mark.parametrize(
    ("what", "told"), [("right_link", "是该平台（云舟贷）"), ("wrong_platform", "不是该平台（云舟贷）")]
)
def test_one_click_answers_and_the_next_moves_up(
    database: Database, visit: Visit, act_as: ActAs, said: Said, what: str, told: str
) -> None:
    """The answered one is gone from the queue and stands below, with the name of who answered."""
    older, newer = bring(database, 1, ["yunzhou"], age=1), bring(database, 2, ["yunzhou"])
    act_as("陈一")
    app = visit(PAGE)
    click(app, f"{what}_yunzhou_{newer}")
    html = said(app)
    assert not app.exception
    assert told in app.toast[0].value
    assert app.header[0].value.endswith("（1 处，1 篇报道）")
    assert app.button(key=f"{what}_yunzhou_{older}")
    assert "陈一，" in html
    with database.reading() as session:
        assert list(read.corrections(session)["what"]) == [what]


def test_undo_asks_again(database: Database, visit: Visit, said: Said) -> None:
    """One click; both facts stay on record."""
    document = bring(database, 1, ["yunzhou"])
    app = visit(PAGE)
    click(app, f"wrong_platform_yunzhou_{document}")
    assert "没有待复核的链接" in said(app)
    click(app, "undo_1")
    assert app.button(key=f"wrong_platform_yunzhou_{document}")
    assert "还没有人答复过" in said(app)


def test_filters_live_in_the_address(database: Database, visit: Visit, said: Said) -> None:
    """By platform, source and time, each option with how many wait."""
    bring(database, 1, ["yunzhou"])
    bring(database, 2, ["jingshui"], source="quiet_feed")
    bring(database, 3, ["jingshui"], age=60)
    app = visit(PAGE)
    assert app.header[0].value.endswith("（3 处，3 篇报道）")
    assert list(app.selectbox(key="pick_platform").options) == ["静水支付（2）", "云舟贷（1）"]
    assert visit(PAGE, platform="yunzhou").header[0].value.endswith("（1 处，1 篇报道）")
    assert visit(PAGE, source="quiet_feed").header[0].value.endswith("（1 处，1 篇报道）")
    assert visit(PAGE, span="30 天").header[0].value.endswith("（2 处，2 篇报道）")
    app = visit(PAGE)
    app.selectbox(key="pick_platform").select("jingshui").run()
    assert app.query_params["platform"] == "jingshui"


def test_ten_texts_a_page(database: Database, visit: Visit, said: Said) -> None:
    """The page number is in the address."""
    for number in range(12):
        bring(database, number, ["yunzhou"])
    assert said(visit(PAGE)).count("</h3>") == 10
    assert said(visit(PAGE, page="2")).count("</h3>") == 2


def test_an_answer_after_the_role_was_taken_away_changes_nothing(
    database: Database, visit: Visit, said: Said
) -> None:
    """The page was drawn while it was allowed; the click is refused where data changes, and the reason is told."""
    document = bring(database, 1, ["yunzhou"])
    app = visit(PAGE)
    with database.writing() as session:
        write.set_role(session, SYSTEM, "本机用户", Role.VIEWER, reason="试验", now=NOW)
    click(app, f"right_link_yunzhou_{document}")
    with database.reading() as session:
        assert read.corrections(session).empty
    assert "更正判断" in said(app)


@pytest.mark.usefixtures("database")
def test_an_empty_queue_says_what_fills_it(visit: Visit, said: Said) -> None:
    """Nothing waits, nothing was answered."""
    app = visit(PAGE)
    assert not app.exception
    assert "没有待复核的链接" in said(app)
    assert "还没有人答复过" in said(app)
