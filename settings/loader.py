"""Reads settings/ with tomllib and pydantic; every fault names file, key and remedy in one message."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.models import (
    EventSettings,
    IndexSettings,
    Indicators,
    IndustrySettings,
    Lexicons,
    Platform,
    Publisher,
    Settings,
    Thresholds,
)

FOLDER = Path(__file__).parent
T = TypeVar("T", bound=BaseModel)


class SettingsError(ValueError):
    """A settings file is missing, is not TOML, or says something the models refuse."""


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file. Raises SettingsError naming the file, line and remedy."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # Notepad writes a byte order mark
    except FileNotFoundError as error:
        raise SettingsError(f"{path}：文件不存在，请从版本库恢复") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}：不是 UTF-8 编码，请另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}：TOML 语法错误，{error}；请改正该行") from error


EXPECTED = {
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "greater_than": "应大于 {gt}",
    "less_than": "应小于 {lt}",
    "finite_number": "应为有限数",
    "float_type": "应为数",
    "float_parsing": "应为数",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "string_type": "应为文字（加引号）",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "tuple_type": "应为列表 [...]",
    "model_type": "应为一个表",
    "literal_error": "只能是 {expected}",
    "string_pattern_mismatch": "应符合 {pattern}",
    "string_too_short": "不能为空",
    "too_short": "至少要有 {min_length} 项",
    "date_from_datetime_parsing": "应为日期，如 2025-03-01",
}
"""pydantic's error types in the user's language; an unlisted one keeps its own words."""


def expected(fault: ErrorDetails) -> str:
    """What a refused value should have been."""
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    words = EXPECTED.get(fault["type"])
    return words.format(**fault.get("ctx", {})) if words else fault["msg"]


def explain(where: str, error: ValidationError) -> SettingsError:
    """One message with every refused key, its value and what was expected."""
    lines = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            lines.append(f"{where}：{key} 是未知的键（拼写有误？），请改正或删除")
        elif fault["type"] == "missing":
            lines.append(f"{where}：缺少 {key}，请补上")
        elif not key:  # a rule over the whole file: its input is the whole file
            lines.append(f"{where}：{expected(fault)}")
        else:
            lines.append(f"{where}：{key} = {fault['input']!r} 不合要求：{expected(fault)}")
    return SettingsError("\n".join(lines))


def validate(model: type[T], data: object, where: str) -> T:
    """`data` as `model`, or SettingsError naming file and key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise explain(where, error) from error


def _blocks(folder: Path, file: str, name: str, model: type[T]) -> tuple[T, ...]:
    path = folder / file
    data = read_toml(path)
    if extra := set(data) - {name}:
        raise SettingsError(f"{path}：未知的表 {sorted(extra)}，只应有 [[{name}]]")
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SettingsError(f"{path}：{name} 应写成 [[{name}]]（双方括号），每项一个")
    return tuple(
        validate(model, row, f"{path} 第 {number} 个 [[{name}]]（id={row.get('id', row.get('name', '?'))}）")
        for number, row in enumerate(rows, 1)
    )


def read_platforms(path: Path) -> tuple[Platform, ...]:
    """The `[[platform]]` blocks of any file in platforms.toml's shape."""
    return _blocks(path.parent, path.name, "platform", Platform)


def read_thresholds(path: Path) -> Thresholds:
    """A thresholds file in levels.toml's shape (also for `--thresholds`)."""
    return validate(Thresholds, read_toml(path), str(path))


def _lexicons(folder: Path) -> Lexicons:
    words = {}
    for path in sorted((folder / "lexicons").glob("*.txt")):
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SettingsError(f"{path}：不是 UTF-8 编码，请另存为 UTF-8") from error
        lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
        words[path.stem] = tuple(dict.fromkeys(line for line in lines if line))
    return Lexicons(words=words)


@cache
def load(folder: Path = FOLDER) -> Settings:
    """All settings, validated together. Raises SettingsError."""
    data = {
        "platforms": read_platforms(folder / "platforms.toml"),
        "indices": _blocks(folder, "indices.toml", "index", IndexSettings),
        "events": _blocks(folder, "events.toml", "event", EventSettings),
        "thresholds": read_thresholds(folder / "levels.toml"),
        "publishers": _blocks(folder, "publishers.toml", "publisher", Publisher),
        "lexicons": _lexicons(folder),
        "indicators": validate(
            Indicators, read_toml(folder / "indicators.toml"), str(folder / "indicators.toml")
        ),
        "industry": validate(
            IndustrySettings, read_toml(folder / "industry.toml"), str(folder / "industry.toml")
        ),
    }
    return validate(Settings, data, str(folder))
