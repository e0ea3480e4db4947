"""Camera images: one of each camera, replaced by the next, deleted after a day."""

from datetime import timedelta

from ioc.domain.ingest.camera_image import IMAGE_RETENTION, CameraImage
from ioc.storage.db.store import Store
from ioc.storage.events import camera_images
from tests.storage.expected_store import START

MINUTE = timedelta(minutes=1)


def save(store: Store, *images: CameraImage) -> None:
    with store.write() as conn:
        camera_images.save(conn, "cams", images)


def latest(store: Store, key: str, source: str = "cams") -> CameraImage | None:
    with store.read() as conn:
        return camera_images.latest(conn, source, key)


def test_next_image_replaces_the_last(store: Store) -> None:
    first, second = (CameraImage("a", START + n * MINUTE, "image/jpeg", bytes([255, 216, 255, n])) for n in range(2))
    other = CameraImage("b", START, "image/png", b"\x89PNG\0\xff")
    save(store, first, other)
    assert (latest(store, "a"), latest(store, "b"), latest(store, "c"), latest(store, "a", "x")) == (
        first,
        other,
        None,
        None,
    )
    save(store, second)
    assert (latest(store, "a"), latest(store, "b")) == (second, other)


def test_same_bytes_are_no_new_image(store: Store) -> None:
    first = CameraImage("a", START, "image/jpeg", b"same")
    save(store, first)
    save(store, CameraImage("a", START + MINUTE, "image/jpeg", b"same"))
    assert latest(store, "a") == first


def test_last_of_two_images_in_one_answer_is_stored(store: Store) -> None:
    save(store, CameraImage("a", START, "image/jpeg", b"1"), CameraImage("a", START, "image/jpeg", b"2"))
    image = latest(store, "a")
    assert image is not None and image.body == b"2"


def test_taken_times_of_images_that_may_be_shown(store: Store) -> None:
    save(store, CameraImage("a", START, "image/jpeg", b"1"), CameraImage("b", START + MINUTE, "image/jpeg", b"2"))
    with store.read() as conn:
        assert camera_images.taken_times(conn, START + MINUTE) == {"cams/a": START, "cams/b": START + MINUTE}
        assert camera_images.taken_times(conn, START - 2 * MINUTE) == {}, "the clock was set back"
        assert camera_images.taken_times(conn, START + IMAGE_RETENTION + timedelta(seconds=1)) == {
            "cams/b": START + MINUTE
        }


def test_expired_image_is_emptied_and_does_not_come_back(store: Store) -> None:
    save(store, CameraImage("a", START, "image/jpeg", b"1"), CameraImage("b", START + MINUTE, "image/jpeg", b"2"))
    with store.write() as conn:
        assert camera_images.expire(conn, START + IMAGE_RETENTION + timedelta(seconds=1)) == 1
        assert camera_images.expire(conn, START + IMAGE_RETENTION + timedelta(seconds=1)) == 0
    assert latest(store, "a") is None is not latest(store, "b")
    save(store, CameraImage("a", START + IMAGE_RETENTION, "image/jpeg", b"1"))
    assert latest(store, "a") is None, "a camera that hangs must not look fresh once a day"
