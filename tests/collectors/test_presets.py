"""The bundled presets: complete, gentle, honest about what nobody has seen, and in step with docs/sources.md."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from collectors.base import load_sources
from collectors.catalogue import BUNDLED
from collectors.config import WEB_READERS, SourceConfig
from settings.loader import FOLDER, read_toml, validate
from settings.models import Platform, Publisher

DOCUMENT = Path(__file__).parents[2] / "docs" / "sources.md"
SOURCES = {source.id: source for source in load_sources()[0]}
LIVE = [source for source in SOURCES.values() if source.reader in WEB_READERS]
PUBLISHERS = {
    name: publisher
    for row in read_toml(FOLDER / "publishers.toml")["publisher"]
    for publisher in [validate(Publisher, row, "publishers.toml")]
    for name in (publisher.name, *publisher.aliases)
}

KNOWN_PLACES = {
    "金融监管总局": [
        "itemId=915", "itemId=916", "itemId=925", "itemId=926", "itemId=931", "itemId=932", "itemId=963", "itemId=4097",
    ],
    "人民银行": ["/4081330/4081344/4081407/4081705/", "/goutongjiaoliu/113456/113469/"],
    "证监会": ["c101971", "c101972", "c105955"],
    "市场监管总局": ["xgzlyhd.samr.gov.cn/gjjly/message/getMessageList"],
    "互联网金融协会": ["nifa.org.cn/nifa/2961652/", "nifa.org.cn/nifa/2955686/"],
    "新浪财经": ["feed.mix.sina.com.cn/api/roll/get"],
    "财联社": ["www.cls.cn/v1/roll/get_roll_list"],
    "东方财富": ["search-api-web.eastmoney.com/search/jsonp"],
    "证券时报": ["www.stcn.com/article/list.html?type=yw"],
    "每日经济新闻": ["www.nbd.com.cn/columns/"],
    "第一财经": ["www.yicai.com/api/ajax/getlatest"],
    "任一平台": ["www.bing.com/news/search?q={name}&format=rss"],
    "其他": ["rsshub.example.org", "feeds.example.org"],
    "黑猫投诉": ["tousu.sina.com.cn/api/company/received_complaints", "inbox/heimao_export/"],
    "21 聚投诉": ["ts.21cn.com/front/api/search/searchPostList.do"],
    "热线与内部系统": ["inbox/hotline_export/", "TRUSTWATCH_COMPLAINT_DB"],
}  # fmt: skip
"""Where sources of this field are known to be, by who publishes there; each place has a preset."""


def reads(source: SourceConfig) -> str:
    """Every place that a source names."""
    lookup = source.lookup.url if source.lookup else ""
    database = source.sql.database if source.sql else ""
    return " ".join(text for text in (source.url, source.path, lookup, database) if text)


def ids(source: SourceConfig) -> str:
    return source.id


def written(source: SourceConfig) -> dict[str, object]:
    """What source.toml itself says, without defaults."""
    return tomllib.loads((BUNDLED / source.id / "source.toml").read_text("utf-8"))


@pytest.mark.parametrize("publisher", KNOWN_PLACES)
def test_every_known_place_has_a_preset(publisher: str) -> None:
    """Nothing that is known to publish about platforms is left for the user to find out."""
    places = [reads(source) for source in SOURCES.values()]
    assert [place for place in KNOWN_PLACES[publisher] if not any(place in text for text in places)] == []


@pytest.mark.parametrize("source", LIVE, ids=ids)
def test_a_live_preset_says_that_nobody_has_seen_it_work(source: SourceConfig) -> None:
    """What is known from hearsay is shown as such until a person has run it, and the note says what to know."""
    assert not source.verified
    assert source.note


@pytest.mark.parametrize("source", LIVE, ids=ids)
def test_a_live_preset_is_gentle(source: SourceConfig) -> None:
    """A pause of at least a second at one host; at most every ten minutes, every half hour at authorities."""
    assert source.politeness.delay_seconds >= 1
    assert not source.schedule.manual
    if source.schedule.every_minutes is not None:
        assert source.schedule.every_minutes >= (30 if source.kind == "regulatory" else 10)


@pytest.mark.parametrize("source", LIVE, ids=ids)
def test_a_live_preset_promises_what_health_is_judged_by(source: SourceConfig) -> None:
    """Schedule, freshness and required fields are written down, not left to a default that fits no source."""
    said = written(source)
    assert {"schedule", "freshness_hours"} <= said.keys()
    if source.reader != "feed":
        assert source.contract.fields


@pytest.mark.parametrize("source", SOURCES.values(), ids=ids)
def test_a_promised_number_is_large_enough_to_judge_by(source: SourceConfig) -> None:
    """Below about five items a day silence is normal; the sample archive is written by ourselves, day by day."""
    promised = [getattr(source.expected, kind) for kind in source.kinds]
    assert all(number == 0 or number >= 5 for number in promised) or source.demo


@pytest.mark.parametrize("source", [s for s in SOURCES.values() if s.reader == "search_feed"], ids=ids)
def test_a_search_per_platform_is_off_until_somebody_consents(source: SourceConfig) -> None:
    """A watch list of thousands of names is not sent to a stranger's search without being asked to, nor all at once."""
    assert not source.enabled
    assert source.search.per_run <= 20
    assert source.politeness.delay_seconds >= 5
    assert "默认停用" in (source.note or "")


