"""Submissions and reminders."""
