"""Stores on both databases for the tests of access."""

from tests.storage.conftest import migrated_file, postgres, store, url

__all__ = ["migrated_file", "postgres", "store", "url"]
