"""The bundled sample archive: deterministic, growing only at its end, true to its script, and of nobody real."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import Context, Refusal, collect
from collectors.catalogue import load_source
from collectors.expected import expected_items
from collectors.sources.sample_archive import generate, script
from collectors.sources.sample_archive.generate import EXPECTED, ArchiveDamaged, documents, write_archive
from collectors.sources.sample_archive.truth import DAYS
from settings.loader import FOLDER, read_platforms
from signals.linking import Linker
from signals.model import SHANGHAI, Document, Kind
from signals.privacy import mask

ANCHOR = date(2026, 11, 21)
FIRST = ANCHOR - timedelta(days=DAYS - 1)
HERE = Path(generate.__file__).parent
ANCHORS = [date(2024, 2, 29), date(2026, 1, 1), ANCHOR, date(2031, 7, 6)]
Row = dict[str, Any]


def at(day: date, hour: int = 23, minute: int = 59) -> datetime:
    """A moment of a Shanghai day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


@cache
def archive(anchor: date = ANCHOR, after: int = 0) -> list[Row]:
    """All rows up to the end of the anchor day, or of a day after it."""
    return list(documents(anchor, at(anchor + timedelta(days=after))))


def seen(row: Row) -> datetime:
    """When a row became available."""
    return max(datetime.fromisoformat(row["first_seen_at"]), datetime.fromisoformat(row["published_at"]))


def offset(row: Row) -> int:
    """Day of availability, counted from the anchor day."""
    return (seen(row).date() - ANCHOR).days


def of_platform(platform_id: str) -> list[Row]:
    """Rows that name the platform by its full name or its legal entity."""
    platform = script.load().platforms[platform_id]
    names = (platform.name, *platform.legal_entities)
    return [row for row in archive() if any(name in row["title"] + row["text"] for name in names)]


# ------------------------------------------------------------------------------------------------ shape and order


@pytest.mark.parametrize("anchor", ANCHORS, ids=str)
def test_about_six_thousand_documents_of_all_kinds(anchor: date) -> None:
    """Whatever the first day is, the archive has its announced size and every kind of document."""
    rows = archive(anchor)
    kinds = Counter(row["kind"] for row in rows)
    assert 5_400 <= len(rows) <= 6_600
    assert set(kinds) == {str(kind) for kind in Kind}
    assert min(kinds[kind] for kind in ("news", "social", "complaint")) > 1_500


@pytest.mark.parametrize("anchor", ANCHORS, ids=str)
def test_four_hundred_days_that_end_on_the_anchor_day(anchor: date) -> None:
    """The first documents are 399 days old, the last of today; only the gap interrupts them."""
    days = {seen(row).date() for row in archive(anchor)}
    assert min(days) == anchor - timedelta(days=DAYS - 1)
    assert max(days) == anchor
    assert len(days) >= DAYS - 5


def test_rows_come_in_order_of_availability() -> None:
    """A reader that stops in the middle has everything that was known until then."""
    assert all(seen(one) <= seen(two) for one, two in pairwise(archive()))


def test_nothing_is_seen_before_it_was_published() -> None:
    """`first_seen_at` is shipped and plausible: it never precedes publication."""
    for row in archive():
        assert datetime.fromisoformat(row["published_at"]) <= datetime.fromisoformat(row["first_seen_at"])


def test_some_documents_arrive_a_day_or_two_late() -> None:
    """Availability differs from publication now and then, as with real sources, by no more than two days."""
    gaps = [seen(row).date() - datetime.fromisoformat(row["published_at"]).date() for row in archive()]
    assert 50 < sum(gap.days > 0 for gap in gaps) < 300
    assert max(gap.days for gap in gaps) == 2


def test_ids_are_unique_even_after_years() -> None:
    """An id names one document for good."""
    rows = archive(after=120)
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["url"] for row in rows}) == len(rows)


def test_every_row_says_that_it_is_synthetic() -> None:
    """No row can be taken for a real one: marked, with an address that cannot exist (RFC 2606)."""
    for row in archive():
        assert row["synthetic"] is True
        assert row["url"].startswith("https://sample-archive.example/")


# ------------------------------------------------------------------------------------------------ determinism


moments = st.datetimes(
    datetime(FIRST.year, FIRST.month, FIRST.day), datetime(FIRST.year, FIRST.month, FIRST.day) + timedelta(25)
).map(lambda moment: moment.replace(tzinfo=SHANGHAI))


