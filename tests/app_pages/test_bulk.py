"""Files too large for a page: streamed to the disk, only to those who may, noted before they leave."""

from __future__ import annotations

import csv
import io
import secrets
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app_pages import _bulk
from app_pages._bulk import address
from db import read
from db.passwords import token_hash
from db.schema import Account, SignIn
from db.session import Database
from tests.app_pages.conftest import NOW, TODAY


@pytest.fixture
def client(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser in which an analyst is signed in; temporary files go where the test can see them."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with TestClient(Starlette(routes=_bulk.routes())) as found:
        become(found, "某分析员")
        yield found


def become(client: TestClient, name: str) -> None:
    """Sign in as one of the tests' people: with a token of its own, since a real one is ASCII."""
    token = secrets.token_urlsafe()
    with Database.open() as database, database.writing() as session:
        (account,) = session.scalars(select(Account).where(Account.folded == name))
        times = {"began_at": NOW, "seen_at": NOW, "expires_at": NOW + timedelta(hours=1)}
        session.add(SignIn(token_hash=token_hash(token), account_id=account.id, how="local", **times))
    client.cookies.set("trustwatch", token)


def left(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "files").iterdir())


def test_a_csv_with_its_filters(client: TestClient, tmp_path: Path, database: Database) -> None:
    """The same file as the page's button gives; it is in the log, and nothing of it stays behind."""
    answer = client.get("/bulk/flips.csv?platform=yunzhou")
    assert answer.status_code == 200
    assert f"trustwatch_flips_{TODAY.isoformat()}.csv" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["platform_id"] for row in rows] == ["yunzhou"]
    assert left(tmp_path) == []
    with database.reading() as session:
        entry = read.audit(session, action="export").to_dict("records")[0]
    assert (entry["actor"], entry["subject"], entry["detail"]["filters"]) == (
        "某分析员",
        "flips",
        {"平台": "yunzhou"},
    )


@pytest.mark.parametrize(("query", "head"), [("", "平台编号"), ("?headers=plain", "platform_id")])
def test_a_workbook_with_chinese_or_plain_headers(client: TestClient, query: str, head: str) -> None:
    """As chosen on the page."""
    answer = client.get(f"/bulk/flips.xlsx{query}")
    assert openpyxl.load_workbook(io.BytesIO(answer.content))["数据"]["A1"].value == head


@pytest.mark.parametrize("who", [None, "某委员", "nobody"])
def test_who_may_not_gets_nothing(client: TestClient, who: str | None, database: Database) -> None:
    """Not signed in, a role that may only look, a token of nobody: refused, and no export is in the log."""
    client.cookies.clear()
    if who == "nobody":
        client.cookies.set("trustwatch", "made-up")
    elif who is not None:
        become(client, who)
    answer = client.get("/bulk/documents.csv")
    assert answer.status_code == 403
    assert "星河聚财" not in answer.text
    with database.reading() as session:
        assert read.audit(session, action="export").empty


def test_the_audit_log_needs_more(client: TestClient) -> None:
    """An analyst may export, but not read the log; a liaison officer may both."""
    assert client.get("/bulk/audit.csv").status_code == 403
    client.cookies.clear()
    become(client, "某联络岗")
    assert client.get("/bulk/audit.csv").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/bulk/accounts.csv", 404),
        ("/bulk/flips.exe", 404),
        ("/bulk/flips.csv?start=gestern", 400),
        ("/bulk/flips.csv?demo=perhaps", 400),
    ],
)
def test_an_address_that_makes_no_sense(client: TestClient, path: str, status: int) -> None:
    """A sentence in Chinese; nothing is read."""
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")


def test_what_breaks_off_leaves_no_file(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short file would look like a whole one."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(_bulk, "write_table", broken)
    with pytest.raises(RuntimeError):
        client.get("/bulk/flips.csv")
    assert left(tmp_path) == []
    monkeypatch.undo()


def test_one_at_a_time(client: TestClient) -> None:
    """The second is told to wait."""
    with _bulk._one:
        assert client.get("/bulk/flips.csv").status_code == 429
    assert client.get("/bulk/flips.csv").status_code == 200


def test_the_page_links_to_what_it_shows() -> None:
    """The address carries the page's filters."""
    chosen = {"demo": False, "platform_id": "a", "start": date(2026, 1, 2), "end": None}
    assert address("flips", "csv", chosen) == "./bulk/flips.csv?platform=a&demo=real&start=2026-01-02"
    assert address("flips", "xlsx", {"demo": None}, chinese=False) == "./bulk/flips.xlsx?headers=plain"
