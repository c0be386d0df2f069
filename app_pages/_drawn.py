"""Charts that are made once for what they show. Plotly needs a tenth of a second for each, and a page has up to seven.

A chart is a pure function of what it is given: whoever asks for the same again gets the finished JSON, whatever page,
person or state of the database it is for.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple, ParamSpec

import plotly.graph_objects as go
import streamlit as st

KEPT = 256
"""Charts of some 40 KB."""

P = ParamSpec("P")


class Drawing(NamedTuple):
    """A chart that is yet to be made, if nobody had it made before."""

    make: Callable[..., go.Figure]
    given: tuple[Any, ...]

    @property
    def digest(self) -> str:
        """Of what it shows. Equal digests mean equal charts; equal charts mostly mean equal digests."""
        return sha256(pickle.dumps((self.make.__module__, self.make.__qualname__, self.given))).hexdigest()


def drawing(make: Callable[P, go.Figure], *given: P.args, **none: P.kwargs) -> Drawing:
    """`make(*given)` when it is needed. `make` is pure and a function of a module; no keywords."""
    assert not none
    return Drawing(make, given)


def put(drawn: Drawing, name: str, alt: str) -> None:
    """The chart and its description; `name` is its key on the page."""
    _put(drawn.digest, name, alt, drawn)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _put(digest: str, name: str, alt: str, _drawn: Drawing) -> None:
    """Streamlit keeps what was put on the page and puts it there again."""
    show(_drawn.make(*_drawn.given), name, alt)


def show(figure: go.Figure, name: str, alt: str) -> None:
    """A figure as all charts are shown."""
    st.plotly_chart(figure, theme=None, config={"displayModeBar": False}, key=f"chart_{name}", alt=alt)
