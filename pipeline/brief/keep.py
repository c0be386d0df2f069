"""Briefs in the data folder: briefs/<last day>-<daily|weekly>[-demo]/, one folder each, readable by the web process.

A brief made again for the same days replaces its files one by one; `about.json` comes last and tells that it is whole.
"""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.brief.html import ON_PAPER, render
from pipeline.brief.pdf import PdfUnavailable, to_pdf
from pipeline.brief.workbook import write_brief
from pipeline.paths import data_dir
from signals.brief import Brief, Period

FOLDER = "briefs"
ABOUT = "about.json"
HTML, PDF, XLSX = "brief.html", "brief.pdf", "brief.xlsx"


@dataclass(frozen=True, slots=True)
class Written:
    """Where a brief lies. `no_pdf`: why there is none; None = there is one."""

    folder: Path
    no_pdf: str | None


def briefs_dir() -> Path:
    """Where briefs are kept."""
    return data_dir() / FOLDER


def name_of(period: Period, day: date, *, demo: bool) -> str:
    """2026-11-21-daily, 2026-11-22-weekly-demo."""
    return f"{day.isoformat()}-{period.value}{'-demo' if demo else ''}"


def write_files(brief: Brief, parent: Path, *, who: str) -> Written:
    """HTML, workbook and, where the machine can, PDF, in a folder of their own below `parent`. Raises OSError."""
    folder = parent / name_of(brief.period, brief.day, demo=brief.demo)
    folder.mkdir(parents=True, exist_ok=True)
    page = render(brief)
    _replace(folder / HTML, page.encode())
    workbook = io.BytesIO()
    write_brief(workbook, brief)
    _replace(folder / XLSX, workbook.getvalue())
    no_pdf = None
    try:
        _replace(folder / PDF, to_pdf(render(brief, room) for room in ON_PAPER))
    except PdfUnavailable as error:
        no_pdf = str(error)
        (folder / PDF).unlink(missing_ok=True)  # one of an earlier making would tell something else
    about = {
        "title": brief.title,
        "period": brief.period.value,
        "start": brief.start.isoformat(),
        "day": brief.day.isoformat(),
        "demo": brief.demo,
        "headline": brief.headline,
        "as_of": None if brief.stamp.as_of is None else brief.stamp.as_of.isoformat(),
        "settings_hash": brief.stamp.settings_hash,
        "who": who,
        "no_pdf": no_pdf,
    }
    _replace(folder / ABOUT, json.dumps(about, ensure_ascii=False, indent=1).encode())
    return Written(folder, no_pdf)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
