"""METHOD section 6 by hand: tiny replays in which every hit, lead time and false alarm can be counted on paper."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from signals.evaluation.evaluate import Evaluation, Plan, evaluate
from signals.evaluation.failures import lay
from signals.evaluation.grid import RepeatedDay, grid
from signals.model import Level
from tests.signals.replays import failed, frame, on, replay

FAST = Plan(draws=0, random_draws=2)


def judged(platforms: dict[str, str], listed: pd.DataFrame, plan: Plan = FAST) -> Evaluation:
    """The evaluation without baselines and without intervals."""
    return evaluate(replay(platforms), listed, None, plan)


def figure(done: Evaluation, metric: str, method: str = "trustwatch") -> float:
    """One value."""
    rows = done.figures
    return float(rows.loc[(rows["method"] == method) & (rows["metric"] == metric), "value"].iloc[0])


def test_an_episode_1_to_90_days_before_a_failure_is_a_hit() -> None:
    """Its start gives the lead time; it need not stand any more."""
    done = judged({"甲": "n" * 10 + "ooo" + "n" * 187}, failed(("甲", 40)))
    assert figure(done, "pod") == 1
    assert figure(done, "lead_median") == 30
    assert figure(done, "false_alarms") == 0
    assert done.episodes["outcome"].tolist() == ["hit"]
    assert done.episodes[["start", "end", "days"]].iloc[0].tolist() == [on(10), on(12), 3]


@pytest.mark.parametrize(
    ("gap", "hit"), [(0, False), (1, True), (90, True), (91, False)], ids=lambda value: str(value)
)
def test_the_window_is_1_to_90_days(gap: int, hit: bool) -> None:
    """The day of the failure is too late, the 91st day before it too early for an episode that has ended."""
    done = judged({"甲": "n" * 10 + "oo" + "n" * 288}, failed(("甲", 10 + gap)))
    assert figure(done, "pod") == float(hit)
    assert figure(done, "false_alarms") == (1 if gap == 91 else 0)


def test_an_older_episode_counts_if_it_still_stands() -> None:
    """A hit with the lead time capped and counted apart; by definition a false alarm as well."""
    done = judged({"甲": "n" * 10 + "o" * 140 + "n" * 150}, failed(("甲", 130)))
    assert figure(done, "pod") == 1
    assert figure(done, "lead_median") == 90
    assert figure(done, "lead_over_90") == 1
    assert figure(done, "early_episodes") == figure(done, "false_alarms") == 1
    assert done.episodes["outcome"].tolist() == ["early"]


def test_an_older_episode_that_ended_is_a_false_alarm_and_a_miss() -> None:
    """It ended two days before the failure, which therefore came without a warning."""
    done = judged({"甲": "n" * 10 + "o" * 118 + "nn" + "n" * 170}, failed(("甲", 130)))
    assert figure(done, "pod") == 0
    assert done.episodes["outcome"].tolist() == ["false_alarm"]


def test_the_earliest_of_several_hits_gives_the_lead_time() -> None:
    """Every episode in the window is a hit; the first one was the warning."""
    done = judged({"甲": "n" * 10 + "oo" + "n" * 20 + "oo" + "n" * 166}, failed(("甲", 50)))
    assert figure(done, "lead_median") == 40
    assert done.episodes["outcome"].tolist() == ["hit", "hit"]


def test_false_alarms_are_counted_per_platform_year_of_exposure() -> None:
    """Two platforms, 200 observed days each: one false alarm in 400 days."""
    done = judged({"甲": "n" * 20 + "oo" + "n" * 178, "乙": "n" * 200}, failed(("丙", 10)))
    assert figure(done, "exposure_days") == 400
    assert figure(done, "false_alarms_per_platform_year") == pytest.approx(365.25 / 400)
    assert figure(done, "alarm_day_share") == pytest.approx(2 / 400)


def test_exposure_ends_the_day_before_the_failure_and_leaves_grey_days_out() -> None:
    """100 days, 5 of them grey, failure on day 60: 60 - 5 days."""
    done = judged({"甲": "n" * 10 + "?" * 5 + "n" * 85}, failed(("甲", 60)))
    assert figure(done, "exposure_days") == 55


def test_an_alarm_near_the_end_of_the_replay_is_undecided() -> None:
    """Nobody knows yet whether a failure follows: neither hit nor false alarm, reported apart."""
    done = judged({"甲": "n" * 50 + "oo" + "n" * 48}, failed(("乙", 10)))
    assert figure(done, "false_alarms") == 0
    assert figure(done, "undecided_episodes") == 1
    assert figure(done, "false_alarms_per_platform_year_upper") == pytest.approx(365.25 / 100)


def test_ninety_days_after_the_start_decide() -> None:
    """The 90th day is the replay's last: decided; one day later: not."""
    assert figure(judged({"甲": "n" * 10 + "oo" + "n" * 89}, failed(("乙", 1))), "false_alarms") == 1
    assert figure(judged({"甲": "n" * 10 + "oo" + "n" * 88}, failed(("乙", 1))), "false_alarms") == 0


