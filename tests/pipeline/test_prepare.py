"""Opening: seeds once, refuses settings that cannot work, keeps what people decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from db import read, write
from pipeline.prepare import open_workplace
from settings import loader
from settings.models import Settings
from signals.indices import UnknownIndexFunction
from tests.pipeline.conftest import NOW


def test_an_index_function_that_does_not_exist_is_refused_at_once(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names file and function; nothing is created with half the indices."""
    settings = loader.load()
    wrong = settings.indices[0].model_copy(update={"function": "signals.indices.regulatory:dayly"})
    broken = Settings.model_construct(**{**dict(settings), "indices": (wrong, *settings.indices[1:])})
    monkeypatch.setattr(loader, "load", lambda: broken)
    with pytest.raises(UnknownIndexFunction, match=r"indices\.toml.*dayly"):
        open_workplace(NOW)
    assert not (data_folder / "trustwatch.db").exists()


def test_opening_twice_seeds_once(data_folder: Path) -> None:
    """One threshold version, each platform once, the same salt and archive anchor."""
    first = open_workplace(NOW)
    with first.database.reading() as session:
        before = (
            read.active_thresholds(session, NOW)[0],
            len(read.watch_list(session)),
            read.fact(session, "author_salt"),
        )
    first.database.close()
    second = open_workplace(NOW)
    with second.database.reading() as session:
        after = (
            read.active_thresholds(session, NOW)[0],
            len(read.watch_list(session)),
            read.fact(session, "author_salt"),
        )
    second.database.close()
    assert before == after
    assert before[2]


def test_a_platform_edited_in_the_database_is_not_reset(data_folder: Path) -> None:
    """platforms.toml seeds the list; once loaded, the database is the truth."""
    first = open_workplace(NOW)
    with first.database.writing() as session:
        edited = read.watch_list(session, demo=False)[0].model_copy(update={"name": "改过的名字"})
        write.load_platforms(session, [edited], now=NOW, who="某人", evidence=None, replace=True)
    first.database.close()
    second = open_workplace(NOW)
    with second.database.reading() as session:
        assert edited.id in {
            platform.id for platform in read.watch_list(session) if platform.name == "改过的名字"
        }
    second.database.close()
