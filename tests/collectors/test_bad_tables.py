"""What is wrong with a table costs one row, or gives one clear message naming file, row, field and remedy."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import UnreadableFile
from tests.collectors.examples import (
    GOOD,
    HEAD,
    documents,
    read,
    refusals,
    texts,
    unreadable,
    write,
)


def test_an_unreadable_date_refuses_its_row_alone(tmp_path: Path) -> None:
    """File, row, field, value and reason are told; the rows around are kept."""
    rows = read(write(tmp_path, HEAD + GOOD + "2,甲,乙,改日\n" + "3,丙,丁,2026-11-19\n"))
    assert len(documents(rows)) == 2
    [refusal] = refusals(rows)
    assert (refusal.file, refusal.row, refusal.field, refusal.value) == (
        "投诉.csv",
        3,
        "发布时间（日期）",
        "改日",
    )
    assert refusal.reason == "认不出的日期，请写成 2018-07-16 或 2018-07-16 14:05"


def test_a_future_date_refuses_its_row(tmp_path: Path) -> None:
    """No look-ahead: a document cannot be published after now."""
    [refusal] = refusals(read(write(tmp_path, HEAD + "1,甲,乙,2027-01-01\n")))
    assert refusal.reason == "日期 2027-01-01 00:00 晚于现在，请核对时区或年份"


def test_a_row_without_text_and_title_is_refused(tmp_path: Path) -> None:
    """There is nothing to read in it."""
    [refusal] = refusals(read(write(tmp_path, HEAD + "7,,,2026-11-18\n")))
    assert (refusal.row, refusal.field, refusal.reason) == (
        2,
        "正文（内容）",
        "标题和正文都为空，请至少填一项",
    )


def test_a_value_is_cut_to_eighty_characters(tmp_path: Path) -> None:
    """A report stays readable."""
    [refusal] = refusals(read(write(tmp_path, HEAD + f"1,甲,乙,{'长' * 500}\n")))
    assert refusal.value == "长" * 80 + "…"


def test_a_stray_delimiter_refuses_its_row(tmp_path: Path) -> None:
    """More cells than columns: the contents have slipped, and nobody can say where."""
    [refusal] = refusals(read(write(tmp_path, HEAD + "1,甲,乙,2026-11-18,多出,来的\n" + GOOD)))
    assert (refusal.row, refusal.value) == (2, "多出，来的")
    assert refusal.reason == "有 6 格，表头只有 4 格；内容里的分隔符请用引号括起来"


def test_an_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    """The quote does not swallow the rest of the file: its line is refused and reading goes on behind it."""
    lines = [f"{i},标题{i},内容{i},2026-11-18\n" for i in range(1, 400)]
    lines[99] = '100,标题,"没有闭合,2026-11-18\n'
    rows = read(write(tmp_path, HEAD + "".join(lines)))
    [refusal] = refusals(rows)
    assert (refusal.row, refusal.reason) == (101, "引号没有闭合；请在该行补上引号")
    assert len(documents(rows)) == 398


def test_a_quote_inside_a_cell_is_read_leniently(tmp_path: Path) -> None:
    """`"支付宝"扣款` at the start of an unquoted cell is text, not an error."""
    assert texts(read(write(tmp_path, HEAD + '1,甲,"支付宝"扣款失败,2026-11-18\n'))) == ["支付宝扣款失败"]


def test_a_line_of_50_megabytes_costs_one_row(tmp_path: Path) -> None:
    """It is refused with its number, the others are kept, and it is never held in memory."""
    path = tmp_path / "大.csv"
    with path.open("w", encoding="utf-8") as handle:
        handle.write(HEAD + GOOD)
        handle.write('2,甲,"')
        for _ in range(50):
            handle.write("x" * 1_000_000)
        handle.write('",2026-11-18\n' + GOOD.replace("1,", "3,", 1))
    tracemalloc.start()
    rows = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    [refusal] = refusals(rows)
    assert (refusal.row, refusal.reason) == (3, "这一行超过 200 万字，已跳过；请检查换行符和引号")
    assert [document.external_id for document in documents(rows)] == ["1", "3"]
    assert peak < 30_000_000


def test_a_zero_byte_costs_one_row(tmp_path: Path) -> None:
    """What a broken transfer left behind is refused, not stored."""
    rows = read(write(tmp_path, HEAD + GOOD * 50 + "9,甲,乙\0丙,2026-11-18\n" + GOOD))
    [refusal] = refusals(rows)
    assert (refusal.row, refusal.value) == (52, "乙␀丙")
    assert refusal.reason == "含有空字节，文件已损坏；请重新导出该行"


@pytest.mark.parametrize("content", [b"", b"  \r\n \n"])
def test_an_empty_file_is_told(tmp_path: Path, content: bytes) -> None:
    """Nothing to read is said at once."""
    assert unreadable(write(tmp_path, content)) == "投诉.csv：文件是空的，请检查导出是否完成"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "不是文本文件；这是图片"),
        (b"PK\x03\x04" + bytes(200), "不是文本文件；这是 Excel 工作簿或压缩包，请把扩展名改为 .xlsx"),
        (b"%PDF-1.7\n" + bytes(200), "不是文本文件；这是 PDF"),
        (bytes(range(256)) * 20, "是二进制文件，不是文本；请导出为 CSV、JSONL 或 xlsx"),
    ],
)
def test_a_binary_named_csv_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    """The message says what the file is, as far as its first bytes tell."""
    assert f"投诉.csv：{message}" in unreadable(write(tmp_path, content))


def test_text_in_no_known_encoding_is_told(tmp_path: Path) -> None:
    """Better no rows than rows of noise."""
    message = unreadable(write(tmp_path, HEAD.encode() + b"\xff\xa0\x8f\xff\x80\xff" * 60 + b",a,b\n"))
    assert message == "投诉.csv：认不出文字编码（试过 UTF-8、UTF-16、GB18030），请另存为 UTF-8 编码的 CSV"


def test_a_damaged_character_is_marked_not_hidden(tmp_path: Path) -> None:
    """A broken byte does not cost the row; the share of replacements is stored with it."""
    content = (HEAD + GOOD * 3).encode() + "4,甲,提现".encode() + b"\xe5" + b",2026-11-18\n"
    *sound, broken = documents(read(write(tmp_path, content)))
    assert {document.replaced_share for document in sound} == {0.0}
    assert (broken.text, broken.replaced_share) == ("提现\ufffd", 0.25)


def test_an_id_mangled_by_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    """1.73511E+10 stands for a thousand different complaints: taking it would merge them."""
    [refusal] = refusals(read(write(tmp_path, HEAD + "1.73511E+10,甲,乙,2026-11-18\n")))
    assert refusal.reason == "编号已被表格软件改成科学计数法，请把该列设为文本格式后重新导出"


def test_an_unknown_extension_is_told(tmp_path: Path) -> None:
    """The supported ones are listed."""
    assert "不认得的扩展名；支持 .csv" in unreadable(write(tmp_path, "x", "报告.docx"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With its path."""
    assert unreadable(tmp_path / "无.csv").endswith("无.csv：没有这个文件，请检查路径")


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=400))
def test_no_bytes_escape_the_typed_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever stands below a header, there are rows, refusals, or an UnreadableFile."""
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(HEAD.encode() + GOOD.encode() + content)
    try:
        read(path)
    except UnreadableFile:
        return
