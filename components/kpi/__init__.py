"""Drawings of KPIs: tile, card, list, chart, sparkline."""
