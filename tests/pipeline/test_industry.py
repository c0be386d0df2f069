"""The rows of the industry: from the first day touched on, kept apart from every list of platforms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from db import read, write
from pipeline.commands.stages import carry
from pipeline.indicators import csv_rows, import_rows
from pipeline.prepare import Workplace
from pipeline.progress import silent
from settings.models import INDUSTRY, INDUSTRY_DEMO, Platform
from tests.pipeline.conftest import NOW, PLATFORM, Rows
from tests.pipeline.test_stages import bring, complaint, row

TODAY = date(2026, 3, 10)
OTHER = Platform(id="yunqiao", name="云峤财富", category="网贷", brand=("云峤财富",))
Table = Callable[[Rows], Path]


@pytest.fixture
def two(workplace: Workplace) -> Workplace:
    """A second platform beside the first."""
    with workplace.database.writing() as session:
        write.load_platforms(session, [OTHER], now=NOW, who="test", evidence=None)
    return workplace


def other(number: int, day: date) -> dict[str, str]:
    return {**complaint(number, day), "text": f"云峤财富无法提现，已等待{number}天，编号{number}"}


def values(workplace: Workplace, index_id: str, start: date, end: date = TODAY) -> pd.DataFrame:
    with workplace.database.reading() as session:
        found = read.index_values(session, INDUSTRY, start, end)
    return found[found["index_id"] == index_id].set_index("day")


def test_the_industry_counts_all_platforms(two: Workplace, table: Table) -> None:
    """Complaints about two platforms on one day: the industry has the count of both, a level, and its state."""
    day = date(2026, 3, 8)
    bring(two, table([complaint(n, day) for n in range(1, 4)] + [other(n, day) for n in range(10, 15)]))
    assert values(two, "C", day, day)["count"].tolist() == [8]
    with two.database.reading() as session:
        found = read.platform_days(session, INDUSTRY, day, TODAY)
        singles = [read.index_values(session, name, day, day) for name in (PLATFORM.id, OTHER.id)]
    assert list(found["day"]) == [day + timedelta(n) for n in range(3)]
    assert found["provisional"].tolist() == [False, False, True]
    parts = [float(one.set_index("index_id")["accumulated"]["C"]) for one in singles]
    assert values(two, "C", day, day)["accumulated"].iloc[0] == pytest.approx(sum(parts))


def test_only_days_from_the_first_touched_on_are_computed_again(two: Workplace, table: Table) -> None:
    """A complaint of today leaves the industry's rows of yesterday in their version."""
    bring(two, table([complaint(n, date(2026, 3, 8)) for n in range(1, 4)]))
    before = values(two, "C", date(2026, 3, 8))["as_of"]
    later = NOW + timedelta(minutes=5)
    bring(two, table([other(20, TODAY)]), later)
    after = values(two, "C", date(2026, 3, 8))["as_of"]
    assert after.drop(TODAY).equals(before.drop(TODAY, errors="ignore"))
    assert after[TODAY] == pd.Timestamp(later)


def test_a_turn_without_news_writes_nothing(two: Workplace, table: Table) -> None:
    """The industry's own work list is cleared like any other."""
    bring(two, table([complaint(1, date(2026, 3, 8))]))
    assert carry(two, NOW + timedelta(minutes=1), silent) == (0, 0, 0)


def test_midnight_decides_the_industry_too(two: Workplace, table: Table) -> None:
    """Yesterday becomes final and today begins, as for every platform."""
    bring(two, table([complaint(1, TODAY)]))
    carry(two, NOW + timedelta(days=1), silent)
    with two.database.reading() as session:
        found = read.platform_days(session, INDUSTRY, TODAY, TODAY + timedelta(1))
    assert found["provisional"].tolist() == [False, True]


