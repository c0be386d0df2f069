"""source.toml: what is refused, with which words, and that one faulty file stops no other."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from collectors.base import load_sources
from collectors.catalogue import load_source
from collectors.config import Covers, SourceConfig
from settings.loader import SettingsError
from settings.models import Platform
from tests.collectors.examples import table_source

GOOD = """
id = "{id}"
name = "热线"
kind = "complaint"
reader = "table"
path = "inbox/{id}/*"
covers = "all"
[schedule]
manual = true
"""


def put(folder: Path, name: str, text: str) -> Path:
    (folder / name).mkdir()
    (folder / name / "source.toml").write_text(text, "utf-8")
    return folder / name / "source.toml"


def fault(**changes: Any) -> str:
    with pytest.raises(ValueError) as caught:
        table_source(**changes)
    return str(caught.value)


def test_a_typo_stops_no_other_source(tmp_path: Path) -> None:
    """The faulty file is told with file, key and remedy; the others are loaded."""
    put(tmp_path, "good", GOOD.format(id="good"))
    put(tmp_path, "typo", GOOD.format(id="typo").replace("covers", "cover"))
    put(tmp_path, "broken", 'id = "broken\n')
    put(tmp_path, "_template", "not even read")
    sources, faults = load_sources([tmp_path])
    assert [source.id for source in sources] == ["good"]
    assert [found.path.parent.name for found in faults] == ["broken", "typo"]
    assert "TOML 语法错误" in faults[0].message
    assert "cover 是未知的键（拼写有误？），请改正或删除" in faults[1].message
    assert "缺少 covers，请补上" in faults[1].message
    assert str(faults[1].path) in faults[1].message


def test_an_id_stands_for_one_source(tmp_path: Path) -> None:
    """Two folders of sources may not bring the same id."""
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
        put(tmp_path / folder, "hotline", GOOD.format(id="hotline"))
    sources, faults = load_sources([tmp_path / "ours", tmp_path / "theirs"])
    assert len(sources) == 1
    assert "id = 'hotline' 与另一个数据源重复" in faults[0].message


def test_an_id_is_its_folder(tmp_path: Path) -> None:
    """A copied folder whose id was forgotten is told."""
    path = put(tmp_path, "copy", GOOD.format(id="hotline"))
    with pytest.raises(SettingsError, match="id = 'hotline' 应与文件夹名 'copy' 相同"):
        load_source(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "rumour"}, "kind"),
        ({"reach": 1.5}, "reach"),
        ({"kinds": ["news"]}, "不在 kinds 之中"),
        ({"path": None}, "需要 path（data 文件夹下的路径，可用 *），不能有 url"),
        ({"reader": "feed"}, "需要 url，不能有 path"),
        ({"reader": "json_api", "path": None, "url": "https://a.example"}, "需要 item"),
        ({"reader": "feed", "path": None, "url": "ftp://a.example"}, "url"),
        ({"covers": {"all": True, "demo": True}}, 'covers 应为 "all"'),
        ({"schedule": {}}, "every_minutes、at 与 manual = true 必须恰好给出一个"),
        (
            {"mapping": {"title": {"column": "a", "const": "b"}}},
            "column、join、template、const 必须恰好给出一个",
        ),
        ({"mapping": {"title": {"column": "a", "pattern": "("}}}, "pattern 不是合法的正则表达式"),
        ({"mapping": {"titel": "a"}}, "titel"),
        ({"required": ["titel"]}, "required"),
        ({"expected": {"complaint": -1}}, "expected"),
    ],
)
def test_values_out_of_range_are_refused(changes: dict[str, Any], words: str) -> None:
    """An unknown word, a contradiction or a number out of range is found when settings are loaded."""
    assert words in fault(**changes)


def test_a_selector_at_fault_is_found_when_loading() -> None:
    """Not at the first page, in the night."""
    site = {"reader": "html_list", "path": None, "url": "https://a.example", "item": "ul li"}
    assert "选择器 'a[' 有误" in fault(**site, mapping={"title": "a["})
    assert "选择器 '//td[' 有误" in fault(**site, article={"mapping": {"text": "//td["}})


SEARCH = {"reader": "search_feed", "path": None, "schedule": {"every_minutes": 60}}
SQL = {"reader": "sql", "path": None, "sql": {"database": "HOTLINE_DB", "query": "SELECT 1 AS a"}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reader": "feed", "path": None, "url": "https://a.example/{name}"}, "必须同时给出"),
        (SEARCH | {"url": "https://a.example/"}, "必须同时给出"),
        (
            SEARCH | {"url": "https://a.example/{name}", "schedule": {"manual": True}},
            "需要 every_minutes 或 at",
        ),
        (SEARCH | {"url": "https://a.example/{name}", "search": {"per_run": 0}}, "per_run"),
        ({"request": {"form": {"a": "1"}, "json_body": {}}}, "form 与 json_body 只能给出一个"),
        ({"request": {"headers": {"Cookie": "a"}}}, "headers"),
        ({"request": {"headers": {"Referer": "https://a.example/\r\nCookie: a"}}}, "headers"),
        ({"reader": "sql", "path": None}, "必须同时给出"),
        (SQL | {"sql": {"database": "postgresql://u:p@h/d", "query": "SELECT 1 AS a"}}, "database"),
        (SQL | {"sql": {"database": "HOTLINE_DB", "query": "DELETE FROM a"}}, "必须以 SELECT 或 WITH 开头"),
    ],
)
def test_sections_that_contradict_the_reader_are_refused(changes: dict[str, Any], words: str) -> None:
    """What a reader needs and what it cannot use is found when settings are loaded."""
    assert words in fault(**changes)


def test_the_name_may_stand_in_the_request() -> None:
    """A search that takes the name as parameter needs no place in the URL, and may find nothing."""
    source = table_source(**SEARCH, url="https://a.example/", request={"params": {"q": '{"k":"{name}"}'}})
    assert source.may_be_empty


def test_kinds_are_the_kind_unless_said() -> None:
    """Most sources carry one kind."""
    assert table_source().kinds == ("complaint",)


@pytest.mark.parametrize(
    ("covers", "ids"),
    [
        ("all", {"a", "b"}),
        (["b"], {"b"}),
        ({"category": "网络借贷"}, {"a"}),
        ({"demo": True}, {"demo"}),
    ],
)
def test_covers_says_about_whom_a_source_can_speak(covers: Any, ids: set[str]) -> None:
    """Live sources never vouch for the demo platforms, nor the archive for real ones."""
    platforms = [
        Platform(id="a", name="甲", category="网络借贷"),
        Platform(id="b", name="乙", category="支付"),
        Platform(id="demo", name="丙", category="网络借贷", demo=True),
    ]
    source: SourceConfig = table_source(covers=covers)
    assert isinstance(source.covers, Covers)
    assert source.covers.ids(platforms) == ids


def test_the_example_of_the_handbook_is_valid() -> None:
    """docs/adding-a-source.md shows a table source; what it says can be copied."""
    text = (Path(__file__).parents[2] / "docs" / "adding-a-source.md").read_text("utf-8")
    example = next(block for block in text.split("```") if 'path = "inbox/hotline/*"' in block)
    settings = tomllib.loads(example.removeprefix("toml\n"))
    source = table_source(**settings, kinds=["complaint", "regulatory"])
    assert source.mapping.fields["amount"].amount
