"""Whether the text of a query only reads: checked when settings are loaded, before any database is opened."""

from __future__ import annotations

import re

_SKIPPED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`", re.S)
"""Comments, texts and quoted names: no word in them is a command."""
_READS = re.compile(r"\(*\s*(select|with)\b", re.I)
_CHANGES = re.compile(
    r"\b(alter|analyze|attach|call|copy|create|delete|detach|do|drop|exec|execute|grant|insert|into|load|lock|merge"
    r"|pragma|reindex|rename|revoke|set|truncate|update|vacuum)\b",
    re.I,
)


def query_fault(query: str) -> str | None:
    """Why a query is not taken, or None. The connection is opened for reading alone besides this."""
    if "/*!" in query:
        return "不能含有 /*! … */ 这种会被执行的注释"
    bare = _SKIPPED.sub(" ", query).strip()
    bare = bare.removesuffix(";").rstrip()
    if ";" in bare:
        return "只能写一条查询语句，请去掉中间的分号"
    if not _READS.match(bare):
        return "必须以 SELECT 或 WITH 开头"
    if word := _CHANGES.search(bare):
        return f"含有会改动数据或设置的 {word[0].upper()}；若它是列名，请加引号"
    return None
