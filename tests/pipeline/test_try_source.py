"""A look at a source: what it shows, what it hides, and that it leaves nothing behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from collectors.catalogue import BUNDLED
from pipeline.__main__ import app
from signals.model import SHANGHAI
from tests.collectors.loopback import Answer, Loopback, serving

BUNDLED_SAMPLES = sorted(path.parent.name for path in BUNDLED.glob("[!_]*/expected.json"))
TOML = """
id = "city_feed"
name = "示例订阅"
kind = "news"
reader = "feed"
url = "{url}"
covers = "all"
{more}
[schedule]
every_minutes = 60
[politeness]
delay_seconds = 0
"""
FEED = """<?xml version="1.0" encoding="gbk"?><rss version="2.0"><channel><title>示例</title>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>http://news.example.org/{n}</link><guid>{n}</guid>
<pubDate>{date}</pubDate><description>{text}</description></item>"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        running.add("/robots.txt", Answer(b"User-agent: *\nAllow: /\n"))
        yield running


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> Path:
    """The folder of a deployment that keeps its sources outside the checkout, with loopback allowed."""
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setenv("TRUSTWATCH_SOURCES", str(folder))
    monkeypatch.setenv("TRUSTWATCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "200")
    return folder


def configured(own: Path, url: str, more: str = "") -> None:
    (own / "city_feed").mkdir()
    (own / "city_feed" / "source.toml").write_text(TOML.format(url=url, more=more), "utf-8")


def feed(*texts: str, date: str = "Fri, 06 Mar 2026 10:00:00 +0800", title: str = "岚桥优贷公告") -> Answer:
    items = "".join(
        ITEM.format(n=n, date=date, text=text, title=f"{title}{n}") for n, text in enumerate(texts, 1)
    )
    return Answer(FEED.format(items=items).encode("gbk"), headers={"Content-Type": "application/xml"})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["try-source", *arguments])


def test_rows_are_shown_and_nothing_is_stored(own: Path, server: Loopback, data_folder: Path) -> None:
    """The table has what was parsed, the last line the sums; neither database nor file comes into being."""
    configured(own, server.add("/feed", feed("第一条正文。", "第二条正文。")))
    done = run("city_feed")
    assert done.exit_code == 0, done.output
    for shown in ("岚桥优贷公告1", "岚桥优贷公告2", "2026-03-06 10:00", "第二条正文。", "news"):
        assert shown in done.output
    assert "可用 2 条，其中无日期 0；拒收 0" in done.output
    assert "gb18030" in done.output
    assert [path for path in data_folder.rglob("*") if path.is_file()] == []


def test_no_database_is_needed(own: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes a source need not have the database at hand."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:9/none")
    configured(own, server.add("/feed", feed("第一条正文。")))
    assert run("city_feed").exit_code == 0


def test_what_names_a_person_is_masked(own: Path, server: Loopback) -> None:
    """As in storage: neither the table nor the JSON shows a telephone number."""
    configured(own, server.add("/feed", feed("请联系王某，电话13912345678。")))
    for arguments in (["city_feed"], ["city_feed", "--json"]):
        done = run(*arguments)
        assert "13912345678" not in done.output
        assert "139****5678" in done.output


def test_refused_rows_are_named_with_their_reason(own: Path, server: Loopback) -> None:
    """Exit code 1; the good rows are shown all the same."""
    configured(own, server.add("/feed", feed("没有日期的一条。", date="")))
    done = run("city_feed")
    assert done.exit_code == 1
    assert "拒收：" in done.output
    assert "没有日期" in done.output
    assert "可用 0 条" in done.output


def test_undated_rows_are_counted(own: Path, server: Loopback) -> None:
    """Kept where the source says so, and said to be undated."""
    configured(own, server.add("/feed", feed("没有日期的一条。", date="")), more='undated = "keep"')
    done = run("city_feed")
    assert done.exit_code == 0, done.output
    assert "其中无日期 1" in done.output


def test_a_refusal_of_the_site_shows_what_it_said(own: Path, server: Loopback) -> None:
    """403 with a page: message, status and the page's beginning, masked; exit code 1 like an uncollected source."""
    page = "<html><body>访问受限，请致电13912345678</body></html>".encode()
    configured(own, server.add("/feed", Answer(page, 403)))
    done = run("city_feed")
    assert done.exit_code == 1
    assert "403" in done.output
    assert "访问受限" in done.output
    assert "13912345678" not in done.output
    assert "Traceback" not in done.output


def test_rows_before_a_fault_are_shown(own: Path, server: Loopback) -> None:
    """The second page fails: the first one's rows are there, and so is the failure."""
    today = datetime.now(SHANGHAI).date().isoformat()
    listed = json.dumps({"rows": [{"t": "第一条", "d": today}]}).encode()
    server.add("/list/1", Answer(listed))
    server.add("/list/2", Answer(b"oops", 404))
    more = 'item = "rows"\n[paging]\npages = 2\n[mapping]\ntitle = "t"\npublished_at = "d"'
    configured(own, server.url + "/list/{page}", more)
    path = own / "city_feed" / "source.toml"
    path.write_text(path.read_text("utf-8").replace('"feed"', '"json_api"'), "utf-8")
    done = run("city_feed", "--json")
    assert done.exit_code == 1
    shown = json.loads(done.stdout)
    assert [row["title"] for row in shown["rows"]] == ["第一条"]
    assert "404" in shown["error"]


def test_json_is_one_object_on_standard_output(own: Path, server: Loopback) -> None:
    """For scripts: rows as in expected.json, refusals, requests."""
    url = server.add("/feed", feed("第一条正文。"))
    configured(own, url)
    shown = json.loads(run("city_feed", "--json").stdout)
    assert shown["source"] == "city_feed"
    assert shown["rows"][0]["text"] == "第一条正文。"
    assert shown["rows"][0]["published_at"] == "2026-03-06T02:00:00+00:00"
    assert (shown["refusals"], shown["error"], shown["asked"]) == ([], None, [url])


