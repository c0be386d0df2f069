"""Keywords, summary and SnowNLP on 平台详情: shown where the worker made them, labelled as no ground of a warning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from app_pages import _notes
from db import read, write
from db.schema import Document
from db.session import Database
from db.write import Digest
from tests.app_pages.conftest import TODAY

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
PAGE = "app_pages/platform_detail.py"


def test_the_evidence_shows_what_the_worker_made(database: Database, visit: Visit, said: Said) -> None:
    """Keywords, sentences and SnowNLP's view of the strongest text, each with what it is not; markup stays text."""
    with database.writing() as session:
        document = int(read.evidence(session, "xinghe", TODAY)["document_id"].iloc[0])
        write.save_digests(session, {document: Digest(["<b>提现"], ["提现困难。"], 1)})
        session.execute(update(Document).where(Document.id == document).values(snownlp=0.82))
    app = visit(PAGE, platform="xinghe")
    html = said(app)
    assert not app.exception
    assert html.count("报道摘要与关键词") == 1
    assert "&lt;b&gt;提现" in html
    assert "提现困难。" in html
    assert "通用情感对照（SnowNLP）：负面 18%" in html
    assert "抽到 1 篇，SnowNLP 判为负面 0 篇，本系统判为对该平台负面 1 篇" in html
    assert html.count("不参与指数与预警等级的计算") == 3


@pytest.mark.usefixtures("database")
def test_without_them_nothing_is_made_up(visit: Visit, said: Said) -> None:
    """No empty box, and the sample is said to be empty."""
    html = said(visit(PAGE, platform="xinghe"))
    assert "报道摘要与关键词" not in html
    assert "没有抽到该平台的文本" in html


@pytest.mark.parametrize("told", [None, read.Note((), (), None)])
def test_an_empty_note_is_not_shown(told: read.Note | None) -> None:
    """Neither box nor label."""
    assert _notes.note(told) == ""
