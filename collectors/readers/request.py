"""`[request]` and `[paging]` to the requests of one list: places filled in, parameters, bodies, signatures."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from collectors.base import Ask, SourceConfig

_FORM = "application/x-www-form-urlencoded; charset=UTF-8"
_JSON = "application/json; charset=UTF-8"
_NUMBERS = frozenset({"page", "now"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `lasting`: the next run asks the very same, so that a version of the answer is worth keeping."""

    url: str
    ask: Ask
    lasting: bool


def calls(source: SourceConfig, places: Mapping[str, str], now: datetime) -> list[Call]:
    """One request per page, or a single one where nothing has a place for `{page}`.

    `places`: what else is filled in, looked-up values and `{name}`; `{now}` is `now` in epoch seconds.
    """
    texts = tuple(source.request_texts())
    lasting = not any("{now}" in text for text in texts)
    first, count = source.paging.first, source.paging.pages
    pages = range(first, first + count) if any("{page}" in text for text in texts) else (first,)
    clock = {"now": str(int(now.timestamp()))}
    return [_call(source, {**places, **clock, "page": str(page)}, lasting) for page in pages]


def _call(source: SourceConfig, places: Mapping[str, str], lasting: bool) -> Call:
    request = source.request
    url = _with_query(filled(source.url or "", places, quote), _filled_all(request.params, places))
    if request.sign == "sha1_md5":
        url = _signed(url)
    headers: dict[str, str] = {str(name): text for name, text in request.headers.items()}
    body: bytes | None = None
    if request.form:
        body = urlencode(_filled_all(request.form, places)).encode()
        headers.setdefault("Content-Type", _FORM)
    elif request.json_body is not None:
        body = json.dumps(_filled_json(request.json_body, places), ensure_ascii=False).encode()
        headers.setdefault("Content-Type", _JSON)
    return Call(url, Ask(body, headers), lasting and body is None)


def filled(text: str, places: Mapping[str, str], spell: Callable[[str], str] = str) -> str:
    """The text with exactly the known `{names}` replaced, once: other braces belong to the text."""
    known = "|".join(map(re.escape, places))
    return re.sub(rf"\{{({known})\}}", lambda match: spell(places[match[1]]), text)


def _filled_all(texts: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Parameters; in one that is JSON, a value with quotes must not end the text it stands in."""
    return {
        name: filled(text, places, _json_spelled if text.lstrip().startswith(("{", "[")) else str)
        for name, text in texts.items()
    }


def _json_spelled(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _filled_json(node: Any, places: Mapping[str, str]) -> Any:
    """A text that is `{page}` or `{now}` and nothing else becomes a number, as interfaces want it."""
    if isinstance(node, dict):
        return {name: _filled_json(value, places) for name, value in node.items()}
    if isinstance(node, list | tuple):
        return [_filled_json(value, places) for value in node]
    if not isinstance(node, str):
        return node
    if node[1:-1] in _NUMBERS and node == f"{{{node[1:-1]}}}":
        return int(places[node[1:-1]])
    return filled(node, places)


def _with_query(url: str, params: Mapping[str, str]) -> str:
    if not params:
        return url
    parts = urlsplit(url)
    query = "&".join(text for text in (parts.query, urlencode(params)) if text)
    return urlunsplit(parts._replace(query=query))


def _signed(url: str) -> str:
    """As the page's own script does it: md5 of the hex sha1 of the sorted query. It identifies nobody."""
    parts = urlsplit(url)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    inner = hashlib.sha1(query.encode(), usedforsecurity=False).hexdigest()
    sign = hashlib.md5(inner.encode(), usedforsecurity=False).hexdigest()
    return urlunsplit(parts._replace(query=f"{query}&sign={sign}"))
