"""回放与评估: how many failures a replay warned of, how early, at what cost, beside what one would use instead."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _evaluation_charts, _evaluations, _look, _parts, _who, _words
from app_pages._evaluations import BrokenEvaluation, Evaluated
from app_pages._look import Column
from db import read, write
from db.session import Session
from signals.evaluation import words
from signals.evaluation.evaluate import OURS
from signals.evaluation.usefulness import PREFERENCES
from signals.evaluation.words import GROUPS, METHOD_HINTS, METHOD_NAMES, Metric
from signals.model import Level

SHOWN = 50
REPLAY = (
    "python -m pipeline replay --documents 文档.csv --platforms 平台.csv"
    " --start 2018-01-01 --end 2018-12-31 --out {folder}"
)
EVALUATE = "python -m pipeline evaluate --replay {folder} --failures 出险名单.csv"
LIST_LABELS = {"platform_id": "平台 id", "platform": "平台", "problem_date": "出险日期", "reason": "原因"}
USEFUL = tuple(Metric(f"usefulness@{p:g}", f"有用性 μ={p:g}", "area") for p in PREFERENCES)
OUTCOME_TONES = {"hit": "good", "early": "warn", "false_alarm": "bad", "undecided": "plain", "late": "plain"}


def commands(*lines: str) -> None:
    """What to run on the server."""
    st.code("\n".join(lines), language=None)  # the highlighter's colours are too pale to read


def choose(found: dict[str, bool]) -> str | None:
    """The replay in the address, or the newest by name that has been evaluated."""
    names = {name: name if done else f"{name}（未评估）" for name, done in found.items()}
    if st.query_params.get("replay") not in names:
        evaluated = [name for name, done in found.items() if done]
        st.query_params["replay"] = (evaluated or list(names))[-1]
    return _parts.pick("回放", names, "replay", "选择一次回放", 320)


def lists(name: str) -> None:
    """Failure lists that were uploaded, to evaluate this replay by."""
    with _data.database().reading() as session:
        found = read.failures(session)
    where = _look.link("entry", "数据录入", what="failures") if _who.may("upload") else "数据录入"
    if found.empty:
        st.html(f'<p class="tw-mute">还没有出险名单：在{where}页上传后，可在这里用它评估。</p>')
        return
    sizes = found["list_name"].value_counts()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "出险名单",
            list(sizes.index),
            format_func=lambda key: f"{key}（{sizes[key]} 家）",
            key="list",
            width=320,
        )
        if _who.may("evaluate"):
            st.button("用这份名单评估", key="evaluate", on_click=ask, args=(name, chosen))
    table_of = found[found["list_name"] == chosen].drop(columns="list_name")
    _parts.numbers(table_of, "failure_list", LIST_LABELS)


def ask(name: str, chosen: str) -> None:
    """Let the worker evaluate."""

    def do(session: Session) -> str:
        arguments = {"replay": name, "list": chosen}
        write.ask(session, "evaluate", arguments, _who.actor(), _data.now())
        return f"已交给后台：用“{chosen}”评估回放“{name}”，完成后本页自动更新。"

    _correct.change(do)


def facts(done: Evaluated) -> None:
    """What was evaluated."""
    about = done.about
    told = (
        ("期间", f"{about.get('start', '?')} 至 {about.get('end', '?')}"),
        ("平台", f"{about.get('platforms', 0):,} 家"),
        ("预警线", f"{about.get('level', '橙')}及以上"),
        ("出险名单", str(about.get("failures_file", "?"))),
        ("参评出险", f"{done.ours.get('failures', 0):.0f} 家"),
    )
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told)
    st.html(f'<dl class="tw-facts">{cells}</dl>')


def table(done: Evaluated, metrics: Sequence[Metric], caption: str) -> None:
    """Methods as columns, figures as rows, intervals below them."""
    figures = done.figures.set_index(["method", "metric"])
    methods = [name for name in METHOD_NAMES if (name, "pod") in figures.index]
    columns = (Column("指标", "tight"), *(Column(METHOD_NAMES[n], "num", METHOD_HINTS[n]) for n in methods))
    rows = [
        [label(metric), *(cell(figures, method, metric) for method in methods)]
        for metric in metrics
        if (OURS, metric.name) in figures.index
    ]
    st.html(f'<div class="tw-scroll">{_look.table(columns, rows, caption)}</div>')


def label(metric: Metric) -> str:
    """A metric's name, explained on hover."""
    return f'<span title="{escape(metric.hint)}">{escape(metric.label)}</span>'