@settings(max_examples=25, deadline=None)
@given(one=moments, two=moments)
def test_a_later_clock_only_adds_at_the_end(one: datetime, two: datetime) -> None:
    """documents(anchor, t1) is a prefix of documents(anchor, t2) for t1 <= t2, and ends by t1."""
    early, late = sorted((one, two))
    head, whole = list(documents(ANCHOR, early)), list(documents(ANCHOR, late))
    assert whole[: len(head)] == head
    assert all(seen(row) <= early for row in head)
    assert all(seen(row) > early for row in whole[len(head) :])


def test_days_after_the_anchor_leave_the_past_alone() -> None:
    """Each new day is added; what the first run showed stays as it was."""
    rows = archive(after=30)
    assert rows[: len(archive())] == archive()
    assert {seen(row).date() for row in rows[len(archive()) :]} == {
        ANCHOR + timedelta(days=n) for n in range(1, 31)
    }


def test_another_process_makes_the_same_archive() -> None:
    """No salted hash, clock or set order enters: a process with another hash seed gives the same bytes."""
    code = (
        "import json, hashlib; from datetime import date, datetime;"
        "from collectors.sources.sample_archive.generate import documents;"
        f"rows = documents(date.fromisoformat('{ANCHOR}'), datetime.fromisoformat('{at(FIRST, 23).isoformat()}'));"
        "print(hashlib.sha256(json.dumps(list(rows)).encode()).hexdigest())"
    )
    here = hashlib.sha256(json.dumps(list(documents(ANCHOR, at(FIRST, 23)))).encode()).hexdigest()
    root = Path(__file__).parents[2]
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == here


def test_the_clock_may_be_in_any_zone() -> None:
    """The same moment in UTC gives the same rows."""
    moment = at(FIRST + timedelta(days=3), 10, 30)
    assert list(documents(ANCHOR, moment.astimezone())) == list(documents(ANCHOR, moment))


# ------------------------------------------------------------------------------------------------ texts


def test_no_gap_of_a_template_is_left_open() -> None:
    """Every placeholder is filled and no sentence is glued to nothing."""
    for row in archive(after=60):
        assert not re.search(r"[{}]|None|。。|，。|，$", row["title"] + "\n" + row["text"]), row


