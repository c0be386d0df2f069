"""What sites answered: validators that make the next visit cheap, and failures kept for people to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import read, write
from db.session import Database
from db.write.responses import KEPT, KEPT_BYTES, URL_LIMIT, _decoded
from tests.db.builders import LATER, NOW, add_source, counts

URL = "https://list.example/a"


@pytest.fixture
def ready(database: Database) -> Database:
    """Two sources are known."""
    with database.writing() as session:
        add_source(session)
        add_source(session, "other")
    return database


def save(database: Database, pages: dict[str, tuple[str | None, str | None]], reading: str = "r1") -> None:
    """The run of source news ended well."""
    with database.writing() as session:
        write.save_validators(session, "news", reading, pages, LATER)


def saved(database: Database, reading: str = "r1") -> dict[str, tuple[str | None, str | None]]:
    """What source news would send next time."""
    with database.reading() as session:
        return read.validators(session, "news", reading)


def keep(database: Database, **changes: Any) -> None:
    """Source news answered with an error."""
    answer: dict[str, Any] = {
        "url": URL,
        "status": 500,
        "reason": "服务器错误",
        "headers": {},
        "body": b"",
        "cut": False,
    }
    with database.writing() as session:
        write.keep_response(session, "news", None, **(answer | {"now": NOW} | changes))


def kept(database: Database) -> list[dict[str, Any]]:
    """Failures of source news, newest first."""
    with database.reading() as session:
        rows: list[dict[str, Any]] = read.kept_responses(session, "news").to_dict("records")
    return rows


def test_validators_come_back_as_they_went_in(ready: Database) -> None:
    """Either of the two is enough; the next run replaces what it saw again."""
    save(ready, {URL: ('W/"1"', None), URL + "b": (None, "Mon, 16 Nov 2026 00:00:00 GMT")})
    save(ready, {URL: ('W/"2"', None)})
    assert saved(ready) == {URL: ('W/"2"', None), URL + "b": (None, "Mon, 16 Nov 2026 00:00:00 GMT")}


def test_a_changed_mapping_reads_everything_again(ready: Database) -> None:
    """A 304 would hide what the new mapping is there to find; the old validators are dropped with the next run."""
    save(ready, {URL: ('"1"', None)})
    assert saved(ready, "r2") == {}
    save(ready, {URL + "b": ('"2"', None)}, "r2")
    assert saved(ready) == {}


def test_a_page_without_validators_loses_its_old_ones(ready: Database) -> None:
    """The site stopped sending them: asking with the old one might be answered 304 for ever."""
    save(ready, {URL: ('"1"', None)})
    save(ready, {URL: (None, None)})
    assert saved(ready) == {}


def test_an_endless_address_is_not_remembered(ready: Database) -> None:
    """No index takes it; the page is read in full next time, and the run is not lost."""
    save(ready, {URL + "x" * URL_LIMIT: ('"1"', None)})
    assert saved(ready) == {}


def test_people_in_a_failing_page_are_masked(ready: Database) -> None:
    """A kept error page is stored text like any other: no telephone number, and no cookie, reaches the disk."""
    body = "系统错误，请联系张先生 13812345678".encode("gb18030")
    headers = {"Content-Type": "text/html; charset=gb2312", "Set-Cookie": "session=1", "X-Tel": "13812345678"}
    keep(ready, body=body, headers=headers, reason="联系 13812345678")
    (row,) = kept(ready)
    assert row["body"].startswith("系统错误，请联系张先生 138****5678")
    assert "13812345678" not in str(row)
    assert set(row["headers"]) == {"content-type", "x-tel"}


def test_keys_in_an_address_are_not_kept(ready: Database) -> None:
    """A signed request must not leave its signature on a page; the words searched for stay readable."""
    keep(ready, url="https://api.example/s?keyword=岚桥&sign=abc&access_token=def#x")
    assert kept(ready)[0]["url"] == "https://api.example/s?keyword=岚桥&sign=***&access_token=***#x"


def test_a_long_answer_is_cut(ready: Database) -> None:
    """64 KiB are enough to see what happened; the row says that there was more."""
    keep(ready, body="错".encode() * KEPT_BYTES)
    (row,) = kept(ready)
    assert set(row["body"]) == {"错"}
    assert len(row["body"].encode()) <= KEPT_BYTES
    assert row["cut"]


def test_the_newest_few_are_kept(ready: Database) -> None:
    """A source that fails every quarter of an hour fills nothing, and pushes out nobody else's."""
    with ready.writing() as session:
        write.keep_response(
            session,
            "other",
            None,
            url=URL,
            status=None,
            reason="超时",
            headers={},
            body=b"",
            cut=False,
            now=NOW,
        )
    for number in range(KEPT + 3):
        keep(ready, status=500 + number, now=NOW + timedelta(minutes=number))
    assert [row["status"] for row in kept(ready)] == [507, 506, 505, 504, 503]
    with ready.reading() as session:
        everyone = read.kept_responses(session, limit=20)
    assert everyone["source_name"].value_counts().to_dict() == {"来源news": KEPT, "来源other": 1}


def test_a_forgotten_source_leaves_no_answer(ready: Database) -> None:
    """Both tables are emptied with the source, and nobody else's rows."""
    save(ready, {URL: ('"1"', None)})
    keep(ready)
    with ready.writing() as session:
        write.save_validators(session, "other", "r", {URL: ('"1"', None)}, NOW)
    write.forget_source(ready, "news", now=NOW)
    left = counts(ready)
    assert (left["page_validators"], left["kept_responses"]) == (1, 0)


@given(st.binary(max_size=200), st.sampled_from(["", "charset=utf-16", "charset=base64", "charset=nonsense"]))
def test_any_bytes_become_text(body: bytes, content_type: str) -> None:
    """A failing page may be anything at all, and must be kept all the same."""
    assert isinstance(_decoded(body, content_type), str)


def test_a_run_says_what_its_rows_lacked(ready: Database) -> None:
    """The contract of a source is judged by these counts."""
    with ready.writing() as session:
        run = write.start_run(session, "news", "s", NOW)
        assert run is not None
        counted = {"undated": 1, "undecodable": 2, "lacking": 3, "unchanged": True}
        write.finish_run(session, run, now=LATER, state="done", counts=write.StoreCounts(), **counted)  # type: ignore[arg-type]
        (row,) = read.runs(session).to_dict("records")
    assert {name: row[name] for name in counted} == counted


def test_retry_stays_until_it_is_taken_back(ready: Database) -> None:
    """Retry-After holds across runs that say nothing of it, and ends when the source answers."""
    with ready.writing() as session:
        write.set_source_state(session, "news", "blocked", "429", retry_at=LATER)
        write.set_source_state(session, "news", "blocked", "429")
        assert read.sources(session).set_index("id").loc["news", "retry_at"] == LATER
        write.set_source_state(session, "news", "ok", None, retry_at=None)
        assert read.sources(session)["retry_at"].isna().all()
