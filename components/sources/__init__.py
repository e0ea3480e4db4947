"""Drawings of data sources: health, rejected items, host."""
