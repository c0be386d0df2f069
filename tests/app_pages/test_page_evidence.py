"""证据: what people search for is found, shown with its story, corrected in two clicks, and taken along as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from app_pages import _export, _search
from app_pages._parts import meta
from db import read, write
from db.read import SearchFilters
from db.search import restart
from db.session import Database
from signals.bigrams import parse
from signals.model import Document, Kind, shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
PAGE = "app_pages/evidence.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)


def documents(app: AppTest) -> list[str]:
    """Ids of the listed documents, from the links of their titles."""
    found = []
    for element in app.get("html"):
        body = element.proto.body
        if body.startswith("<h3 class='tw-found'>"):
            found.append(body.split("doc=")[1].split('"')[0])
    return found


def add(database: Database, *texts: str) -> None:
    """News of today that nobody has analysed yet."""
    rows = [
        Document(
            source_id="quiet_feed",
            kind=Kind.NEWS,
            title=words[:30],
            text=words,
            external_id=f"x{n}",
            published_at=NOW,
        )
        for n, words in enumerate(texts)
    ]
    with database.writing() as session:
        write.store_documents(session, rows, now=NOW, salt="salt")


def test_two_characters_are_found_and_highlighted(database: Database, visit: Visit, said: Said) -> None:
    """Newest first, with the number of matches, and the word marked in title and text; scripts are text."""
    app = visit(PAGE, words="提现")
    html = said(app)
    assert not app.exception
    assert documents(app) == ["1", "2", "3"]
    assert "<b>3</b> 篇文本符合条件" in html
    assert '<mark class="tw-hit" title="搜索词">提现</mark>困难' in html.replace(
        '<mark class="tw-event" title="提现困难">', ""
    )
    assert "<script>" not in html


def test_typing_searches(database: Database, visit: Visit) -> None:
    """Traditional, full-width, or excluded: as the box says."""
    add(database, "云舟贷ＡＰＰ無法登錄")
    app = visit(PAGE)
    assert len(documents(app)) == 4
    app.text_input(key="words").input("app无法").run()
    assert documents(app) == ["4"]
    app.text_input(key="words").input("-提现").run()
    assert documents(app) == ["4"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "complaint"}, ["2"]),
        ({"polarity": "denied"}, ["3"]),
        ({"platform": "xinghe", "grade": "红"}, ["1", "2", "3"]),
        ({"platform": "yunzhou"}, []),
        ({"event": "withdrawal_difficulty", "start": (TODAY - timedelta(days=1)).isoformat()}, ["1"]),
        ({"end": (TODAY - timedelta(days=3)).isoformat()}, ["3"]),
        ({"source": "quiet_feed"}, []),
        ({"among": "真实"}, []),
        ({"platform": "没有", "kind": "<b>"}, ["1", "2", "3"]),
    ],
)
def test_filters_come_from_the_address(
    database: Database, visit: Visit, query: dict[str, str], expected: list[str]
) -> None:
    """Each of them; what is no choice is no filter, and no error."""
    app = visit(PAGE, words="提现", **query)
    assert not app.exception
    assert documents(app) == expected


def test_nothing_found_says_what_to_try(database: Database, visit: Visit, said: Said) -> None:
    """Fewer words or filters; and what could not be searched for is named."""
    html = said(visit(PAGE, words="暴雷 ！！", kind="news"))
    assert "没有符合条件的文本" in html
    assert "放宽筛选（现有 1 项）" in html
    assert "清除筛选，保留检索词" in html
    assert "已忽略 “!!”" in html


def test_an_empty_archive_says_what_fills_it(empty: Database, visit: Visit, said: Said) -> None:
    """No document yet."""
    app = visit(PAGE)
    assert not app.exception
    assert "还没有入库的文本" in said(app)


def test_an_unfinished_index_says_so(database: Database, visit: Visit, said: Said) -> None:
    """After an update old texts cannot be found for a while: the page does not pretend that there are none."""
    with database.writing() as session:
        restart(session.connection())
    app = visit(PAGE, words="提现")
    assert "全文索引正在建立，已完成 0%" in said(app)


def test_more_goes_on_and_counts_honestly(
    database: Database, visit: Visit, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page at a time; another search begins at its first page; beyond the limit it says so."""
    add(database, *(f"第{n}号提现公告" for n in range(30)))
    app = visit(PAGE, words="提现")
    assert len(documents(app)) == 20
    app.button(key="more").click().run()
    assert len(documents(app)) == 33
    assert "<b>33</b> 篇文本符合条件" in said(app)
    assert "more" not in [button.key for button in app.button]
    app.text_input(key="words").input("公告").run()
    assert len(documents(app)) == 20


