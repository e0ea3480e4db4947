"""Frames around whole pages: shell, overview, public page."""
