"""Whole screens: shell, overview, public page."""
