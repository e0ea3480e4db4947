"""Basics of every drawing: catalogue, format, icons, status badges."""
