"""What goes along with a request, and what of it still does behind a redirect."""

from __future__ import annotations

import re
from typing import get_args

from collectors.base import Ask, SourceBroken
from collectors.config import HeaderWord
from collectors.guard import Site

_ALLOWED = frozenset(word.lower() for word in get_args(HeaderWord))
_SENDABLE = re.compile(r"[\x20-\x7e]{1,512}")
_KEEPS_METHOD = frozenset({307, 308})


def headers_of(ask: Ask) -> dict[str, str]:
    """What a source may say besides our name, and what makes the request conditional."""
    own = {name: value for name, value in ask.headers.items() if name.lower() in _ALLOWED}
    known = validators_of(ask)
    conditions = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last-modified")}
    return own | {name: value for name, value in conditions.items() if value}


def validators_of(ask: Ask) -> dict[str, str]:
    """The validators sent, by the names of the headers that brought them; none with a POST."""
    if ask.body is not None or ask.validators is None:
        return {}
    known = {"etag": ask.validators.etag, "last-modified": ask.validators.last_modified}
    return {name: value for name, value in known.items() if value and _SENDABLE.fullmatch(value)}


def redirected(ask: Ask, status: int, here: Site, there: Site) -> Ask:
    """What to send to where a redirect points: no validators, and nothing meant for another host or for TLS only.

    From https to http is followed, without a body: authorities do it, and what is fetched is public anyway.
    Raises: SourceBroken when a body is asked for somewhere else (307, 308); other statuses make it a GET.
    """
    same = here.turn == there.turn and not (here.scheme == "https" and there.scheme == "http")
    if ask.body is not None and status in _KEEPS_METHOD:
        if not same:
            raise SourceBroken(f"{here} 要求把提交的内容转发到 {there}，已拒绝；请核对后改写数据源的 url")
        return Ask(ask.body, ask.headers)
    kept = {name: value for name, value in ask.headers.items() if name.lower() != "content-type"}
    return Ask(headers=kept if same else {})
