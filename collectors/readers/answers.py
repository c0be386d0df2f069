"""What an answer holds: JSON, also inside a function call, columns of HTML, and evidence of one unlike described."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from parsel import Selector

from collectors.base import EVIDENCE_BYTES, Evidence, Response, SourceBroken
from collectors.encoding import Decoded, decode
from collectors.markup import select
from collectors.rules import Getter

_BEFORE = 200
"""Characters before the argument of a JSONP call: its name, perhaps a comment or `try {`."""
_CATCH = re.compile(r"\}\s*catch\s*\(\w+\)\s*\{[^{}]*\}\s*;?\s*\Z")


def decoded(response: Response) -> Decoded:
    """The text of an answer."""
    return decode(response.content, response.headers.get("content-type"))


def parse_json(answer: Decoded, *, jsonp: bool = False) -> Any:
    """The parsed answer. `jsonp`: it may stand in a function call. Raises SourceBroken for what is no JSON."""
    text = unwrapped(answer.text) if jsonp else answer.text
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"回应不是 JSON（开头：{answer.text[:40]!r}），接口可能已改版") from error


def unwrapped(text: str) -> str:
    """The argument of a call: `cb({…})`, `/**/cb([…]);`, `try{cb({…})}catch(e){}`. Other text stays as it is."""
    text = text.strip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return text
    tail = _CATCH.search(text[-_BEFORE:])
    end = text.rfind(")", 0, len(text) - len(tail[0]) if tail else None)
    start = text.find("(", 0, _BEFORE)
    return text[start + 1 : end] if 0 <= start < end else text


def html_resolve(selector: str) -> Getter[Selector]:
    """A column of an HTML item is a selector; all its matches are given, in order."""
    return lambda node: select(node, selector)


@contextmanager
def evident(url: str, response: Response) -> Iterator[None]:
    """A SourceBroken about this answer takes the answer along, for a person to look at."""
    try:
        yield
    except SourceBroken as error:
        if error.evidence is None:
            body = response.content
            error.evidence = Evidence(
                url, 200, response.headers, body[:EVIDENCE_BYTES], len(body) > EVIDENCE_BYTES
            )
        raise
