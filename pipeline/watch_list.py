"""A watch list of thousands from a CSV, into the same shape as a block of platforms.toml."""

from __future__ import annotations

import csv
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
from signals.names import (
    UNCATEGORISED,
    common_words,
    generic_context,
    name_id,
    tier_for,
    tier_of,
    watch_list_entry,
)
from signals.text import Folded, fold

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
_CLOSING = ")）"
_TELLING = ("id", "pid", "aliases", "old_name", "legal_entity")


@dataclass(frozen=True, slots=True)
class WatchListFile:
    """What a file holds: platforms, rows refused with reason, and names that an earlier platform already has.

    `bare`: names of further platforms of which nothing else is told, where they were to be kept apart.
    """

    platforms: tuple[Platform, ...]
    refusals: tuple[Refusal, ...]
    known: tuple[str, ...]
    bare: tuple[str, ...] = ()


def read_watch_list(path: Path, existing: Sequence[Platform], *, keep_bare: bool = False) -> WatchListFile:
    """Read a CSV with a column for the name and, optionally, aliases (`;`), id, category, old name, legal entity.

    A name that `existing` or an earlier row has already is not added again. With `keep_bare` a row that tells nothing
    but a name becomes no platform: 100,000 of them would take seconds. Raises UnreadableFile.
    """
    rows = list(_rows(path))
    folded = Folded(row["name"] for _, row in rows)
    taken = {folded[name] for platform in existing for name in _names(platform)}
    ids = {platform.id for platform in existing}
    platforms: list[Platform] = []
    refusals: list[Refusal] = []
    known: list[str] = []
    bare: list[str] = []
    for number, row in rows:
        if not row["name"]:
            refusals.append(Refusal(path.name, number, "name", "", "名称为空，请补上平台名称"))
            continue
        if keep_bare and _is_bare(row):
            name = row["name"]
            (known if folded[name] in taken else bare).append(name)
            taken.add(folded[name])
            continue
        platform = _platform(row, folded)
        if folded[platform.name] in taken:
            known.append(platform.name)
            continue
        if platform.id in ids:
            reason = f"id {platform.id!r} 已属于另一个平台，请改用别的 id"
            refusals.append(Refusal(path.name, number, "id", platform.id, reason))
            continue
        names = {folded[name] for name in _names(platform)}
        platforms.append(platform if names.isdisjoint(taken) else _without(platform, taken))
        taken |= names
        ids.add(platform.id)
    return WatchListFile(tuple(platforms), tuple(refusals), tuple(known), tuple(bare))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    open_text(path)  # refuses what is no text, names the file
    csv.field_size_limit(10_000_000)
    text = decode(path.read_bytes()).text.replace("\x00", "")
    reader = csv.reader(io.StringIO(text, newline=""))
    header = {name.strip().lower(): at for at, name in enumerate(next(reader, [])) if name}
    columns = {
        target: header[alias] for target, names in COLUMNS.items() for alias in names[::-1] if alias in header
    }
    if "name" not in columns:
        found = "、".join(header) or "（无）"
        raise UnreadableFile(f"{path}：缺少名称列（{'、'.join(COLUMNS['name'])} 之一），现有列：{found}")
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise UnreadableFile(
            f"{path.name} 第 {reader.line_num} 行：不是有效的 CSV（{error}），请改正该行"
        ) from error
    for number, row in lines:
        yield (
            number,
            {target: row[at].strip() if at < len(row) else "" for target, at in columns.items()},
        )


def _is_bare(row: Mapping[str, str]) -> bool:
    """Whether a row tells nothing but a name; the category says nothing about what a text means."""
    if row["name"][-1] in _CLOSING and RENAMED.match(row["name"]):
        return False
    return not any(row.get(column) for column in _TELLING)


def _platform(row: Mapping[str, str], folded: Mapping[str, str]) -> Platform:
    name, old = row["name"], [row["old_name"]] if row.get("old_name") else []
    if name[-1] in _CLOSING and (match := RENAMED.match(name)):
        name, old = match["name"].strip(), [*old, match["old"].strip()]
    told = row.get("aliases", "")
    aliases = [alias.strip() for alias in re.split("[;；]", told) if alias.strip()] if told else []
    tier = tier_of(folded[name].strip(), common_words())
    former = [each for each in old if each != name]
    entry = watch_list_entry(_identifier(row, name), name, row.get("category") or UNCATEGORISED, former, tier)
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
        return re.sub(r"[^a-z0-9_\-]+", "-", row["id"].lower()).strip("-") or name_id(name)
    return f"pid-{row['pid']}" if row.get("pid", "").isalnum() else name_id(name)


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
