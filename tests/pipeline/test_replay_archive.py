"""The sample archive through the replay: its four crises are warned of in time, its false rumour is not believed."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from collectors.sources.sample_archive.generate import EXPECTED, documents, platforms
from collectors.sources.sample_archive.truth import DAYS, Crisis
from settings.models import Platform
from signals.model import Kind, day_end
from tests.pipeline.streams import Row, replay, values

ANCHOR = date(2026, 3, 1)
WARNED = {"橙", "红"}
NAMES = {platform.id: platform.name for platform in platforms(ANCHOR)}


def row_of(told: dict[str, object]) -> Row:
    """An archive row as a row of DOCS."""
    names = ("id", "published_at", "first_seen_at", "kind", "publisher", "title", "text", "author", "channel")
    row = {name: str(told.get(name) or "") for name in (*names, "subject")}
    return row | {
        "source": "archive",
        "official": "1" if told["official"] else "0",
        "reach": str(told["reach"]),
    }


def aliases(platform: Platform) -> str:
    """All names but the platform's own, as PLATFORMS lists them."""
    told = (*platform.full, *platform.brand, *platform.legal_entities, *platform.old_names)
    return ";".join(
        name for name in (*told, *(each.text for each in platform.ambiguous)) if name != platform.name
    )


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """index_values.csv of the whole archive, all kinds configured."""
    folder = tmp_path_factory.mktemp("archive")
    rows = [row_of(told) for told in documents(ANCHOR, day_end(ANCHOR))]
    listed = [{"platform": each.name, "aliases": aliases(each)} for each in platforms(ANCHOR)]
    start = ANCHOR - timedelta(days=DAYS - 1)
    out = replay(folder, rows, listed=listed, start=start, end=ANCHOR, kinds=tuple(Kind))
    return values(out)


def shown(levels: pd.DataFrame, platform_id: str, first: int, last: int) -> set[str]:
    """The levels of a platform on the days from `first` to `last`, as offsets from the anchor day."""
    days = [(ANCHOR + timedelta(days=n)).isoformat() for n in range(first, last + 1)]
    of = levels[(levels["platform"] == NAMES[platform_id]) & levels["day"].isin(days)]
    assert len(of) == len(days)
    return set(of["level"])


@pytest.mark.parametrize("crisis", EXPECTED.crises, ids=lambda crisis: crisis.platform_id)
def test_red_or_orange_stands_before_the_failure(levels: pd.DataFrame, crisis: Crisis) -> None:
    """After the first sign and before the platform stopped paying (its worst day, where it goes on operating)."""
    failure = crisis.climax if crisis.public_failure is None else crisis.public_failure
    assert shown(levels, crisis.platform_id, crisis.first_sign, failure - 1) & WARNED


def test_the_rumour_is_not_believed_once_it_was_cleared(levels: pd.DataFrame) -> None:
    """Whatever the day of the claim showed: from the day on which the supervisor clears it no orange stands."""
    rumour = EXPECTED.rumour
    assert not shown(levels, rumour.platform_id, rumour.cleared, 0) & WARNED


@pytest.mark.parametrize("platform_id", EXPECTED.calm)
def test_ordinary_trouble_is_no_crisis(levels: pd.DataFrame, platform_id: str) -> None:
    """Platforms that play ordinary days raise no orange in the last 120 days."""
    assert not shown(levels, platform_id, -120, 0) & WARNED


def test_a_gap_in_the_data_is_named_by_runs(levels: pd.DataFrame) -> None:
    """Without RUNS every day counts as observed: the archive's gap reads as calm, which is why RUNS exists."""
    first, last = EXPECTED.gap
    days = [(ANCHOR + timedelta(days=n)).isoformat() for n in range(first, last + 1)]
    assert (levels[levels["day"].isin(days)]["coverage"] == 1).all()
