"""Backtests on invented figures: nothing is known too early, and the tables say what they leave out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.backtests import __main__ as command
from pipeline.backtests import checked, industry, panel, panel_data, texts
from pipeline.backtests.panel_data import INVESTORS, Panel, ranks, read_panel, with_features
from signals.calendar import day_number

SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "data"
MONTHS = pd.date_range("2017-09-30", periods=6, freq="ME")


def figures(platforms: int = 6, seed: int = 1) -> pd.DataFrame:
    """Monthly rows in the columns of the source: platform n offers 8 + n %, and has n borrowers."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(platforms):
        for month in MONTHS:
            row: dict[str, object] = {
                "name": f"虚构{n}",
                "day": month,
                "wdzj_plat_id": n,
                "background": "民营系",
            }
            row |= {name: float(rng.integers(50, 100)) for name in INVESTORS}
            row |= {name: float(n) for name in panel_data.BORROWERS}
            row |= dict.fromkeys(panel_data.YIELDS, 8.0 + n)
            row |= dict.fromkeys(panel_data.TURNOVER, 100.0)
            row |= {"top_ten_borrower_to_repay": 10.0, "top_ten_investor_to_receice": 10.0}
            rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six platforms; one fails on 2018-01-05, one on 2017-11-10, the day on which figures become known."""
    figures().to_csv(tmp_path / panel_data.PANEL, index=False)
    listed = pd.DataFrame(
        {"problem_date": ["2018-01-05", "2017-11-10", "2018-02-01"], "platform": ["虚构5", "虚构0", "虚构5"]}
    )
    listed.to_csv(tmp_path / panel_data.FAILURES, index=False)
    return tmp_path


def test_a_month_is_known_ten_days_after_its_end_and_a_failed_platform_is_gone(folder: Path) -> None:
    """The first failure counts; rows from the day of the failure on are left out."""
    found = read_panel(folder)
    rows = found.rows
    assert (rows["known"] - rows["month"]).dt.days.unique().tolist() == [10]
    assert rows.loc[rows["platform"] == "虚构0", "month"].dt.strftime("%Y-%m").tolist() == ["2017-09"]
    assert rows.loc[rows["platform"] == "虚构5", "month"].max() == pd.Timestamp("2017-11-30")
    labels = pd.Series(found.labels(90), index=[rows["platform"], rows["month"].dt.strftime("%Y-%m")])
    assert labels["虚构5"].tolist() == [True, True, True]
    assert labels["虚构0"].tolist() == [True]
    assert not labels["虚构3"].any()


def test_features_rest_on_the_past_alone() -> None:
    """Cutting the later months off changes no earlier feature; ranks use their own month only."""
    rows = figures().rename(columns={"name": "platform"}).sort_values(["platform", "day"])
    rows["month"] = rows["day"]
    whole, part = with_features(rows), with_features(rows[rows["day"] <= MONTHS[3]])
    names = list(panel_data.FEATURES)
    pd.testing.assert_frame_equal(whole[whole["day"] <= MONTHS[3]][names], part[names])
    pd.testing.assert_frame_equal(ranks(whole)[whole["day"] <= MONTHS[3]], ranks(part))


def test_age_and_background_are_no_features() -> None:
    """Both are known after the fact only."""
    assert not {"online_date", "background"} & set(panel_data.FEATURES)


def judged(label: list[bool], months: list[int]) -> panel.Judge:
    """A judge of rows whose platforms fail as told; each row its own platform."""
    known = [pd.Timestamp("2018-01-10") + pd.Timedelta(days=31 * month) for month in months]
    rows = pd.DataFrame(
        {
            "platform": [str(n) for n in range(len(label))],
            "month": months,
            "known": known,
            "failed": [
                day + pd.Timedelta(days=5) if bad else pd.NaT for day, bad in zip(known, label, strict=True)
            ],
        }
    )
    return panel.Judge(Panel(rows), 90)


def test_auroc_within_months_compares_platforms_of_one_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months with opposite levels of the score: within each the order is right, pooled it is not."""
    monkeypatch.setattr(panel_data, "LEAST", 1)
    judge = judged([True, False, True, False], [0, 0, 1, 1])
    scores = np.array([9.0, 8.0, 2.0, 1.0])
    assert judge.within(scores) == 1
    assert panel.Ranking(judge.label, scores).areas()[0] == 0.75


def test_bulk_entry_days_are_not_observed_and_days_without_a_row_are_calm(tmp_path: Path) -> None:
    """NaN and 0; the alarm falls on the day that stands out."""
    first = industry.FIRST
    rng = np.random.default_rng(5)
    days = [first + timedelta(days=n) for n in range(1500)]
    counts = {day: int(n) for day, n in zip(days, rng.poisson(1.0, len(days)), strict=True) if n}
    counts[date(2016, 8, 10)] = 120
    counts[date(2017, 6, 7)] = 30
    table = pd.DataFrame({"problem_date": list(counts), "count": list(counts.values())})
    table.to_csv(tmp_path / industry.COUNTS, index=False)
    found, numbers = industry.series(tmp_path)
    assert np.isnan(found[numbers == day_number(date(2016, 8, 10))]).all()
    quiet = next(day for day in days if day not in counts)
    assert found[numbers == day_number(quiet)].tolist() == [0]
    alarm, _ = industry.judged("farrington", found, numbers, 182)
    assert alarm[day_number(date(2017, 6, 7)) - int(numbers[182])]
    assert not alarm[day_number(date(2016, 8, 10)) - int(numbers[182])]


def test_runs_of_alarm_days_end_after_a_week() -> None:
    """Seven days apart is one run, eight are two."""
    alarm = np.zeros(30, dtype=bool)
    alarm[[1, 8, 16, 17]] = True
    assert industry._runs(alarm) == [(1, 8), (16, 17)]


def test_a_backtest_without_its_files_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Skipped, not failed: the material is not part of the product."""
    command.main(["industry", "--data", str(tmp_path)])
    assert "skipped:" in capsys.readouterr().out


def test_an_unknown_backtest_ends_with_the_known_ones() -> None:
    """No silent nothing."""
    with pytest.raises(SystemExit, match="panel、industry、texts"):
        command.main(["weather"])


def test_every_row_read_by_hand_has_one_judgement() -> None:
    """No id in two groups."""
    ids = [one for _, group in checked.GROUPS for one in group]
    assert len(ids) == len(set(ids))


@pytest.mark.skipif(not (SHARED / texts.TEXTS).is_file(), reason="the development data are not there")
def test_all_rows_with_a_lead_were_read() -> None:
    """Each of the rows with 1 to 90 days has a judgement."""
    rows = pd.read_csv(SHARED / texts.TEXTS)
    window = rows[(rows["lead_days"] >= 1) & (rows["lead_days"] <= 90)]
    ids = {one for _, group in checked.GROUPS for one in group}
    assert set(window["id"].astype(str)) == ids


@pytest.mark.skipif(not (SHARED / panel_data.PANEL).is_file(), reason="the development data are not there")
def test_the_ranking_reaches_its_goal_on_the_development_panel() -> None:
    """At least .70 within months at both horizons, learning nothing."""
    found = read_panel(SHARED)
    for horizon in panel.HORIZONS:
        judge = panel.Judge(found, horizon)
        assert judge.within(judge.of(panel.yield_and_borrowers(found, horizon))) >= 0.70
