"""Reader `table`: CSV, JSON Lines and Excel row by row; good rows kept, bad ones refused with reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from collectors.base import Context, Row, SourceConfig, UnreadableFile
from collectors.columns import TARGETS
from collectors.columns import Mapping as MappingConfig
from collectors.mapping import BadField, Mapper, Origin, build
from collectors.readers.delimited import open_csv
from collectors.readers.jsonl import open_jsonl
from collectors.readers.tables import RowFault, Table, Wanted
from collectors.readers.workbook import open_workbook
from settings.loader import SettingsError, validate
from signals.model import Document

T = TypeVar("T")
_OPENERS: dict[str, Callable[[Path, Wanted], Table[Any]]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), open_csv),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), open_jsonl),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls"), open_workbook),
}


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every row of every file of the drop folder, oldest file first. Raises UnreadableFile."""
    for path in drop_files(source, context.data_dir):
        yield from read_file(path, source, context.now)


def drop_files(source: SourceConfig, data_dir: Path) -> list[Path]:
    """The files that `path` names under the data folder, oldest first, without hidden and lock files."""
    found = data_dir.glob(source.path or "")
    files = (path for path in found if path.is_file() and not path.name.startswith((".", "~")))
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


def read_file(
    path: Path,
    source: SourceConfig,
    now: datetime,
    *,
    start_row: int = 0,
    mapping: Mapping[str, Any] | None = None,
) -> Iterator[Row]:
    """The file's rows, each a document or a refusal, numbered as a sheet numbers them (header = 1).

    Rows up to `start_row` are passed over, so the last number seen continues an interrupted import. `mapping`
    overrides targets of source.toml: a column, a list of columns, a rule as in source.toml, or "" for none.
    Raises: UnreadableFile (empty, binary, unknown encoding or format, missing columns, mapping at fault).
    """
    opener = _opener(path)
    rules = overridden(source, mapping or {})
    asked = [name for name, rule in (mapping or {}).items() if rule and name != "fields"]
    try:
        table = opener(path, Wanted.of(source, rules, asked))
        yield from _rows(table, source, rules, Origin(path.name, now), start_row)
    except OSError as error:
        raise UnreadableFile(f"{path.name}：读不了（{error.strerror}），请检查文件和权限") from error


def open_table(path: Path, wanted: Wanted) -> Table[Any]:
    """A file of any known format whose header has what is wanted. Raises UnreadableFile."""
    try:
        return _opener(path)(path, wanted)
    except OSError as error:
        raise UnreadableFile(f"{path.name}：读不了（{error.strerror}），请检查文件和权限") from error


def _opener(path: Path) -> Callable[[Path, Wanted], Table[Any]]:
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        raise UnreadableFile(f"{path.name}：不认得的扩展名；支持 {'、'.join(sorted(_OPENERS))}")
    if not path.is_file():
        raise UnreadableFile(f"{path}：没有这个文件，请检查路径")
    return opener


def overridden(source: SourceConfig, mapping: Mapping[str, Any]) -> MappingConfig:
    """The source's mapping with the given targets replaced; "" takes one out. Raises UnreadableFile."""
    try:
        given = {name: rule for name, rule in mapping.items() if rule}
        changed = validate(MappingConfig, given, "列映射")
    except SettingsError as error:
        raise UnreadableFile(f"{error}。可映射的目标：{'、'.join(TARGETS)}、fields") from error
    update = {name: getattr(changed, name) if rule else None for name, rule in mapping.items()}
    if "fields" in update:
        update["fields"] = {**source.mapping.fields, **changed.fields}
    return source.mapping.model_copy(update=update)


def _rows(
    table: Table[T], source: SourceConfig, rules: MappingConfig, origin: Origin, start_row: int
) -> Iterator[Row]:
    mapper = Mapper(rules, table.resolve)
    origin = replace(
        origin, encoding=(table.encoding or "").removesuffix("-sig") or None, labels=mapper.labels
    )
    for number, item in table.rows:
        if number <= start_row:
            continue
        try:
            if isinstance(item, RowFault):
                raise BadField("整行", item.value, item.reason)
            document = build(mapper.raw(item), source, origin)
        except BadField as fault:
            yield origin.refusal(number, fault)
        else:
            yield Row(number, _marked(document) if table.damaged else document)


def _marked(document: Document) -> Document:
    """With the share of characters that were undecodable bytes; only damaged files are searched for them."""
    text = document.title + document.text
    return replace(document, replaced_share=text.count("\ufffd") / max(1, len(text)))
