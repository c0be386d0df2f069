"""No look-ahead, to the bit: what is cut off, turned about or spread over processes changes no earlier row."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from signals.model import SHANGHAI, shanghai_day
from tests.pipeline.streams import END, FILES, START, Row, lines, replay, stream

DAYS = (END - START).days


def day_of(row: Row) -> date:
    """The day on which a row becomes available."""
    moments = [datetime.fromisoformat(row[name]) for name in ("published_at", "first_seen_at") if row[name]]
    return max(shanghai_day(each if each.tzinfo else each.replace(tzinfo=SHANGHAI)) for each in moments)


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), cut=st.integers(0, DAYS), shorter=st.booleans())
@example(seed=1, cut=12, shorter=False)
def test_cutting_the_input_at_any_day_leaves_every_earlier_row_as_it_was(
    seed: int, cut: int, shorter: bool
) -> None:
    """Whatever becomes available later, and wherever the replay ends, all rows up to a day are the same bytes."""
    rows, last = stream(seed), START + timedelta(days=cut)
    with TemporaryDirectory() as scratch:
        whole = replay(Path(scratch) / "whole", rows)
        known = [row for row in rows if day_of(row) <= last]
        part = replay(Path(scratch) / "part", known, end=last if shorter else END)
        assert lines(part, last) == lines(whole, last)


@settings(max_examples=1, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    """The same rows in another order give the same files, byte for byte."""
    rows = stream(seed)
    turned = random.Random(seed + 1).sample(rows, len(rows))
    with TemporaryDirectory() as scratch:
        one, two = (replay(Path(scratch) / name, each) for name, each in (("a", rows), ("b", turned)))
        for name in (*FILES, "replay.json"):
            assert (one / name).read_bytes() == (two / name).read_bytes()


def test_several_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """Several blocks of platforms, read and judged here or elsewhere."""
    rows = stream(5, count=120)
    names = [*dict.fromkeys(("岚桥优贷", "澄江财富")), *(f"第{n:02d}号桐贷" for n in range(50)), "青浔金服"]
    one = replay(tmp_path / "one", rows, platforms=names)
    several = replay(tmp_path / "several", rows, platforms=names, workers=2)
    for name in (*FILES, "replay.json"):
        assert (one / name).read_bytes() == (several / name).read_bytes()


def test_the_stream_holds_what_could_look_ahead(tmp_path: Path) -> None:
    """The streams above have levels that rise and fall, surprises, a denial: an empty proof proves nothing."""
    out = replay(tmp_path, stream(1))
    flips = (out / "flips.csv").read_text("utf-8")
    assert "橙" in flips or "红" in flips
    assert "明显高于基线" in flips or "倍" in flips
    denied = [row for row in flips.splitlines() if row.startswith("澄江财富")]
    assert any(",橙," in row or ",红," in row for row in denied), flips
