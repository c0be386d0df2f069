"""Two contents of thresholds side by side, and an edit carried over to a newer version. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]
Content = Mapping[str, Any]
WHOLE = 4
"""Keys of an exception down to which an edit is carried over whole: overrides, kind, name, lines."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None = not there."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True)
class Rebased:
    """`content`: the newer version with the edit on top; `both`: what both changed, with (theirs, mine)."""

    content: dict[str, Any]
    both: tuple[Change, ...]


def flat(content: Content, *, whole: bool = False) -> dict[Path, Any]:
    """Path -> value, lists being values. `whole`: the lines and weights of an exception are one value each."""
    found: dict[Path, Any] = {}

    def walk(value: Any, path: Path) -> None:
        floors = len(path) >= WHOLE and path[WHOLE - 1] == "floors"
        deep = whole and path[:1] == ("overrides",) and len(path) == (WHOLE + 1 if floors else WHOLE)
        if isinstance(value, Mapping) and not deep:
            for name, one in value.items():
                walk(one, (*path, name))
        else:
            found[path] = value

    walk(content, ())
    return found


def diff(before: Content, after: Content, *, whole: bool = False) -> list[Change]:
    """What differs, in the order of `after`, then what it lacks."""
    old, new = flat(before, whole=whole), flat(after, whole=whole)
    paths = [*new, *(path for path in old if path not in new)]
    return [Change(p, old.get(p), new.get(p)) for p in paths if old.get(p) != new.get(p)]


def rebased(base: Content, mine: Content, theirs: Content) -> Rebased:
    """My changes of `base` made to `theirs`; where both changed a value differently, mine stays and is named."""
    other = {change.path: change for change in diff(base, theirs, whole=True)}
    result, both = flat(theirs, whole=True), []
    for change in diff(base, mine, whole=True):
        if change.path in other and other[change.path].after != change.after:
            both.append(Change(change.path, other[change.path].after, change.after))
        if change.after is None:
            result.pop(change.path, None)
        else:
            result[change.path] = change.after
    return Rebased(_nested(result), tuple(both))


def _nested(values: Mapping[Path, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for path, value in values.items():
        place = whole
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
    return whole
