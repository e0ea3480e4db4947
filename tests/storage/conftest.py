"""Stores to test on: `url` and `store` come twice, once for each database."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from storage.store import Store
from tests.storage import server

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a private server, started once."""
    folder = server.binaries()
    if folder is None:
        sentence = (
            "PostgreSQL is not installed: apt-get install postgresql gives initdb and pg_ctl to the store's tests"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with server.running(folder) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ioc.db"
        return
    with server.database(request.getfixturevalue("postgres"), f"store{os.getpid()}_{next(_numbers)}") as address:
        yield address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A migrated store."""
    one = Store(url)
    one.migrate()
    yield one
    one.close()