def test_texts_have_the_length_of_real_ones() -> None:
    """Complaints and news are a few sentences, posts are short."""
    lengths = {kind: [] for kind in ("news", "complaint", "social")}
    for row in archive():
        if row["kind"] in lengths:
            lengths[row["kind"]].append(len(row["text"]))
    middle = {kind: sorted(values)[len(values) // 2] for kind, values in lengths.items()}
    assert 70 <= middle["news"] <= 300
    assert 50 <= middle["complaint"] <= 200
    assert 20 <= middle["social"] <= 120


def test_few_texts_are_word_for_word_the_same() -> None:
    """The templates vary enough: repeated texts are a rarity, as copied posts are."""
    texts = Counter((row["title"], row["text"]) for row in archive())
    assert sum(count - 1 for count in texts.values()) < 0.04 * len(archive())


def test_a_few_complaints_carry_a_made_up_telephone_number() -> None:
    """They are there to show masking: recognisable as invented, and gone after `mask`."""
    phones = [row for row in archive() if re.search(r"\b1\d{10}\b|1\d{10}", row["title"] + row["text"])]
    assert 2 <= len(phones) <= 10
    for row in phones:
        assert row["kind"] == "complaint"
        assert all(number[3:7] == "0000" for number in re.findall(r"1\d{10}", row["text"]))
        assert not re.search(r"1\d{10}", mask(row["text"]))


def test_authorities_and_nobody_else_are_official() -> None:
    """Only regulators and police are official; the association, the press and the platforms are not."""
    for row in archive():
        if row["official"]:
            assert row["kind"] == "regulatory"
            assert "协会" not in row["publisher"]
        elif row["kind"] == "regulatory":
            assert "协会" in row["publisher"]


def test_penalties_name_their_party_and_complaints_their_object() -> None:
    """当事人 and 投诉对象 are fields of their own, as in real penalty tables and complaint exports."""
    platforms = script.load().platforms.values()
    entities = {name for platform in platforms for name in platform.legal_entities}
    names = {name for platform in platforms for name in platform.full}
    for row in archive():
        if row["kind"] == "complaint":
            assert row["subject"] in names
            assert row["status"] in {"处理中", "已回复", "已完成"}
        elif "行政处罚决定书文号" in row["text"]:
            assert row["subject"] in entities


# ------------------------------------------------------------------------------------------------ names


def test_twelve_platforms_of_every_kind_of_name() -> None:
    """One has an old name, one an ambiguous alias, one a name inside another's; all are marked as demo."""
    platforms = script.load().platforms.values()
    assert len(platforms) == 12
    assert all(p.demo and p.id.startswith("demo-") and p.legal_entities and p.full for p in platforms)
    assert [p.name for p in platforms if p.old_names] == ["穗鹿优选"]
    assert [p.name for p in platforms if p.ambiguous] == ["山雀分期"]
    names = [p.name for p in platforms]
    assert not [(a, b) for a in names for b in names if a != b and a in b]
    nested = [(p.name, other) for p in platforms for other in p.not_this if other in names]
    assert nested == [("泊麦支付", "泊麦优贷")]


def test_no_fictional_name_touches_a_real_one() -> None:
    """No alias of the cast is, contains or lies within an alias of a real platform or publisher."""
    real = {
        name
        for platform in read_platforms(FOLDER / "platforms.toml")
        for name in (platform.name, *platform.full, *platform.brand, *platform.legal_entities)
    }
    for platform in script.load().platforms.values():
        for name in (platform.name, *platform.full, *platform.brand, *platform.legal_entities):
            assert not [other for other in real if other in name or name in other], name


def test_no_fictional_name_is_in_the_portal_list(shared: Path) -> None:
    """None of the 6,591 platforms a portal once listed bears one of the invented names."""
    listed = (shared / "platform_dictionary.csv").read_text("utf-8")
    for platform in script.load().platforms.values():
        for name in (*platform.full, *platform.brand, *platform.legal_entities, *platform.old_names):
            assert name not in listed


def test_no_text_names_a_real_platform() -> None:
    """The archive says nothing about anybody who exists, so nothing of it can count for a real platform."""
    linker = Linker(read_platforms(FOLDER / "platforms.toml"))
    for row in archive(after=30):
        assert not linker.link(row["title"], row["text"], row["subject"]), row


def test_every_complaint_is_linked_to_its_object() -> None:
    """The ordinary linker finds the platform a complaint is about; birds and hotels stay birds and hotels."""
    linker = Linker(tuple(script.load().platforms.values()))
    for row in archive():
        found = {link.platform_id for link in linker.link(row["title"], row["text"], row["subject"])}
        if row["kind"] == "complaint":
            owner = next(p.id for p in script.load().platforms.values() if row["subject"] in p.full)
            assert found == {owner}
        if re.search("育雏|长焦|泊麦酒店", row["title"] + row["text"]):
            assert not found


def test_platforms_carry_the_status_of_the_play() -> None:
    """By the anchor day two platforms are 立案, since the day of the police notice."""
    filed = {p.id: p.status_since for p in generate.platforms(ANCHOR) if p.status == "立案"}
    assert filed == {
        "demo-lutong": ANCHOR - timedelta(days=4),
        "demo-rongzhan": ANCHOR - timedelta(days=205),
    }


# ------------------------------------------------------------------------------------------------ the play


def test_the_four_crisis_cases_are_played() -> None:
    """One platform each for 跑路, 数据泄露, 欺诈 and 过度营销."""
    assert sorted(one.case for one in EXPECTED.crises) == sorted(["跑路", "数据泄露", "欺诈", "过度营销"])
    assert len({one.platform_id for one in EXPECTED.crises}) == 4


def test_police_announce_a_case_on_the_expected_days_only() -> None:
    """An official 立案 exists for two platforms, on the day the ground truth names; a clarification denies one."""
    found = {}
    for one in script.load().platforms:
        days = {offset(row) for row in of_platform(one) if row["official"] and "立案侦查" in row["text"]}
        if days:
            found[one] = days
    rumour = EXPECTED.rumour
    expected = {one.platform_id: {one.case_filed} for one in EXPECTED.crises if one.case_filed}
    assert found == {**expected, rumour.platform_id: {rumour.cleared}}
    (notice,) = (
        row for row in of_platform(rumour.platform_id) if row["official"] and "立案侦查" in row["text"]
    )
    assert "未对该公司立案侦查" in notice["text"]


def test_payment_stops_on_the_day_of_public_failure() -> None:
    """The platform's own announcement of 停止兑付 dates the failure."""
    for one in EXPECTED.crises:
        stops = {
            offset(row)
            for row in of_platform(one.platform_id)
            if row["kind"] == "disclosure" and "停止兑付" in row["text"]
        }
        assert stops == ({one.public_failure} if one.public_failure is not None else set())


def test_the_runaway_escalates_over_weeks() -> None:
    """Slow withdrawals are complained of long before anybody speaks of 跑路; complaints grow from month to month."""
    rows = of_platform("demo-lutong")
    complaints = Counter(-offset(row) // 20 for row in rows if row["kind"] == "complaint")
    assert complaints[0] > complaints[1] > complaints[2] > complaints[4]
    first_sign = min(offset(row) for row in rows if "提现" in row["text"] and row["kind"] == "complaint")
    gone = min(offset(row) for row in rows if "人去楼空" in row["title"] + row["text"])
    assert -85 <= first_sign <= -60
    assert gone == -6


def test_the_rumour_is_claimed_then_denied_with_proof_then_cleared() -> None:
    """Posts come first, the platform answers with the custodian's proof, supervisor and police confirm."""
    rumour = EXPECTED.rumour
    rows = of_platform(rumour.platform_id)
    claims = [
        row
        for row in archive()
        if row["kind"] == "social" and re.search("橡屿.*(跑路|挪用|转钱)", row["title"])
    ]
    proof = [row for row in rows if row["kind"] == "disclosure" and "存管余额证明" in row["text"]]
    cleared = [row for row in rows if row["official"] and "不属实" in row["text"] + row["title"]]
    assert min(offset(row) for row in claims if offset(row) > -200) == rumour.claimed
    assert [offset(row) for row in proof] == [rumour.denied]
    assert [offset(row) for row in cleared] == [rumour.cleared]
    assert max(seen(row) for row in claims if offset(row) < -100) < seen(cleared[0])


def test_one_story_is_copied_by_forty_sites() -> None:
    """Forty publishers carry the same story within 72 hours, each once, hardly any word for word."""
    story = EXPECTED.copied
    rows = [row for row in of_platform(story.platform_id) if "基于风险管理的需要" in row["text"]]
    rows += [
        row
        for row in archive()
        if row["kind"] == "news" and "运营超过六年" in row["text"] and row not in rows
    ]
    assert len({row["publisher"] for row in rows}) == len(rows) == story.sites
    assert {offset(row) for row in rows} == set(range(story.day, story.last_day + 1))
    assert max(map(seen, rows)) - min(map(seen, rows)) < timedelta(hours=72)
    assert min(rows, key=seen)["publisher"] == "示例财经"
    assert len({row["text"] for row in rows}) > story.sites * 0.7


def test_in_the_gap_everything_but_announcements_stops() -> None:
    """For five days no complaint, news or post is seen or dated; authorities go on."""
    first, last = EXPECTED.gap
    for row in archive():
        published = (datetime.fromisoformat(row["published_at"]).date() - ANCHOR).days
        if first <= offset(row) <= last or first <= published <= last:
            assert row["kind"] in {"regulatory", "disclosure"}


def test_silence_can_be_told_from_a_quiet_day() -> None:
    """Every ordinary day brings at least half of what source.toml expects of each kind; the gap brings none."""
    source = load_source(HERE / "source.toml")
    counts = Counter((offset(row), row["kind"]) for row in archive())
    for day in range(1 - DAYS, 1):
        for kind in (Kind.COMPLAINT, Kind.NEWS, Kind.SOCIAL):
            expected = expected_items(source, kind, ANCHOR + timedelta(days=day))
            assert expected >= 3, "a rarer kind counts as observed without any item"
            in_gap = EXPECTED.gap[0] <= day <= EXPECTED.gap[1]
            assert (counts[day, kind.value] >= expected / 2) != in_gap


def test_calm_platforms_stay_calm() -> None:
    """No official act names a calm platform in the last 120 days, and nobody says it has failed."""
    for platform_id in EXPECTED.calm:
        recent = [row for row in of_platform(platform_id) if offset(row) > -120]
        assert not [row for row in recent if row["official"] and "处罚" in row["title"] + row["text"]]
        assert not [row for row in recent if re.search("人去楼空|提现困难|立案侦查", row["title"])]


def test_one_actor_is_not_one_culprit() -> None:
    """Bystanders, retold scandals, questions, conditions and advertisements are all there as traps."""
    texts = [row["title"] + row["text"] for row in archive()]
    for trap in (
        "没有任何业务往来",
        "2019年，稻鹿金服",
        "还能提现吗",
        "假如|如果|万一",
        "套现",
        "没有股权关系",
    ):
        assert any(re.search(trap, text) for text in texts), trap


# ------------------------------------------------------------------------------------------------ files


def contents(paths: list[Path]) -> list[Row]:
    """All rows of the files."""
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def test_files_hold_exactly_the_documents(tmp_path: Path) -> None:
    """One file a month, together what `documents` yields, in its order."""
    paths = write_archive(tmp_path, ANCHOR, at(ANCHOR, 15))
    assert contents(paths) == list(documents(ANCHOR, at(ANCHOR, 15)))
    assert [path.name for path in paths][:2] == ["2025-10.jsonl", "2025-11.jsonl"]
    assert sorted(tmp_path.iterdir()) == paths


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """A second run touches no file, so that readers keep their place."""
    paths = write_archive(tmp_path, ANCHOR, at(ANCHOR, 15))
    before = [(path.stat().st_mtime_ns, path.stat().st_ino) for path in paths]
    assert write_archive(tmp_path, ANCHOR, at(ANCHOR, 15)) == paths
    assert [(path.stat().st_mtime_ns, path.stat().st_ino) for path in paths] == before


@settings(max_examples=10, deadline=None)
@given(steps=st.lists(moments, min_size=1, max_size=4).map(sorted))
def test_files_grow_at_their_end_only(
    tmp_path_factory: pytest.TempPathFactory, steps: list[datetime]
) -> None:
    """However often and late the worker comes by, each file begins with what it held and all ends the same."""
    folder = tmp_path_factory.mktemp("archive")
    held: dict[Path, bytes] = {}
    for moment in steps:
        for path in write_archive(folder, ANCHOR, moment):
            content = path.read_bytes()
            assert content.startswith(held.get(path, b""))
            held[path] = content
    assert contents(sorted(held)) == list(documents(ANCHOR, steps[-1]))


def test_an_older_clock_takes_nothing_away(tmp_path: Path) -> None:
    """A clock set back leaves the files as they are."""
    paths = write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=40)))
    before = [path.read_bytes() for path in paths]
    write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=3)))
    assert [path.read_bytes() for path in paths] == before


