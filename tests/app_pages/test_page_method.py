"""方法说明 speaks of the constants in force."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from settings.loader import load

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]


@pytest.mark.usefixtures("database")
def test_levels_and_indices_carry_their_numbers(visit: Visit, said: Said) -> None:
    """From the database and the settings, not from prose."""
    app = visit("app_pages/method.py")
    html = said(app)
    assert not app.exception
    for rule in (load().thresholds.red, load().thresholds.blue):
        assert f"T ≥ {rule.enter:g}" in html
    for index in load().indices:
        assert index.name in html


@pytest.mark.usefixtures("database")
def test_the_colours_are_an_analogy(visit: Visit, said: Said) -> None:
    """The law they are borrowed from does not cover finance, and the page says so."""
    assert "仅为类比" in said(visit("app_pages/method.py"))


@pytest.mark.usefixtures("empty")
def test_before_the_first_worker_the_page_says_what_to_do(visit: Visit, said: Said) -> None:
    """No thresholds yet: a sentence with the remedy."""
    app = visit("app_pages/method.py")
    assert not app.exception
    assert "make run" in said(app)
