"""`pipeline score`: rows in, rows out, the same whatever the number of workers; bad rows named, bad files refused."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from pipeline.__main__ import app
from pipeline.commands import score as command
from pipeline.csv_files import LONGEST, encoding_of, read_csv, write_csv
from pipeline.progress import silent

ROOT = Path(__file__).parents[2]
BAD = "岚桥优贷无法提现，老板失联，投资人报案，警方已立案侦查。"
CALM = "沐溪财富发布月度报告，成交额与上月持平。"
WATCH_LIST = "name\n岚桥优贷\n沐溪财富\n"

Run = Callable[..., Result]


@pytest.fixture
def watch_list(tmp_path: Path) -> Path:
    path = tmp_path / "watch-list.csv"
    path.write_text(WATCH_LIST, "utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, watch_list: Path) -> Run:
    """Writes the rows (or the bytes) to a file, scores it and returns the outcome; the result is out.csv."""

    def call(rows: Sequence[Sequence[str]] | bytes, *options: str, target: Path | None = None) -> Result:
        source = tmp_path / "in.csv"
        source.write_bytes(rows if isinstance(rows, bytes) else table(rows))
        target = target or tmp_path / "out.csv"
        return CliRunner().invoke(
            app, ["score", str(source), str(target), "--platforms", str(watch_list), *options]
        )

    return call


@pytest.fixture
def answers(tmp_path: Path) -> Callable[[], list[dict[str, str]]]:
    def read() -> list[dict[str, str]]:
        return list(
            csv.DictReader(io.StringIO((tmp_path / "out.csv").read_bytes().decode("utf-8"), newline=""))
        )

    return read


Answers = Callable[[], list[dict[str, str]]]


def table(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8")


def test_one_row_per_document_and_candidate_in_input_order(run: Run, answers: Answers) -> None:
    """Names are echoed byte for byte, repeated ones too, and `doc_negative` is the same in all rows of a document."""
    rows = [
        ("id", "text", "entity"),
        ("b", BAD, " 沐溪财富;岚桥优贷;岚桥优贷"),
        ("a", CALM, "沐溪财富；岚桥优贷"),
    ]
    assert run(rows).exit_code == 0
    found = answers()
    assert [(row["id"], row["entity"]) for row in found] == [
        *(("b", " 沐溪财富"), ("b", "岚桥优贷"), ("b", "岚桥优贷")),
        ("a", "沐溪财富；岚桥优贷"),
    ]
    assert len({row["doc_negative"] for row in found[:3]}) == 1
    assert [row["is_negative"] for row in found] == ["0", "1", "1", "0"]


def test_the_result_has_the_documented_columns_in_plain_utf8(run: Run, tmp_path: Path) -> None:
    """No byte order mark, line feeds, the header of the documentation, numbers in their ranges."""
    run([("id", "text"), ("1", BAD)])
    content = (tmp_path / "out.csv").read_bytes()
    header = (
        b"id,entity,negative,is_negative,doc_negative,sentiment,events,risk_types,polarity,evidence,reason\n"
    )
    assert content.startswith(header)
    assert b"\r" not in content
    row = next(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    assert row["is_negative"] in {"0", "1"}
    assert 0 <= float(row["negative"]) <= 1
    assert -1 <= float(row["sentiment"]) <= 1


@pytest.mark.parametrize("name", ["1e5", "007", "", " x ", "1.0", '"q"', "甲,乙", "a\rb", "a\nb", "NaN"])
def test_an_id_is_an_opaque_string(run: Run, answers: Answers, name: str) -> None:
    """What looks like a number, is empty or holds separators comes back as it went in."""
    run([("id", "text"), (name, CALM)])
    assert [row["id"] for row in answers()] == [name]


@pytest.mark.parametrize("cell", ["", ";", " ; ;"])
def test_an_empty_entity_cell_means_find_them(run: Run, answers: Answers, cell: str) -> None:
    """Blanks between separators name nobody; the watch list proposes."""
    run([("id", "text", "entity"), ("1", BAD, cell), ("2", "天气很好。", cell)])
    assert [(row["entity"], row["is_negative"]) for row in answers()] == [("岚桥优贷", "1"), ("", "0")]


@pytest.mark.parametrize(
    "text", ["", "😀🎉", "\x00\x01\x1b\x7f", "字" * 350_000, '第一行\n第二行，“引号”"\r\n第三行', "ﾊﾝあ한Ж𝕏"]
)
def test_any_text_is_scored(run: Run, answers: Answers, text: str) -> None:
    """Empty, emoji, control characters, 1 MB, line breaks inside quotation marks, mixed scripts."""
    assert run([("id", "text"), ("1", text), ("2", CALM)]).exit_code == 0
    assert [row["id"] for row in answers()] == ["1", "2"]


def test_halves_of_surrogates_are_scored(run: Run, answers: Answers) -> None:
    """Bytes that programs write for escaped halves of emoji are no reason to take the file for another encoding."""
    broken = "id,text\n1,岚桥".encode() + "\ud83d优贷\udc00".encode("utf-8", "surrogatepass") + b"\n"
    result = run(broken)
    assert result.exit_code == 0
    assert "无法解码" in result.stderr
    assert [row["id"] for row in answers()] == ["1"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_exports_are_read(run: Run, answers: Answers, encoding: str) -> None:
    """A file saved by a spreadsheet program reads like UTF-8 without a mark."""
    run(f"id,text,entity\n1,{BAD},岚桥优贷\n".encode(encoding))
    assert [row["entity"] for row in answers()] == ["岚桥优贷"]


def test_a_title_is_read_with_the_text(run: Run, answers: Answers) -> None:
    """A platform that only the title names is found."""
    run([("id", "title", "text"), ("1", "岚桥优贷无法提现", "投资人已经报案。")])
    assert [row["entity"] for row in answers()] == ["岚桥优贷"]


def test_column_order_case_and_further_columns_do_not_matter(run: Run, answers: Answers) -> None:
    """Columns are found by name; others are ignored."""
    run([("note", " Text ", "ID"), ("x", CALM, "9")])
    assert [row["id"] for row in answers()] == ["9"]


def test_bad_rows_are_named_and_the_others_scored(run: Run, answers: Answers) -> None:
    """Exit code 1; each refused row with its number and what to do."""
    result = run(f"id,text\n1,{CALM}\n2,甲,乙,丙\n3\n4,{BAD}\n".encode())
    assert result.exit_code == 1
    assert "第 3 行" in result.stderr
    assert "第 4 行" in result.stderr
    assert [row["id"] for row in answers()] == ["1", "4"]


@pytest.mark.parametrize(
    "broken", ['2,"没有关上的引号\n', '2,"他说"你好"。"\n', '2,"关上了"又写\n', '2,"一\n二"三\n']
)
def test_an_odd_quotation_mark_costs_its_own_row(run: Run, answers: Answers, broken: str) -> None:
    """The rows behind it are scored, not swallowed into its text."""
    result = run(f'id,text\n1,{CALM}\n{broken}3,{BAD}\n4,"{CALM}"\n'.encode())
    assert result.exit_code == 1
    assert "第 3 行" in result.stderr
    assert "引号" in result.stderr
    assert {row["id"] for row in answers()} >= {"1", "3", "4"}


def test_an_endless_line_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    """A line beyond the limit is skipped to its end: its pieces are not rows."""
    path = tmp_path / "long.csv"
    path.write_bytes(b"id,text\n1," + b"a,b" * (LONGEST // 2) + b"\n2,ok\n")
    found = list(read_csv(path, ("id", "text")))
    assert [row.fault is None for row in found] == [False, True]
    assert found[1].cells["text"] == "ok"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空的"),
        (b"id,body\n1,x\n", "缺少列 text"),
        (b"text\nx\n", "缺少列 id"),
        (b"id,text,text\n1,x,y\n", "不止一次"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xfe", "不是文本文件"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(run: Run, tmp_path: Path, content: bytes, told: str) -> None:
    """Exit code 2, a message that says what to do, and no result file."""
    result = run(content)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """Exit code 2 for a path that is no file."""
    for source in (tmp_path / "absent.csv", tmp_path):
        assert CliRunner().invoke(app, ["score", str(source), str(tmp_path / "out.csv")]).exit_code == 2


def test_a_file_of_a_header_alone_has_an_empty_result(run: Run, tmp_path: Path) -> None:
    """Nothing asked, nothing answered, no error."""
    assert run(b"id,text\n").exit_code == 0
    assert len((tmp_path / "out.csv").read_text("utf-8").splitlines()) == 1


@pytest.mark.parametrize("where", ["no/such/folder/out.csv", "folder"])
def test_an_unwritable_result_is_an_environment_fault(run: Run, tmp_path: Path, where: str) -> None:
    """Exit code 4: the input is fine, the place is not."""
    (tmp_path / "folder").mkdir()
    assert run([("id", "text"), ("1", CALM)], target=tmp_path / where).exit_code == 4


@pytest.mark.parametrize("link", [False, True])
def test_the_input_is_never_overwritten(run: Run, tmp_path: Path, link: bool) -> None:
    """Neither under its own name nor under another one that leads to it."""
    target = tmp_path / ("alias.csv" if link else "in.csv")
    if link:
        target.symlink_to(tmp_path / "in.csv")
    assert run([("id", "text"), ("1", CALM)], target=target).exit_code == 2
    assert (tmp_path / "in.csv").read_bytes() == table([("id", "text"), ("1", CALM)])


def test_a_result_may_go_to_a_pipe_or_a_device(run: Run) -> None:
    """What is no ordinary file is written to, not replaced by one."""
    assert run([("id", "text"), ("1", CALM)], target=Path(os.devnull)).exit_code == 0
    assert not Path(os.devnull).is_file()


def test_a_broken_run_leaves_the_old_result(tmp_path: Path) -> None:
    """The result is put in its place when it is whole; nothing half-written stays beside it."""
    path = tmp_path / "out.csv"
    path.write_text("old", "utf-8")
    with pytest.raises(ZeroDivisionError):
        _fail_halfway(path)
    assert path.read_text("utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out.csv"]


def _fail_halfway(path: Path) -> None:
    with write_csv(path, ("a",)) as write:
        write(("1",))
        raise ZeroDivisionError


def test_workers_give_the_same_bytes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes and many small batches: the result is that of one process, refused rows included."""
    rows = [
        ("id", "text", "entity"),
        *((str(n), f"{BAD}{CALM}{n}", ("", "岚桥优贷")[n % 2]) for n in range(300)),
    ]
    content = table(rows) + b"broken\n"
    assert run(content).exit_code == 1
    alone = (tmp_path / "out.csv").read_bytes()
    monkeypatch.setattr(command, "CHUNK", 7)
    result = run(content, "--workers", "2")
    assert result.exit_code == 1
    assert (tmp_path / "out.csv").read_bytes() == alone