def test_an_alarm_after_the_failure_counts_for_nothing() -> None:
    """It is listed, and neither hit nor false alarm."""
    done = judged({"甲": "n" * 20 + "o" * 180}, failed(("甲", 20)))
    assert done.episodes["outcome"].tolist() == ["late"]
    assert figure(done, "episodes") == figure(done, "false_alarms") == figure(done, "pod") == 0


def test_grey_neither_ends_nor_begins_an_episode() -> None:
    """Orange, grey, orange is one episode; grey alone is none; orange, grey, yellow ends with the yellow day."""
    one = judged({"甲": "n" * 5 + "oo???oo" + "n" * 188}, failed(("乙", 1)))
    assert one.episodes[["start", "end"]].iloc[0].tolist() == [on(5), on(11)]
    two = judged({"甲": "n" * 5 + "oo???y" + "n" * 188}, failed(("乙", 1)))
    assert two.episodes["end"].tolist() == [on(9)]
    assert judged({"甲": "?" * 200}, failed(("乙", 1))).episodes.empty


def test_an_episode_behind_grey_still_stands() -> None:
    """Grey hides a level and does not lift it: the warning of day 5 is out when the platform fails on day 110."""
    done = judged({"甲": "n" * 5 + "oo" + "?" * 193}, failed(("甲", 110)))
    assert figure(done, "pod") == 1
    assert done.failures["level_on_eve"].tolist() == ["数据不足"]


def test_a_day_without_a_row_is_not_observed() -> None:
    """As grey: no exposure, no end of an episode."""
    done = judged({"甲": "n" * 5 + "oo   oo" + "n" * 88, "乙": "n" * 100}, failed(("丙", 1)))
    assert figure(done, "episodes") == 1
    assert figure(done, "exposure_days") == 97 + 100


def test_pod_counts_failures_of_observed_platforms_only() -> None:
    """Always grey before the failure: not judged, and said so."""
    done = judged({"甲": "?" * 50 + "n" * 150, "乙": "n" * 200}, failed(("甲", 40), ("乙", 100)))
    assert figure(done, "failures") == 1
    assert figure(done, "pod") == 0
    assert done.failures["status"].tolist() == ["not_observed", "judged"]


def test_every_row_of_the_list_keeps_its_line_and_its_reason_for_not_counting() -> None:
    """Unknown platform, second failure, before the replay, after it; the day after the last still counts."""
    listed = failed(("丁", 5), ("甲", 90), ("甲", 50), ("乙", 0), ("丙", 101), ("戊", 100))
    done = judged(dict.fromkeys("甲乙丙戊", "n" * 100), listed)
    assert done.failures["status"].tolist() == [
        "unknown_platform", "repeated", "judged", "before_replay", "after_replay", "judged",
    ]  # fmt: skip
    assert figure(done, "failures") == 2


def test_a_platform_that_failed_before_the_replay_gives_no_exposure() -> None:
    """Its alarms are aftermath."""
    done = judged({"甲": "o" * 100, "乙": "n" * 100}, failed(("甲", -3)))
    assert figure(done, "exposure_days") == 100
    assert figure(done, "episodes") == 0


