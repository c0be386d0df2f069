"""Pieces that every page shares: banners, troubles, charts with their data, CSV downloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app_pages import _data, _download, _drawn, _export, _look, _words
from app_pages._drawn import Drawing
from db.read import NoThresholds
from db.roles import NotAllowed
from db.session import DatabaseError
from settings.loader import SettingsError

STYLE = Path(__file__).with_name("_style.css")
BRAND = Path(__file__).with_name("_brand.svg")
SILENT = timedelta(minutes=3)
"""A worker without a heartbeat for this long is taken for stopped."""

OLD = timedelta(hours=26)
"""Levels are decided after midnight: data older than this missed a night."""


@contextmanager
def guard() -> Iterator[None]:
    """Turns a refusal, or a fault of database or settings, into a message with its remedy; the page ends there."""
    try:
        yield
    except NotAllowed as error:
        st.html(f'<div class="tw-banner fail" role="alert"><b>没有执行。</b>{escape(str(error))}</div>')
        st.stop()
    except (DatabaseError, NoThresholds, SettingsError) as error:
        st.html(f'<div class="tw-banner fail" role="alert"><b>暂时读不到数据。</b>{escape(str(error))}</div>')
        if st.button("重试", key="retry"):
            st.rerun()
        st.stop()


def banners() -> None:
    """演示数据, partial coverage, stale data and what the worker is doing, above every page."""
    frame = _data.overview()
    if frame["demo"].any():
        where = _look.link("sources", "数据源")
        st.html(
            '<div class="tw-banner demo" role="note"><b>演示数据</b>　'
            f"标有“演示”的平台与文本均为虚构，仅供试用；可在{where}页一键删除。</div>"
        )
    if told := partial(frame, _data.thresholds()[1].coverage_min) if len(frame) else "":
        st.html(f'<div class="tw-banner" role="note">{told}</div>')
    _status()


def partial(frame: pd.DataFrame, coverage_min: float) -> str:
    """How many platforms were seen in part only, as HTML; empty when all was seen.

    Of those that nothing at all was seen of, 总览 says why. `frame`: db.read.overview.
    """
    seen = frame["coverage"].astype("float64")
    number = int(((seen > 0) & (seen < coverage_min)).sum())
    if not number:
        return ""
    where = _look.link("sources", "数据源")
    return (
        f"<b>覆盖不完整</b>　{number:,} 个平台在最近一天只观测到不足 {coverage_min:.0%} 的权重："
        f"缺的部分不当作平静，等级暂按此前的结果或显示为数据不足。缺哪个来源、怎么办，见{where}。"
    )


@st.fragment(run_every=4)
def _status() -> None:
    """Refreshes by itself; when newer levels have been computed, the page around it is drawn again."""
    with guard():
        worker = _data.worker()
        if worker.stage == _words.FAILED_STAGE:
            st.html(_notice(trouble(worker.message), "stale"))
        elif worker.stage:
            st.html(_notice(*working(worker.stage, worker.done, worker.total, worker.message)))
        if stale := staleness(worker.heartbeat_at, _data.stamp().as_of, _data.now()):
            st.html(_notice(stale, "stale"))
        if _data.look() != _data.stamp():
            st.rerun()


def staleness(heartbeat: datetime | None, as_of: datetime | None, now: datetime) -> str:
    """What is old and what to do about it, in one sentence; empty when all is fresh."""
    told = []
    if heartbeat is None or now - heartbeat > SILENT:
        seen = _words.ago(heartbeat, now)
        told.append(
            f"采集与计算进程没有运行（最近心跳：{seen}），页面显示的是此前的结果。"
            "请运行 make run，或 python -m pipeline work。"
        )
    if as_of is not None and now - as_of > OLD:
        told.append(f"数据截至 {_words.moment(as_of)}，已超过一天没有更新。")
    return "".join(told)


def working(stage: str, done: int, total: int, message: str | None) -> tuple[str, str, float | None]:
    """What the worker is doing: sentence, style, and the share done (None = not known)."""
    word = _words.STAGES.get(stage, stage)
    parts = [f"正在处理：{word}", message if message and message not in word else ""]
    parts.append(f"{done:,} / {total:,}" if total else "")
    return "　".join(part for part in parts if part), "work", done / total if total else None


def trouble(message: str | None) -> str:
    """A turn of the worker ended in an error."""
    return f"工作进程出错：{message or '原因不详'}；系统会自动重试，详情见日志"


def _notice(text: str, css: str, done: float | None = None) -> str:
    bar = "" if done is None else f'<div class="tw-bar"><span style="width:{min(done, 1):.0%}"></span></div>'
    return f'<div class="tw-banner {css}" role="status">{escape(text)}{bar}</div>'


def heading(title: str) -> None:
    """Page title with the as-of time below it."""
    as_of = _data.stamp().as_of
    told = f"数据截至 {_words.moment(as_of)}（上海时间）" if as_of else "尚无计算结果"
    st.html(f'<div class="tw-head"><h1>{escape(title)}</h1><span class="tw-mute">{told}</span></div>')


def pick(label: str, names: Mapping[str, str], key: str, placeholder: str, width: int) -> str | None:
    """A select box of ids shown by name; the id lives in the address as `key`."""
    wanted, ids = st.query_params.get(key), list(names)
    place = ids.index(wanted) if wanted is not None and wanted in names else None
    picked = st.selectbox(
        label,
        ids,
        index=place,
        format_func=names.__getitem__,
        key=f"pick_{key}",
        placeholder=placeholder,
        width=width,
    )
    if picked is None:
        st.query_params.pop(key, None)
    elif picked != wanted:
        st.query_params[key] = picked
    return picked


def empty(text: str) -> None:
    """An empty state: `text` says what would fill it."""
    st.html(f'<p class="tw-mute">{escape(text)}</p>')


meta = _export.meta
"""What an exported table rests on."""


def chart(
    figure: go.Figure | Drawing,
    data: pd.DataFrame,
    name: str,
    alt: str,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """A chart, its description for those who cannot see it, and its numbers as a table and CSV."""
    figure_of(figure, name, alt)
    numbers(data, name, {**_words.FIELDS, **labels})


def figure_of(figure: go.Figure | Drawing, name: str, alt: str) -> None:
    """A chart and its description, where one table stands below several charts (`numbers`)."""
    if isinstance(figure, Drawing):
        _drawn.put(figure, name, alt)
    else:
        _drawn.show(figure, name, alt)


@st.fragment
def numbers(data: pd.DataFrame, name: str, labels: Mapping[str, str]) -> None:
    """What is shown above as a table and CSV; `labels`: column -> its header on screen, the CSV keeps the column.

    Nothing of it is made or sent before somebody opens it, and then it alone is drawn.
    """
    below = st.expander("数据表与下载", key=f"numbers_{name}", on_change="rerun")
    if not below.open:
        return
    with below, guard():
        shown = data.round(dict.fromkeys(data.select_dtypes("number"), 2))
        for column in data.select_dtypes("datetimetz"):
            shown[column] = data[column].map(_words.moment)
        shown = shown.rename(columns={column: labels.get(column, column) for column in data.columns})
        st.dataframe(shown, hide_index=True, height=240)
        download(data, name, labels)


def download(data: pd.DataFrame, name: str, labels: Mapping[str, str] | None = None) -> None:
    """Buttons that write `data` as CSV or workbook when pressed (_download.frame)."""
    _download.frame(data, name, labels=labels)