def test_a_dead_worker_is_told(tmp_path: Path, watch_list: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process killed for memory ends the command with exit code 4 and leaves no result."""
    source = tmp_path / "in.csv"
    source.write_bytes(table([("id", "text"), ("1", CALM)]))
    monkeypatch.setattr(command, "_answered", _die)
    words = [
        "score",
        str(source),
        str(tmp_path / "out.csv"),
        "--platforms",
        str(watch_list),
        "--workers",
        "2",
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 4
    assert "--workers" in result.stderr
    assert not (tmp_path / "out.csv").exists()


def _die(asked: object) -> list[command.Row]:
    os._exit(9)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 rows take no more memory than a fifth of them: rows are read, judged and written as they come."""
    monkeypatch.setattr(command, "_answered", _echo)
    monkeypatch.setattr(command, "_start", lambda settings, watch_list, bare: None)
    peaks = []
    for rows in (4_000, 20_000):
        source = tmp_path / "in.csv"
        with source.open("w", encoding="utf-8", newline="") as handle:
            handle.write("id,text\n")
            handle.writelines(f"{number},{CALM * 10}\n" for number in range(rows))
        tracemalloc.start()
        outcome = command.run(source, tmp_path / "out.csv", None, 1, silent)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert outcome.judged == rows
    assert peaks[1] < 1.3 * peaks[0]


def _echo(asked: Sequence[tuple[str, object]]) -> list[command.Row]:
    return [(name, *[""] * (len(command.HEADER) - 1)) for name, _ in asked]


def test_long_texts_make_small_batches() -> None:
    """A thousand texts of 1 MB are not held at once."""
    asked = [str(number) for number in range(10)]

    def rows() -> Iterator[command.CsvRow]:
        for name in asked:
            cells = {"id": name, "text": "字" * (command.CHUNK_CHARS // 2), "title": "", "entity": ""}
            yield command.CsvRow(2, cells, None, 0)

    sizes = [len(batch.asked) for batch in command._Batches(rows())]
    assert sizes == [2] * 5


def test_progress_knows_about_how_much_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The total is estimated from the bytes read, and reached at the end."""
    monkeypatch.setattr(command, "_answered", _echo)
    monkeypatch.setattr(command, "_start", lambda settings, watch_list, bare: None)
    source = tmp_path / "in.csv"
    source.write_bytes(table([("id", "text"), *((str(n), CALM) for n in range(2500))]))
    told: list[tuple[int, int]] = []
    command.run(
        source, tmp_path / "o.csv", None, 1, lambda stage, done, total, message="": told.append((done, total))
    )
    assert told[-1] == (2500, 2500)
    assert 1000 < told[0][1] < 10_000


def test_help_names_columns_and_exit_codes() -> None:
    """Whoever runs it for the first time needs no manual."""
    shown = CliRunner().invoke(app, ["score", "--help"], env={"COLUMNS": "200"}).stdout
    assert "id,text" in shown
    assert "--workers" in shown


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id,text\n1,😀😀😀\n".encode(), "utf-8-sig"),
        (b"id,text\n1,\x00\x00\x01\x02\n", "utf-8-sig"),
        ("id,text\n1,平台跑路\n".encode("gb18030"), "gb18030"),
        ("id,text\n1,平台跑路\n".encode("utf-16-le"), "utf-16-le"),
        (("id,text\n" + "1,平台\n" * 40_000).encode(), "utf-8-sig"),
    ],
)
def test_the_encoding_is_told_from_the_beginning(tmp_path: Path, content: bytes, encoding: str) -> None:
    """Valid UTF-8 is UTF-8, whatever characters it holds and wherever the sample ends."""
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert encoding_of(path) == encoding


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=6), min_size=2, max_size=4), max_size=5)
)
def test_what_is_written_is_read_back(rows: list[list[str]]) -> None:
    """Any cells, whatever separators, quotation marks and line breaks they hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with write_csv(path, ("a", "b")) as write:
            for row in rows:
                write(row)
        with path.open(encoding="utf-8", newline="") as handle:
            assert list(csv.reader(handle, strict=True))[1:] == rows


def test_a_stray_byte_in_a_small_file_does_not_change_its_encoding(tmp_path: Path) -> None:
    """The names of the columns are plain letters: without a zero byte it is no UTF-16."""
    path = tmp_path / "rows.csv"
    path.write_bytes("id,text\n1,岚桥优贷".encode() + b"\xff\n")
    assert encoding_of(path) == "utf-8-sig"


def test_the_command_starts_without_the_database() -> None:
    """Neither SQLAlchemy nor pandas is loaded to judge a file: starting would take twice as long."""
    code = (
        "import sys; from pipeline.__main__ import application; application(('score',)); "
        "print([name for name in ('pandas', 'sqlalchemy', 'alembic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