def test_policy_counts_regulators_documents_whomever_they_name(two: Workplace, table: Table) -> None:
    """Three rules that name no platform, on two days: the week's count; a complaint is none of them."""
    texts = (
        "关于规范网络借贷信息中介机构业务活动的通知",
        "关于开展互联网金融风险专项整治的指导意见",
        "网络小额贷款业务管理办法征求意见稿",
    )
    rules = [
        row(n, date(2026, 3, 7 + n % 2), text, kind="regulatory", publisher="示例市金融监管局")
        for n, text in enumerate(texts)
    ]
    bring(two, table([*rules, complaint(50, date(2026, 3, 8))]))
    policy = values(two, "P", date(2026, 3, 7))
    assert policy["count"].to_dict() == {
        date(2026, 3, 7): 2,
        date(2026, 3, 8): 3,
        TODAY: 3,
    }


def test_a_late_regulators_document_counts_from_the_day_it_was_seen(two: Workplace, table: Table) -> None:
    """It touches that day and those after it, in the same turn."""
    bring(two, table([complaint(1, date(2026, 3, 6))]))
    rule = row(9, date(2026, 3, 2), "关于规范业务的通知", kind="regulatory", seen="2026-03-08")
    bring(two, table([rule]), NOW + timedelta(minutes=5))
    counts = values(two, "P", date(2026, 3, 7))["count"]
    assert counts.get(date(2026, 3, 7), 0) == 0
    assert counts[date(2026, 3, 8)] == counts[TODAY] == 1


def test_the_industry_is_in_no_list_of_platforms(two: Workplace, table: Table) -> None:
    """Watch list, overview, search, level changes and exports leave it out, unless it is asked for by its id."""
    bring(two, table([complaint(n, date(2026, 3, 7 + n % 2)) for n in range(1, 30)]))
    with two.database.reading() as session:
        listed = [one.id for one in read.watch_list(session)] + list(read.overview(session)["platform_id"])
        listed += list(read.flips(session)["platform_id"])
        listed += [one.id for one in read.search_platforms(session, "行业")]
        for name in ("index_values", "platform_days", "flips"):
            listed += [each["platform_id"] for each in read.rows(session, name)]
        asked = list(read.rows(session, "platform_days", platform_id=INDUSTRY))
        info = read.platform(session, INDUSTRY)
    assert not {INDUSTRY, INDUSTRY_DEMO} & set(map(str, listed))
    assert len(asked) > 0
    assert info is not None
    assert info.name == "全行业"


def test_demonstration_and_real_platforms_are_not_added_up(workplace: Workplace, table: Table) -> None:
    """The industry of real platforms knows nothing of fictional ones, and without these there is no second row."""
    bring(workplace, table([complaint(1, date(2026, 3, 8))]))
    with workplace.database.reading() as session:
        assert read.industry_ids(session) == {INDUSTRY: False}


def test_its_id_is_reserved() -> None:
    """No platform can take the place of the industry."""
    with pytest.raises(ValueError, match="全行业"):
        Platform(id=INDUSTRY, name="行业网", category="网贷")


def test_figures_of_the_industry_itself_feed_its_y(two: Workplace, tmp_path: Path) -> None:
    """全行业 is a platform of the import; its row follows, and no platform's does."""
    path = tmp_path / "figures.csv"
    months = pd.date_range("2025-04-30", "2026-02-28", freq="ME")
    lines = [
        f"全行业,逾期率,{month:%Y-%m-%d},{9 if month.month == 2 else 2},%,{month + pd.Timedelta(days=10):%Y-%m-%d}"
        for month in months
    ]
    path.write_text("平台,指标,期末,数值,单位,获知时间\n" + "\n".join(lines) + "\n", "utf-8")
    import_rows(two.database, two.settings, path.name, csv_rows(path), now=NOW)
    carry(two, NOW, silent)
    assert values(two, "Y", TODAY)["value"].iloc[0] > 50
    with two.database.reading() as session:
        assert "Y" not in set(read.index_values(session, PLATFORM.id, TODAY, TODAY)["index_id"])
