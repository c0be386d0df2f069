"""A watch list of thousands from a CSV, into the same shape as a block of platforms.toml."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from collectors.base import Refusal, UnreadableFile
from collectors.encoding import decode
from collectors.readers.textfile import open_text
from settings.models import AmbiguousAlias, Platform
from signals.model import Tier
from signals.names import generic_context, tier_for, watch_list_entry
from signals.text import fold

COLUMNS = {
    "name": ("name", "platform", "名称", "平台", "平台名称"),
    "id": ("id", "platform_id", "平台id"),
    "pid": ("pid",),
    "aliases": ("aliases", "别名"),
    "category": ("category", "类别"),
    "old_name": ("oldname", "old_name", "原名", "曾用名"),
    "legal_entity": ("legal_entity", "运营主体", "公司"),
}
RENAMED = re.compile(r"^(?P<name>.+?)[(（](?P<old>[^()（）]+)[)）]$")
"""`新名(旧名)`, as portals write a renamed platform."""


@dataclass(frozen=True, slots=True)
class WatchListFile:
    """What a file holds: platforms, rows refused with reason, and names that an earlier platform already has."""

    platforms: tuple[Platform, ...]
    refusals: tuple[Refusal, ...]
    known: tuple[str, ...]


def read_watch_list(path: Path, existing: Sequence[Platform]) -> WatchListFile:
    """Read a CSV with a column for the name and, optionally, aliases (`;`), id, category, old name, legal entity.

    A name that `existing` or an earlier row has already is not added again. Raises UnreadableFile.
    """
    taken = {fold(name) for platform in existing for name in _names(platform)}
    ids = {platform.id for platform in existing}
    platforms: list[Platform] = []
    refusals: list[Refusal] = []
    known: list[str] = []
    for number, row in _rows(path):
        if not row.get("name"):
            refusals.append(Refusal(path.name, number, "name", "", "名称为空，请补上平台名称"))
            continue
        platform = _platform(row)
        names = {fold(name) for name in _names(platform)}
        if fold(platform.name) in taken:
            known.append(platform.name)
            continue
        if platform.id in ids:
            reason = f"id {platform.id!r} 已属于另一个平台，请改用别的 id"
            refusals.append(Refusal(path.name, number, "id", platform.id, reason))
            continue
        platforms.append(platform if names.isdisjoint(taken) else _without(platform, taken))
        taken |= names
        ids.add(platform.id)
    return WatchListFile(tuple(platforms), tuple(refusals), tuple(known))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    open_text(path)  # refuses what is no text, names the file
    csv.field_size_limit(10_000_000)
    text = decode(path.read_bytes()).text.replace("\x00", "")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    columns = {
        target: header[alias] for target, names in COLUMNS.items() for alias in names[::-1] if alias in header
    }
    if "name" not in columns:
        found = "、".join(header) or "（无）"
        raise UnreadableFile(f"{path}：缺少名称列（{'、'.join(COLUMNS['name'])} 之一），现有列：{found}")
    try:
        lines = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UnreadableFile(
            f"{path.name} 第 {reader.line_num} 行：不是有效的 CSV（{error}），请改正该行"
        ) from error
    for number, row in lines:
        yield number, {target: (row[column] or "").strip() for target, column in columns.items()}


def _platform(row: Mapping[str, str]) -> Platform:
    name, old = row["name"], [row["old_name"]] if row.get("old_name") else []
    if match := RENAMED.match(name):
        name, old = match["name"].strip(), [*old, match["old"].strip()]
    aliases = [alias.strip() for alias in re.split("[;；]", row.get("aliases", "")) if alias.strip()]
    entry = watch_list_entry(
        _identifier(row, name), name, row.get("category") or "未分类", [each for each in old if each != name]
    )
    if not aliases and not row.get("legal_entity"):
        return entry
    tiers = {alias: tier_for(alias) for alias in aliases if alias != name}
    common = [alias for alias, tier in tiers.items() if tier is Tier.AMBIGUOUS]
    return entry.model_copy(
        update={
            "legal_entities": (row["legal_entity"],) if row.get("legal_entity") else (),
            "full": tuple(alias for alias, tier in tiers.items() if tier is Tier.FULL),
            "brand": entry.brand + tuple(alias for alias, tier in tiers.items() if tier is Tier.BRAND),
            "ambiguous": entry.ambiguous
            + tuple(AmbiguousAlias(text=alias, context=generic_context(alias)) for alias in common),
        }
    )


def _identifier(row: Mapping[str, str], name: str) -> str:
    if row.get("id"):
        return re.sub(r"[^a-z0-9_\-]+", "-", row["id"].lower()).strip("-") or _digest(name)
    return f"pid-{row['pid']}" if row.get("pid", "").isalnum() else _digest(name)


def _digest(name: str) -> str:
    return "n-" + hashlib.sha256(name.encode()).hexdigest()[:12]


def _names(platform: Platform) -> Iterator[str]:
    yield platform.name
    yield from platform.full + platform.brand + platform.old_names + platform.legal_entities
    yield from (alias.text for alias in platform.ambiguous)


def _without(platform: Platform, taken: set[str]) -> Platform:
    """The platform less those aliases that belong to another one already."""

    def free(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if fold(name) not in taken)

    return platform.model_copy(
        update={
            "full": free(platform.full),
            "brand": free(platform.brand),
            "old_names": free(platform.old_names),
            "legal_entities": free(platform.legal_entities),
            "ambiguous": tuple(each for each in platform.ambiguous if fold(each.text) not in taken),
        }
    )
