"""Drawings of directives: register, charts, progress."""
