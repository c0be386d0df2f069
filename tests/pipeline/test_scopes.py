"""The warning stage and the replay judge a platform by the constants of its own scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from db import write
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.thresholds_file import write_thresholds
from settings.loader import read_thresholds
from settings.models import LevelLines, Override, Overrides
from signals.model import day_start
from tests.mention_tables import THRESHOLDS
from tests.pipeline.conftest import NOW, PLATFORM, Rows
from tests.pipeline.test_in_force import add_version, days
from tests.pipeline.test_stages import bring, complaint

SENSITIVE = Override(
    lines=LevelLines(
        blue=THRESHOLDS.blue.model_copy(update={"enter": 2.0, "need_days": 1}),
        yellow=THRESHOLDS.yellow,
        orange=THRESHOLDS.orange,
        red=THRESHOLDS.red,
        leave_margin=1.0,
    )
)


@pytest.mark.parametrize(
    ("overrides", "level"),
    [
        (Overrides(), "正常"),
        (Overrides(platform={PLATFORM.id: SENSITIVE}), "蓝"),
        (Overrides(category={PLATFORM.category: SENSITIVE}), "蓝"),
        (Overrides(category={"另一类": SENSITIVE}, platform={"another": SENSITIVE}), "正常"),
    ],
    ids=["none", "platform", "class", "others"],
)
def test_the_stage_goes_by_the_scope(
    workplace: Workplace, table: Callable[[Rows], Path], overrides: Overrides, level: str
) -> None:
    """One complaint is far from blue, but not where blue begins at 2; each day names the version that decided it."""
    bring(workplace, table([complaint(1, date(2026, 3, 9))]))
    number = add_version(workplace, day_start(date(2026, 3, 9)), overrides=overrides)
    with workplace.database.writing() as session:
        write.add_pending(session, "warn", [(PLATFORM.id, date(2026, 3, 7))])
    carry(workplace, NOW + timedelta(minutes=5), silent)
    after = days(workplace).set_index("day")
    assert (after["level"][date(2026, 3, 9)], after["threshold_version"][date(2026, 3, 9)]) == (level, number)
    assert after["threshold_version"][date(2026, 3, 8)] == 1


def test_a_thresholds_file_keeps_its_exceptions(tmp_path: Path) -> None:
    """Names of classes are quoted; what a scope does not have of its own is not written."""
    whole = THRESHOLDS.model_copy(
        update={
            "overrides": Overrides(
                category={'网贷"一"类.甲': SENSITIVE},
                platform={"a": Override(weights={"R": 1.0}, floors=dict(THRESHOLDS.floors))},
            )
        }
    )
    path = tmp_path / "t.toml"
    write_thresholds(path, whole, ["说明"])
    assert read_thresholds(path) == whole
