"""settings.loader over copies of the shipped folder: every fault is a message that says where and what."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.loader import FOLDER, SettingsError, load, read_platforms, read_thresholds, validate
from settings.models import Publisher, Settings

TOML_FILES = ["platforms.toml", "publishers.toml", "indices.toml", "events.toml", "levels.toml"]
EVENT = """
[[event]]
id = "{id}"
name = "{id}"
risk = "流动性"
severity = 0.8
patterns = ["示例"]
"""
PLATFORM = """
[[platform]]
id = "{id}"
name = "示例平台"
category = "支付"
"""
Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of settings/ with an events.toml that holds just the events which the floors name."""
    copy = tmp_path / "settings"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    floors = read_thresholds(copy / "levels.toml").floors.values()
    events = {event for floor in floors for event in floor.events}
    (copy / "events.toml").write_text("".join(EVENT.format(id=event) for event in sorted(events)), "utf-8")
    return copy


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces the first occurrence of a string in one file of the copy; the string must be there."""

    def replace(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text("utf-8")
        assert old in text, f"{file} has no {old!r}"
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")

    return replace


def refusal(folder: Path) -> str:
    """The message with which a folder is refused."""
    with pytest.raises(SettingsError) as caught:
        load(folder)
    return str(caught.value)


def test_shipped_settings_load() -> None:
    """What the repository ships is valid, all files together."""
    assert isinstance(load(), Settings)


def test_every_file_arrives(folder: Path) -> None:
    """No part of the settings is silently empty."""
    settings = load(folder)
    assert all((settings.platforms, settings.indices, settings.events, settings.publishers))
    assert settings.thresholds.weights
    assert settings.lexicons.words


def test_settings_cannot_be_changed_in_place(folder: Path) -> None:
    """One loaded object is shared by all rooms of a process, so it is frozen."""
    with pytest.raises(ValueError, match="frozen"):
        load(folder).platforms[0].name = "别的名字"  # type: ignore[misc]  # mypy sees it too


def test_typo_in_a_key_names_file_block_and_key(folder: Path) -> None:
    """A misspelt key is found by the number and id of its block; what it left out is named too."""
    (folder / "platforms.toml").write_text(
        PLATFORM.format(id="a") + PLATFORM.format(id="b").replace("te", "t"), "utf-8"
    )
    message = refusal(folder)
    assert str(folder / "platforms.toml") in message
    assert "第 2 个 [[platform]]（id=b）" in message
    assert "catgory 是未知的键" in message
    assert "缺少 category，请补上" in message


def test_typo_in_a_nested_key_names_its_path(folder: Path) -> None:
    """In a nested block the key comes with the way to it."""
    nested = '[[platform.ambiguous]]\ntxet = "示例"\ncontext = ["平台"]\n'
    (folder / "platforms.toml").write_text(PLATFORM.format(id="a") + nested, "utf-8")
    message = refusal(folder)
    assert "（id=a）" in message
    assert "ambiguous.0.txet 是未知的键" in message


def test_typo_in_thresholds_names_file_and_key(folder: Path, edit: Edit) -> None:
    """levels.toml has no blocks with ids; the key's path is enough."""
    edit("levels.toml", "leave_margin", "leave_margn")
    message = refusal(folder)
    assert str(folder / "levels.toml") in message
    assert "leave_margn 是未知的键" in message


def test_unknown_table_is_refused(folder: Path, edit: Edit) -> None:
    """[[platfrom]] would otherwise drop a platform from the watch list without a word."""
    edit("platforms.toml", "[[platform]]", "[[platfrom]]")
    message = refusal(folder)
    assert "platfrom" in message
    assert "[[platform]]" in message


@pytest.mark.parametrize("file", TOML_FILES)
def test_wrong_toml_names_file_and_line(folder: Path, file: str) -> None:
    """Broken syntax is reported with its line."""
    (folder / file).write_text('# comment\n# comment\nname = "open', "utf-8")
    message = refusal(folder)
    assert str(folder / file) in message
    assert "TOML 语法错误" in message
    assert "line 3" in message or "end of document" in message


