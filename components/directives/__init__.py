"""Directives: register panels, charts, progress."""
