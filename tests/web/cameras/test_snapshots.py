"""A camera's last picture: as it was taken, with closed headers, and never an old one."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ioc.domain.ingest.camera_image import IMAGE_RETENTION, CameraImage
from ioc.storage.db.store import Store
from ioc.storage.events import camera_images
from ioc.web.cameras.snapshots import blueprint
from ioc.web.errors import handlers
from ioc.web.errors.codes import CameraStreamCode

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
BODY = b"\xff\xd8\xff\xe0<script>alert(1)</script>"


def client_of(store: Store, now: datetime = NOW) -> FlaskClient:
    app = Flask(__name__)
    handlers.install(app, lambda path: False)
    app.register_blueprint(blueprint(store, lambda: now))
    return app.test_client()


def save_image(store: Store, key: str) -> None:
    with store.write() as conn:
        camera_images.save(conn, "cams", [CameraImage(key, NOW, "image/jpeg", BODY)])


@pytest.mark.parametrize("key", ["cam-1", "cầu/Quang Trung"])
def test_snapshot_has_its_time_and_headers_that_allow_only_an_image(store: Store, key: str) -> None:
    save_image(store, key)
    answer = client_of(store).get(f"/hinh/cams/{key}")
    assert (answer.status_code, answer.data) == (200, BODY)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Last-Modified"] == "Tue, 24 Nov 2026 09:18:07 GMT"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_an_unknown_camera_and_an_old_picture_are_404(store: Store) -> None:
    save_image(store, "cam-1")
    unknown = client_of(store).get("/hinh/cams/cam-2")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, CameraStreamCode.SNAPSHOT_NOT_FOUND)
    assert client_of(store).get("/hinh/other/cam-1").status_code == 404
    late = client_of(store, NOW + IMAGE_RETENTION + timedelta(seconds=1)).get("/hinh/cams/cam-1")
    assert (late.status_code, late.headers["Cache-Control"]) == (404, "no-store")


def test_picture_from_the_future_of_a_clock_that_was_set_back_is_404(store: Store) -> None:
    save_image(store, "cam-1")
    assert client_of(store, NOW - timedelta(seconds=5)).get("/hinh/cams/cam-1").status_code == 200
    assert client_of(store, NOW - timedelta(hours=3)).get("/hinh/cams/cam-1").status_code == 404


def test_a_store_that_cannot_be_read_is_503(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'empty.db'}")) as empty:
        assert client_of(empty).get("/hinh/cams/cam-1").status_code == 503
