"""Dotted paths into parsed JSON and feed entries: `data.rows`, `content.0.value`, `levels.-1` (the last)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.rules import Getter

_INDEX = re.compile(r"-?[0-9]{1,6}")


def json_path(path: str) -> Getter[Mapping[str, Any]]:
    """A function that follows the path, None where it breaks off; a key that is the whole path wins."""
    if "." not in path:
        return lambda item: item.get(path)
    steps = path.split(".")

    def follow(item: Mapping[str, Any]) -> object:
        return item[path] if path in item else at(item, steps)

    return follow


def at(node: Any, steps: list[str]) -> object:
    """What lies at the end of the steps, or None."""
    for step in steps:
        if isinstance(node, Mapping):
            node = node.get(step)
        elif isinstance(node, list) and _INDEX.fullmatch(step) and -len(node) <= int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node
