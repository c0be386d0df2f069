"""Discovery in the analyse stage: which texts are searched, what is taken already, and nothing counted twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from db import read, write
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages import discover
from signals.discovery import WEIGHTS, Discovery, Spot
from signals.text import Reading
from tests.pipeline.conftest import NOW, PLATFORM, Rows
from tests.pipeline.test_stages import bring, row

Table = Callable[[Rows], Path]
NAME = "霜月优投"
DAY = date(2026, 3, 8)


class Finder:
    """A stand-in for the trained model: finds one of `names`, and keeps what it was told is taken."""

    def __init__(self) -> None:
        self.names = (NAME,)
        self.taken: list[list[str]] = []
        self.searched = 0

    def find(self, readings: Sequence[Reading], taken: Sequence[Sequence[Spot]]) -> list[list[Discovery]]:
        self.searched += len(readings)
        for reading, spots in zip(readings, taken, strict=True):
            self.taken.append([reading.folded[start:end] for start, end in spots])
        return [
            [
                Discovery(name, ((at, at + len(name)),), 0.7)
                for name in self.names
                if (at := reading.folded.find(name)) >= 0
            ]
            for reading in readings
        ]


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    found = Finder()
    monkeypatch.setattr(discover, "_discoverer", lambda: found)
    return found


def text(number: int, day: date = DAY, kind: str = "complaint") -> dict[str, str]:
    return dict(row(number, day, f"第{number}次来问：{NAME}和岚桥优贷都提现失败，客服不理人。", kind=kind))


def offered(workplace: Workplace) -> list[tuple[date, int]]:
    with workplace.database.reading() as session:
        days = read.discovery_days(session, NOW.date())
    return list(zip(days["day"], days["documents"], strict=True))


def test_what_is_watched_is_taken(workplace: Workplace, table: Table, finder: Finder) -> None:
    """Only the names that link a platform, by their place in the folded text; events are no names."""
    bring(workplace, table([text(1)]))
    assert [set(names) for names in finder.taken] == [{PLATFORM.name}]
    assert offered(workplace) == [(DAY, 1)]


def test_a_name_pulled_apart_is_taken_where_it_stands(
    workplace: Workplace, table: Table, finder: Finder
) -> None:
    """Offsets of the stored text and of the folded text differ by the blanks between."""
    bring(workplace, table([row(1, DAY, "大家注意，岚 桥 优 贷 提现失败，客服不理人，已经等了一周。")]))
    assert [set(names) for names in finder.taken] == [{PLATFORM.name}]


def test_reading_again_counts_once(workplace: Workplace, table: Table, finder: Finder) -> None:
    """A re-scored archive does not make every name rise."""
    bring(workplace, table([text(1), text(2)]))
    with workplace.database.writing() as session:
        write.rescore(session)
    carry(workplace, NOW + timedelta(minutes=1), silent)
    assert finder.searched == 4
    assert offered(workplace) == [(DAY, 2)]


@pytest.mark.parametrize(
    ("kind", "day", "searched"),
    [("news", DAY, 1), ("social", DAY, 1), ("regulatory", DAY, 0), ("complaint", date(2025, 12, 5), 0)],
)
def test_only_fresh_texts_of_people_and_press_are_searched(
    workplace: Workplace, table: Table, finder: Finder, kind: str, day: date, searched: int
) -> None:
    """An archive costs nothing, and a regulator names whom it means."""
    bring(workplace, table([text(1, day, kind)]))
    assert finder.searched == searched


def test_institutions_are_not_offered(workplace: Workplace, table: Table, finder: Finder) -> None:
    """The model proposes whatever a text is about: its bank, its paper, the police."""
    finder.names = (NAME, "青浔银行", "云汀警方", "松间财讯", "拾光在线", "半亩金融")
    body = f"岚桥客户告诉半亩金融观察，青浔银行与{NAME}终止存管，云汀警方介入，松间财讯、拾光在线都有报道。"
    other = "天气不错，适合出门散步，看看花草树木，听听鸟叫。"
    rows = [
        row(1, DAY, body, kind="news", publisher="松间财讯"),
        row(2, DAY, other, kind="news", publisher="拾光在线"),
    ]
    bring(workplace, table(rows))
    with workplace.database.reading() as session:
        assert set(read.discovery_days(session, NOW.date())["name"]) == {NAME}


@pytest.mark.parametrize(("subject", "searched"), [(PLATFORM.name, 0), ("", 1)])
def test_a_complaint_that_says_whom_it_is_about_is_not_searched(
    workplace: Workplace, table: Table, finder: Finder, subject: str, searched: int
) -> None:
    """Where its own field names a watched platform, whatever else it names is no news."""
    bring(workplace, table([{**text(1), "subject": subject}]))
    assert finder.searched == searched


def test_without_weights_everything_else_goes_on(
    workplace: Workplace, table: Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A damaged installation loses discovery, not its mentions."""
    monkeypatch.setattr("signals.discovery.WEIGHTS", tmp_path / "gone.npz")
    discover._discoverer.cache_clear()
    bring(workplace, table([text(1)]))
    discover._discoverer.cache_clear()
    with workplace.database.reading() as session:
        assert len(list(read.rows(session, "mentions"))) == 1
    assert offered(workplace) == []


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights of discovery are not trained yet")
def test_the_shipped_model_finds_an_invented_platform(workplace: Workplace, table: Table) -> None:
    """From a text to the page's numbers, with the real weights."""
    discover._discoverer.cache_clear()
    rows = [
        row(n, DAY, f"{n}天了，在{NAME}平台投的钱提现不到账，{NAME}客服失联，涉嫌诈骗。") for n in range(1, 4)
    ]
    bring(workplace, table(rows))
    with workplace.database.reading() as session:
        days = read.discovery_days(session, NOW.date())
    assert NAME in set(days["name"])
