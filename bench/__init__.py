"""Benchmarks against what a user would pick instead, or against a stated goal. They print figures and assert none."""
