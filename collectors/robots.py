"""What the robots.txt of each site allows, kept for a day (RFC 9309)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from protego import Protego

from collectors.base import SourceBlocked, SourceBroken
from collectors.encoding import decode
from collectors.guard import AddressRefused
from collectors.received import TooLarge

AGENT = "TrustWatch"
KEPT_SECONDS = 24 * 3600.0


@dataclass(slots=True)
class _Site:
    lock: Lock = field(default_factory=Lock)
    rules: Protego | None = None
    until: float = 0.0


class Robots:
    """Shared by all threads; a site is asked once, whoever comes meanwhile waits. `fetch` follows redirects."""

    def __init__(self, fetch: Callable[[str], bytes], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        self._sites: dict[str, _Site] = {}
        self._registering = Lock()

    def rules(self, site: str) -> Protego:
        """The rules of a site given as scheme://host:port. Raises what keeps us from knowing them."""
        with self._registering:
            kept = self._sites.setdefault(site, _Site())
        with kept.lock:
            if kept.rules is None or kept.until < self._clock():
                kept.rules = Protego.parse(self._text(f"{site}/robots.txt"))
                kept.until = self._clock() + KEPT_SECONDS
            return kept.rules

    def _text(self, url: str) -> str:
        """4xx allows all; a site in trouble, or one that shows us a wall, is left alone."""
        try:
            content = self._fetch(url)
        except AddressRefused:
            raise
        except TooLarge as error:  # its beginning holds
            content = error.beginning
        except (SourceBlocked, SourceBroken) as error:
            status = error.evidence.status if error.evidence else None
            if status is None or not 300 <= status < 500 or status == 429:
                raise
            return ""
        return decode(content).text
