"""Which column is what: source.toml, the command line, and what is told when a column is missing."""

from __future__ import annotations

from pathlib import Path

from collectors.readers.table import drop_files
from signals.model import Kind
from tests.collectors.examples import (
    GOOD,
    HEAD,
    documents,
    read,
    refusals,
    table_source,
    texts,
    unreadable,
    write,
)


def test_a_missing_column_is_named_with_its_remedy(tmp_path: Path) -> None:
    """The message names file, what is missing, what is there, and how to map."""
    message = unreadable(write(tmp_path, "编号,标题,内容,立案日\n" + GOOD))
    assert message == (
        "投诉.csv：缺少必需的列：发布时间或首次发现时间（published_at、first_seen_at；认得的列名：日期）。"
        "文件中的列有：编号、标题、内容、立案日。请改列名，或指定列映射，例如 --map published_at=文件中的列名"
    )


def test_a_mapping_from_the_command_line_wins(tmp_path: Path) -> None:
    """The remedy of the message works."""
    path = write(tmp_path, "编号,标题,内容,立案日\n" + GOOD)
    assert texts(read(path, mapping={"published_at": "立案日"})) == ["三日未到账"]


def test_a_mapping_to_no_column_is_an_error(tmp_path: Path) -> None:
    """A typo on the command line does not silently leave a field empty."""
    message = unreadable(write(tmp_path, HEAD + GOOD), mapping={"subject": "对像"})
    assert "对象（subject；认得的列名：对像）" in message


def test_an_unknown_target_is_an_error(tmp_path: Path) -> None:
    """The message lists what can be mapped."""
    message = unreadable(write(tmp_path, HEAD + GOOD), mapping={"publishedat": "日期"})
    assert "publishedat 是未知的键" in message
    assert "published_at" in message


def test_an_empty_mapping_takes_a_target_out(tmp_path: Path) -> None:
    """A column that holds something else than its name says can be left aside."""
    [document] = documents(read(write(tmp_path, HEAD + GOOD), mapping={"external_id": ""}))
    assert document.external_id is None


def test_required_columns_are_required(tmp_path: Path) -> None:
    """A source can name what its files must have."""
    message = unreadable(write(tmp_path, HEAD + GOOD), required=["subject"])
    assert "对象（subject；认得的列名：未映射）" in message


def test_a_mapped_column_may_not_occur_twice(tmp_path: Path) -> None:
    """Of two columns of one name nobody can say which is meant."""
    message = unreadable(write(tmp_path, "标题,内容,日期,日期\n甲,乙,2026-11-18,2026-11-19\n"))
    assert message == "投诉.csv：表头「日期」出现了不止一次（合并的表头？），请让每列有自己的名称"


def test_a_row_without_date_is_refused_or_kept_as_the_source_says(tmp_path: Path) -> None:
    """Undated rows count from their import only where source.toml allows it."""
    path = write(tmp_path, HEAD + "1,甲,乙,\n")
    [refusal] = refusals(read(path))
    assert refusal.reason == '没有日期，请补上；确实没有日期的来源请设 undated = "keep"'
    [document] = documents(read(path, undated="keep"))
    assert document.published_at is None


def test_an_undated_source_needs_no_date_column(tmp_path: Path) -> None:
    """An export without any date can be read when the source says so."""
    assert texts(read(write(tmp_path, "标题,内容\n甲,乙\n"), undated="keep")) == ["乙"]


def test_reading_continues_behind_a_row(tmp_path: Path) -> None:
    """An interrupted import goes on behind the last row it stored."""
    path = write(tmp_path, HEAD + "".join(f"{i},甲,乙,2026-11-18\n" for i in range(1, 6)))
    assert [row.number for row in read(path, start_row=4)] == [5, 6]


def test_a_kind_column_is_translated_or_refused(tmp_path: Path) -> None:
    """Chinese words and codes are both understood; an unknown one is an error today, not a wrong index next month."""
    path = write(
        tmp_path, "标题,日期,类别\n甲,2026-11-18,新闻\n乙,2026-11-18,complaint\n丙,2026-11-18,闲聊\n"
    )
    rows = read(path, mapping={"kind": "类别"}, kinds=["complaint", "news"])
    assert [document.kind for document in documents(rows)] == [Kind.NEWS, Kind.COMPLAINT]
    [refusal] = refusals(rows)
    assert (refusal.field, refusal.value) == ("类别", "闲聊")
    assert "不是该数据源的类别（complaint、news）" in refusal.reason


def test_values_are_translated(tmp_path: Path) -> None:
    """A source's own words for kinds stand in its mapping."""
    rule = {"column": "类型", "values": {"通告": "regulatory"}}
    path = write(tmp_path, "标题,日期,类型\n甲,2026-11-18,通告\n乙,2026-11-18,别的\n")
    rows = read(path, mapping={"kind": rule}, kinds=["complaint", "regulatory"])
    assert [document.kind for document in documents(rows)] == [Kind.REGULATORY]
    assert refusals(rows)[0].reason == "values 中没有这个值，请在 source.toml 的映射里补上"


def test_a_row_that_names_its_publisher_has_not_the_source_s_reach(tmp_path: Path) -> None:
    """The source's reach is that of its own publisher; another's is looked up by name."""
    path = write(tmp_path, "标题,日期,来源\n甲,2026-11-18,某报\n乙,2026-11-18,\n")
    first, second = documents(read(path, mapping={"publisher": "来源"}, publisher="热线", reach=0.3))
    assert (first.publisher, first.reach) == ("某报", None)
    assert (second.publisher, second.reach) == ("热线", 0.3)


def test_what_is_no_link_is_kept_as_a_field(tmp_path: Path) -> None:
    """Nothing that could run when clicked becomes a link, and nothing is lost."""
    path = write(
        tmp_path, "标题,日期,链接\n甲,2026-11-18,javascript:alert(1)\n乙,2026-11-18,//a.example.org/1\n"
    )
    first, second = documents(read(path, mapping={"url": "链接"}))
    assert (first.url, first.fields) == (None, {"url_text": "javascript:alert(1)"})
    assert second.url == "https://a.example.org/1"


def test_amounts_become_yuan(tmp_path: Path) -> None:
    """As a further field; what is no amount is left out, for missing is not zero."""
    mapping = {"fields": {"amount": {"column": "金额", "amount": True}}}
    path = write(tmp_path, "标题,日期,金额\n甲,2026-11-18,1.5万元\n乙,2026-11-18,不详\n")
    assert [document.fields for document in documents(read(path, mapping=mapping))] == [
        {"amount": "15000"},
        {},
    ]


def test_drop_folders_give_every_visible_file(tmp_path: Path) -> None:
    """Oldest first; hidden files and lock files of open workbooks are passed over, odd extensions are not."""
    folder = tmp_path / "inbox" / "hotline"
    folder.mkdir(parents=True)
    for name in ("b.csv", ".hidden.csv", "~$a.xlsx", "c.docx"):
        (folder / name).write_text("x")
    assert {path.name for path in drop_files(table_source(), tmp_path)} == {"b.csv", "c.docx"}