def cell(figures: pd.DataFrame, method: str, metric: Metric) -> str:
    """A figure with its interval; — where there is none."""
    if (method, metric.name) not in figures.index:
        return words.NONE
    row = figures.loc[(method, metric.name)]
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    text = escape(words.told_with_interval(value, low, high, metric.kind))
    figure, _, interval = text.partition(" ")
    return f'{figure}<span class="tw-sub tw-mute">{interval}</span>' if interval else figure


def comparison(done: Evaluated) -> None:
    """Ours beside the baselines at the same number of alarm days."""
    for title, metrics in GROUPS:
        st.header(f"{title}？", anchor=False)
        table(done, metrics, title)
    with st.expander("相对有用性（Sarlin）：1 完美，0 等于不看信号；μ 是漏报相对误报的权重"):
        table(done, USEFUL, "相对有用性")
    _parts.download(done.figures, "evaluation")


def charts(done: Evaluated) -> None:
    """How early, and at what cost."""
    early, cost = st.columns(2)
    with early:
        st.header("预警提前了多少天？", anchor=False)
        bins = _evaluation_charts.lead_bins(done.failures)
        if bins["failures"].sum():
            alt = f"命中的出险平台按提前天数的分布，共 {bins['failures'].sum()} 家"
            _parts.chart(_evaluation_charts.lead_times(bins), bins, "lead_times", alt)
        else:
            _parts.empty("没有命中的出险平台，因此没有提前天数。")
    with cost:
        st.header("多报一些，能多命中多少？", anchor=False)
        if done.curve["pod"].notna().any():
            alt = "各方法以蓝、黄、橙、红为预警线时的命中率与误报"
            _parts.chart(_evaluation_charts.cost(done.curve), done.curve, "curve", alt)
        else:
            _parts.empty("没有可以参评的出险平台，画不出命中率。")


def reasons(done: Evaluated) -> None:
    """POD and lead time per type of failure, ours."""
    st.header("哪类出险预警得到？", anchor=False)
    figures = done.figures.set_index(["method", "metric"])
    kinds = figures.loc[OURS][lambda rows: rows.index.str.startswith("pod[")].sort_values(
        "n", ascending=False
    )
    if kinds.empty:
        _parts.empty("没有可以参评的出险平台。出险名单里有 reason 一列时，这里按类型分列。")
        return
    rows = [
        [
            escape(name[4:-1]),
            _words.count(row["n"]),
            cell(figures, OURS, Metric(name, "", "share")),
            cell(figures, OURS, Metric(f"lead_median[{name[4:-1]}]", "", "days")),
        ]
        for name, row in kinds.iterrows()
    ]
    columns = (
        Column("出险类型"),
        Column("参评", "num"),
        Column("命中率", "num"),
        Column("提前天数 中位数", "num"),
    )
    st.html(_look.table(columns, rows, "各类出险的命中率"))


