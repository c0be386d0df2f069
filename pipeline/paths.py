"""Where things lie. Everything that grows is under one folder, `TRUSTWATCH_DATA` (default: data/ of the checkout)."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE_VARIABLE = "TRUSTWATCH_DATABASE_URL"


def data_dir() -> Path:
    """The data folder, created on first use."""
    folder = Path(os.environ.get("TRUSTWATCH_DATA") or ROOT / "data").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def database_url() -> str:
    """TRUSTWATCH_DATABASE_URL, else the embedded database in the data folder."""
    return os.environ.get(DATABASE_VARIABLE) or f"sqlite:///{data_dir() / 'trustwatch.db'}"


def database_variable() -> str:
    """TRUSTWATCH_DATABASE_URL as it is set, "" for the embedded database."""
    return os.environ.get(DATABASE_VARIABLE, "")


def source_folders() -> list[Path]:
    """The shipped sources, and those of TRUSTWATCH_SOURCES for a deployment that keeps its own elsewhere."""
    extra = os.environ.get("TRUSTWATCH_SOURCES")
    return [ROOT / "collectors" / "sources", *([Path(extra)] if extra else [])]
