"""Reporting obligations and submissions."""
