"""Watch lists from CSV: thousands of names, each in the tier it deserves, none twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import UnreadableFile
from pipeline.watch_list import read_watch_list
from settings.models import Platform


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "名单.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    """Chinese or English headers, any order; aliases split at half- and full-width semicolons."""
    path = written(tmp_path, "类别,平台名称,别名\n网贷,岚桥贷,岚桥网贷；岚桥金服\n")
    (platform,) = read_watch_list(path, []).platforms
    assert (platform.name, platform.category) == ("岚桥贷", "网贷")
    assert set(platform.brand) == {"岚桥贷", "岚桥网贷", "岚桥金服"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_office_programs_are_read(tmp_path: Path, encoding: str) -> None:
    """A list saved by a spreadsheet needs no conversion."""
    path = written(tmp_path, "name,category\n岚桥贷,网络借贷信息中介\n星泊财富,财富管理平台\n", encoding)
    assert [platform.name for platform in read_watch_list(path, []).platforms] == ["岚桥贷", "星泊财富"]


def test_a_renamed_platform_keeps_its_old_name(tmp_path: Path) -> None:
    """A new name must not hide a past: both find the platform."""
    path = written(tmp_path, "name,oldname\n星泊金服(星泊贷),\n岚桥金服,岚桥贷\n")
    first, second = read_watch_list(path, []).platforms
    assert (first.name, first.old_names) == ("星泊金服", ("星泊贷",))
    assert (second.name, second.old_names) == ("岚桥金服", ("岚桥贷",))


def test_a_common_word_needs_context(tmp_path: Path) -> None:
    """A platform called 财富 would otherwise be found in every second text."""
    (platform,) = read_watch_list(written(tmp_path, "name\n财富\n"), []).platforms
    assert platform.brand == ()
    assert [alias.text for alias in platform.ambiguous] == ["财富"]


def test_known_names_are_not_added_again(tmp_path: Path) -> None:
    """Neither a platform of the list nor an earlier row is doubled; an alias of another is not taken over."""
    known = [Platform(id="lanqiao", name="岚桥贷", category="网贷", brand=("岚桥",))]
    found = read_watch_list(written(tmp_path, "name,aliases\n岚桥贷,\n星泊贷,岚桥\n星泊贷,\n"), known)
    assert found.known == ("岚桥贷", "星泊贷")
    (platform,) = found.platforms
    assert "岚桥" not in {*platform.brand, *(alias.text for alias in platform.ambiguous)}


def test_a_row_without_a_name_is_refused_with_its_number(tmp_path: Path) -> None:
    """Rows are counted as a sheet counts them, the header being the first."""
    found = read_watch_list(written(tmp_path, "name,category\n岚桥贷,网贷\n,网贷\n"), [])
    (refusal,) = found.refusals
    assert (refusal.row, refusal.field) == (3, "name")
    assert len(found.platforms) == 1


def test_two_platforms_cannot_share_an_id(tmp_path: Path) -> None:
    """The second is refused and named, rather than silently merged with the first."""
    found = read_watch_list(written(tmp_path, "id,name\nx1,岚桥贷\nx1,星泊贷\n"), [])
    assert [refusal.field for refusal in found.refusals] == ["id"]
    assert "x1" in found.refusals[0].reason


def test_a_file_without_a_name_column_says_what_it_found(tmp_path: Path) -> None:
    """The message lists the columns that are there and those that would do."""
    with pytest.raises(UnreadableFile, match=r"缺少名称列.*code"):
        read_watch_list(written(tmp_path, "code,city\n1,杭州\n"), [])


def test_a_real_list_of_thousands_loads(shared: Path) -> None:
    """Every row of the list becomes a platform, is known already, or is refused with a reason."""
    path = shared / "platform_dictionary.csv"
    found = read_watch_list(path, [])
    rows = path.read_text("utf-8-sig").count("\n") - 1
    assert len(found.platforms) + len(found.known) + len(found.refusals) == rows
    assert len(found.platforms) > 6000


def test_names_of_which_nothing_else_is_told_may_be_kept_apart(tmp_path: Path) -> None:
    """Only those: a renamed platform, one with aliases and one with an id are made; a known name is known."""
    path = written(
        tmp_path, "name,aliases,id\n岚桥贷,,\n星泊贷,星泊,\n青禾宝(禾宝),,\n沐溪贷,,m1\n岚桥贷,,\n"
    )
    found = read_watch_list(path, [], keep_bare=True)
    assert found.bare == ("岚桥贷",)
    assert [platform.name for platform in found.platforms] == ["星泊贷", "青禾宝", "沐溪贷"]
    assert found.known == ("岚桥贷",)