def failures(done: Evaluated) -> None:
    """The list of failures, each with what the replay had said."""
    listed = done.failures
    st.header(f"每次出险之前显示的是什么？（{len(listed)}）", anchor=False)
    order = listed.assign(rank=listed["status"] != "judged").sort_values(
        ["rank", "hit", "problem_date"], kind="stable"
    )
    rows = []
    for row in order.head(SHOWN).to_dict("records"):
        judged = row["status"] == "judged"
        told = _look.chip("命中", "good") if row["hit"] == 1 else _look.chip("漏报", "bad")
        lead = _words.NONE if _words.missing(row["lead_days"]) else f"{row['lead_days']:.0f}"
        over = " 天以上" if row["over_90"] == 1 else ""
        rows.append(
            [
                escape(str(row["platform"])),
                str(row["problem_date"]),
                escape(_words.NONE if _words.missing(row["reason"]) else row["reason"]),
                told if judged else _look.chip(words.STATUS_NAMES.get(row["status"], row["status"])),
                f"{lead}{over}",
                _look.badge(Level(row["level_on_eve"])) if judged else _words.NONE,
            ]
        )
    columns = (Column("平台", "name"), Column("出险日", "tight"), Column("类型"), Column("结果", "tight"),
               Column("提前天数", "num"), Column("前一日等级", "tight"))  # fmt: skip
    st.html(_look.table(columns, rows, "出险名单与当时的预警"))
    more(len(listed))
    _parts.download(listed, "failures_judged")


def episodes(done: Evaluated) -> None:
    """Every warning that the replay gave, false ones first."""
    found = done.episodes
    st.header(f"发出过哪些预警？（{len(found)}）", anchor=False)
    if found.empty:
        _parts.empty("回放期内没有达到预警线的平台。")
        return
    rank = {"false_alarm": 0, "early": 1, "hit": 2, "undecided": 3, "late": 4}
    order = found.assign(rank=found["outcome"].map(rank)).sort_values(["rank", "start"], kind="stable")
    rows = [
        [
            escape(str(row["platform"])),
            f"{row['start']} 至 {row['end']}",
            _words.count(row["days"]),
            _look.badge(Level(row["peak_level"])),
            _words.score(row["max_t"]),
            _look.chip(
                words.OUTCOME_NAMES.get(row["outcome"], row["outcome"]),
                OUTCOME_TONES.get(row["outcome"], "plain"),
            ),
            _words.NONE if _words.missing(row["problem_date"]) else str(row["problem_date"]),
        ]
        for row in order.head(SHOWN).to_dict("records")
    ]
    columns = (Column("平台", "name"), Column("起止", "tight"), Column("天数", "num"), Column("最高等级", "tight"),
               Column("最高 T", "num"), Column("结果", "tight"), Column("出险日", "tight"))  # fmt: skip
    st.html(_look.table(columns, rows, "回放期内的预警"))
    more(len(found))
    _parts.download(found, "episodes")


def more(number: int) -> None:
    """Says what is not shown."""
    if number > SHOWN:
        _parts.empty(f"另有 {number - SHOWN:,} 行，见下载的 CSV。")


def limits(done: Evaluated) -> None:
    """What the figures cannot say."""
    told = words.limits(done.ours, int(done.about.get("draws", 0)), bool(done.about.get("baselines")))
    items = "".join(f"<li>{escape(line)}</li>" for line in told)
    st.html(f'<div class="tw-why"><b>局限</b><ul class="tw-list" style="line-height:1.7">{items}</ul></div>')


def main() -> None:
    """The page."""
    _parts.heading("回放与评估")
    found = _evaluations.replays()
    if not found:
        _parts.empty(
            "还没有回放。先在服务器上回放一段历史，再用一份出险名单评估；下面两条命令的结果会显示在这里。"
        )
        folder = "data/replays/2018"
        commands(REPLAY.format(folder=folder), EVALUATE.format(folder=folder))
        return
    name = choose(found)
    if name is None:
        _parts.empty("请选择一次回放。")
        return
    _correct.tell()
    lists(name)
    if not found[name]:
        _parts.empty(
            f"回放“{name}”还没有评估。准备一份出险名单（列 platform, problem_date，可有 reason），然后运行："
        )
        commands(EVALUATE.format(folder=f"data/replays/{name}"))
        return
    try:
        done = _evaluations.read(name)
    except BrokenEvaluation as error:
        st.html(f'<div class="tw-banner fail" role="alert">{escape(str(error))}</div>')
        commands(EVALUATE.format(folder=f"data/replays/{name}"))
        return
    facts(done)
    limits(done)
    comparison(done)
    charts(done)
    reasons(done)
    failures(done)
    episodes(done)


main()
