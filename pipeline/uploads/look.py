"""A first look at an upload: columns, the first rows, and what storing it would do; nothing is written of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from collectors.base import Refusal, SourceConfig, UnreadableFile
from collectors.columns import TARGETS
from collectors.mapping import NAMES
from collectors.readers.table import open_table, overridden
from collectors.readers.tables import RowFault, Table, Wanted, normal
from collectors.rules import as_text
from db import read
from db.read import UploadRow
from pipeline.indicators import Imported, import_rows
from pipeline.prepare import Workplace
from pipeline.preview import Preview, Revision, preview_file
from pipeline.preview_report import change_words
from pipeline.progress import Report
from pipeline.uploads import failures
from pipeline.uploads.files import INDICATOR_FIELDS, source_of
from pipeline.uploads.tables import Field, columns_by_field, open_fields, told_rows
from signals.privacy import discreet, mask

SHOWN_ROWS = 5
SHOWN_COLUMNS = 40
LONGEST = 60
EXAMPLES = 20
Found = dict[str, Any]


def look(
    workplace: Workplace, upload: UploadRow, path: Path, now: datetime, report: Report
) -> tuple[Found, str | None]:
    """What the page shows of an upload, and why nothing of it can be used (None: it can). Raises SourceError for a
    file that is no table at all, UsageFault."""
    if upload.what == "documents":
        return _documents(workplace, upload, path, now, report)
    fields = INDICATOR_FIELDS if upload.what == "indicators" else failures.FIELDS
    found = _table(open_fields(path, [], {}), fields, {})
    try:
        found = _table(open_fields(path, fields, upload.mapping), fields, upload.mapping)
        told = told_rows(path, fields, upload.mapping)
        if upload.what == "indicators":
            done = _indicators(workplace, told, path.name, now, report)
            return found | done, _nothing(done["counts"])
        listed = _failures(workplace, upload, told, path.name, now)
        return found | listed, _nothing(listed["counts"])
    except UnreadableFile as error:
        return found, discreet(str(error))


def _documents(
    workplace: Workplace, upload: UploadRow, path: Path, now: datetime, report: Report
) -> tuple[Found, str | None]:
    source = source_of(workplace, upload)
    fields = document_fields(source)
    found = _table(open_table(path, Wanted(source.mapping, ())), fields, upload.mapping)
    mapping = dict(upload.mapping)
    try:
        rules = overridden(source, mapping)
        asked = [name for name, column in mapping.items() if column]
        found = _table(open_table(path, Wanted.of(source, rules, asked)), fields, upload.mapping)
        preview = preview_file(
            workplace.database, workplace.publishers, source, path, now=now, mapping=mapping, report=report
        )
    except UnreadableFile as error:
        return found, discreet(str(error))
    told = found | _previewed(preview)
    return told, _nothing(told["counts"])


def document_fields(source: SourceConfig) -> list[Field]:
    """What a document may say, with the columns that the source knows for it; a text and mostly a date."""
    rules = source.mapping.rules()
    required = {"text"} | ({"published_at"} if source.undated == "refuse" else set()) | set(source.required)
    return [
        Field(name, NAMES[name], rules[name].columns() if name in rules else (), name in required)
        for name in TARGETS
    ]


def _previewed(preview: Preview) -> Found:
    counts = preview.counts
    return {
        "counts": {
            "items": counts.items,
            "stored": counts.stored,
            "revised": counts.revised,
            "duplicates": counts.duplicates,
            "refused": counts.refused,
        },
        "refusals": refused(preview.refusals),
        "revisions": [_revision(each) for each in preview.revisions],
    }


def _revision(revision: Revision) -> Found:
    document = revision.document
    name = document.external_id or mask(document.title)[:LONGEST] or "（无标题）"
    return {"row": revision.row, "name": name, "changes": change_words(revision)}


def _indicators(
    workplace: Workplace, told: Iterable[tuple[int, Any]], name: str, now: datetime, report: Report
) -> Found:
    done = import_rows(
        workplace.database, workplace.settings, name, as_told(told), now=now, dry_run=True, report=report
    )
    return {"counts": indicator_counts(done), "refusals": refused(done.examples), "assumed": done.assumed}


def as_told(told: Iterable[tuple[int, Any]]) -> Iterable[tuple[int, Any]]:
    """Faults of rows as `import_rows` quotes them: what stands behind the first colon."""
    return ((number, f"：{cells}" if isinstance(cells, str) else cells) for number, cells in told)


def indicator_counts(done: Imported) -> dict[str, int]:
    """Counts of an import of indicators, as those of documents."""
    return {
        "items": done.rows,
        "stored": done.stored,
        "revised": done.revised,
        "duplicates": done.duplicates,
        "refused": done.refused,
    }


def _failures(
    workplace: Workplace, upload: UploadRow, told: Iterable[tuple[int, Any]], name: str, now: datetime
) -> Found:
    listed = listed_failures(workplace, upload, told, name, now)
    return {"counts": failure_counts(listed), "refusals": refused(listed.refusals[:EXAMPLES])}


def listed_failures(
    workplace: Workplace, upload: UploadRow, told: Iterable[tuple[int, Any]], name: str, now: datetime
) -> failures.Listed:
    """An uploaded list beside what the list of that name says now."""
    list_name = upload.list_name or ""
    with workplace.database.reading() as session:
        watch_list = read.watch_list(session)
        known = read.failure_dates(session, list_name)
    return failures.read_list(name, told, list_name, watch_list, known, now)


def failure_counts(listed: failures.Listed) -> dict[str, int]:
    """Counts of a list, as those of documents."""
    return {
        "items": listed.items,
        "stored": listed.stored,
        "revised": listed.revised,
        "duplicates": listed.duplicates,
        "refused": len(listed.refusals),
    }


def refused(refusals: Iterable[Refusal]) -> list[Found]:
    """Refused rows for people: masked, as everything that is stored."""
    return [
        {"row": each.row, "field": each.field, "value": mask(each.value), "reason": discreet(each.reason)}
        for each in refusals
    ]


def _nothing(counts: Mapping[str, int]) -> str | None:
    if not counts["items"]:
        return "文件里只有表头，没有一行数据"
    if counts["refused"] == counts["items"]:
        return "没有一行可以入库，原因见下表；请改正文件，或改列的对应关系"
    return None


def _table(table: Table[Any], fields: Sequence[Field], chosen: Mapping[str, str]) -> Found:
    """Columns, which field each feeds, and the first rows; values masked and cut."""
    columns = [column for column in table.columns if column][:SHOWN_COLUMNS]
    fed = columns_by_field(fields, chosen, columns)
    getters = [(column, table.resolve(column)) for column in columns]
    rows = [item for _, item in islice(table.rows, SHOWN_ROWS) if not isinstance(item, RowFault)]
    sample = [[_shown(get(item)) if get is not None else "" for _, get in getters] for item in rows]
    unique = len({normal(column) for column in columns}) == len(columns)
    return {
        "columns": columns,
        "fields": [
            {"id": each.id, "word": each.word, "required": each.required, "column": fed.get(each.id)}
            for each in fields
        ],
        "sample": sample if unique else [],
    }


def _shown(value: object) -> str:
    text = mask(as_text(value)).replace("\n", " ")
    return text[:LONGEST] + ("…" if len(text) > LONGEST else "")
