"""Reader `json_api`: lists served as JSON; `item` is the path to the list, `[mapping]` paths in an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.base import Context, Row, SourceBroken, SourceConfig
from collectors.encoding import Decoded
from collectors.readers.answers import parse_json
from collectors.readers.paths import at, json_path
from collectors.readers.web import Page, collect_pages

_CODES = frozenset(
    {"code", "errcode", "errorcode", "error_code", "errno", "ret", "retcode", "status", "success"}
)
_FAULTS = frozenset({"error", "errors", "iserror"})
_FINE = frozenset({"", "none", "200", "ok", "success", "succeed", "true"})
"""What interfaces say in `_CODES` when all is well, besides zeros. What is not known to be well is not normal."""


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every item of every page. Raises SourceBroken, SourceBlocked."""
    return collect_pages(source, context, read_page)


def read_page(source: SourceConfig, decoded: Decoded) -> Page[Mapping[str, Any]]:
    """The items of one answer; `item = "."` is the answer itself. Raises SourceBroken for no list of objects.

    Where a source may be empty, an object without the list is empty too, unless it speaks of an error.
    """
    path = source.item or ""
    steps = [] if path == "." else path.split(".")
    answer = parse_json(decoded, jsonp=source.request.jsonp)
    items = at(answer, steps)
    if items is None and source.may_be_empty and isinstance(at(answer, steps[:-1]), Mapping) and steps:
        if complaint := _complaint(answer, steps):
            raise SourceBroken(
                f"{source.name}：回应没有条目列表 {path}，而是报错（{complaint}），下次采集时重试"
            )
        items = []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceBroken(f"{source.name}：回应的 {path} 处没有条目列表，接口可能已改版")
    return Page(items, source.mapping, json_path)


def _complaint(answer: object, steps: list[str]) -> str | None:
    """The first word of an error in the objects on the way to the list, as `code=-1`."""
    for depth in range(len(steps)):
        node = at(answer, steps[:depth])
        for name, value in node.items() if isinstance(node, Mapping) else ():
            if _is_fault(str(name).lower(), value):
                return f"{name}={str(value)[:40]}"
    return None


def _is_fault(name: str, value: object) -> bool:
    word = str(value).strip().lower()
    zero = not word.strip("0")
    if name in _FAULTS:
        return bool(value) and not zero and word != "false"
    fine = (zero and name != "success") or word in _FINE or (word == "1" and name in {"status", "success"})
    return name in _CODES and not fine
