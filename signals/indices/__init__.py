"""Sub-indices as data: `settings/indices.toml` names each `module:daily`; this resolves and runs them.

A module of this package holds two small pure functions over the mention table (incl. `weight` and `crisis`):
`impulses(mentions)`, what each mention adds to the index, and `daily(mentions)`, the roll-up per platform
and day. Those of an index that is fed by indicators (Y) work on z-values instead: see liquidity.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, cast

import pandas as pd

from settings.models import EventSettings, IndexSettings

Daily = Callable[[pd.DataFrame], pd.DataFrame]
Impulses = Callable[[pd.DataFrame], pd.Series]

CONTEXT_DAYS = 2
"""Days before a wanted day whose mentions must be passed as well: spread looks back 72 hours."""

COLUMNS = ("platform_id", "day", "index_id", "impulse", "count", "raw")


class UnknownIndexFunction(ValueError):
    """indices.toml names a function that does not exist."""


def _function(path: str) -> Callable[..., Any]:
    module_name, _, name = path.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise  # a fault inside the module is not a wrong name
        raise UnknownIndexFunction(
            f"settings/indices.toml：function = {path!r} 的模块 {module_name} 不存在，请改正名称或新建该文件"
        ) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise UnknownIndexFunction(
            f"settings/indices.toml：模块 {module_name} 中没有函数 {name}，请改正 function = {path!r}"
        )
    return cast(Callable[..., Any], function)  # a registry entry; the contract tests check its shape


def resolve(function: str) -> Daily:
    """The roll-up named in indices.toml. Raises UnknownIndexFunction."""
    return _function(function)


def resolve_impulses(function: str) -> Impulses:
    """The per-mention `impulses` beside the roll-up named in indices.toml. Raises UnknownIndexFunction."""
    return _function(function.partition(":")[0] + ":impulses")


def mark_crises(mentions: pd.DataFrame, events: Sequence[EventSettings]) -> pd.DataFrame:
    """`mentions` with the bool column `crisis`: a crisis event is claimed, neither denied nor advertised."""
    crises = {event.id for event in events if event.crisis}
    claimed = [
        any(hit["id"] in crises and hit["polarity"] not in ("denied", "advert") for hit in hits)
        for hits in mentions["events"]
    ]
    return mentions.assign(crisis=pd.Series(claimed, index=mentions.index, dtype="bool"))


def roll_up(
    mentions: pd.DataFrame, indices: Sequence[IndexSettings], events: Sequence[EventSettings]
) -> pd.DataFrame:
    """Rows of `index_days`: what each index gets from the mentions of each platform and day.

    Args:    mentions: mention table incl. `weight` (signals.weight), with CONTEXT_DAYS before the first
             wanted day.
    Returns: columns platform_id, day, index_id, impulse >= 0 (sum of v), count, raw; no row = nothing then.
    """
    marked = mark_crises(mentions, events)
    frames = [
        resolve(index.function)(marked).assign(index_id=index.id)
        for index in indices
        if index.fed_by == "mentions"
    ]
    frames = [frame for frame in frames if not frame.empty]
    if not frames:
        return pd.DataFrame({column: [] for column in COLUMNS})
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)]
