"""Every bundled source replays its frozen sample through the real HTTP stack and must give what expected.json says."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Context, Politeness, Refusal, Response, Row, SourceBroken, collect, load_sources
from collectors.catalogue import BUNDLED
from collectors.config import SourceConfig
from collectors.fetch import Fetcher
from collectors.readers.table import read_file
from settings.loader import read_toml, validate
from tests.collectors.loopback import Answer, Loopback, serving

FOLDERS = sorted(path.parent for path in BUNDLED.glob("*/expected.json"))


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server for one test."""
    with serving() as server:
        yield server


def served(folder: Path, server: Loopback) -> dict[str, str]:
    """Scripts the sample's answers; gives the loopback address of each real one."""
    local = {}
    script = tomllib.loads((folder / "sample" / "answers.toml").read_text("utf-8"))
    for place, answer in enumerate(script["answer"]):
        headers = {"Content-Type": answer["content_type"]} if "content_type" in answer else {}
        body = (folder / "sample" / answer["file"]).read_bytes()
        local[answer["url"]] = server.add(f"/{place}", Answer(body, answer.get("status", 200), headers))
    return local


def rows_of(folder: Path, source: SourceConfig, now: datetime, server: Loopback) -> Iterator[Row]:
    """What the source says of its sample: files are read, pages fetched from the server."""
    if source.reader == "table":
        for path in sorted((folder / "sample").iterdir()):
            yield from read_file(path, source, now)
        return
    local = served(folder, server)
    fetcher = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1)

    def get(url: str, politeness: Politeness = Politeness()) -> Response:
        assert url in local, f"the sample has no answer for {url}"
        quick = politeness.model_copy(update={"delay_seconds": 0.0})
        try:
            answer = fetcher(local[url], quick)
        except SourceBroken as error:
            raise SourceBroken(str(error).replace(local[url], url)) from error
        return Response(url, answer.content, answer.headers)

    yield from collect(source, Context(get=get, now=now, data_dir=folder))


def told(row: Row) -> dict[str, Any] | str:
    """A row as expected.json writes it: what is known of a document, or the refusal as people read it."""
    if isinstance(row.item, Refusal):
        return str(row.item).replace("\n", " ")
    known = {name: value for name, value in asdict(row.item).items() if value not in (None, {}, False)}
    known.pop("source_id")
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in known.items()}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_source_reads_its_sample(folder: Path, loopback: Loopback) -> None:
    """The documents and refusals of the frozen sample are exactly the expected ones, in order."""
    source = validate(SourceConfig, read_toml(folder / "source.toml"), folder.name)
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    found = [told(row) for row in rows_of(folder, source, datetime.fromisoformat(expected["now"]), loopback)]
    if os.environ.get("WRITE_EXPECTED") == folder.name:
        written = json.dumps({"now": expected["now"], "rows": found}, ensure_ascii=False, indent=1)
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