@pytest.mark.parametrize("file", TOML_FILES)
def test_file_that_is_not_utf8_is_named_with_the_remedy(folder: Path, file: str) -> None:
    """Editors on Chinese Windows may save GB18030."""
    (folder / file).write_bytes(
        (folder / file).read_text("utf-8").encode("gb18030") + "# 备注".encode("gb18030")
    )
    message = refusal(folder)
    assert str(folder / file) in message
    assert "请另存为 UTF-8" in message


@pytest.mark.parametrize("file", TOML_FILES)
def test_missing_file_is_named(folder: Path, file: str) -> None:
    """An incomplete checkout is told apart from a wrong setting."""
    (folder / file).unlink()
    assert refusal(folder) == f"{folder / file}：文件不存在，请从版本库恢复"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("publishers.toml", "reach = 1.0", "reach = 1.5", "reach = 1.5"),
        ("levels.toml", "R = 0.20", "R = 2", "weights.R = 2"),
        ("levels.toml", "enter = 25", "enter = -1", "blue.enter = -1"),
        ("levels.toml", "carry_days = 3", 'carry_days = "三"', "carry_days = '三'"),
        ("indices.toml", "c = 0.8", "c = 0", "c = 0"),
        (
            "indices.toml",
            '"signals.indices.regulatory:daily"',
            '"signals/indices"',
            "function = 'signals/indices'",
        ),
        ("events.toml", "severity = 0.8", "severity = 80", "severity = 80"),
        ("events.toml", '"流动性"', '"流动"', "risk = '流动'"),
        ("platforms.toml", 'id = "alipay"', 'id = "支付宝"', "id = '支付宝'"),
    ],
)
def test_value_out_of_range_is_named_with_its_file(
    folder: Path, edit: Edit, file: str, old: str, new: str, said: str
) -> None:
    """The message repeats the refused value beside its key, so that it can be searched for."""
    edit(file, old, new)
    message = refusal(folder)
    assert str(folder / file) in message
    assert f"{said} 不合要求" in message


def test_every_fault_of_a_block_is_reported_at_once(folder: Path, edit: Edit) -> None:
    """Nobody should have to run the program once per mistake."""
    edit("indices.toml", "c = 0.8\nplateau_days = 14", "c = 0\nplateau_days = -1")
    message = refusal(folder)
    assert "c = 0" in message
    assert "plateau_days = -1" in message


@pytest.mark.parametrize(
    ("file", "block"), [("platforms", "platform"), ("indices", "index"), ("events", "event")]
)
def test_duplicate_id_is_named_with_its_file(folder: Path, file: str, block: str) -> None:
    """Two blocks with one id would overwrite each other in the database."""
    path = folder / f"{file}.toml"
    text = path.read_text("utf-8")
    first = text.split(f"[[{block}]]")[1]
    path.write_text(f"{text}\n[[{block}]]{first}", "utf-8")
    twice = tomllib.loads(f"[[{block}]]{first}")[block][0]["id"]
    assert f"{file}.toml 中 id 重复：['{twice}']" in refusal(folder)


def test_weight_of_an_unknown_index_is_refused(folder: Path, edit: Edit) -> None:
    """A weight for an index that does not exist would quietly thin out the others."""
    edit("levels.toml", "D = 0.06", "Z = 0.06")
    assert "levels.toml 的 weights 提到未登记的指数：['Z']" in refusal(folder)


def test_floor_on_an_unknown_event_is_refused(folder: Path, edit: Edit) -> None:
    """A floor that can never fire is worse than none."""
    edit("levels.toml", '"case_filed"', '"case_field"')
    assert "levels.toml 的 floors.official 提到未登记的事件：['case_field']" in refusal(folder)


def test_levels_must_rise(folder: Path, edit: Edit) -> None:
    """Orange below yellow would make the ladder meaningless."""
    edit("levels.toml", "enter = 60", "enter = 40")
    assert "进入线必须逐级升高：蓝 < 黄 < 橙 < 红" in refusal(folder)


