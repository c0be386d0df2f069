"""The shape of `[mapping]`: which column, path or selector each part of a document comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from settings.models import Strict

TargetWord = Literal[
    "external_id",
    "title",
    "text",
    "kind",
    "url",
    "publisher",
    "author",
    "published_at",
    "first_seen_at",
    "reach",
    "official",
    "channel",
    "subject",
]
TARGETS: tuple[TargetWord, ...] = get_args(TargetWord)
"""What a mapping may fill besides `fields`: the parts of signals.model.Document that a row can say."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_rule(value: object) -> object:
    return {"column": value} if isinstance(value, str | list | tuple) else value


class Rule(Strict):
    """Where one target comes from: exactly one of `column`, `join`, `template`, `const`; the rest refine it.

    A column is a table's header, a JSON path (`main.title`), a CSS selector or a feed's key, by reader.
    Of several columns the first that holds something counts. `values` translates cells (an unknown cell is
    refused), `pattern` keeps its first group, `html` turns markup into text, `amount` into yuan, and cells
    that say one of `empty` ("未提取", "-") say nothing.
    """

    column: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    join: tuple[str, ...] = ()
    template: str | None = None
    const: str | None = None
    values: dict[str, str] = Field(default_factory=dict)
    pattern: str | None = None
    html: bool = False
    amount: bool = False
    empty: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()

    @model_validator(mode="after")
    def _one_origin(self) -> Rule:
        given = [bool(self.column), bool(self.join), self.template is not None, self.const is not None]
        if sum(given) != 1:
            raise ValueError("column、join、template、const 必须恰好给出一个")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"pattern 不是合法的正则表达式：{error}") from error
        return self

    def columns(self) -> tuple[str, ...]:
        """Every column the rule reads, whatever its form."""
        named = (name for _, name, _, _ in Formatter().parse(self.template or "") if name)
        return (*self.column, *self.join, *named)


MappingRule = Annotated[Rule, BeforeValidator(_as_rule)]


class Mapping(Strict):
    """`[mapping]`: one rule per target; `[mapping.fields]` keeps further columns beside the text."""

    external_id: MappingRule | None = None
    title: MappingRule | None = None
    text: MappingRule | None = None
    kind: MappingRule | None = None
    url: MappingRule | None = None
    publisher: MappingRule | None = None
    author: MappingRule | None = None
    published_at: MappingRule | None = None
    first_seen_at: MappingRule | None = None
    reach: MappingRule | None = None
    official: MappingRule | None = None
    channel: MappingRule | None = None
    subject: MappingRule | None = None
    fields: dict[str, MappingRule] = Field(default_factory=dict)

    def rules(self) -> dict[str, Rule]:
        """Target -> rule, for the targets that are mapped; `fields` not included."""
        pairs = ((name, getattr(self, name)) for name in TARGETS)
        return {name: rule for name, rule in pairs if rule is not None}

    def columns(self) -> Iterator[str]:
        """Every column that any rule reads."""
        for rule in (*self.rules().values(), *self.fields.values()):
            yield from rule.columns()
