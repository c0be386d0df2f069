"""The skeleton of a source: it loads, its own sample passes, and it never overwrites anything."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from collectors.base import load_sources
from collectors.catalogue import load_source
from pipeline.__main__ import app
from pipeline.paths import source_folders
from signals.model import SHANGHAI
from tests.collectors.loopback import serving
from tests.collectors.replay import rows_of, told

READERS = ("html_list", "json_api", "feed", "search_feed", "sql", "table")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> Path:
    """The folder of a deployment that keeps its sources outside the checkout."""
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setenv("TRUSTWATCH_SOURCES", str(folder))
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("reader", READERS)
def test_a_skeleton_loads_and_its_sample_passes_over_http(own: Path, tmp_path: Path, reader: str) -> None:
    """As written: no fault, every file in place, and the ordinary test of samples is content with it."""
    done = run("new-source", "city_notices", "--name", "示例市 公告", "--reader", reader)
    assert done.exit_code == 0, done.output
    source = load_source(own / "city_notices" / "source.toml")
    assert (source.reader, source.name, source.kind) == (reader, "示例市 公告", "news")
    assert not source.verified
    expected = json.loads((own / "city_notices" / "expected.json").read_text("utf-8"))
    now = datetime.fromisoformat(expected["now"])
    with serving() as server:
        found = [told(row) for row in rows_of(own / "city_notices", source, now, server, tmp_path)]
    assert found == expected["rows"]
    assert len(found) == 2
    assert all(isinstance(row, dict) and row["text"] and row["published_at"] for row in found)


@pytest.mark.parametrize("reader", READERS)
def test_the_sample_can_be_replayed_without_pytest(own: Path, reader: str) -> None:
    """A source in a folder of its own is proved by the command line alone, and nothing else was edited for it."""
    assert run("new-source", "city_notices", "--reader", reader).exit_code == 0
    done = run("try-source", "city_notices", "--sample")
    assert done.exit_code == 0, done.output
    assert "完全一致" in done.output
    sources, faults = load_sources(source_folders())
    assert "city_notices" in {source.id for source in sources}
    assert faults == ()


@pytest.mark.parametrize("reader", READERS)
def test_a_skeleton_says_nothing_about_other_readers(own: Path, reader: str) -> None:
    """Only the sections that the reader uses, commented-out ones included."""
    run("new-source", "city_notices", "--reader", reader)
    text = (own / "city_notices" / "source.toml").read_text("utf-8")
    assert ("[sql]" in text) == (reader == "sql")
    assert ("[search]" in text) == (reader == "search_feed")
    assert ("[request]" in text) == (reader == "json_api")
    assert ("[paging]" in text) == (reader in ("html_list", "json_api"))
    assert ('path = "inbox/' in text) == (reader == "table")


def test_what_is_commented_out_can_be_switched_on(own: Path) -> None:
    """The hints in a skeleton are true: uncommented, they are still a valid source.toml."""
    switched = ("expected", "mapping.fields", "contract", "politeness", "request", "article")
    for reader in READERS:
        assert run("new-source", f"with_{reader}", "--reader", reader).exit_code == 0
        path = own / f"with_{reader}" / "source.toml"
        lines, on = [], False
        for line in path.read_text("utf-8").splitlines():
            on = (on and line.startswith("# ")) or line.startswith(tuple(f"# [{name}" for name in switched))
            lines.append(line.removeprefix("# ") if on else line)
        path.write_text("\n".join(lines), "utf-8")
        source = load_source(path)
        assert source.contract.fields
        assert source.expected.news == (0 if reader == "table" else 20)


def test_the_given_address_reaches_configuration_and_sample(own: Path) -> None:
    """--url with a page number: the sample answers for the first page."""
    url = "https://www.example.com/gg/list_{page}.json?size=20"
    assert run("new-source", "paged", "--reader", "json_api", "--url", url).exit_code == 0
    assert load_source(own / "paged" / "source.toml").url == url
    answers = tomllib.loads((own / "paged" / "sample" / "answers.toml").read_text("utf-8"))
    assert [answer["url"] for answer in answers["answer"]] == [
        "https://www.example.com/gg/list_1.json?size=20"
    ]


def test_the_sample_lies_in_the_past(own: Path) -> None:
    """Dates of the future are refused, so a fresh skeleton must not contain any."""
    run("new-source", "fresh", "--reader", "json_api")
    expected = json.loads((own / "fresh" / "expected.json").read_text("utf-8"))
    now = datetime.fromisoformat(expected["now"])
    assert now.utcoffset() == SHANGHAI.utcoffset(None)
    assert all(datetime.fromisoformat(row["published_at"]) < now for row in expected["rows"])


def test_the_next_steps_are_named(own: Path) -> None:
    """Three steps, each with a command that exists."""
    done = run("new-source", "city_notices")
    assert [line[:2] for line in done.output.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3."]
    for command in ("try-source city_notices", "--sample --write-expected", "collect --source city_notices"):
        assert command in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["City"], "小写字母"),
        (["a/b"], "小写字母"),
        (["_hidden"], "小写字母"),
        (["nfra_news"], "已有"),
        (["x", "--name", '引"号'], "引号"),
        (["x", "--name", " "], "不能为空"),
        (["x", "--url", "ftp://example.org/"], "http"),
        (["x", "--url", "https://exa mple.org/"], "空格"),
        (["x", "--reader", "search_feed", "--url", "https://example.org/q"], "{name}"),
        (["x", "--reader", "sql", "--url", "https://example.org/q"], "--url"),
        (["x", "--folder", "/nonexistent/here"], "不存在"),
    ],
)
def test_what_cannot_be_used_is_refused(own: Path, arguments: list[str], said: str) -> None:
    """Exit code 2, a message that says what is wrong, and nothing is left in the folder."""
    done = run("new-source", *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert list(own.iterdir()) == []


def test_an_existing_folder_is_left_alone(own: Path) -> None:
    """Even one without a source.toml: somebody's work may be in it."""
    (own / "mine").mkdir()
    (own / "mine" / "notes.txt").write_text("do not lose", "utf-8")
    done = run("new-source", "mine")
    assert done.exit_code == 2
    assert "已存在" in done.output
    assert [path.name for path in (own / "mine").iterdir()] == ["notes.txt"]


def test_a_folder_of_choice(own: Path, tmp_path: Path) -> None:
    """--folder wins, and the steps say which variable makes the source known."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = run("new-source", "city_notices", "--folder", str(elsewhere))
    assert done.exit_code == 0, done.output
    assert (elsewhere / "city_notices" / "source.toml").is_file()
    assert f"TRUSTWATCH_SOURCES={elsewhere}" in done.output.replace("\n", "")
    assert list(own.iterdir()) == []