def test_thresholds_file_elsewhere_is_read_the_same_way(folder: Path, tmp_path: Path) -> None:
    """`--thresholds` takes any path."""
    other = tmp_path / "mine.toml"
    shutil.copy(folder / "levels.toml", other)
    assert read_thresholds(other) == load(folder).thresholds


def test_watch_list_elsewhere_is_read_the_same_way(tmp_path: Path) -> None:
    """A list of one's own may have any name, and absent keys take their defaults."""
    other = tmp_path / "mine.toml"
    other.write_text(PLATFORM.format(id="mine"), "utf-8")
    [platform] = read_platforms(other)
    assert (platform.id, platform.status, platform.demo, platform.full) == ("mine", "在营", False, ())


def test_lexicon_drops_comments_blank_lines_and_repeats(folder: Path) -> None:
    """One entry a line, in the order of the file."""
    (folder / "lexicons" / "probe.txt").write_text("# 说明\n提现困难\n\n跑路  # 俗称\n提现困难\n", "utf-8")
    assert load(folder).lexicons["probe"] == ("提现困难", "跑路")


def test_hash_ignores_the_watch_list_and_sees_thresholds(folder: Path, edit: Edit, tmp_path: Path) -> None:
    """Adding a platform changes no number of the others; a threshold changes them all."""
    before = load(folder).hash
    edit("platforms.toml", 'name = "支付宝"', 'name = "支付宝二"')
    load.cache_clear()
    assert load(folder).hash == before
    edit("levels.toml", "carry_days = 3", "carry_days = 4")
    load.cache_clear()
    assert load(folder).hash != before


@given(st.floats().filter(lambda reach: not 0 <= reach <= 1))
def test_reach_outside_nought_to_one_is_never_accepted(reach: float) -> None:
    """Infinities and NaN included: a NaN reach would make every weight of its mentions NaN."""
    with pytest.raises(SettingsError, match="reach"):
        validate(Publisher, {"name": "示例", "reach": reach}, "publishers.toml")


@given(st.floats(min_value=0, max_value=1))
def test_reach_from_nought_to_one_is_kept_exactly(reach: float) -> None:
    """What is written is what is used."""
    assert validate(Publisher, {"name": "示例", "reach": reach}, "publishers.toml").reach == reach


@pytest.mark.parametrize("body", ["platform = 3", '[platform]\nid = "a"', 'platform = ["a"]'])
def test_blocks_written_in_another_shape_are_refused(folder: Path, body: str) -> None:
    """[platform] for [[platform]] is the commonest slip in TOML."""
    (folder / "platforms.toml").write_text(body, "utf-8")
    message = refusal(folder)
    assert str(folder / "platforms.toml") in message
    assert "[[platform]]" in message


def test_lexicon_that_is_not_utf8_is_named_with_the_remedy(folder: Path) -> None:
    """Word lists are edited by the same people with the same editors."""
    (folder / "lexicons" / "probe.txt").write_bytes("提现".encode("gb18030"))
    assert refusal(folder) == f"{folder / 'lexicons' / 'probe.txt'}：不是 UTF-8 编码，请另存为 UTF-8"


@pytest.mark.parametrize("file", TOML_FILES)
def test_byte_order_mark_is_harmless(folder: Path, file: str) -> None:
    """Notepad writes one."""
    path = folder / file
    path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert isinstance(load(folder), Settings)


def test_message_does_not_repeat_the_whole_settings(folder: Path, edit: Edit) -> None:
    """A rule over all files is one line, not a dump of all of them."""
    edit("levels.toml", "D = 0.06", "Z = 0.06")
    assert len(refusal(folder)) < 300


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("publishers.toml", "reach = 1.0", "reach = 1.5", "应不大于 1"),
        ("levels.toml", "carry_days = 3", 'carry_days = "三"', "应为整数"),
        ("events.toml", '"流动性"', '"流动"', "只能是 '市场'"),
    ],
)
def test_what_was_expected_is_said_in_chinese(
    folder: Path, edit: Edit, file: str, old: str, new: str, said: str
) -> None:
    """The reader of the message is the user of the product."""
    edit(file, old, new)
    message = refusal(folder)
    assert said in message
    assert "Input" not in message
