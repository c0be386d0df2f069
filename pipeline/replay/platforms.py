"""PLATFORMS.csv: whom the documents are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from collectors.base import UnreadableFile
from pipeline.csv_files import read_csv
from pipeline.watch_list import RENAMED
from settings.models import AmbiguousAlias, Platform
from signals.model import Tier
from signals.names import generic_context, tier_for, watch_list_entry
from signals.text import fold

UNSORTED = "未分类"


@dataclass(frozen=True)
class Watched:
    """The platforms of a file in its order. `written`: each name as it stands in the file; `notes`: what to know."""

    written: tuple[str, ...]
    platforms: tuple[Platform, ...]
    notes: tuple[str, ...]


def read_platforms(path: Path) -> Watched:
    """Columns: platform, optionally aliases (by `;`) and category. Raises UnreadableFile with row and remedy."""
    written: dict[str, int] = {}
    platforms: list[Platform] = []
    taken: dict[str, str] = {}
    notes: list[str] = []
    for row in read_csv(path, ("platform",), ("aliases", "category")):
        if row.fault is not None:
            raise UnreadableFile(row.fault)
        name = row.cells["platform"]
        if not name.strip():
            raise UnreadableFile(f"{path.name} 第 {row.number} 行：platform 为空，请补上平台名称")
        if name in written:
            raise UnreadableFile(
                f"{path.name} 第 {row.number} 行：platform = {name!r} 与第 {written[name]} 行重复，请只保留一行"
            )
        written[name] = row.number
        platform, lost = _free(_platform(f"p{len(platforms):06d}", row.cells), taken)
        notes += [
            f"{path.name} 第 {row.number} 行：名称 {alias!r} 已属于 {taken[fold(alias)]!r}，提及归后者"
            for alias in lost
        ]
        taken |= {fold(alias): name for alias in _names(platform)}
        platforms.append(platform)
    if not platforms:
        raise UnreadableFile(f"{path.name}：没有任何平台，请至少写一行")
    return Watched(tuple(written), tuple(platforms), tuple(notes))


def _platform(identifier: str, cells: Mapping[str, str]) -> Platform:
    """Each name in the tier that it deserves, as `pipeline platforms` imports a list; 新名(旧名) is read as two."""
    name, old = cells["platform"].strip(), []
    if match := RENAMED.match(name):
        name, old = match["name"].strip(), [match["old"].strip()]
    entry = watch_list_entry(identifier, name, cells["category"].strip() or UNSORTED, old)
    aliases = [alias.strip() for alias in re.split("[;；]", cells["aliases"]) if alias.strip()]
    tiers = {alias: tier_for(alias) for alias in aliases if alias != name}
    return entry.model_copy(
        update={
            "full": tuple(alias for alias, tier in tiers.items() if tier is Tier.FULL),
            "brand": entry.brand + tuple(alias for alias, tier in tiers.items() if tier is Tier.BRAND),
            "ambiguous": entry.ambiguous
            + tuple(
                AmbiguousAlias(text=alias, context=generic_context(alias))
                for alias, tier in tiers.items()
                if tier is Tier.AMBIGUOUS
            ),
        }
    )


def _names(platform: Platform) -> Iterator[str]:
    yield platform.name
    yield from platform.full + platform.brand + platform.old_names
    yield from (alias.text for alias in platform.ambiguous)


def _free(platform: Platform, taken: Mapping[str, str]) -> tuple[Platform, Sequence[str]]:
    """The platform less the names that an earlier one bears, and those names."""
    lost = list(dict.fromkeys(name for name in _names(platform) if fold(name) in taken))

    def free(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if fold(name) not in taken)

    kept = {name: free(getattr(platform, name)) for name in ("full", "brand", "old_names")}
    ambiguous = tuple(alias for alias in platform.ambiguous if fold(alias.text) not in taken)
    # A platform always answers to its name: one whose name is taken is called by its number, which no text contains.
    name = platform.id if fold(platform.name) in taken else platform.name
    return platform.model_copy(update={**kept, "ambiguous": ambiguous, "name": name}), lost