def test_names_are_matched_without_width_and_case() -> None:
    """58Money in the list is 58money in the replay, unless two platforms would read alike."""
    one = lay(failed(("５８Money ", 50)), replay({"58money": "n" * 100}))
    assert one.rows["status"].tolist() == ["judged"]
    two = lay(failed(("58MONEY", 50)), replay({"58money": "n" * 100, "58Money": "n" * 100}))
    assert two.rows["status"].tolist() == ["unknown_platform"]


def test_the_line_of_alarm_can_be_another_level() -> None:
    """From yellow on, the yellow days count too."""
    replay_ = {"甲": "n" * 10 + "y" * 5 + "o" * 5 + "n" * 180}
    done = judged(replay_, failed(("甲", 40)), Plan(level=Level.YELLOW, draws=0, random_draws=2))
    assert figure(done, "lead_median") == 30
    assert figure(judged(replay_, failed(("甲", 40))), "lead_median") == 25


def test_each_type_of_failure_has_its_own_pod() -> None:
    """Two of 跑路, one of them warned of; a reason that is not given is called so."""
    warned, calm = "n" * 10 + "oo" + "n" * 188, "n" * 200
    listed = failed(("甲", 30, "跑路"), ("乙", 30, "跑路"), ("丙", 30))
    done = judged({"甲": warned, "乙": calm, "丙": calm}, listed)
    assert figure(done, "pod[跑路]") == 0.5
    assert figure(done, "lead_median[跑路]") == 20
    assert figure(done, "pod[未注明]") == 0


def test_quartiles_of_the_lead_time() -> None:
    """Leads 10, 20, 30, 40 and 50 days."""
    platforms = {str(n): "n" * 10 + "oo" + "n" * 188 for n in range(1, 6)}
    done = judged(platforms, failed(*((str(n), 10 + 10 * n) for n in range(1, 6))))
    quartiles = [figure(done, name) for name in ("lead_q1", "lead_median", "lead_q3")]
    assert quartiles == [20, 30, 40]


def test_platform_weeks_by_hand() -> None:
    """22 weeks and a day. Failure on day 42: weeks 0..4 end 36..8 days before it, week 5 one day before; later weeks
    are left out. The calm platform keeps the weeks whose 90 days lie within the replay: those ending by day 64."""
    done = judged({"甲": "n" * 35 + "o" * 7 + "n" * 113, "乙": "n" * 155}, failed(("甲", 42)))
    assert figure(done, "platform_weeks") == 6 + 9
    assert figure(done, "prevalence") == pytest.approx(6 / 15)
    assert figure(done, "week_hit_rate") == pytest.approx(1 / 6)
    assert figure(done, "week_false_rate") == 0
    assert figure(done, "auroc") == pytest.approx((1 + 5 * 0.5) / 6)  # one above all, five tied with all


def test_noise_to_signal_and_usefulness_by_hand() -> None:
    """Six weeks before the failure, three of them in alarm; 18 others, two in alarm."""
    platforms = {"甲": "n" * 21 + "o" * 21 + "n" * 113, "乙": "o" * 14 + "n" * 141, "丙": "n" * 155}
    done = judged(platforms, failed(("甲", 42)))
    hit, false = 3 / 6, 2 / 18
    assert figure(done, "nsr") == pytest.approx(false / hit)
    weeks, mu = 24, 0.7
    loss = mu * 3 / weeks + (1 - mu) * 2 / weeks
    best = min(mu * 6 / weeks, (1 - mu) * 18 / weeks)
    assert figure(done, "usefulness@0.7") == pytest.approx((best - loss) / best)


