"""Readings, roll-ups, KPI values, source health."""
