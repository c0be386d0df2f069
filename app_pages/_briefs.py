"""Briefs as the worker left them on disk: one folder each under data/briefs/."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app_pages import _export
from db.roles import Actor

FOLDER, ABOUT = "briefs", "about.json"
FILES = {"HTML": ("brief.html", "text/html"), "PDF": ("brief.pdf", "application/pdf")} | {
    "Excel": ("brief.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
}
"""Word of a button -> file and its type."""

PERIODS = {"daily": "日报", "weekly": "周报"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole brief. `no_pdf`: why there is none; None = there is one. `who`: who had it made."""

    name: str
    folder: Path
    period: str
    start: date
    day: date
    demo: bool
    headline: str
    who: str
    no_pdf: str | None
    written: int
    """When it was made, as the file system counts: made again, it is another."""

    @property
    def word(self) -> str:
        """日报 or 周报."""
        return PERIODS.get(self.period, self.period)

    def files(self) -> dict[str, Path]:
        """Word of a button -> the file, for those that are there."""
        found = {word: self.folder / file for word, (file, _) in FILES.items()}
        return {word: path for word, path in found.items() if path.is_file()}

    def filename(self, word: str) -> str:
        """What a download is called: 信任哨日报_2026-11-21.pdf."""
        demo = "_演示" if self.demo else ""
        return f"信任哨{self.word}_{self.day.isoformat()}{demo}{Path(FILES[word][0]).suffix}"


def root() -> Path:
    """Where briefs lie: the data folder that the worker writes to."""
    home = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("TRUSTWATCH_DATA") or home / "data").resolve() / FOLDER


def kept() -> list[Kept]:
    """Every whole brief, newest first; the weekly one before the daily one of the same day."""
    folder = root()
    if not folder.is_dir():
        return []
    found = [brief for path in folder.iterdir() if (brief := _read(path)) is not None]
    return sorted(found, key=lambda brief: (brief.day, brief.period, not brief.demo), reverse=True)


def _read(folder: Path) -> Kept | None:
    """None: not whole yet, or not one of ours."""
    try:
        told = json.loads((folder / ABOUT).read_text("utf-8"))
        return Kept(
            name=folder.name,
            folder=folder,
            period=str(told["period"]),
            start=date.fromisoformat(told["start"]),
            day=date.fromisoformat(told["day"]),
            demo=bool(told["demo"]),
            headline=str(told["headline"]),
            who=str(told["who"]),
            no_pdf=told["no_pdf"],
            written=(folder / ABOUT).stat().st_mtime_ns,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def taking(actor: Actor, brief: Kept, path: Path) -> Callable[[], bytes]:
    """What a download button calls: the file, after the log says that `actor` took it."""
    noted = {"brief": brief.name, "file": path.name}
    return lambda: _export.taken(actor, "brief", path.read_bytes, noted)
