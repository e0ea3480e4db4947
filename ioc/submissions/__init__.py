"""Submissions: queries, commands, checks of uploaded forms."""
