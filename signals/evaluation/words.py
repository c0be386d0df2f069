"""The figures in words: one place for the command's table, the page and the exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from signals.evaluation.baselines import DAYS
from signals.evaluation.evaluate import OURS, RANDOM
from signals.evaluation.outcomes import HORIZON, Outcome

METHOD_NAMES = {
    OURS: "本系统",
    "negative_count": "负面条数",
    "snownlp_mean": "SnowNLP 均值",
    "complaint_count": "投诉条数",
    RANDOM: "随机预警",
}
METHOD_HINTS = {
    OURS: "显示的预警等级；排序用 T",
    "negative_count": f"近 {DAYS} 天负面文本条数之和，达到阈值即预警，低于阈值满 7 天解除；阈值使预警天数与本系统相同",
    "snownlp_mean": f"1 − 近 {DAYS} 天 SnowNLP 情感均值，阈值同样确定",
    "complaint_count": f"近 {DAYS} 天投诉条数之和，阈值同样确定",
    RANDOM: "与本系统同样多、同样长的预警随机放在被观测的平台日上，多次平均；区间为随机波动的 95% 范围",
}


class Metric(NamedTuple):
    """`kind`: share (percentage) | rate (two decimals) | days (one decimal) | count | area (three decimals)."""

    name: str
    label: str
    kind: str
    hint: str = ""


WARNED = (
    Metric("failures", "参评出险（家）", "count", "出险前曾被观测、出险日在回放期内的平台"),
    Metric("hits", "命中（家）", "count"),
    Metric("pod", "命中率 POD", "share", f"出险前 1–{HORIZON} 天内开始预警，或更早开始且仍未解除"),
    Metric("lead_median", "提前天数 中位数", "days", f"从预警开始到出险；以 {HORIZON} 天封顶"),
    Metric("lead_q1", "提前天数 下四分位", "days"),
    Metric("lead_q3", "提前天数 上四分位", "days"),
    Metric("lead_over_90", f"其中提前超过 {HORIZON} 天（次）", "count", "单独计数，见“过早”"),
)
COST = (
    Metric("exposure_days", "观测平台日", "count", "出险之前、非数据不足的天数"),
    Metric("episodes", "预警次数", "count", "出险之前开始的"),
    Metric("false_alarms", "误报（次）", "count", f"开始后 {HORIZON} 天内没有出险"),
    Metric(
        "early_episodes", "其中过早（次）", "count", f"早于出险 {HORIZON} 天开始且未解除：既计命中也计误报"
    ),
    Metric("undecided_episodes", "未决（次）", "count", f"开始后 {HORIZON} 天超出回放期，尚不能判定"),
    Metric("false_alarms_per_platform_year", "误报 / 平台年", "rate", "未决的不计"),
    Metric("false_alarms_per_platform_year_upper", "误报 / 平台年（上限）", "rate", "未决的全部计为误报"),
    Metric("episodes_per_platform_year", "预警次数 / 平台年", "rate"),
    Metric("alarm_day_share", "预警天数占比", "share", "各方法按此对齐；计数有并列值，未必完全相等"),
)
RANKED = (
    Metric("platform_weeks", "平台周", "count"),
    Metric("prevalence", f"其中 {HORIZON} 天内出险", "share"),
    Metric("auroc", "AUROC", "area", "任取一个出险前的平台周与一个不出险的，前者分数更高的概率；0.5 为随机"),
    Metric("auprc", "AUPRC", "area", "平均精度；随机时等于出险占比"),
    Metric("week_hit_rate", "预警的出险前周占比", "share"),
    Metric("week_false_rate", "预警的平常周占比", "share"),
    Metric("nsr", "噪声信号比 NSR", "rate", "后者除以前者；小于 1 好于随机，越小越好"),
)
GROUPS = (("预警得早不早", WARNED), ("代价有多大", COST), ("排序准不准（平台周）", RANKED))
OUTCOME_NAMES = {
    Outcome.HIT.value: "命中",
    Outcome.EARLY.value: "过早",
    Outcome.FALSE.value: "误报",
    Outcome.UNDECIDED.value: "未决",
    Outcome.LATE.value: "出险后",
}
STATUS_NAMES = {
    "judged": "参评",
    "unknown_platform": "不在回放名单中",
    "repeated": "后续记录",
    "before_replay": "回放前已出险",
    "after_replay": "回放后出险",
    "not_observed": "从未被观测",
}
NONE = "—"
SMALL = 0.1
"""Shares below it are told with a decimal in their interval."""
FEW = 30
"""Failures below which the interval says more than the figure."""
_DIGITS = {"rate": 2, "days": 1, "area": 3}


WIDE = 100.0
"""Usefulness with an end beyond this has no decimals: it would push others out of the table."""


def told(value: float, kind: str) -> str:
    """A figure as people read it; — where there is none."""
    if value != value:
        return NONE
    if kind == "share":
        return f"{value:.1%}"
    if kind == "count":
        return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"
    return f"{value:.{_DIGITS[kind]}f}"


def told_with_interval(value: float, low: float, high: float, kind: str) -> str:
    """A figure with its 95 % interval in brackets, where there is one."""
    if value != value or low != low or high != high or kind == "count":
        return told(value, kind)
    if kind == "share":
        digits = 1 if high < SMALL else 0
        return f"{value:.1%} [{100 * low:.{digits}f}~{100 * high:.{digits}f}%]"
    digits = {"rate": 2, "days": 0, "area": 2}[kind]
    if kind == "area" and max(abs(low), abs(high)) >= WIDE:
        return f"{value:.0f} [{low:.0f}~{high:.0f}]"
    return f"{told(value, kind)} [{low:.{digits}f}~{high:.{digits}f}]"


def limits(ours: Mapping[str, float], draws: int, counted: bool) -> list[str]:
    """What the figures cannot say, in sentences.

    Args: ours: metric -> value of this system; draws: of the bootstrap; counted: whether baselines.csv was there.
    """
    judged, undecided = int(ours.get("failures", 0)), int(ours.get("undecided_episodes", 0))
    found = [f"方括号内为 95% 自助法区间（按平台抽样 {draws} 次）；随机预警一列为随机波动的范围。"]
    if judged == 0:
        found.append("没有一家出险平台可以参评：命中率与提前天数无从谈起。")
    elif judged < FEW:
        found.append(f"参评出险只有 {judged} 家：请看区间，不要看单个数字。")
    if undecided:
        found.append(
            f"{undecided} 次预警距回放结束不足 {HORIZON} 天，未决；真实误报率在两行“误报 / 平台年”之间。"
        )
    if not counted:
        found.append("回放文件夹中没有 baselines.csv：只能与随机预警比较。")
    found.append("出险日期是公布日期；平台在公布前可能早已停止兑付，提前天数因此偏长。")
    return found
