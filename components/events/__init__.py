"""Drawings of events, alerts and cameras."""
