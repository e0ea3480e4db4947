"""Fixtures: stores on SQLite and PostgreSQL."""

from tests.storage.conftest import postgres, postgres_store, postgres_url, store, url

__all__ = ["postgres", "postgres_store", "postgres_url", "store", "url"]
