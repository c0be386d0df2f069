"""Every bundled source replays its frozen sample through the real HTTP stack and must give what expected.json says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from collectors.base import EVIDENCE_BYTES, SourceError, load_sources
from collectors.catalogue import BUNDLED
from collectors.config import WEB_READERS
from tests.collectors.faults import FAULTS, Fault, after_two_failures, cut_in_half, in_gb18030, with_version
from tests.collectors.loopback import Loopback, serving
from tests.collectors.replay import SampleSite, rows_of, source_in, told

FOLDERS = sorted(path.parent for path in BUNDLED.glob("*/expected.json"))
WEB = [folder for folder in FOLDERS if source_in(folder).reader in WEB_READERS]
every_web_source = pytest.mark.parametrize("folder", WEB, ids=lambda path: path.name)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server for one test."""
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Attempts follow each other without a pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_source_reads_its_sample(folder: Path, loopback: Loopback, tmp_path: Path) -> None:
    """The documents and refusals of the frozen sample are exactly the expected ones, in order."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    now = datetime.fromisoformat(expected["now"])
    found = [told(row) for row in rows_of(folder, source_in(folder), now, loopback, tmp_path)]
    if os.environ.get("WRITE_EXPECTED") == folder.name:
        written = json.dumps(expected | {"rows": found}, ensure_ascii=False, indent=1)
        (folder / "expected.json").write_text(written + "\n", "utf-8")
        pytest.fail(
            "expected.json is written: read it line by line, then run the test without WRITE_EXPECTED"
        )
    assert found == expected["rows"]


def test_every_bundled_source_has_a_sample() -> None:
    """No source is shipped unproved; the sample archive writes its own and is tested with its generator."""
    folders = {path.parent for path in BUNDLED.glob("*/source.toml")}
    assert {folder.name for folder in folders - set(FOLDERS)} <= {"sample_archive"}


def test_bundled_sources_load_without_a_fault() -> None:
    """Every source.toml that is shipped is valid, and ids are unique."""
    sources, faults = load_sources()
    assert faults == ()
    assert len({source.id for source in sources}) == len(sources) >= 10


def test_sources_that_nobody_has_run_say_so() -> None:
    """Presets for live sites are marked unverified until a person has seen them work."""
    sources, _ = load_sources()
    assert not [source.id for source in sources if source.reader != "table" and source.verified]


@every_web_source
@pytest.mark.timeout(30)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_told_with_its_evidence(folder: Path, fault: Fault, loopback: Loopback) -> None:
    """Whatever a site does, the source ends with a typed error in words, and with what the site answered."""
    site = SampleSite(folder, loopback)
    source = source_in(folder)
    site.serve(fault.change, but=source.lookup.url if source.lookup else None)
    with pytest.raises(fault.error, match=fault.says) as caught:
        site.rows(source, promised(folder)[0])
    evidence = caught.value.evidence
    assert evidence is not None
    assert evidence.status == fault.status
    assert len(evidence.body) <= EVIDENCE_BYTES
    assert not {name.lower() for name in evidence.headers} & {"set-cookie", "cookie", "authorization"}
    if fault.body is not None:
        assert (evidence.body, evidence.cut) == (fault.body, False)
    assert caught.value.retry_after == fault.retry_after


@every_web_source
def test_a_site_that_recovers_loses_nothing(folder: Path, loopback: Loopback) -> None:
    """500 twice, then 200, on every page: the rows are those of a good day."""
    site = SampleSite(folder, loopback, attempts=3)
    site.serve(after_two_failures)
    now, expected = promised(folder)
    assert [told(row) for row in site.rows(source_in(folder), now)] == expected


@every_web_source
def test_the_same_pages_in_gb18030_give_the_same_rows(folder: Path, loopback: Loopback) -> None:
    """An old server's bytes, announced as gb2312, are the same documents; only their encoding is another."""
    site = SampleSite(folder, loopback)
    site.serve(in_gb18030)
    now, expected = promised(folder)
    found = site.rows(source_in(folder), now)
    assert [but_encoding(told(row)) for row in found] == [but_encoding(row) for row in expected]


@every_web_source
def test_an_unchanged_page_is_not_read_again(folder: Path, loopback: Loopback) -> None:
    """Pages that were remembered are asked for by their version: 304 brings no rows and is no fault.

    A page that cannot be remembered, since each run asks for another address or sends a form, is read again.
    """
    site, source = SampleSite(folder, loopback), source_in(folder)
    site.serve(with_version)
    now, expected = promised(folder)
    assert [told(row) for row in site.rows(source, now)] == expected
    again = [told(row) for row in site.rows(source, now)]
    sent = [request for request in loopback.requests if "If-None-Match" in request.headers]
    assert (again == [] and sent) if site.kept else (again == expected and not sent)


@every_web_source
def test_half_a_page_gives_nothing_wrong(folder: Path, loopback: Loopback) -> None:
    """A page cut in the middle is a typed error, or gives refusals and documents that the whole page has too."""
    site = SampleSite(folder, loopback)
    source = source_in(folder)
    site.serve(cut_in_half, but=source.lookup.url if source.lookup else None)
    now, expected = promised(folder)
    known = {str(key_of(row)) for row in expected}
    try:
        found = site.rows(source, now)
    except SourceError:
        return
    assert {str(key_of(told(row))) for row in found} - {"None"} <= known


def promised(folder: Path) -> tuple[datetime, list[dict[str, Any] | str]]:
    """The clock and the rows of a source's expected.json."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    return datetime.fromisoformat(expected["now"]), expected["rows"]


def but_encoding(row: dict[str, Any] | str) -> dict[str, Any] | str:
    """A row without what is said of its bytes."""
    return row if isinstance(row, str) else {name: value for name, value in row.items() if name != "encoding"}


def key_of(row: dict[str, Any] | str) -> object:
    """By what a document is known; None for a refusal."""
    return None if isinstance(row, str) else (row.get("external_id"), row.get("url"))
