"""Polarity, severity and P(negative) from attributed events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.models import EventSettings
from signals.events import Hit
from signals.model import Polarity
from signals.verdict import NO_EVENT, as_complainant, counts, negative, stance


def hit(
    polarity: Polarity = Polarity.ASSERTED, severity: float = 0.8, *, id_: str = "x", crisis: bool = True
) -> Hit:
    event = EventSettings(id=id_, name="x", risk="信用", severity=severity, crisis=crisis, patterns=("x",))
    return Hit(event, 0, 1, polarity, 0)


def test_strongest_event_decides() -> None:
    """Severity times standing: a rumour of the worst does not outweigh a certain smaller thing by much."""
    assert stance([hit(Polarity.HISTORICAL, 1.0), hit(Polarity.ASSERTED, 0.4)]) == (Polarity.ASSERTED, 0.4)
    assert stance([hit(Polarity.QUOTED, 1.0), hit(Polarity.ASSERTED, 0.4)]) == (Polarity.QUOTED, 1.0)


def test_denied_events_lend_no_severity() -> None:
    """Only denied events: denied, at the severity of no event."""
    assert stance([hit(Polarity.DENIED, 1.0)]) == (Polarity.DENIED, NO_EVENT)


def test_no_crisis_no_stance() -> None:
    """Good news alone leaves the polarity to the document."""
    assert stance([]) is None
    assert stance([hit(severity=0.1, crisis=False)]) is None


def test_adverse_without_being_a_crisis() -> None:
    """An event that index K does not count still speaks against whom it befalls, unless its severity is good news'."""
    downgrade = hit(severity=0.35, crisis=False)
    assert stance([downgrade]) == (Polarity.ASSERTED, 0.35)
    assert counts(downgrade)
    assert not counts(hit(severity=0.1, crisis=False))


@given(st.floats(0, 1), st.sampled_from(list(Polarity)), st.floats(0, 1), st.booleans())
def test_range(rated: float, polarity: Polarity, severity: float, complained: bool) -> None:
    """Always a probability."""
    assert 0 <= negative(rated, polarity, [hit(polarity, severity)], aside=False, complained=complained) <= 1


@given(st.floats(0.01, 0.99))
def test_order(rated: float) -> None:
    """Accused above hinted at, above silence, which leaves the opinion of the model as it is, above bystanders."""
    accused = negative(rated, Polarity.ASSERTED, [hit(severity=0.2)], aside=False, complained=False)
    hinted = negative(rated, Polarity.QUOTED, [hit(Polarity.QUOTED, 0.2)], aside=False, complained=False)
    silent = negative(rated, Polarity.ASSERTED, [], aside=False, complained=False)
    other = negative(rated, Polarity.ASSERTED, [], aside=True, complained=False)
    assert accused > hinted > silent > other
    assert silent == pytest.approx(rated)


def test_floor_for_texts_unlike_the_training_rows() -> None:
    """An asserted event counts even where the model sees nothing."""
    assert negative(
        0.0, Polarity.ASSERTED, [hit(severity=1.0)], aside=False, complained=False
    ) == pytest.approx(0.5)


def test_adverts_and_clarifications_are_calm() -> None:
    """An advertisement, and a denial beside a clarification, are not negative whatever the words."""
    denial = [hit(Polarity.DENIED), hit(id_="clarification", severity=0.1, crisis=False)]
    assert negative(0.9, Polarity.ADVERT, [], aside=False, complained=False) == 0.1
    assert negative(0.9, Polarity.DENIED, denial, aside=False, complained=False) == 0.1


def test_complaints_are_negative_unless_settled() -> None:
    """Who is complained against is spoken of badly, except where only the happy end is told."""
    settled = [hit(id_="redemption_resumed", severity=0.1, crisis=False)]
    assert negative(0.2, Polarity.ASSERTED, [], aside=False, complained=True) == 0.9
    assert negative(0.2, Polarity.ASSERTED, settled, aside=False, complained=True) < 0.1


def test_the_complainant_speaks_for_himself() -> None:
    """Hearsay told by the complainant is his assertion; other polarities stay."""
    assert as_complainant(hit(Polarity.QUOTED)).polarity is Polarity.ASSERTED
    assert as_complainant(hit(Polarity.DENIED)).polarity is Polarity.DENIED