def test_baselines_get_as_many_alarm_days_as_ours() -> None:
    """Ours is in alarm on 8 days; the count exceeds zero on one day, which stands 7 days in the sum of a week and
    6 more until it ends."""
    grid_ = replay({"甲": "n" * 20 + "o" * 13 + "n" * 167, "乙": "n" * 200})
    counted = frame({"甲": "n" * 200, "乙": "n" * 200})[["platform", "day"]].assign(
        negative_count=0, complaint_count=0, snownlp_mean=math.nan
    )
    counted.loc[(counted["platform"] == "乙") & (counted["day"] == on(50)), "negative_count"] = 3
    done = evaluate(grid_, failed(("乙", 60)), counted, FAST)
    assert figure(done, "alarm_day_share") == figure(done, "episodes") * 13 / 260
    assert figure(done, "pod", "negative_count") == 1
    assert figure(done, "lead_median", "negative_count") == 10
    assert figure(done, "pod") == figure(done, "pod", "snownlp_mean") == 0


def test_sentiment_counts_where_it_is_low_and_silence_is_no_alarm() -> None:
    """Nothing sampled gives the lowest score."""
    grid_ = replay({"甲": "n" * 20 + "o" * 13 + "n" * 167, "乙": "n" * 200})
    counted = frame({"乙": "n" * 200})[["platform", "day"]].assign(
        negative_count=0, complaint_count=0, snownlp_mean=math.nan
    )
    counted.loc[counted["day"] == on(40), "snownlp_mean"] = 0.9
    counted.loc[counted["day"] == on(50), "snownlp_mean"] = 0.1
    done = evaluate(grid_, failed(("乙", 65)), counted, FAST)
    assert figure(done, "lead_median", "snownlp_mean") == 15
    assert figure(done, "episodes", "snownlp_mean") == 1


def test_chance_finds_what_its_share_of_days_lets_it_find() -> None:
    """One episode of one day on 100 exposed days of two platforms; the failing one gives 50 days, all within 90
    of the failure: half of the draws hit."""
    grid_ = replay({"甲": "n" * 50, "乙": "n" * 20 + "o" + "n" * 29})
    done = evaluate(grid_, failed(("甲", 50)), None, Plan(draws=0, random_draws=2000))
    assert figure(done, "pod", "random") == pytest.approx(0.5, abs=0.05)
    assert figure(done, "auroc", "random") == 0.5


def test_intervals_come_from_whole_platforms() -> None:
    """Ten failures on ten platforms, five warned of: the interval is that of ten draws, not of 2,000 days."""
    warned, calm = "n" * 10 + "oo" + "n" * 188, "n" * 200
    platforms = {str(n): warned if n % 2 else calm for n in range(10)}
    done = judged(platforms, failed(*((str(n), 40) for n in range(10))), Plan(draws=800, random_draws=2))
    row = done.figures.set_index(["method", "metric"]).loc[("trustwatch", "pod")]
    sd = math.sqrt(0.25 / 10)
    assert row["low"] == pytest.approx(0.5 - 1.96 * sd, abs=0.1)
    assert row["high"] == pytest.approx(0.5 + 1.96 * sd, abs=0.1)
    assert done.figures.set_index(["method", "metric"]).loc[("trustwatch", "hits"), "low"] != 0


def test_the_order_of_rows_does_not_matter() -> None:
    """Same bits from shuffled input, intervals included."""
    rows = frame({"甲": "n" * 10 + "oo" + "n" * 188, "乙": "n" * 200})
    listed, plan = failed(("甲", 40)), Plan(draws=20, random_draws=4)
    one = evaluate(grid(rows), listed, None, plan)
    two = evaluate(grid(rows.sample(frac=1, random_state=3)), listed, None, plan)
    pd.testing.assert_frame_equal(one.figures, two.figures, check_exact=True)


def test_two_rows_of_one_day_are_refused() -> None:
    """Which of them would count is a guess."""
    rows = frame({"甲": "nn"})
    with pytest.raises(RepeatedDay, match=r"甲.*2018-01-01"):
        grid(pd.concat([rows, rows.head(1)]))


def test_nothing_to_divide_by_is_not_zero() -> None:
    """No failure: POD and lead time are unknown."""
    done = judged({"甲": "n" * 200}, failed(("乙", 3)))
    assert np.isnan(figure(done, "pod"))
    assert np.isnan(figure(done, "lead_median"))
    assert np.isnan(figure(done, "auroc"))
