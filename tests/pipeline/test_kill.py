"""kill -9 at random moments, many times: nothing committed is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectors.sources.sample_archive.generate import documents
from collectors.sources.sample_archive.generate import platforms as platforms_of
from db import write
from pipeline.forget import forget
from pipeline.prepare import SAMPLE, open_workplace
from signals.model import day_end

ROOT = Path(__file__).parent.parent.parent
KILLS = 12
SOURCE = "import_documents"
DAY = date(2026, 3, 1)
DAYS = 150
TABLES = {
    "documents": "SELECT identity, source_id, kind, title, text, revision FROM documents",
    "mentions": "SELECT d.identity, m.platform_id, round(m.negative, 6), m.polarity, m.removed FROM mentions m "
    "JOIN documents d ON d.id = m.document_id WHERE NOT EXISTS (SELECT 1 FROM mentions n WHERE "
    "n.document_id = m.document_id AND n.platform_id = m.platform_id AND n.as_of > m.as_of)",
    "index_days": "SELECT platform_id, day, index_id, round(impulse, 6), count, raw FROM index_days",
    "platform_days": "SELECT platform_id, day, round(t, 6), level, since FROM platform_days p WHERE NOT EXISTS "
    "(SELECT 1 FROM platform_days n WHERE n.platform_id = p.platform_id AND n.day = p.day AND n.as_of > p.as_of)",
    "flips": "SELECT platform_id, day, level_from, level_to FROM flips f WHERE NOT withdrawn AND NOT EXISTS "
    "(SELECT 1 FROM flips n WHERE n.platform_id = f.platform_id AND n.day = f.day AND n.as_of > f.as_of)",
}


def worker(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TRUSTWATCH_DATA": str(folder)}
    environment.pop("TRUSTWATCH_DATABASE_URL", None)
    log = (folder.parent / f"{folder.name}.log").open("ab")
    return subprocess.Popen([sys.executable, "-m", "pipeline", "work"], cwd=ROOT, env=environment, stderr=log)


def fill(folder: Path) -> None:
    """Half a year of documents in the drop folder and their platforms on the list; no archive that grows meanwhile."""
    now = datetime.now(UTC)
    workplace = open_workplace(now, f"sqlite:///{folder / 'trustwatch.db'}")
    forget(workplace, SAMPLE)
    platforms = [each.model_copy(update={"demo": False}) for each in platforms_of(DAY)]
    with workplace.database.writing() as session:
        write.load_platforms(session, platforms, now=now, who="test", evidence=None, replace=True)
    workplace.database.close()
    inbox = folder / "inbox" / SOURCE
    inbox.mkdir(parents=True)
    begin = (DAY - timedelta(days=DAYS)).isoformat()
    with (inbox / "documents.jsonl").open("w", encoding="utf-8") as handle:
        for row in documents(DAY, day_end(DAY)):
            if row["published_at"] >= begin:
                handle.write(json.dumps(row, ensure_ascii=False) + "\n")


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(
        sqlite3.connect(f"file:{folder / 'trustwatch.db'}?mode=ro", uri=True, timeout=30)
    ) as database:
        return sorted(database.execute(query).fetchall(), key=repr)


def is_quiet(folder: Path) -> bool:
    """The archive is read to its end and no stage has anything left."""
    if not (folder / "trustwatch.db").exists():
        return False
    try:
        waiting = "SELECT (SELECT count(*) FROM documents WHERE analysed_with IS NULL) + (SELECT count(*) FROM pending)"
        done = (
            "SELECT count(*) FROM imported_files WHERE source_id = 'import_documents' AND finished_at IS NULL"
        )
        seen = (
            "SELECT count(*) FROM runs WHERE source_id = 'import_documents' AND state IN ('done', 'partial')"
        )
        return (
            rows(folder, waiting) == [(0,)] and rows(folder, done) == [(0,)] and rows(folder, seen) > [(0,)]
        )
    except sqlite3.OperationalError:  # the tables are not there yet
        return False


def settle(process: subprocess.Popen[bytes], folder: Path, seconds: float = 120) -> None:
    """Wait until there is nothing left to do, then stop the worker in order."""
    deadline = time.monotonic() + seconds
    while not is_quiet(folder):
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < deadline, "the worker does not come to an end"
        time.sleep(0.2)  # polls another process's database; there is no event to await
    process.terminate()
    assert process.wait(30) == 0


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_worker_killed_at_random_moments_loses_and_duplicates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a dozen kills the stored content equals that of a worker that was never disturbed."""
    monkeypatch.setenv("TRUSTWATCH_DATA", str(tmp_path / "unused"))
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    fill(calm)
    shutil.copytree(calm, killed)
    settle(worker(calm), calm)
    generator = random.Random(20261121)
    interrupted = 0
    for _ in range(KILLS):
        process = worker(killed)
        try:
            process.wait(generator.uniform(0.8, 5.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            interrupted += not is_quiet(killed)
    assert interrupted >= 3, "the kills came too late to prove anything"
    settle(worker(killed), killed)
    for table, query in TABLES.items():
        assert rows(killed, query) == rows(calm, query), table
    runs = rows(
        killed, "SELECT source_id, slot, count(*) FROM runs GROUP BY source_id, slot HAVING count(*) > 1"
    )
    assert runs == []
