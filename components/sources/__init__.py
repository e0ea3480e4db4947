"""Data sources: health, rejected items, host health."""
