"""Fixtures: stores on SQLite and PostgreSQL."""

from tests.storage.conftest import migrated_file, postgres, postgres_url, store, url

__all__ = ["migrated_file", "postgres", "postgres_url", "store", "url"]
