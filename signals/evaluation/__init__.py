"""Honest evaluation of warnings (METHOD section 6): how many failures were warned of, how early, at what cost.

Pure: levels, scores and failure dates in, figures out. Definitions in words: docs/evaluation-warnings.md.
"""
