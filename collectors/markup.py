"""Selectors over HTML, and markup to the text that a reader of the page sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cssselect import SelectorError
from lxml import etree  # type: ignore[import-untyped] # ships no types
from parsel import Selector

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_LISTS = {"dd", "dl", "dt", "li", "ol", "table", "tr", "ul"}
_BLOCKS = {"address", "article", "blockquote", "br", "div", "hr", "p", "pre", "section"} | _HEADINGS | _LISTS
_CELLS = {"td", "th"}
_HIDDEN = {"script", "style", "noscript", "template", "head", "svg"}
_SPACES = re.compile(r"\s+")
_BREAKS = re.compile(r" *\n[ \n]*")


def select(node: Selector, expression: str) -> list[str]:
    """What a CSS selector (or an XPath, which begins with / or ./) matches: visible text, or an ::attr."""
    found = node.xpath(expression) if is_xpath(expression) else node.css(expression)
    return [shown(match) for match in _outermost(found)]


def _outermost(found: Sequence[Selector]) -> Iterator[Selector]:
    """Matches within a match are part of its text already; unclosed tags make thousands of them."""
    inside: set[object] = set()
    for match in found:
        if isinstance(match.root, str) or match.root not in inside:
            yield match
            if len(found) > 1 and not isinstance(match.root, str):
                inside.update(match.root.iter())


def selector_fault(expression: str) -> str | None:
    """What is wrong with a selector, or None. Found out when settings are loaded, not at the first page."""
    try:
        select(Selector(text="<p></p>", type="html"), expression)
    except (SelectorError, ValueError) as error:
        return str(error) or "空的选择器"
    return None


def is_xpath(expression: str) -> bool:
    """XPath is told from CSS by its first characters; no CSS selector begins so."""
    return expression.startswith(("/", "./"))


def shown(node: Selector) -> str:
    """The visible text of one match; attributes and text nodes as they are, without surrounding space."""
    if isinstance(node.root, str):
        return node.root.strip()
    return _tidy(_pieces(node.root))


def visible_text(markup: str) -> str:
    """The visible text of an HTML fragment: blocks on lines of their own, cells parted by a space."""
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    markup = markup.encode(
        "utf-8", "replace"
    ).decode()  # JSON can spell half a surrogate pair; a parser cannot take it
    return _tidy(_pieces(Selector(text=f"<body>{markup}</body>", type="html").root))


def _pieces(root: etree._Element) -> str:
    """Text in document order, line breaks around blocks; no recursion, since markup may nest without end."""
    pieces: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            hidden += tag in _HIDDEN
            pieces.append(_separator(tag))
            pieces.append("" if hidden else _inline(element.text))
            continue
        if event == "end":
            hidden -= tag in _HIDDEN
            pieces.append(_separator(tag))
        if not hidden and element is not root:
            pieces.append(_inline(element.tail))
    return "".join(pieces)


def _separator(tag: str) -> str:
    return "\n" if tag in _BLOCKS else " " if tag in _CELLS else ""


def _inline(text: str | None) -> str:
    return _SPACES.sub(" ", text or "")  # a line break of the source is a space on the page


def _tidy(text: str) -> str:
    return _BREAKS.sub("\n", re.sub(" +", " ", text)).strip()
