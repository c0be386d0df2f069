"""Point-in-time replay: dated documents from a file, the levels that would have stood on every day (docs/replay.md).

Everything happens in memory and in one temporary file without a name; no database is needed.
"""
