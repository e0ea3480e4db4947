"""Drawings of administrative units: comparison table, unit card."""
