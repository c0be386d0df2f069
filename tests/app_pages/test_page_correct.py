"""Correcting evidence on 平台详情: two clicks, the name and time on the row, and one click back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from db import read, write
from db.roles import Actor, Role
from db.session import Database
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
PAGE = "app_pages/platform_detail.py"
TODAY = shanghai_day(datetime.now(UTC))


def strongest(database: Database) -> int:
    """The document that leads the evidence of 星河聚财."""
    with database.reading() as session:
        return int(read.evidence(session, "xinghe", TODAY)["document_id"].iloc[0])


def recorded(database: Database) -> list[tuple[str, str, bool]]:
    """what, who, whether it stands; oldest first."""
    with database.reading() as session:
        rows = read.corrections(session).to_dict("records")[::-1]
    return [(row["what"], row["who"], row["undone_by"] is None) for row in rows]


def click(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


@pytest.mark.parametrize(
    ("what", "word"),
    [
        ("wrong_platform__", "不是该平台"),
        ("not_negative__", "并非负面"),
        ("wrong_event_withdrawal_difficulty_", "事件有误：提现困难"),
    ],
)
def test_a_click_corrects_and_the_row_says_so(
    database: Database, visit: Visit, said: Said, what: str, word: str
) -> None:
    """The row keeps its place, with who corrected what and when; a toast tells that it was done."""
    document = strongest(database)
    app = visit(PAGE, platform="xinghe")
    places = said(app).count("<li>")
    click(app, f"{what}{document}")
    html = said(app)
    assert not app.exception
    assert f"已更正（本机用户，{TODAY.isoformat()}" in html
    assert f"）：{word}</p>" in html
    assert html.count("<li>") == places
    assert "撤销" in app.toast[0].value
    assert len(recorded(database)) == 1


def test_undo_takes_it_back(database: Database, visit: Visit, said: Said) -> None:
    """One click; the row is as it was, and both facts stay on record."""
    document = strongest(database)
    app = visit(PAGE, platform="xinghe")
    before = said(app)
    click(app, f"wrong_platform__{document}")
    click(app, "undo_1")
    assert not app.exception
    assert "已更正" not in said(app)
    assert said(app).count("<li>") == before.count("<li>")
    assert recorded(database) == [("wrong_platform", "本机用户", False)]
    assert strongest(database) == document


def test_the_account_signs_what_follows(
    database: Database, visit: Visit, said: Said, act_as: Callable[[str | None], None]
) -> None:
    """Who is signed in stands under the correction."""
    document = strongest(database)
    act_as("陈一")
    app = visit(PAGE, platform="xinghe")
    click(app, f"not_negative__{document}")
    assert "已更正（陈一，" in said(app)
    assert recorded(database) == [("not_negative", "陈一", True)]


def test_who_was_signed_out_meanwhile_corrects_nothing(
    database: Database, visit: Visit, said: Said, act_as: Callable[[str | None], None]
) -> None:
    """The page was drawn while the session lasted: the click finds it over, and nothing is written."""
    document = strongest(database)
    app = visit(PAGE, platform="xinghe")
    act_as(None)
    click(app, f"not_negative__{document}")
    assert not app.exception
    assert "登录" in said(app)
    assert recorded(database) == []


def test_who_only_looks_is_offered_no_correction(
    database: Database, visit: Visit, act_as: Callable[[str | None], None]
) -> None:
    """The evidence is there, without buttons."""
    document = strongest(database)
    app = visit(PAGE, platform="xinghe")
    act_as("某委员")
    assert not [button.key for button in app.run().button if str(document) in str(button.key)]


def test_only_what_makes_sense_is_offered(database: Database, visit: Visit) -> None:
    """A row that the model takes for harmless can be called negative; what was said already is not offered again."""
    document = strongest(database)
    with database.reading() as session:
        calm = int(read.evidence(session, "xinghe", TODAY)["document_id"].iloc[-1])
    app = visit(PAGE, platform="xinghe")
    keys = {button.key for button in app.button}
    assert {f"not_negative__{document}", f"negative__{calm}"} <= keys
    assert not {f"negative__{document}", f"not_negative__{calm}", f"right_link__{document}"} & keys
    click(app, f"wrong_platform__{document}")
    assert not [button.key for button in app.button if button.key and button.key.endswith(f"__{document}")]


def test_a_doubtful_link_can_be_confirmed(database: Database, visit: Visit, said: Said) -> None:
    """The chip 待复核链接 goes, and the row says who confirmed it."""
    from sqlalchemy import update

    from db.schema import Mention

    document = strongest(database)
    with database.writing() as session:
        session.execute(update(Mention).where(Mention.document_id == document).values(needs_review=True))
    app = visit(PAGE, platform="xinghe")
    assert "待复核链接" in said(app)
    click(app, f"right_link__{document}")
    assert "待复核链接" not in said(app)
    assert "已确认（本机用户，" in said(app)


def test_what_others_corrected_shows_at_once(database: Database, visit: Visit, said: Said) -> None:
    """Reads are cached, but not past a correction that somebody else made meanwhile; a name is text."""
    document = strongest(database)
    app = visit(PAGE, platform="xinghe")
    with database.writing() as session:
        li, now = Actor("<b>李二", Role.ANALYST), datetime.now(UTC)
        write.correct(session, document, "xinghe", "wrong_platform", actor=li, now=now, events={})
    html = said(app.run())
    assert "已更正（&lt;b&gt;李二，" in html