def test_the_limit_spares_the_site(own: Path, server: Loopback) -> None:
    """With --limit 1 only the first article is opened."""
    configured(
        own,
        server.add("/feed", feed("甲", "乙", "丙")),
        more='[article]\nurl = "' + server.url + '/{id}"\n[article.mapping]\ntext = "p"',
    )
    for number in (1, 2, 3):
        server.add(f"/{number}", Answer(f"<p>正文{number}</p>".encode()))
    done = run("city_feed", "--limit", "1")
    assert done.exit_code == 0, done.output
    assert [path for path in server.asked if path != "/robots.txt"] == ["/feed", "/1"]
    assert "已读够 1 条即停" in done.output


def test_brackets_in_a_title_are_no_markup(own: Path, server: Loopback) -> None:
    """A site can neither colour nor break the table."""
    configured(own, server.add("/feed", feed("正文。", title="[red]公告[/red][/]")))
    done = run("city_feed")
    assert done.exit_code == 0, done.output
    assert "[red]公告[/red][/]1" in done.output


def test_an_unknown_id_names_those_there_are(own: Path) -> None:
    """A typo is mended from the message."""
    done = run("nfra_new")
    assert done.exit_code == 2
    assert "nfra_news" in done.output


def test_a_faulty_source_is_explained_not_called_unknown(own: Path) -> None:
    """The key at fault is named."""
    configured(own, "https://www.example.org/feed", more='nmae = "拼错"')
    done = run("city_feed")
    assert done.exit_code == 2
    assert "nmae" in done.output
    assert "没有 id" not in done.output


def test_a_folder_without_source_toml_is_explained(own: Path) -> None:
    """The folder was found; the file is what is missing."""
    (own / "half_done").mkdir()
    done = run("half_done")
    assert done.exit_code == 2
    assert "source.toml" in done.output


def test_an_empty_drop_folder_says_what_to_do(own: Path) -> None:
    """A table source has nothing to fetch: the message names folder and command."""
    done = run("import_documents")
    assert done.exit_code == 2
    assert "inbox/import_documents" in done.output
    assert "--dry-run" in done.output


def test_files_of_a_drop_folder_are_read(own: Path, data_folder: Path) -> None:
    """Rows of the files that lie there, without marking them as read."""
    inbox = data_folder / "inbox" / "import_documents"
    inbox.mkdir(parents=True)
    (inbox / "a.csv").write_text("id,text,date\n1,岚桥优贷发布公告。,2026-03-01\n", "utf-8")
    done = run("import_documents")
    assert done.exit_code == 0, done.output
    assert "岚桥优贷发布公告" in done.output


@pytest.mark.parametrize("source_id", BUNDLED_SAMPLES)
def test_every_bundled_sample_reads_the_same_without_http(own: Path, source_id: str) -> None:
    """The replay without a server agrees with expected.json, errors of the site included."""
    done = run(source_id, "--sample")
    assert done.exit_code == 0, done.output


def test_a_sample_that_reads_otherwise_is_shown_side_by_side(own: Path) -> None:
    """Exit code 1, and the row as promised and as read; --write-expected accepts the new reading."""
    shutil.copytree(BUNDLED / "rss_custom", own / "own_feed")
    path = own / "own_feed" / "source.toml"
    path.write_text(path.read_text("utf-8").replace('"rss_custom"', '"own_feed"'), "utf-8")
    feed_file = own / "own_feed" / "sample" / "feed.xml"
    text = feed_file.read_text("gb18030")
    assert "没有日期的一条" in text
    feed_file.write_text(text.replace("没有日期的一条", "换过的标题"), "gb18030")
    done = run("own_feed", "--sample")
    assert done.exit_code == 1
    assert "没有日期的一条" in done.output
    assert "换过的标题" in done.output
    assert run("own_feed", "--sample", "--write-expected").exit_code == 0
    assert run("own_feed", "--sample").exit_code == 0
    assert "换过的标题" in (own / "own_feed" / "expected.json").read_text("utf-8")


def test_a_sample_without_expectation_says_how_to_write_one(own: Path) -> None:
    """A missing expected.json is no success."""
    shutil.copytree(BUNDLED / "import_documents", own / "own_table")
    path = own / "own_table" / "source.toml"
    path.write_text(path.read_text("utf-8").replace('id = "import_documents"', 'id = "own_table"'), "utf-8")
    (own / "own_table" / "expected.json").unlink()
    done = run("own_table", "--sample")
    assert done.exit_code == 2
    assert "--write-expected" in done.output


def test_a_sample_without_the_asked_answer_names_the_address(own: Path) -> None:
    """Whoever changes the URL is told that the sample has to follow; exit code 1, no traceback."""
    shutil.copytree(BUNDLED / "rss_custom", own / "own_feed")
    path = own / "own_feed" / "source.toml"
    text = path.read_text("utf-8").replace('"rss_custom"', '"own_feed"')
    path.write_text(
        text.replace("https://feeds.example.org/finance.xml", "https://feeds.example.org/x.xml"), "utf-8"
    )
    done = run("own_feed", "--sample")
    assert done.exit_code == 1
    assert "https://feeds.example.org/x.xml" in done.output
    assert "answers.toml" in done.output


def test_write_expected_alone_is_refused(own: Path) -> None:
    """It belongs to --sample: nobody writes a promise from the live site by accident."""
    done = run("rss_custom", "--write-expected")
    assert done.exit_code == 2
    assert "--sample" in done.output
