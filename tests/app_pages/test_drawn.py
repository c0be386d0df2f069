"""Charts are made once for what they show, and shown wherever they are asked for."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _drawn, _later, _who

MADE: list[float] = []


def bars(data: pd.DataFrame, height: int) -> go.Figure:
    """A chart that counts how often it was made."""
    MADE.append(float(data["value"].sum()))
    return go.Figure(go.Bar(x=list(data["day"]), y=list(data["value"]))).update_layout(height=height)


def frame(*values: float) -> pd.DataFrame:
    """A day a value; NaN = a gap."""
    return pd.DataFrame({"day": [date(2026, 1, 1)] * len(values), "value": values})


def shown(data: pd.DataFrame) -> AppTest:
    """A page that shows the chart in a column."""

    def page(data):  # type: ignore[no-untyped-def] # its source is run on its own
        import streamlit as st

        from app_pages import _drawn
        from tests.app_pages.test_drawn import bars

        with st.columns(2)[1]:
            _drawn.put(_drawn.drawing(bars, data, 200), "bars", "三根柱子")

    return AppTest.from_function(page, args=(data,)).run()


def test_the_digest_is_of_the_content() -> None:
    """Equal tables are one chart; another value, another gap or another option is another."""
    first = _drawn.drawing(bars, frame(1.0, float("nan")), 200)
    assert first.digest == _drawn.drawing(bars, frame(1.0, float("nan")), 200).digest
    others = [
        _drawn.drawing(bars, frame(1.0, 0.0), 200),
        _drawn.drawing(bars, frame(1.0, float("nan")), 201),
        _drawn.drawing(shown, frame(1.0, float("nan"))),
    ]
    assert first.digest not in {each.digest for each in others}


def test_the_second_reader_gets_the_finished_chart() -> None:
    """In its place on the page, with its words; nothing is made again."""
    pages = [shown(frame(1.0, 2.0, 39.5)) for _ in range(2)]
    for page in pages:
        assert not page.exception
        (chart,) = page.columns[1].get("plotly_chart")
        assert chart.proto.alt == "三根柱子"
    made = import_module("tests.app_pages.test_drawn").MADE  # as the page imports it
    assert made.count(42.5) == 1
    assert pages[0].get("plotly_chart")[0].proto.spec == pages[1].get("plotly_chart")[0].proto.spec


def test_the_rest_waits_only_where_a_browser_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Served by serve.py, until the first chart was painted; elsewhere never."""

    def page() -> None:
        import streamlit as st

        from app_pages import _later

        st.write("all" if _later.ready() else "top")

    monkeypatch.setattr(_who, "served", False)
    assert AppTest.from_function(page).run().markdown[0].value == "all"
    monkeypatch.setattr(_who, "served", True)
    waiting = AppTest.from_function(page).run()
    assert waiting.markdown[0].value == "top"
    waiting.session_state[_later.DONE] = True
    assert waiting.run().markdown[0].value == "all"
