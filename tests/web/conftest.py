"""The application over a fake read model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from ioc.web.middleware.csrf import COOKIE
from tests.web.fake import FORM, FakeReads, app_over


@pytest.fixture
def reads() -> FakeReads:
    return FakeReads()


@pytest.fixture
def app(reads: FakeReads, tmp_path: Path) -> Iterator[Dash]:
    with app_over(reads, tmp_path) as app:
        yield app


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    """A browser that has loaded a page: it has the CSRF cookie, and sends it as Dash's renderer does."""
    client: FlaskClient = app.server.test_client()
    client.set_cookie(COOKIE, FORM)
    client.environ_base["HTTP_X_CSRF_TOKEN"] = FORM
    return client
