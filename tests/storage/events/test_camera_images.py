"""Pictures: one of each camera, replaced, aged when it does not move, forgotten after a day."""

from datetime import timedelta

from ioc.domain.ingest.camera_image import IMAGE_RETENTION, CameraImage
from ioc.storage.db.store import Store
from ioc.storage.events import camera_images
from tests.storage.truth import START

MINUTE = timedelta(minutes=1)


def kept(store: Store, *given: CameraImage) -> None:
    with store.write() as conn:
        camera_images.save(conn, "cams", given)


def last(store: Store, key: str, source: str = "cams") -> CameraImage | None:
    with store.read() as conn:
        return camera_images.latest(conn, source, key)


def test_the_next_picture_replaces_the_last(store: Store) -> None:
    first, second = (CameraImage("a", START + n * MINUTE, "image/jpeg", bytes([255, 216, 255, n])) for n in range(2))
    other = CameraImage("b", START, "image/png", b"\x89PNG\0\xff")
    kept(store, first, other)
    assert (last(store, "a"), last(store, "b"), last(store, "c"), last(store, "a", "x")) == (first, other, None, None)
    kept(store, second)
    assert (last(store, "a"), last(store, "b")) == (second, other)


def test_the_same_bytes_again_are_no_new_picture(store: Store) -> None:
    first = CameraImage("a", START, "image/jpeg", b"same")
    kept(store, first)
    kept(store, CameraImage("a", START + MINUTE, "image/jpeg", b"same"))
    assert last(store, "a") == first


def test_of_two_in_one_answer_the_later_stands(store: Store) -> None:
    kept(store, CameraImage("a", START, "image/jpeg", b"1"), CameraImage("a", START, "image/jpeg", b"2"))
    found = last(store, "a")
    assert found is not None and found.body == b"2"


def test_when_each_was_taken_is_told_without_the_picture(store: Store) -> None:
    kept(store, CameraImage("a", START, "image/jpeg", b"1"), CameraImage("b", START + MINUTE, "image/jpeg", b"2"))
    with store.read() as conn:
        assert camera_images.taken_times(conn, START + MINUTE) == {"cams/a": START, "cams/b": START + MINUTE}
        assert camera_images.taken_times(conn, START + IMAGE_RETENTION + timedelta(seconds=1)) == {
            "cams/b": START + MINUTE
        }


def test_a_picture_of_yesterday_is_forgotten(store: Store) -> None:
    kept(store, CameraImage("a", START, "image/jpeg", b"1"), CameraImage("b", START + MINUTE, "image/jpeg", b"2"))
    with store.write() as conn:
        assert camera_images.expire(conn, START + IMAGE_RETENTION + timedelta(seconds=1)) == 1
        assert camera_images.expire(conn, START + IMAGE_RETENTION + timedelta(seconds=1)) == 0
    assert last(store, "a") is None is not last(store, "b")
    kept(store, CameraImage("a", START + IMAGE_RETENTION, "image/jpeg", b"1"))
    assert last(store, "a") is None, "a camera that hangs must not look fresh once a day"