def test_what_an_earlier_version_wrote_is_kept(tmp_path: Path) -> None:
    """After an upgrade that words texts differently, old rows stay as read and new ones follow."""
    (path,) = write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=2)))
    older = path.read_bytes().replace("平台".encode(), "网站".encode())
    path.write_bytes(older)
    write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=5)))
    assert path.read_bytes().startswith(older)
    rows = contents([path])
    assert (
        len({row["id"] for row in rows})
        == len(rows)
        == len(list(documents(ANCHOR, at(FIRST + timedelta(5)))))
    )


@pytest.mark.parametrize("end", [b'{"id": "2025', b"[]\n", b'{"id": 1}\n', b"\x00\x01\n"])
def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path, end: bytes) -> None:
    """A file that ends in something else is not written over: one message says what to delete."""
    (path,) = write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=2)))
    damaged = path.read_bytes() + end
    path.write_bytes(damaged)
    with pytest.raises(ArchiveDamaged, match=r"2025-10\.jsonl：.*请删除该文件"):
        write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=5)))
    assert path.read_bytes() == damaged


def test_a_broken_off_write_is_mended(tmp_path: Path) -> None:
    """What a killed worker leaves beside the files is overwritten by the next, and no reader sees it."""
    (tmp_path / ".2025-10.jsonl.part").write_bytes(b'{"id"')
    write_archive(tmp_path, ANCHOR, at(FIRST + timedelta(days=2)))
    assert [path.name for path in tmp_path.iterdir()] == ["2025-10.jsonl"]


