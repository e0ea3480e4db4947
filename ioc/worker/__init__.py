"""Slow and outward work: one table, one worker, one ledger."""
