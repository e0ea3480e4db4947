"""An app over a made-up store."""

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
    with app_over(reads, tmp_path) as made:
        yield made


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    client: FlaskClient = app.server.test_client()
    return client
