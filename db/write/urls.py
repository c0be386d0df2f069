"""Canonical URLs: the same page under two addresses is one page."""

from __future__ import annotations

import re

_WEB = re.compile(
    r"\s*https?://(?:[^/?#@\s]*@)?([^/?#@\s]+)([^?#\s]*)(?:\?([^#\s]*))?(?:#.*)?\s*", re.I | re.S
)
_DEFAULT_PORT = re.compile(r":(?:80|443)?$")
_TRACKING = re.compile(
    r"(?:utm_\w*|from|spm|scm|share_\w*|fbclid|gclid|bd_vid|isappinstalled|nsukey|wfr)(?:=|$)"
)
"""Parameters that say where a reader came from. Others may choose the page and stay."""


def canonical_url(url: str | None) -> str | None:
    """`url` without what does not choose the page: fragment, default port, tracking parameters, their order.

    Returns: None without a web address. http and https of one page are the same page, so the scheme is https.
    """
    found = _WEB.fullmatch(url) if url else None
    if found is None:
        return None
    host = _DEFAULT_PORT.sub("", found[1].lower())
    path = found[2].rstrip("/") or "/"
    pairs = sorted(pair for pair in (found[3] or "").split("&") if pair and not _TRACKING.match(pair))
    return f"https://{host}{path}" + ("?" + "&".join(pairs) if pairs else "")
