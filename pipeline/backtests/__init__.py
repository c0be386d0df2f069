"""Backtests on real material that is not part of the repository, each figure with its limits beside it."""
