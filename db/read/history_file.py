"""What previews hold, kept in a file beside the database, so that a new process need not read five million rows.

Derived: whatever is wrong with the file, it is not used, and a history is read from the database instead.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

FORM = 1
"""Raised when arrays or their meaning change: an older file is not used then."""


@dataclass(frozen=True)
class Stored:
    """`about`: JSON; `arrays` by name."""

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]


def load(path: Path) -> Stored | None:
    """What `save` wrote; None where there is no such file, or none of this form."""
    try:
        with np.load(path, allow_pickle=False) as found:
            about = json.loads(str(found["about"]))
            if about.get("form") != FORM:
                return None
            return Stored(about, {name: found[name] for name in found.files if name != "about"})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def save(path: Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bool:
    """Written beside `path`, then put in its place; False where it cannot be written: nothing depends on it."""
    told = json.dumps({**about, "form": FORM}, ensure_ascii=False)
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".npz", prefix=f".{path.stem}-", dir=path.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as file:
            np.savez(file, about=np.array(told), **arrays)  # type: ignore[arg-type]  # numpy's stub has no **arrays
        part.replace(path)
    except OSError:
        return False
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return True
