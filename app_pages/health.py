"""系统健康: is everything running, what waits, what went wrong, and what to do for each fault."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from app_pages import _checks, _data, _ledger, _look, _parts, _who, _words
from app_pages._look import Column
from db import read
from db.engines import sqlite_path
from db.roles import require
from db.session import Database, Session

TROUBLE_DAYS = 7
STAGES = ("collect", "analyse", "index", "warn", "search", "housekeeping")
LEDGER = ("started_at", "source_name", "state", "items", "refused", "error")


def data_folder(database: Database) -> Path:
    """Where everything lies that grows: the folder of the embedded database, else TRUSTWATCH_DATA."""
    if database.is_sqlite:
        return sqlite_path(database.url).resolve().parent
    return Path(os.environ.get("TRUSTWATCH_DATA") or "data").resolve()


def newest_backup(folder: Path) -> datetime | None:
    """When the newest backup in the folder was made; None = there is none."""
    made = [path.stat().st_mtime for path in (folder / "backups").glob("*.db")]
    return datetime.fromtimestamp(max(made), UTC) if made else None


def free_bytes(folder: Path) -> int | None:
    """Room left; None where the folder cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def log_bytes(database: Database) -> int | None:
    """Size of SQLite's write-ahead log; None on a server."""
    if not database.is_sqlite:
        return None
    log = Path(f"{sqlite_path(database.url)}-wal")
    return log.stat().st_size if log.exists() else 0


def fact(session: Session, name: str) -> dict[str, object]:
    """A remembered fact that is a JSON object; empty = not known."""
    told = json.loads(read.fact(session, name) or "{}")
    return told if isinstance(told, dict) else {}


def moment(value: object) -> datetime | None:
    """A stored ISO time."""
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def checks(session: Session, now: datetime) -> list[_checks.Check]:
    """Everything that is looked at, in one reading session."""
    database = _data.database()
    folder = data_folder(database)
    seen, failed, waiting = read.worker_status(session), fact(session, "last_failure"), read.waiting(session)
    sources = read.sources(session)
    real = sources[sources["enabled"] & ~sources["removed"] & ~sources["demo"]]
    version, _ = read.active_thresholds(session, now)
    message = str(failed["message"]) if "message" in failed else None
    return [
        _checks.worker(seen.heartbeat_at, seen.stage, seen.message, now),
        _checks.failure(moment(failed.get("at")), message, now),
        _checks.freshness(read.data_as_of(session), now),
        _checks.backlog(waiting.documents, waiting.days, waiting.first_day),
        _checks.requests(waiting.requests, waiting.oldest, now),
        _checks.sources(int(real["state"].isin(_words.FAILING).sum()), len(real)),
        _checks.database(
            read.server_version(session), database.where, read.stored_bytes(session), log_bytes(database)
        ),
        _checks.disk(free_bytes(folder), str(folder)),
        _checks.backup(newest_backup(folder), now),
        _checks.settings(_data.settings().hash, read.computed_with(session), version),
        _checks.model(read.analysed_with(session)),
    ]


@st.fragment(run_every=10)
def state() -> None:
    """The checks and the stages; refreshes by itself."""
    with _parts.guard():
        now = _data.now()
        with _data.database().reading() as session:
            found = checks(session, now)
            runs = fact(session, "stage_runs")
            collected = read.newest_run(session)
            kept = read.fact(session, "housekeeping_day")
        bad = sum(check.state != "ok" for check in found)
        told = f"{len(found)} 项检查，{bad} 项需要留意。" if bad else f"{len(found)} 项检查，全部正常。"
        st.html(f'<p class="tw-mute">{told}每 10 秒更新。</p>')
        st.html(_checks.table(found))
        _parts.download(pd.DataFrame([asdict(check) for check in found]), "checks")
        st.header("各环节最近一次做了什么？", anchor=False)
        stages(runs, collected, kept, now)
        st.header("交给后台的事项", anchor=False)
        requested = _data.requests()
        if requested.empty:
            _parts.empty("还没有交给后台的事项。")
        else:
            st.html(_ledger.requests(requested.to_dict("records")))
            _parts.download(requested, "requests")


def stages(runs: Mapping[str, object], collected: datetime | None, kept: str | None, now: datetime) -> None:
    """When each stage last had something to do."""
    rows = []
    for stage in STAGES:
        told = runs.get(stage)
        last = dict(told) if isinstance(told, Mapping) else {}
        at = collected if stage == "collect" else moment(last.get("at"))
        done = f"{int(str(last['done'])):,}" if "done" in last else _words.NONE
        when = f"{_words.moment(at)}（{_words.ago(at, now)}）" if at else "尚无记录"
        if stage == "housekeeping":
            when = kept or "尚无记录"
        rows.append([_words.STAGES[stage], when, done])
    columns = (Column("环节", "tight"), Column("最近一次", "tight"), Column("件数", "num"))
    st.html(_look.table(columns, rows, "各环节最近一次运行"))


def troubles() -> None:
    """Lines of the ledger that somebody may want to look into."""
    st.header(f"近 {TROUBLE_DAYS} 天采集出过什么错？", anchor=False)
    since = _data.now() - timedelta(days=TROUBLE_DAYS)
    with _data.database().reading() as session:
        found = read.troubled_runs(session, since, limit=200)
    if found.empty:
        _parts.empty(f"近 {TROUBLE_DAYS} 天没有失败、错过或部分拒收的采集。")
        return
    shown = found[list(LEDGER)].copy()
    shown["state"] = shown["state"].map(_words.RUN_STATES).fillna(shown["state"])
    shown["started_at"] = [_words.moment(value) for value in shown["started_at"]]
    shown["error"] = shown["error"].fillna("")
    names = pd.Series(shown.columns).map(lambda name: _words.FIELDS.get(name, name))
    st.dataframe(
        shown.set_axis(list(names), axis=1), hide_index=True, height="content" if len(shown) < 12 else 420
    )
    _parts.download(found, "troubled_runs")


def main() -> None:
    """The page."""
    require(_who.actor(), "health")
    _parts.heading("系统健康")
    state()
    troubles()


main()
