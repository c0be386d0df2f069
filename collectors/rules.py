"""What one mapping rule means: compiled once per file into a function from item to cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from string import Formatter
from typing import TypeVar

from collectors.columns import Rule
from collectors.markup import visible_text
from collectors.parse import BadAmount, parse_amount

T = TypeVar("T")
Getter = Callable[[T], object]
Resolve = Callable[[str], Getter[T] | None]
"""Column name -> function that takes it from an item; None where the file has no such column."""


class UnknownValue(ValueError):
    """A cell that the rule's `values` do not translate."""


def compile_rule(rule: Rule, resolve: Resolve[T]) -> Getter[T] | None:
    """The rule as a function, or None when the file has none of its columns."""
    origin = _origin(rule, resolve)
    if origin is None or not (rule.html or rule.pattern or rule.values or rule.amount):
        return origin
    refine = _refiner(rule)
    return lambda item: refine(as_text(origin(item)))


def as_text(value: object) -> str:
    """A cell as text: numbers without `.0`, lists by their first entry, nothing as ''."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return _storable(value.strip())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return next((text for text in map(as_text, value) if text), "")
    return str(value)


def _storable(text: str) -> str:
    """Databases take neither zero bytes nor lone surrogates, which JSON can spell: both become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


def _origin(rule: Rule, resolve: Resolve[T]) -> Getter[T] | None:
    if rule.const is not None:
        constant = rule.const
        return lambda _: constant
    found = {name: getter for name in rule.columns() if (getter := resolve(name))}
    getters = {name: _emptied(getter, rule.empty) for name, getter in found.items()} if rule.empty else found
    if not getters:
        return None
    if rule.template is not None:
        return _templated(rule.template, getters) if len(getters) == len(set(rule.columns())) else None
    if rule.join:
        return lambda item: "\n".join(text for get in getters.values() if (text := as_text(get(item))))
    return _first_filled(list(getters.values()))


def _emptied(get: Getter[T], empty: Collection[str]) -> Getter[T]:
    def taken(item: T) -> object:
        value = get(item)
        return "" if as_text(value) in empty else value

    return taken


def _first_filled(getters: Sequence[Getter[T]]) -> Getter[T]:
    if len(getters) == 1:
        return getters[0]

    def first(item: T) -> object:
        for get in getters:
            if (value := get(item)) not in ("", None, []):
                return value
        return ""

    return first


def _templated(template: str, getters: Mapping[str, Getter[T]]) -> Getter[T]:
    pieces = [(before, name) for before, name, _, _ in Formatter().parse(template)]

    def fill(item: T) -> str:
        parts: list[str] = []
        for before, name in pieces:
            value = as_text(getters[name](item)) if name else ""
            if name and not value:
                return ""
            parts += (before, value)
        return "".join(parts)

    return fill


def _refiner(rule: Rule) -> Callable[[str], str]:
    pattern = re.compile(rule.pattern) if rule.pattern else None

    def refine(text: str) -> str:
        if rule.html:
            text = visible_text(text)
        if pattern:
            match = pattern.search(text)
            text = match[match.lastindex or 0] if match else ""
        if rule.values and text:
            if text not in rule.values:
                raise UnknownValue(text)
            text = rule.values[text]
        return _yuan(text) if rule.amount else text

    return refine


def _yuan(text: str) -> str:
    """Empty where the text is no amount: missing is not zero; another field can keep the text itself."""
    try:
        return f"{parse_amount(text).normalize():f}"
    except BadAmount:
        return ""
