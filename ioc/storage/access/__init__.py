"""Accounts, sessions, displays, API keys, audit log."""
