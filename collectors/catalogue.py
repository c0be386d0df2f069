"""Finds and reads the source.toml files: a typo in one never stops the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from collectors.config import SourceConfig
from settings.loader import SettingsError, read_toml, validate

BUNDLED = Path(__file__).parent / "sources"


@dataclass(frozen=True, slots=True)
class SourceFault:
    """A source.toml that could not be used: its file and a message naming key and remedy."""

    path: Path
    message: str


def load_sources(
    folders: Sequence[Path] = (BUNDLED,),
) -> tuple[tuple[SourceConfig, ...], tuple[SourceFault, ...]]:
    """All sources of all folders by id, and the faulty ones. Names beginning with `_` are templates."""
    found: dict[str, SourceConfig] = {}
    faults: list[SourceFault] = []
    for path in (path for folder in folders for path in sorted(folder.glob("[!_.]*/source.toml"))):
        try:
            source = load_source(path)
            if source.id in found:
                raise SettingsError(f"{path}：id = {source.id!r} 与另一个数据源重复，请改名")
        except SettingsError as error:
            faults.append(SourceFault(path, str(error)))
        else:
            found[source.id] = source
    return tuple(found[key] for key in sorted(found)), tuple(faults)


def load_source(path: Path) -> SourceConfig:
    """One source.toml. Raises SettingsError naming file, key and remedy."""
    source = validate(SourceConfig, read_toml(path), str(path))
    if source.id != path.parent.name:
        raise SettingsError(f"{path}：id = {source.id!r} 应与文件夹名 {path.parent.name!r} 相同")
    return source
