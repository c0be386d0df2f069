"""A run of a source, over real HTTP and from real files: ledger, drop folder, silence, and one source's fault alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from collectors.base import SourceConfig
from collectors.config import Schedule
from collectors.fetch import Fetcher
from db import read
from db.roles import SYSTEM
from pipeline.forget import forget
from pipeline.prepare import Workplace, declaration
from pipeline.stages.collect import Outcome, collect_source, import_file
from pipeline.stages.source_days import fill_silence
from signals.model import shanghai_day
from tests.collectors.loopback import Answer, Loopback, serving
from tests.pipeline.conftest import NOW, Rows

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>示例</title>{items}</channel></rss>"""
ITEM = """<item><title>岚桥优贷第{n}条</title><link>http://example.org/{n}</link><guid>{n}</guid>
<pubDate>Mon, 09 Mar 2026 0{n}:00:00 +0800</pubDate><description>岚桥优贷今日发布第{n}号公告。</description></item>"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        running.add("/robots.txt", Answer(b"User-agent: *\nAllow: /\n"))
        yield running


def feed(*numbers: int) -> Answer:
    body = FEED.format(items="".join(ITEM.format(n=n) for n in numbers))
    return Answer(body.encode(), headers={"Content-Type": "application/rss+xml"})


def source(workplace: Workplace, name: str, url: str) -> SourceConfig:
    from db import write

    config = SourceConfig(
        id=name,
        name=name,
        kind="news",
        reader="feed",
        url=url,
        covers="all",
        schedule=Schedule(every_minutes=30),
    )
    with workplace.database.writing() as session:
        write.upsert_sources(session, [declaration(config)])
    return config


def run(workplace: Workplace, config: SourceConfig, slot: str, now: datetime = NOW) -> Outcome | None:
    get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, sleep=lambda _: None)
    return collect_source(workplace, config, slot=slot, now=now, get=get)


def ledger(workplace: Workplace, source_id: str) -> pd.DataFrame:
    with workplace.database.reading() as session:
        return read.runs(session, source_id=source_id)


def test_a_run_is_stored_once_and_written_to_the_ledger(workplace: Workplace, server: Loopback) -> None:
    """The same items again are duplicates, a taken slot is not run again, and both runs tell what they brought."""
    config = source(workplace, "feed_a", server.add("/feed", feed(1, 2), feed(1, 2, 3)))
    first, second = run(workplace, config, "s1"), run(workplace, config, "s2")
    assert run(workplace, config, "s2") is None
    assert first is not None
    assert second is not None
    assert (first.counts.stored, second.counts.stored, second.counts.duplicates) == (2, 1, 2)
    rows = ledger(workplace, "feed_a").sort_values("id")
    assert list(rows["state"]) == ["done", "done"]
    assert list(rows["items"]) == [2, 3]
    assert rows["finished_at"].notna().all()


def test_one_bad_source_does_not_stop_another(workplace: Workplace, server: Loopback) -> None:
    """A server error ends that run alone; its state and ledger say why, and the next source is collected."""
    bad = source(workplace, "feed_bad", server.add("/bad", Answer(b"oops", 500)))
    good = source(workplace, "feed_good", server.add("/good", feed(1)))
    failed, done = run(workplace, bad, "s1"), run(workplace, good, "s1")
    assert failed is not None
    assert failed.state == "failed"
    assert done is not None
    assert done.counts.stored == 1
    with workplace.database.reading() as session:
        states = read.sources(session).set_index("id")
    assert states.loc["feed_bad", "state"] == "broken"
    assert "500" in states.loc["feed_bad", "state_reason"]
    assert states.loc["feed_good", "state"] == "ok"


def test_a_site_that_refuses_us_is_blocked_not_broken(workplace: Workplace, server: Loopback) -> None:
    """403 is an answer to be respected, and a state of its own."""
    config = source(workplace, "feed_no", server.add("/no", Answer(b"no", 403)))
    outcome = run(workplace, config, "s1")
    assert outcome is not None
    assert outcome.blocked
    with workplace.database.reading() as session:
        assert read.sources(session).set_index("id").loc["feed_no", "state"] == "blocked"


def test_a_fault_of_the_programme_is_caught_at_the_boundary(workplace: Workplace) -> None:
    """An unexpected exception of a collector ends its run as failed and reaches nobody else."""
    config = source(workplace, "feed_x", "http://127.0.0.1:9/x")

    def get(*_: object) -> object:
        raise ZeroDivisionError("unforeseen")

    outcome = collect_source(workplace, config, slot="s1", now=NOW, get=get)  # type: ignore[arg-type]
    assert outcome is not None
    assert "ZeroDivisionError" in (outcome.error or "")
    assert list(ledger(workplace, "feed_x")["state"]) == ["failed"]


def test_silence_is_a_row_and_an_answer_of_the_day_stands(workplace: Workplace, server: Loopback) -> None:
    """A day begins unanswered; a success answers it; a later failure of the same day takes nothing back."""
    config = source(workplace, "feed_d", server.add("/d", feed(1), Answer(b"", 500)))
    today = shanghai_day(NOW)

    def answered() -> list[bool]:
        with workplace.database.reading() as session:
            rows = read.source_days(session, today, today)
        return list(rows.loc[rows["source_id"] == "feed_d", "answered"])

    fill_silence(workplace.database, [config], NOW)
    assert answered() == [False]
    run(workplace, config, "s1")
    assert answered() == [True]
    run(workplace, config, "s2")
    assert answered() == [True]


def test_silence_while_the_worker_slept_is_written_afterwards(workplace: Workplace) -> None:
    """Five days without a worker are five silent days, not five days out of scope."""
    config = source(workplace, "feed_s", "http://127.0.0.1:9/x")
    fill_silence(workplace.database, [config], NOW)
    fill_silence(workplace.database, [config], NOW + timedelta(days=5))
    with workplace.database.reading() as session:
        rows = read.source_days(session, date(2026, 3, 1), date(2026, 3, 31))
    mine = rows[rows["source_id"] == "feed_s"]
    assert list(mine["day"]) == [date(2026, 3, 10) + timedelta(days=n) for n in range(6)]
    assert not mine["answered"].any()


def backfilled(workplace: Workplace) -> dict[str, bool]:
    with workplace.database.reading() as session:
        return {str(row["external_id"]): bool(row["backfilled"]) for row in read.rows(session, "documents")}


def dated(**days: str) -> Answer:
    """A feed of items named by their number, each published at noon of a day of March 2026."""
    items = "".join(
        ITEM.format(n=n[1:]).replace(f"Mon, 09 Mar 2026 0{n[1:]}:00", f"{day} Mar 2026 12:00")
        for n, day in days.items()
    )
    return Answer(FEED.format(items=items).encode(), headers={"Content-Type": "application/rss+xml"})


def test_what_was_published_before_the_first_run_is_backfill(workplace: Workplace, server: Loopback) -> None:
    """Whichever run finds it: an old page counts from its publication, one published later from when we saw it."""
    config = source(workplace, "feed_f", server.add("/f", dated(n1="05"), dated(n2="06", n3="11")))
    run(workplace, config, "s1")
    run(workplace, config, "s2", NOW + timedelta(days=2))
    assert backfilled(workplace) == {"1": True, "2": True, "3": False}


def test_a_source_whose_runs_all_fail_is_read_for_the_first_time_once(
    workplace: Workplace, server: Loopback
) -> None:
    """Its second page breaks every run: what it publishes afterwards is news all the same."""
    from db import write

    url = server.add("/f", dated(n1="05"), dated(n2="11"))
    config = source(workplace, "feed_p", url)
    for slot, now in (("s1", NOW), ("s2", NOW + timedelta(days=2))):
        run(workplace, config, slot, now)
        with workplace.database.writing() as session:
            session.execute(text("UPDATE runs SET state = 'failed'"))
            session.execute(text("UPDATE sources SET last_success_at = NULL"))
            assert write.begin_reading(session, "feed_p", now) == NOW
    assert backfilled(workplace) == {"1": True, "2": False}


def test_an_old_page_edited_later_leaves_its_day_alone(workplace: Workplace, server: Loopback) -> None:
    """Stored by the first run, changed by the site a week later: a version of that day, and the old day untouched."""
    edited = Answer(
        dated(n1="05").body.replace("公告".encode(), "更正公告".encode()),
        headers={"Content-Type": "application/rss+xml"},
    )
    config = source(workplace, "feed_e", server.add("/e", dated(n1="05"), edited))
    later = NOW + timedelta(days=7)
    run(workplace, config, "s1")
    with workplace.database.reading() as session:
        (before,) = read.rows(session, "documents")
    outcome = run(workplace, config, "s2", later)
    assert outcome is not None
    assert outcome.counts.revised == 1
    with workplace.database.reading() as session:
        old, new = sorted(read.rows(session, "documents"), key=lambda row: str(row["day"]))
    assert old == before
    assert (new["day"], new["backfilled"]) == (shanghai_day(later), False)
    assert "更正" in str(new["text"])


def test_a_drop_folder_is_read_once_and_goes_on_where_it_was(
    workplace: Workplace, data_folder: Path, table: Callable[[Rows], Path]
) -> None:
    """A file is imported once; when it has grown, only what is new is stored; a bad neighbour stops nothing."""
    config = workplace.source("import_documents")
    assert config is not None
    inbox = data_folder / "inbox" / "import_documents"
    inbox.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"id": str(n), "text": f"第{n}条", "published_at": "2026-03-09"}) for n in range(3)]
    path = inbox / "a.jsonl"
    path.write_text("\n".join(lines[:2]) + "\n", "utf-8")
    later = NOW.__class__.now(NOW.tzinfo) + timedelta(seconds=10)

    def collect(slot: str) -> Outcome | None:
        return collect_source(workplace, config, slot=slot, now=later, get=Fetcher())

    first = collect("s1")
    assert first is not None
    assert first.counts.stored == 2
    assert collect("s2") is None
    path.write_text("\n".join(lines) + "\n", "utf-8")
    grown = collect("s3")
    assert grown is not None
    assert (grown.counts.stored, grown.counts.duplicates) == (1, 2)


def test_a_file_nobody_can_read_blocks_no_other(workplace: Workplace, data_folder: Path) -> None:
    """Its neighbour is stored in the same run, the fault is named, and it is not tried again until it changes."""
    config = workplace.source("import_documents")
    assert config is not None
    inbox = data_folder / "inbox" / "import_documents"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "a.csv").write_bytes(b"\x89PNG\r\n" + bytes(range(256)) * 8)
    (inbox / "b.jsonl").write_text(
        json.dumps({"id": "1", "text": "岚桥优贷发布公告", "published_at": "2026-03-09"}) + "\n", "utf-8"
    )
    later = NOW.__class__.now(NOW.tzinfo) + timedelta(seconds=10)
    outcome = collect_source(workplace, config, slot="s1", now=later, get=Fetcher())
    assert outcome is not None
    assert outcome.counts.stored == 1
    assert outcome.state == "partial"
    assert "a.csv" in outcome.unreadable[0]
    assert collect_source(workplace, config, slot="s2", now=later, get=Fetcher()) is None
    (row,) = ledger(workplace, "import_documents").to_dict("records")
    assert "a.csv" in row["error"]


def test_an_import_that_breaks_off_is_no_success(
    workplace: Workplace, table: Callable[[Rows], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the middle of an import: the run is failed, and the source has not succeeded."""
    from db import write
    from db.session import DiskFull

    def full(*_: object, **__: object) -> None:
        raise DiskFull("磁盘空间不足")

    config = workplace.source("import_documents")
    assert config is not None
    path = table([{"id": "1", "text": "岚桥优贷发布公告", "published_at": "2026-03-09"}])
    monkeypatch.setattr(write, "store_documents", full)
    with pytest.raises(DiskFull):
        import_file(workplace, config, path, now=NOW)
    (row,) = ledger(workplace, "import_documents").to_dict("records")
    assert (row["state"], row["error"]) == ("failed", "磁盘空间不足")
    with workplace.database.reading() as session:
        known = read.sources(session).set_index("id").loc["import_documents"]
    assert pd.isna(known["last_success_at"])


def test_a_removed_source_is_not_collected_until_enabled_again(
    workplace: Workplace, server: Loopback
) -> None:
    """Neither by a job that was scheduled before, nor after a restart; enabling it is a decision of its own."""
    from db import write

    config = source(workplace, "feed_r", server.add("/r", feed(1)))
    forget(workplace, "feed_r")
    assert run(workplace, config, "s1") is None
    with workplace.database.writing() as session:
        assert write.enable_source(session, "feed_r", actor=SYSTEM, now=NOW)
        assert not write.enable_source(session, "feed_r", actor=SYSTEM, now=NOW)
    outcome = run(workplace, config, "s2")
    assert outcome is not None
    assert outcome.counts.stored == 1
    assert backfilled(workplace) == {"1": True}
