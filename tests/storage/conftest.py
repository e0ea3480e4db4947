"""Stores to test on: `url` and `store` come twice, once for each database, migrated and empty."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from ioc.storage.db.store import Store
from simulator.postgres import find_programs
from tests.conftest import empty_store
from tests.storage import server

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a private server, started once, with a migrated database "template" to copy from."""
    if find_programs() is None:
        sentence = (
            "PostgreSQL is not installed: apt-get install postgresql gives initdb and pg_ctl to the store's tests"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with server.running() as url, server.database(url, "template", "template1") as template:
        with closing(Store(template)) as template_store:
            template_store.migrate()
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database without readings."""
    if request.param == "sqlite":
        empty_store(tmp_path).close()
        yield f"sqlite:///{tmp_path}/ioc.db"
        return
    yield request.getfixturevalue("postgres_url")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with server.database(request.getfixturevalue("postgres"), f"empty{next(_numbers)}", "template1") as address:
        yield address


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The address of a migrated PostgreSQL database without readings."""
    with server.database(postgres, f"store{next(_numbers)}", "template") as address:
        yield address


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    """A store over `postgres_url`."""
    with closing(Store(postgres_url)) as opened:
        yield opened


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store over `url`."""
    with closing(Store(url)) as opened:
        yield opened
