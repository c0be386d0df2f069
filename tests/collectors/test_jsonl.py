"""JSON Lines: nested values, broken lines, and what is none."""

from __future__ import annotations

import json
from pathlib import Path

from collectors.readers.textfile import MAX_LINE
from tests.collectors.examples import (
    GOOD,
    HEAD,
    documents,
    read,
    refusals,
    unreadable,
    write,
)


def test_json_lines_are_read(tmp_path: Path) -> None:
    """Nested values by dotted path, numbers as ids, epochs as dates; a broken line costs itself alone."""
    lines = [
        json.dumps({"main": {"sn": 17351050542, "title": "甲", "summary": "乙", "timestamp": "1602654723"}}),
        '{"main": {"title": ',
        "[1, 2]",
        json.dumps(
            {"main": {"sn": "2", "title": "丙", "summary": "丁", "timestamp": 1602654443}, "extra": None}
        ),
    ]
    mapping = {
        "external_id": "main.sn",
        "title": "main.title",
        "text": "main.summary",
        "published_at": "main.timestamp",
    }
    rows = read(write(tmp_path, "\n".join(lines) + "\n", "投诉.jsonl"), mapping=mapping)
    assert [document.external_id for document in documents(rows)] == ["17351050542", "2"]
    assert [(refusal.row, refusal.field) for refusal in refusals(rows)] == [(2, "整行"), (3, "整行")]
    assert refusals(rows)[0].reason == "不是合法的 JSON，错在第 19 个字符附近；请检查引号和逗号"


def test_a_json_array_is_told(tmp_path: Path) -> None:
    """Streaming needs one object a line."""
    message = unreadable(write(tmp_path, '[\n{"标题": "甲"}\n]\n', "投诉.json"))
    assert message == "投诉.json：是一个 JSON 数组；请改成每行一个对象（JSON Lines）"


def test_lines_without_objects_are_told(tmp_path: Path) -> None:
    """A CSV named .jsonl is no JSON Lines."""
    assert "开头各行都不是 JSON 对象" in unreadable(write(tmp_path, HEAD + GOOD, "投诉.jsonl"))


def test_a_lone_surrogate_does_not_reach_the_database(tmp_path: Path) -> None:
    r"""JSON can spell \ud800, which no database stores."""
    line = '{"标题": "甲\\ud800乙", "日期": "2026-11-18"}\n'
    [document] = documents(read(write(tmp_path, line, "投诉.jsonl")))
    assert document.title == "甲\ufffd乙"


def test_a_line_beyond_the_limit_in_json_costs_itself(tmp_path: Path) -> None:
    """The same limit as in CSV."""
    line = '{"标题": "甲", "日期": "2026-11-18"}\n'
    rows = read(write(tmp_path, line + '{"标题": "' + "x" * MAX_LINE + '"}\n' + line, "投诉.jsonl"))
    assert len(documents(rows)) == 2
    assert [(refusal.row, refusal.reason.split("，")[0]) for refusal in refusals(rows)] == [
        (2, "这一行超过 200 万字")
    ]
