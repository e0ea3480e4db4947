"""Shared basics: catalogue, formats, icons, status badges."""
