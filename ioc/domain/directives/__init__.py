"""Directives, tasks, agencies and their arithmetic."""
