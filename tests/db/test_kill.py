"""kill -9 at any moment: nothing committed is lost, nothing is there twice, and the work goes on where it stopped."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from db import read, write
from db.session import Database
from tests.db.builders import add_platforms, add_source, analyse_all, counts, document, store

DOCUMENTS, BATCH, KILLS = 600, 30, 6


def import_file(database: Database) -> None:
    """Store what is not stored yet, batch by batch with the progress, and analyse; a line after each transaction."""
    while True:
        with database.writing() as session:
            known = read.imported_file(session, "news", "a.csv")
            done = known.rows_done if known else 0
            if done == DOCUMENTS:
                break
            store(session, [document(n) for n in range(done, done + BATCH)])
            write.save_imported_file(session, "news", "a.csv", "digest", done + BATCH)
        print("stored", flush=True)
        analyse_all(database, "a", "b")
        print("analysed", flush=True)
    analyse_all(database, "a", "b")


def prepare(database: Database) -> None:
    """The source and the platforms."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")


def worker(url: str) -> subprocess.Popen[str]:
    """A process that imports."""
    code = "import sys; from db.session import Database; from tests.db.test_kill import import_file;"
    code += "import_file(Database.open(sys.argv[1]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )


@pytest.mark.long
def test_killed_import_ends_like_one_that_was_not(database: Database) -> None:
    """Killed six times at random moments, then run to the end: the same rows as without any kill."""
    prepare(database)
    url = database.url.render_as_string(hide_password=False)
    moments = random.Random(20261120)
    for _ in range(KILLS):
        process = worker(url)
        assert process.stdout is not None
        for _line in range(moments.randint(1, 6)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert consistent(database)
    import_file(database)
    assert consistent(database)
    found = counts(database)
    assert found["documents"] == DOCUMENTS == found["stories"]
    assert found["mentions"] == 2 * DOCUMENTS
    assert found["document_revisions"] == 0
    with database.reading() as session:
        assert read.waiting_count(session) == 0
        assert read.pending(session, "index").keys() == {"a", "b"}
        assert {row["document_id"] for row in read.rows(session, "documents")} == set(range(1, DOCUMENTS + 1))


def consistent(database: Database) -> bool:
    """Every analysed document has both mentions and a story, every other none; progress and rows agree."""
    with database.reading() as session:
        halves = session.scalar(
            text(
                "SELECT count(*) FROM documents d WHERE (SELECT count(*) FROM mentions m WHERE m.document_id = d.id)"
                " <> CASE WHEN d.analysed_with IS NULL THEN 0 ELSE 2 END"
                " OR (d.story_id IS NULL) <> (d.analysed_with IS NULL)"
            )
        )
        known = read.imported_file(session, "news", "a.csv")
        stored = session.scalar(text("SELECT count(*) FROM documents"))
        return halves == 0 and stored == (known.rows_done if known else 0)
