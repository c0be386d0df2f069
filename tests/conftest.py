"""Fixtures of more than one room. Test data is written here and fictional; development data is used where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("trustwatch", deadline=None)  # a slow machine is no defect
settings.load_profile("trustwatch")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: else one of two workers ends long after the other, alone with the last of them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def shared() -> Path:
    """The development data; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("development data (../shared/data) is not here")
    return SHARED


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, with an embedded database that nobody else uses."""
    folder = tmp_path / "data"
    monkeypatch.setenv("TRUSTWATCH_DATA", str(folder))
    monkeypatch.delenv("TRUSTWATCH_DATABASE_URL", raising=False)
    return folder
