"""The five stages. Each reads the table on its left, upserts the one on its right, and can be run again safely."""
