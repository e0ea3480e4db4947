"""Accounts, displays and API keys: what the pages of the administration are drawn from."""