def test_windows_follow_one_another(
    database: Database, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the first thousand the next ones are read from where those ended."""
    add(database, *(f"第{n}号提现公告" for n in range(9)))
    visit(PAGE)
    plain = read.find
    monkeypatch.setattr(read, "MOST", 5)
    monkeypatch.setattr(read, "find", lambda *a, before=None: plain(*a, before=before, limit=5))
    assert len(_search.matches("提现 ", SearchFilters(), 4)[0]) == 5
    ids, more = _search.matches("提现 ", SearchFilters(), 100)
    assert (len(set(ids)), len(ids), more) == (12, 12, False)


def test_a_search_in_vain_ends(
    database: Database, visit: Visit, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where candidates without end do not match, the page stops and says what to do, not that there is nothing."""
    monkeypatch.setattr(read, "find", lambda *_, before=None: read.Found((), (before or 10**6) - 1))
    assert "最近的一万篇候选文本中没有完全相符的" in said(visit(PAGE, words="提现困难"))


def test_a_very_long_text_shows_where_the_word_stands(database: Database, visit: Visit, said: Said) -> None:
    """The list holds a part of it, the document all."""
    add(database, "甲" * 20_000 + "鑫鑫" + "乙" * 20_000)
    html = said(visit(PAGE, words="鑫鑫"))
    assert '<mark class="tw-hit" title="搜索词">鑫鑫</mark>' in html
    assert "甲" * 5_001 not in html
    assert "甲" * 20_000 in said(visit(PAGE, words="鑫鑫", doc="4"))


def test_a_document_shows_its_story_and_copy(database: Database, visit: Visit, said: Said) -> None:
    """All publishers in order, the original, the stored text with words and events marked, and the way back."""
    with database.writing() as session:
        statement = "UPDATE documents SET story_id = 1 WHERE id = 3"
        session.execute(text(statement))
    html = said(visit(PAGE, words="提现", doc="1"))
    assert "谁发布了同一报道" in html
    assert html.index("=cmd()") < html.index("虚构财经报", html.index("=cmd()"))
    assert 'href="https://example.org/1"' in html
    assert "个人信息在入库前已遮蔽" in html
    assert "返回检索结果" in html
    assert "doc=3" in html


def test_a_changed_search_closes_the_document(database: Database, visit: Visit) -> None:
    """Whoever types another word wants its results, not the old document."""
    app = visit(PAGE, words="提现", doc="1")
    assert documents(app) == []
    app.text_input(key="words").input("困难").run()
    assert documents(app) == ["1", "2", "3"]
    assert "doc" not in app.query_params


@pytest.mark.parametrize("doc", ["99", "x", "-1", "9" * 30, "<b>"])
def test_a_document_that_is_not_there(database: Database, visit: Visit, said: Said, doc: str) -> None:
    """An old or mistyped address leads to a sentence or to the list, never to a fault."""
    app = visit(PAGE, doc=doc)
    assert not app.exception
    assert ("该文本已不存在" in said(app)) == (doc == "99")


def test_purged_content_says_so(database: Database, visit: Visit, said: Said) -> None:
    """Out of the list; by its address the page says that it was removed, and when."""
    write.purge(database, document_ids=[1], now=NOW)
    assert documents(visit(PAGE, words="提现")) == ["2", "3"]
    app = visit(PAGE, doc="1")
    assert not app.exception
    assert "内容已按保留期限删除" in said(app)


def test_two_clicks_correct_and_one_takes_it_back(database: Database, visit: Visit, said: Said) -> None:
    """As on 平台详情: 更正, then what is wrong; the row stays and says who; 撤销 restores it."""
    app = visit(PAGE, words="提现")
    app.button(key="wrong_platform__1_xinghe_1").click().run()
    html = said(app)
    assert not app.exception
    assert "已更正（本机用户，" in html
    assert "已更正为与该平台无关" in html
    assert documents(app) == ["1", "2", "3"]
    app.button(key="undo_1_xinghe_1").click().run()
    assert "已更正（" not in said(app)
    with database.reading() as session:
        assert read.find(session, parse("提现"), SearchFilters(platform_id="xinghe")).ids == [1, 2, 3]


def test_a_correction_of_a_story_can_be_undone_from_any_copy(
    database: Database, visit: Visit, said: Said
) -> None:
    """Several rows tell of one correction, each with its own button."""
    with database.writing() as session:
        session.execute(text("UPDATE documents SET story_id = 1 WHERE id = 3"))
    app = visit(PAGE, words="提现")
    app.button(key="not_negative__1_xinghe_1").click().run()
    assert not app.exception
    assert {"undo_1_xinghe_1", "undo_1_xinghe_3"} <= {button.key for button in app.button}
    app.button(key="undo_1_xinghe_3").click().run()
    assert "已更正（" not in said(app)


def test_who_may_not_correct_is_not_offered_it(
    database: Database, visit: Visit, act_as: Callable[[str], None]
) -> None:
    """A committee member reads and searches; nothing to correct is shown."""
    act_as("某委员")
    app = visit(PAGE, words="提现")
    assert not app.exception
    assert documents(app) == ["1", "2", "3"]
    assert not [button.key for button in app.button if button.key and "xinghe" in button.key]
    assert not app.get("download_button")


def test_the_file_has_a_row_per_platform_mentioned(database: Database, visit: Visit) -> None:
    """utf-8-sig, the filters of the page, formulas defused, events by id; a text about nobody has its row too."""
    add(database, "提现通知")
    visit(PAGE)
    lines = searched(SearchFilters())
    assert lines[0].startswith("document_id,day,")
    assert len(lines) == 5
    assert "withdrawal_difficulty" in lines[2]
    assert "'=cmd()" in lines[4]
    assert len(searched(SearchFilters(kind="complaint"))) == 2


def searched(filters: SearchFilters) -> list[str]:
    """The lines of the CSV of a search for 提现."""
    data = _export.file("csv", _search.rows("提现", filters), _search.COLUMNS, meta("search"))
    return data.decode("utf-8-sig").splitlines()
