"""Stored days as previews read them: the same as the pipeline sees, and current after every change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from db import write
from db.read.history import HistoryStore, Wanted
from db.session import Database
from settings.loader import load
from signals.calendar import day_number
from signals.composite import Rules, _dense
from signals.evaluation.whatif import History
from tests.db.builders import NOW, add_platforms, index_value_rows, platform_day_rows

SETTINGS = load()
IDS = tuple(index.id for index in SETTINGS.indices)
RULES = Rules(SETTINGS.thresholds, SETTINGS.indices)
START, END = date(2026, 8, 1), date(2026, 10, 20)
EVERY = [START - timedelta(days=3) + timedelta(days=n) for n in range((END - START).days + 4)]
LATER = NOW + timedelta(hours=1)


def wanted(*names: str, end: date = END, start: date = START) -> Wanted:
    since = date(2026, 9, 1)
    return Wanted({name: ("支付", since if name == "b" else None) for name in names}, IDS, start, end, 3)


def values(platform: str, days: list[date], seed: int = 0) -> pd.DataFrame:
    """Observed, not observed, not observed with mentions; S is never there."""
    rng = np.random.default_rng(seed)
    rows = []
    for index in IDS:
        if index == "S":
            continue
        seen = rng.random(len(days)) > 0.3
        value = rng.uniform(0, 100, len(days))
        rows.append(
            index_value_rows(platform, days, index_id=index).assign(
                value=np.where(seen, value, np.nan),
                level_part=value / 100,
                count=rng.integers(0, 2, len(days)),
                observed=seen,
            )
        )
    return pd.concat(rows, ignore_index=True)


def save(database: Database, frame: pd.DataFrame, days: pd.DataFrame, at: datetime = NOW) -> None:
    with database.writing() as session:
        write.save_index_values(session, frame, at)
        write.save_platform_days(session, days, at)


@pytest.fixture
def filled(database: Database) -> Database:
    """Platforms a and b over all days, b with a floor now and then and a gap."""
    with database.writing() as session:
        add_platforms(session, "a", "b", "c")
    save(database, values("a", EVERY), platform_day_rows("a", EVERY))
    some = [day for day in EVERY if day.day != 7]
    days = platform_day_rows("b", some)
    days["floor"] = ["official" if day.day == 9 else "withdrawal" if day.day == 11 else None for day in some]
    save(database, values("b", some, 1), days)
    return database


def read(database: Database, store: HistoryStore, asked: Wanted) -> History:
    with database.reading() as session:
        return store.of(session, asked)


def assert_is(history: History, frames: dict[str, pd.DataFrame], asked: Wanted) -> None:
    """As signals.composite makes it of the rows themselves."""
    numbers = np.arange(day_number(asked.first), day_number(asked.end) + 1)
    whole = pd.concat(list(frames.values()), ignore_index=True)
    dense = _dense(whole, list(asked.platforms), numbers, RULES)
    assert np.array_equal(history.dense.present, dense.present)
    np.testing.assert_array_equal(history.dense.value, dense.value)
    np.testing.assert_allclose(history.dense.arrived, dense.arrived, atol=1e-12)


def test_history_is_what_the_pipeline_sees(filled: Database) -> None:
    """Values, what was not observed, mentions on such days, scope; which days were judged, floors, failed status."""
    asked = wanted("a", "b")
    found = read(filled, HistoryStore(), asked)
    some = [day for day in EVERY if day.day != 7]
    assert_is(found, {"a": values("a", EVERY), "b": values("b", some, 1)}, asked)
    days = [day for day in EVERY if day >= START]
    assert found.judged[:, 0].all()
    assert found.judged[:, 1].tolist() == [day.day != 7 for day in days]
    names = [None if place < 0 else found.floor_names[place] for place in found.floor[:, 1]]
    assert names == [{9: "official", 11: "withdrawal"}.get(day.day) for day in days]
    assert (found.floor[:, 0] == -1).all()
    assert found.failed[:, 1].tolist() == [day >= date(2026, 9, 1) for day in days]


def test_only_the_newest_version_counts(filled: Database) -> None:
    """Recomputed days replace what was held; a floor that a denial took out is gone."""
    store, asked = HistoryStore(), wanted("a", "b")
    read(filled, store, asked)
    day = date(2026, 9, 9)
    new = values("b", [day], 5)
    save(filled, new, platform_day_rows("b", [day], t=51.0), LATER)
    found = read(filled, store, asked)
    some = [one for one in EVERY if one.day != 7 and one != day]
    former = values("b", [one for one in EVERY if one.day != 7], 1)
    kept = former[former["day"].isin(some)]
    assert_is(found, {"a": values("a", EVERY), "b": kept, "new": new}, asked)
    assert found.floor[(day - START).days, 1] == -1


def test_what_did_not_change_is_not_read_again(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again, nothing is read; after a change, that platform's month alone."""
    from db.read import history_rows as module

    store, asked = HistoryStore(), wanted("a", "b")
    read(filled, store, asked)
    spans: list[Any] = []
    real = module.codes

    def codes(session: Any, name: str, between: tuple[date, date], *rest: Any) -> Any:
        spans.append((name, *between))
        return real(session, name, between, *rest)

    monkeypatch.setattr(module, "codes", codes)
    read(filled, store, asked)
    assert spans == []
    day = date(2026, 9, 9)
    save(filled, values("a", [day], 5), platform_day_rows("a", [day], t=51.0), LATER)
    read(filled, store, asked)
    assert spans == [("a", date(2026, 9, 1), date(2026, 9, 30))]


