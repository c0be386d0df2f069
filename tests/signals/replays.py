"""Tiny replays written as strings: one letter a day, for tests that are worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from signals.evaluation.grid import Grid, grid

START = date(2018, 1, 1)
LETTERS = {"n": "正常", "b": "蓝", "y": "黄", "o": "橙", "r": "红", "?": "数据不足"}
SCORES = {"n": 10.0, "b": 30.0, "y": 55.0, "o": 65.0, "r": 80.0, "?": float("nan")}


def on(number: int) -> date:
    """Day `number` of the replay, 0 = the first."""
    return START + timedelta(number)


def frame(platforms: Mapping[str, str]) -> pd.DataFrame:
    """platform, day, T, level of each letter; a blank is a day without a row."""
    rows = [
        (name, on(n), SCORES[letter], LETTERS[letter])
        for name, letters in platforms.items()
        for n, letter in enumerate(letters)
        if letter != " "
    ]
    return pd.DataFrame(rows, columns=["platform", "day", "T", "level"])


def replay(platforms: Mapping[str, str]) -> Grid:
    """The grid of such letters."""
    return grid(frame(platforms))


def failed(*rows: tuple[str, int] | tuple[str, int, str]) -> pd.DataFrame:
    """A list of failures: platform, day number of the replay[, reason]."""
    told = [(row[0], on(row[1]), row[2] if len(row) > 2 else "") for row in rows]
    return pd.DataFrame(told, columns=["platform", "day", "reason"])
