"""Tables of penalties as authorities publish them, to one record per penalised party. Pure."""

from collectors.penalties.model import Amounts, Penalty
from collectors.penalties.money import penalty_amounts
from collectors.penalties.split import split

__all__ = ["Amounts", "Penalty", "penalty_amounts", "split"]