def test_another_window_and_other_platforms_take_over_what_is_held(filled: Database) -> None:
    """A day more, a platform less or more: the same as a new store reads."""
    store = HistoryStore()
    read(filled, store, wanted("a", "b", end=END - timedelta(days=1)))
    for asked in (
        wanted("a", "b"),
        wanted("b"),
        wanted("a", "b", "c"),
        wanted("a", "c", start=date(2026, 9, 1)),
    ):
        again, fresh = read(filled, store, asked), read(filled, HistoryStore(), asked)
        np.testing.assert_array_equal(again.dense.value, fresh.dense.value)
        assert np.array_equal(again.dense.present, fresh.dense.present)
        assert np.array_equal(again.judged, fresh.judged)
        assert [again.floor_names[n] if n >= 0 else None for n in again.floor.ravel()] == [
            fresh.floor_names[n] if n >= 0 else None for n in fresh.floor.ravel()
        ]


def test_the_next_process_begins_with_the_file(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same arrays, nothing read again; what changed since is."""
    from db.read import history_rows as module

    path, asked = tmp_path / "cache" / "history.npz", wanted("a", "b")
    first = read(filled, HistoryStore(path), asked)
    monkeypatch.setattr(module, "codes", lambda *_: pytest.fail("read again"))
    again = read(filled, HistoryStore(path), asked)
    for name in ("present", "value", "arrived"):
        np.testing.assert_array_equal(getattr(again.dense, name), getattr(first.dense, name))
    assert np.array_equal(again.floor, first.floor)
    assert again.floor_names == first.floor_names
    monkeypatch.undo()
    day = date(2026, 9, 9)
    save(filled, values("b", [day], 5), platform_day_rows("b", [day], t=51.0), LATER)
    later, fresh = read(filled, HistoryStore(path), asked), read(filled, HistoryStore(), asked)
    np.testing.assert_array_equal(later.dense.value, fresh.dense.value)
    assert np.array_equal(later.floor >= 0, fresh.floor >= 0)


@pytest.mark.parametrize("content", [b"", b"nothing of ours", None])
def test_a_broken_file_is_not_used(filled: Database, tmp_path: Path, content: bytes | None) -> None:
    """Empty, foreign, or cut off in the middle: read from the database, and written anew."""
    path, asked = tmp_path / "history.npz", wanted("a", "b")
    whole = read(filled, HistoryStore(path), asked)
    path.write_bytes(path.read_bytes()[:-900] if content is None else content)
    again = read(filled, HistoryStore(path), asked)
    np.testing.assert_array_equal(again.dense.value, whole.dense.value)
    assert read(filled, HistoryStore(path), asked).judged.all(axis=0)[0]
