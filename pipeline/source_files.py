"""From a source's id to its folder, without a database; whoever names one that cannot be used learns why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from collectors.base import SourceConfig, load_sources
from pipeline.errors import UsageFault
from pipeline.paths import source_folders


@dataclass(frozen=True)
class Located:
    """A source that can be used, and the folder that holds its source.toml and sample."""

    source: SourceConfig
    folder: Path


def locate(source_id: str) -> Located:
    """Raises UsageFault: the fault of its source.toml, or that there is no such source and which there are."""
    folders = source_folders()
    sources, faults = load_sources(folders)
    said = [fault.message for fault in faults if fault.path.parent.name == source_id]
    if said:
        raise UsageFault("\n".join(said))
    found = {source.id: source for source in sources}
    if source_id in found:
        folder = next(f / source_id for f in folders if (f / source_id / "source.toml").is_file())
        return Located(found[source_id], folder)
    if empty := next((f / source_id for f in folders if (f / source_id).is_dir()), None):
        raise UsageFault(f"{empty} 里没有可用的 source.toml，请补上（可参照 collectors/sources/_template）")
    missing = "".join(f"\n{f}：TRUSTWATCH_SOURCES 指向的文件夹不存在" for f in folders if not f.is_dir())
    raise UsageFault(f"没有 id 为 {source_id!r} 的数据源。已有：{'、'.join(found)}{missing}")
