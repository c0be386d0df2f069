"""Who says it: reach of a publisher, and whether it is a regulator, police or court (settings/publishers.toml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from settings.models import Publisher
from signals.model import Document, Kind
from signals.text import fold


class Publishers:
    """Look-up by whole folded name or alias; a name that is not listed stays unknown."""

    def __init__(self, publishers: Sequence[Publisher]) -> None:
        self._known = {fold(name): each for each in publishers for name in (each.name, *each.aliases)}

    def fill(self, document: Document) -> Document:
        """The document with what its publisher's name tells; what its source said already stays.

        Reach comes from the name. Official comes from the name of a regulatory document only: a news page that
        signs itself with a ministry's name must not be able to raise a level at once.
        """
        known = self._known.get(fold((document.publisher or "").strip()))
        if known is None:
            return document
        official = document.official or (known.official and document.kind is Kind.REGULATORY)
        reach = known.reach if document.reach is None else document.reach
        return replace(document, reach=reach, official=official)
