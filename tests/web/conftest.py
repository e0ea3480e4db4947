"""The application over a fake read model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from tests.web.fake import FakeReads, app_over


@pytest.fixture
def reads() -> FakeReads:
    return FakeReads()


@pytest.fixture
def app(reads: FakeReads, tmp_path: Path) -> Iterator[Dash]:
    with app_over(reads, tmp_path) as app:
        yield app


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    """A browser on a page of the program."""
    client: FlaskClient = app.server.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client
