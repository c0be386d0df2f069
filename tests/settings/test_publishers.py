"""The shipped publishers: complete enough, free of contradictions, and sparing with the official mark."""

from __future__ import annotations

from collections import Counter

import pytest

from settings.loader import FOLDER, read_toml, validate
from settings.models import Publisher
from signals.text import fold

FILE = FOLDER / "publishers.toml"
PUBLISHERS = tuple(validate(Publisher, row, str(FILE)) for row in read_toml(FILE)["publisher"])
BY_NAME = {name: publisher for publisher in PUBLISHERS for name in (publisher.name, *publisher.aliases)}
BANDS = {1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2}


def test_no_name_belongs_to_two_publishers() -> None:
    """A publisher's reach must not depend on the order of the file."""
    names = Counter(fold(name) for publisher in PUBLISHERS for name in (publisher.name, *publisher.aliases))
    assert [name for name, count in names.items() if count > 1] == []


def test_names_carry_no_stray_blanks() -> None:
    """Names are compared whole: a blank at an end would never match."""
    assert [name for name in BY_NAME if name != name.strip() or not name] == []


def test_reach_values_are_the_bands_described_at_the_top() -> None:
    """A value between two bands would claim a precision that a judgement does not have."""
    assert {publisher.reach for publisher in PUBLISHERS} == BANDS


def test_the_file_says_how_reach_was_assigned() -> None:
    """The reader of the file meets the word judgement, and every band, before the first number."""
    head = FILE.read_text("utf-8").split("[[publisher]]")[0]
    assert "by judgement, in ordinal bands, not by measurement" in head
    assert all(f"#   {band}  " in head for band in BANDS)


@pytest.mark.parametrize(
    "name",
    [
        "国家金融监督管理总局", "银保监会", "深圳金融监管局", "中国人民银行", "中国人民银行上海市分行",
        "证监会", "浙江证监局", "市场监管总局", "国家网信办", "公安部", "上海市公安局", "最高人民法院",
        "人民法院",
    ],
)  # fmt: skip
def test_authorities_are_official(name: str) -> None:
    """Regulators, police and courts, their former and short names, can lift a level at once."""
    assert BY_NAME[name].official


@pytest.mark.parametrize(
    "name",
    [
        "新华社", "人民日报", "央视", "财新", "第一财经", "中国互联网金融协会", "黑猫投诉", "12378", "12315",
        "人民网领导留言板", "微博", "雪球", "股吧", "网贷天眼",
    ],
)  # fmt: skip
def test_media_associations_and_complainants_are_not_official(name: str) -> None:
    """Who reports, associates or complains does not decide."""
    assert not BY_NAME[name].official


@pytest.mark.parametrize("byline", ["警方", "警方通报", "官方", "官方通报", "监管部门", "有关部门"])
def test_vague_bylines_are_unknown(byline: str) -> None:
    """Anybody can sign with them, so they must not make a text official."""
    assert byline not in BY_NAME


def test_no_official_publisher_carries_less_than_a_social_platform() -> None:
    """An authority's word is copied further than any post."""
    assert min(p.reach for p in PUBLISHERS if p.official) > BY_NAME["微博"].reach


def test_about_sixty_publishers() -> None:
    """Enough for the sources of the project; a longer list would be guesswork."""
    assert 55 <= len(PUBLISHERS) <= 85
