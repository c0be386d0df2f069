"""方法说明: what levels, indices and T mean, with the constants in force."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages import _data, _look, _parts, _words
from app_pages._look import Column
from settings.models import LevelRule, Thresholds
from signals.model import Level


def levels(thresholds: Thresholds, version: int) -> None:
    """The ladder with its thresholds."""
    st.header("等级怎样判定？", anchor=False)
    rules = {
        Level.RED: thresholds.red,
        Level.ORANGE: thresholds.orange,
        Level.YELLOW: thresholds.yellow,
        Level.BLUE: thresholds.blue,
    }
    rows = [
        [_look.badge(level), f"T ≥ {rule.enter:g}", _enters(rule), _leaves(rule, thresholds.leave_margin)]
        for level, rule in rules.items()
    ]
    rows.append(
        [
            _look.badge(Level.UNKNOWN),
            "覆盖率不足",
            "连续数日未观测到足够的指数",
            "恢复观测后继续，此前等级不丢失",
        ]
    )
    rows.append([_look.badge(Level.NORMAL), _words.NONE, "未达到任何一级", _words.NONE])
    columns = (
        Column("等级", "tight"),
        Column("进入", "tight"),
        Column("条件", "wide"),
        Column("离开", "wide"),
    )
    st.html(_look.table(columns, rows, "等级与阈值"))
    st.markdown(
        f"进入看 **T**，离开看 **T\\***（含记忆）；一次只降一级，上升可跳级。覆盖率低于 "
        f"{thresholds.coverage_min:.0%} 时不降级，{thresholds.coverage_hold_days} 天后转为数据不足。"
        f"当前阈值版本：第 {version} 版。\n\n"
        "四级颜色借用《突发事件应对法》的分级习惯，**仅为类比**：该法不适用于金融领域，"
        "本系统的等级不是任何监管机构发布的预警。"
    )


def _enters(rule: LevelRule) -> str:
    if rule.need_days == rule.window_days:
        return f"连续 {rule.need_days} 天"
    return f"{rule.window_days} 天中有 {rule.need_days} 天，含当天"


def _leaves(rule: LevelRule, margin: float) -> str:
    signed = "，且须有具名人员签署" if rule.sign_off else ""
    return f"T* < {rule.enter - margin:g}，满 {rule.leave_days} 天{signed}"


def indices(thresholds: Thresholds) -> None:
    """The sub-indices, what feeds them and their constants."""
    st.header("指数由什么构成？", anchor=False)
    columns = (Column("指数", "tight"), Column("来自", "wide"), Column("权重", "num"), Column("c", "num"),
               Column("平台期", "num"), Column("半衰期", "num"))  # fmt: skip
    rows = [
        [
            f"<b>{index.id}</b> {escape(index.name)}",
            "、".join(_words.KINDS[kind] for kind in index.kinds) or "数值指标",
            f"{thresholds.weights.get(index.id, 0):.2f}",
            f"{index.c:g}",
            f"{index.plateau_days} 天",
            f"{index.half_life_days:g} 天",
        ]
        for index in _data.settings().indices
    ]
    st.html(_look.table(columns, rows, "指数与参数"))


def formulas(thresholds: Thresholds) -> None:
    """From a mention to T, one line each."""
    ids = "、".join(thresholds.single_index_ids)
    st.header("一条提及怎样变成分数？", anchor=False)
    single = thresholds.single_index_share
    plateau, half = thresholds.memory_plateau_days, thresholds.memory_half_life_days
    rows = [
        [
            "提及的权重",
            "v = r·n·π·ω·√(σ·ρ)",
            "相关度、为负面的概率、语气、转载折减、事件严重度、发布者影响力",
        ],
        [
            "水平部分",
            "L = 1 − exp(−Σ v·g / c)",
            "g 在平台期内为 1，此后按半衰期减半；c 随平台自身中位水平放大",
        ],
        ["异常部分", "A = clip((−log₁₀ p − 1)/3, 0, 0.8)", "p：当天条数相对该平台自身历史的罕见程度"],
        ["指数", "I = 100·(1 − (1−L)(1−A))", "0–100；没有来源应答的日子不取值，不等于 0"],
        ["综合分", f"Q = √(Σ w·I²)，T = max(Q, {single:g}·max({ids}))", "权重只在已接入的指数间分配"],
        ["记忆", "T* = max(T, 高峰回落)", f"高峰保持 {plateau} 天，此后每 {half:g} 天减半"],
    ]
    columns = (Column("步骤", "tight"), Column("公式", "name"), Column("说明", "wide"))
    st.html(_look.table(columns, rows, "公式"))
    floors = "；".join(
        f"{_words.FLOORS.get(name, name)} → T ≥ {floor.score:g}" for name, floor in thresholds.floors.items()
    )
    st.markdown(f"直接抬升：{floors}。")


def words() -> None:
    """What the recurring terms mean."""
    st.header("这些词是什么意思？", anchor=False)
    st.markdown(
        "- **可得时间**：发布时间与首次看到时间中较晚者；某天的指数只用当天结束前可得的文本。\n"
        "- **回填**：导入的旧数据没有首次看到时间，以发布时间代替，并作标记。\n"
        "- **覆盖率**：今天观测到的指数权重占已接入权重的比例。来源没有应答不会被当作平静。\n"
        "- **同一报道**：内容近乎相同的转载合并计算，独立发布者另行计数；投诉与处罚不合并。\n"
        "- **盘中**：今天的行随新文本重算，只有官方事件会立即改变等级，其余在午夜后定稿。\n"
        "- **正常（90 天无提及）**：没有人提到该平台，与“有提及而平静”不同。"
    )


def main() -> None:
    """The page."""
    _parts.heading("方法说明")
    version, thresholds = _data.thresholds()
    levels(thresholds, version)
    indices(thresholds)
    formulas(thresholds)
    words()


main()
