"""A brief as files: HTML that needs nothing else, one printed page in Chinese, a workbook without a formula."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from app_pages import _look, _words
from pipeline.brief import html, keep, look, pdf
from pipeline.brief.html import ON_PAPER, render
from pipeline.brief.keep import write_files
from pipeline.brief.workbook import write_brief
from signals.brief import Period
from signals.model import Level
from tests.signals.brief_material import brief, evidence, level, material

NASTY = '<img src=x onerror=alert(1)>"=HYPERLINK("http://evil.example")'


class Loads(HTMLParser):
    """Everything that a browser would fetch, and every script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Links are followed by people, not fetched."""
        for name, value in attributes:
            if name in ("src", "srcset", "data", "poster", "background") or (name == "href" and tag != "a"):
                self.found.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.found.append(f"{tag} {name}")
        if tag in ("script", "link", "iframe", "object", "embed", "img", "base"):
            self.found.append(tag)


def loads(page: str) -> list[str]:
    parser = Loads()
    parser.feed(page)
    return parser.found + re.findall(r"@import|url\((?!#)", page)


def needs_pdf() -> None:
    """Skipping is loud, and an error where the libraries were promised."""
    fault = pdf.why_not() or (None if pdf.chinese_fonts() else pdf.FONTS)
    if fault:
        if os.environ.get("TRUSTWATCH_REQUIRE_BROWSER"):
            pytest.fail(fault)
        pytest.skip(f"NO PDF was tested: {fault}")


def test_the_page_says_what_the_brief_says() -> None:
    """Levels in words, changes, reasons, evidence with its number, industry, coverage, sources, method, versions."""
    page = render(brief())
    told = (
        *(
            "红 特别严重",
            "星河聚财",
            "较前日",
            "+12.0",
            "2家独立媒体报道提现困难",
            "文本 1",
            "全行业",
            "HTTP 500",
        ),
        *("近 7 天监管文本 2 篇（再前 7 天 5 篇）", "abc123", "model-7", "不是任何监管机构发布的预警"),
    )
    assert [words for words in told if words not in page] == []


def test_the_page_needs_nothing_from_outside() -> None:
    """No script, style, font or picture is loaded, and its own policy forbids it; originals are links."""
    page = render(brief())
    assert loads(page) == []
    assert "default-src 'none'" in page
    assert 'href="https://example.org/1"' in page


def test_what_comes_from_outside_is_text() -> None:
    """Names, titles, reasons, addresses: nothing of it becomes markup, and only http(s) becomes a link."""
    now = pd.DataFrame([level("a", NASTY, "红", 80.0, reason=NASTY)])
    rows = pd.DataFrame([evidence(1, NASTY, url="javascript:alert(1)", publisher=NASTY)])
    page = render(brief(now=now, evidence={"a": rows}))
    assert loads(page) == []
    assert "<img" not in page
    assert "javascript:" not in page
    assert "&lt;img src=x" in page


def test_missing_is_a_dash_and_never_zero() -> None:
    """A platform whose T* is unknown, and a source of regulators that did not answer."""
    now = material().now
    now.loc[now["platform_id"] == "xinghe", ["t", "t_star"]] = float("nan")
    page = render(brief(now=now, policy=None, courses={}))
    assert "T* <b>—</b>" in page
    assert "近 7 天没有监管来源应答" in page


def test_who_failed_is_told_beside_the_level() -> None:
    """出险 is a status, not a level."""
    page = render(brief(statuses={"xinghe": [(brief().day, "立案")]}))
    assert "已出险（立案）" in page


@pytest.mark.parametrize("level_", Level)
def test_levels_look_as_on_screen(level_: Level) -> None:
    """One visual language: glyph, word, colours."""
    ours, screen = look.LOOKS[level_], _look.LOOKS[level_]
    assert (ours.glyph, ours.grade, ours.fill, ours.ink) == (
        screen.glyph,
        screen.grade,
        screen.fill,
        screen.ink,
    )


def test_states_of_sources_read_as_on_screen() -> None:
    """故障 is 故障 everywhere."""
    screen = {name: word for name, (_, word, _) in _words.SOURCE_STATES.items()}
    assert screen == html.SOURCE_STATES


def test_a_line_has_gaps_and_a_text() -> None:
    """A day without value breaks it; who cannot see it is told its figures."""
    drawn = str(look.line((10.0, 20.0, None, 30.0, 40.0), Level.BLUE))
    assert drawn.count("<polyline") == 2
    assert "最低 10.0，最高 40.0，最近 40.0" in drawn
    assert str(look.line((None, None), Level.BLUE)) == '<span class="mute">—</span>'


def book(**changes: Any) -> Any:
    target = io.BytesIO()
    write_brief(target, brief(**changes))
    return openpyxl.load_workbook(target)


def test_the_workbook_has_everything() -> None:
    """All platforms, the calm ones too; changes, evidence, sources; what it rests on."""
    found = book()
    assert found.sheetnames == ["概要", "等级变化", "平台", "证据", "来源"]
    assert [row[0].value for row in found["平台"].iter_rows(min_row=2)] == [
        "星河聚财", "云舟贷", "黑山宝", "青禾宝", "静水支付"
    ]  # fmt: skip
    assert [row[3].value for row in found["平台"].iter_rows(min_row=2)][-1] == "已出险（清盘）"
    said = {row[0].value: row[1].value for row in found["概要"].iter_rows(min_row=2)}
    assert said["设置指纹 settings_hash"] == "abc123"
    assert all(sheet.freeze_panes == "A2" for sheet in found)


def test_no_cell_of_the_workbook_is_a_formula() -> None:
    """Names and titles that begin with = stay what they are."""
    now = pd.DataFrame([level("a", "=1+1", "红", 80.0)])
    found = book(now=now, evidence={"a": pd.DataFrame([evidence(1, "@SUM(A1)")])})
    cells = [cell for sheet in found for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    assert found["平台"]["A2"].value == "=1+1"


def texts(made: bytes) -> list[str]:
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]


def test_the_pdf_is_one_page_of_chinese() -> None:
    """Real characters that can be searched and copied, not boxes; and on one sheet."""
    needs_pdf()
    (page,) = texts(pdf.to_pdf([render(brief())]))
    for words in ("金融平台信任风险日报", "星河聚财", "提现困难", "特别严重", "数据不足"):
        assert words in page.replace("\n", "")


def test_more_than_a_page_is_told_in_fewer_words() -> None:
    """Six platforms with long reasons and much evidence still print on one sheet; the screen shows them whole."""
    needs_pdf()
    now = pd.DataFrame(
        [level(f"p{n}", f"平台{n}", "橙", 60.0 + n, reason="很长的原因，" * 12) for n in range(8)]
    )
    rows = pd.DataFrame([evidence(n, f"第{n}篇" + "长标题" * 8) for n in range(4)])
    much = brief(now=now, evidence={f"p{n}": rows for n in range(8)})
    assert len(texts(pdf.to_pdf(render(much, room) for room in (ON_PAPER[0], ON_PAPER[-1])))) == 1
    assert len(texts(pdf.to_pdf([render(much, ON_PAPER[0])]))) > 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.png", "data:image/png;base64,AAAA", None])
def test_nothing_is_fetched_for_a_pdf(tmp_path: Path, address: str | None) -> None:
    """Neither from the network nor from this machine: a page that names something of the kind is an error."""
    needs_pdf()
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="20">SECRET</text></svg>', "utf-8")
    with pytest.raises(pdf.NothingFetched):
        pdf.to_pdf([f'<img src="{address or secret.as_uri()}">文'])


def test_without_the_libraries_the_other_two_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTML and workbook; why there is no PDF, and what to install, is kept for the page. An older PDF goes."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    folder = tmp_path / "2026-03-09-daily"
    folder.mkdir()
    (folder / keep.PDF).write_bytes(b"old")
    written = write_files(brief(), tmp_path, who="测试")
    assert written.folder == folder
    assert written.no_pdf is not None
    assert "requirements.txt" in written.no_pdf
    assert sorted(path.name for path in folder.iterdir()) == ["about.json", "brief.html", "brief.xlsx"]
    assert json.loads((folder / keep.ABOUT).read_text("utf-8"))["no_pdf"] == written.no_pdf


def test_made_again_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same material, same bytes; nothing half is left beside them."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    first = {
        path.name: path.read_bytes() for path in write_files(brief(), tmp_path, who="测").folder.iterdir()
    }
    again = {
        path.name: path.read_bytes() for path in write_files(brief(), tmp_path, who="测").folder.iterdir()
    }
    assert first == again


def test_kinds_have_their_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day's, a week's and the demonstration's do not overwrite each other."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    made = (brief(), brief(period=Period.WEEKLY), brief(demo=True))
    names = [write_files(one, tmp_path, who="测试").folder.name for one in made]
    assert names == ["2026-03-09-daily", "2026-03-09-weekly", "2026-03-09-daily-demo"]