def test_the_ordinary_reader_takes_every_row(tmp_path: Path) -> None:
    """source.toml and the generator agree: all rows become documents with kind, times and marks, none is refused."""
    source = load_source(HERE / "source.toml")
    now = at(ANCHOR)
    write_archive(tmp_path / "sample_archive", ANCHOR, now)
    read = [row.item for row in collect(source, Context(get=refuse_network, now=now, data_dir=tmp_path))]
    assert not [item for item in read if isinstance(item, Refusal)]
    kept = {item.external_id: item for item in read if isinstance(item, Document)}
    assert len(kept) == len(archive())
    for row in archive():
        document = kept[row["id"]]
        assert (document.kind, document.official, document.reach) == (
            row["kind"],
            row["official"],
            row["reach"],
        )
        assert document.first_seen_at == datetime.fromisoformat(row["first_seen_at"])
        assert document.published_at == datetime.fromisoformat(row["published_at"])
        assert document.fields["synthetic"] == "True"


def test_the_source_speaks_of_demo_platforms_alone() -> None:
    """Its silence greys no real platform, and no real platform rests on it."""
    source = load_source(HERE / "source.toml")
    demo, real = script.load().platforms, read_platforms(FOLDER / "platforms.toml")
    assert source.demo
    assert source.covers.ids([*demo.values(), *real]) == frozenset(demo)


def refuse_network(*_: object) -> Any:
    """The archive needs no network."""
    raise AssertionError("the sample archive asked for a page")
