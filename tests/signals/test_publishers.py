"""What a publisher's name tells, and what it must not be able to claim."""

from __future__ import annotations

from settings.models import Publisher
from signals.model import Document, Kind
from signals.publishers import Publishers

KNOWN = Publishers(
    [
        Publisher(name="示例监管局", aliases=("示例监管局网站",), reach=0.9, official=True),
        Publisher(name="示例日报", reach=0.6),
    ]
)


def document(publisher: str | None, kind: Kind = Kind.NEWS, reach: float | None = None) -> Document:
    return Document("s", kind, "标题", "正文", publisher=publisher, reach=reach)


def test_reach_comes_from_name_or_alias() -> None:
    """Full-width letters and spaces around the name do not matter."""
    assert KNOWN.fill(document(" 示例日报 ")).reach == 0.6
    assert KNOWN.fill(document("示例监管局网站")).reach == 0.9


def test_an_unknown_publisher_stays_unknown() -> None:
    """Unknown is not some default: METHOD's .3 is applied where weights are made."""
    assert KNOWN.fill(document("谁也不认识的媒体")).reach is None
    assert KNOWN.fill(document(None)).reach is None


def test_what_the_source_says_wins() -> None:
    """A source knows its publisher better than a list."""
    assert KNOWN.fill(document("示例日报", reach=0.2)).reach == 0.2


def test_only_regulatory_documents_become_official_by_name() -> None:
    """An official floor raises a level at once: a news page cannot get there by its byline."""
    assert KNOWN.fill(document("示例监管局", Kind.REGULATORY)).official
    assert not KNOWN.fill(document("示例监管局", Kind.NEWS)).official
