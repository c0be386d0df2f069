"""What is wrong with edited thresholds, field by field: for the screen, and once more where they are submitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from settings.loader import expected
from settings.models import LevelLines, Thresholds

LEVELS = {"blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}
"""Field of a level -> its word, mildest first."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` leads to the field, () = the whole; `told` says what to do."""

    path: Path
    told: str


def parsed(content: Mapping[str, Any]) -> tuple[Thresholds | None, list[Fault]]:
    """Edited content as thresholds, or None and why not."""
    try:
        found = Thresholds.model_validate(content)
    except ValidationError as error:
        faults = [Fault(tuple(map(str, one["loc"])), _sentence(expected(one))) for one in error.errors()]
        return None, faults
    faults = list(impossible(found))
    return (None if faults else found), faults


def impossible(thresholds: Thresholds) -> Iterator[Fault]:
    """What the models let pass, because old versions must stay readable, and nobody may submit."""
    yield from _lines((), thresholds)
    for kind, scopes in (
        ("category", thresholds.overrides.category),
        ("platform", thresholds.overrides.platform),
    ):
        for name, one in scopes.items():
            if one.lines is not None:
                yield from _lines(("overrides", kind, name, "lines"), one.lines)
    for place, floor in thresholds.every_floor():
        if not floor.events:
            yield Fault((*place.split("."), "events"), "至少选择一个事件")


def _lines(path: Path, lines: Thresholds | LevelLines) -> Iterator[Fault]:
    if lines.leave_margin >= lines.blue.enter:
        told = f"退出差应小于蓝色进入线 {lines.blue.enter:g}：否则 T* 不可能低于退出线，蓝色永远不会解除"
        yield Fault((*path, "leave_margin"), told)
    for name, word in LEVELS.items():
        rule = getattr(lines, name)
        if rule.need_days > rule.window_days:
            told = f"{word}：{rule.window_days} 天里不可能有 {rule.need_days} 天达到，请改小天数或改大窗口"
            yield Fault((*path, name, "need_days"), told)


def _sentence(told: str) -> str:
    return told.removeprefix("Value error, ")


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights in proportion, with sum 1 to four decimals; those that add up to it already stay as they are.

    Only proportions matter to T, so this changes nothing but how versions compare. Nothing at all stays nothing.
    """
    total = sum(weights.values())
    if total <= 0 or abs(total - 1) <= 0.0005:
        return dict(weights)
    scaled = {name: round(value / total, 4) for name, value in weights.items()}
    largest = max(scaled, key=scaled.__getitem__)
    scaled[largest] = round(scaled[largest] + 1 - sum(scaled.values()), 4)
    return scaled
