"""Slow and outgoing work, done by one process from the jobs table."""