@pytest.mark.parametrize("source", [s for s in SOURCES.values() if not s.enabled], ids=ids)
def test_a_preset_that_is_off_says_why(source: SourceConfig) -> None:
    """Who meets it on the page 数据源 knows what to do before switching it on."""
    assert "默认停用" in (source.note or "")


@pytest.mark.parametrize("source", [s for s in SOURCES.values() if s.kinds == ("complaint",)], ids=ids)
def test_complaints_are_not_kept_for_ever(source: SourceConfig) -> None:
    """Sources with personal data have an end of retention."""
    assert source.retention_days is not None


@pytest.mark.parametrize("source", [s for s in SOURCES.values() if s.publisher], ids=ids)
def test_a_preset_agrees_with_the_table_of_publishers(source: SourceConfig) -> None:
    """One publisher carries as far in source.toml as in publishers.toml, and is an authority in both or in neither."""
    known = PUBLISHERS[source.publisher or ""]
    assert source.reach == known.reach
    assert not source.official or known.official


def test_what_citizens_write_to_an_authority_is_not_official() -> None:
    """A question on an authority's site must not lift a level as if the authority had said it."""
    asked = SOURCES["samr_answers"]
    assert (asked.kind, asked.official) == ("complaint", False)
    assert not PUBLISHERS[asked.publisher or ""].official


def test_no_live_preset_passes_silence_off_as_a_day_without_complaints() -> None:
    """What is on from the start and brings complaints vouches for no platform: nobody asked the hotlines yet."""
    rows = read_toml(FOLDER / "platforms.toml")["platform"]
    watch_list = [validate(Platform, row, "platforms.toml") for row in rows]
    vouching = [
        source.id
        for source in LIVE
        if source.enabled and source.kind == "complaint" and source.covers.ids(watch_list)
    ]
    assert vouching == []


def test_heimao_is_imported_not_crawled() -> None:
    """The export is on, the interface off, and no signature is computed for it."""
    assert SOURCES["heimao_export"].enabled
    assert not SOURCES["heimao_live"].enabled
    assert SOURCES["heimao_live"].request.sign is None


def test_samples_name_no_platform_of_the_watch_list() -> None:
    """Invented accusations must not stand beside a real name."""
    rows = read_toml(FOLDER / "platforms.toml")["platform"]
    names = [validate(Platform, row, "platforms.toml").name for row in rows]
    for path in sorted(BUNDLED.glob("*/expected.json")):
        text = path.read_text("utf-8")
        assert [name for name in names if len(name) > 2 and name in text] == [], path.parent.name


def table() -> dict[str, list[str]]:
    """The table of docs/sources.md: id -> name, kind, reader, default."""
    rows = [
        line.strip("|").split("|")
        for line in DOCUMENT.read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:5]] for cells in rows}


def test_the_document_lists_every_source_as_it_is() -> None:
    """docs/sources.md and the folders say the same: name, kind, reader, on or off."""
    wanted = {
        source.id: [source.name, source.kind, source.reader, "on" if source.enabled else "off"]
        for source in SOURCES.values()
    }
    assert table() == wanted


def test_the_document_names_folders_and_variables_that_exist() -> None:
    """Who follows it drops the file into the folder that is watched and sets the variable that is read."""
    text = DOCUMENT.read_text("utf-8")
    places = " ".join(reads(source) for source in SOURCES.values())
    for folder in re.findall(r"`(inbox/[a-z_]+/)`", text):
        assert folder in places
    for variable in re.findall(r"TRUSTWATCH_[A-Z]+_DB", text):
        assert variable in places
