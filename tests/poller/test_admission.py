"""Which kinds of an answer stay complete beside a rejected event: only what a source reports no more has ended."""

import unicodedata
from dataclasses import replace

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event
from ioc.domain.ingest.camera_image import CameraImage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind
from ioc.poller.admission import admit_batch
from tests.city import NOW
from tests.poller.running import FakeHttpClients, poll_source

KINDS = tuple(EventKind(key, LocalizedText(key)) for key in ("vehicle", "alert"))
COMPLETE = frozenset({"vehicle", "alert"})
BUS = Event("vehicle", "7", NOW, "Xe 7")
PERSONAL = "0912345678"
ALERT = Event("alert", "alert:1", NOW, "Đổi lộ trình")


@pytest.mark.parametrize(
    ("rejected", "still_complete"),
    [
        ((BUS, replace(BUS, title="Xe 7 khác")), {"alert"}),
        ((replace(BUS, key="a\x07b"),), {"alert"}),
        ((replace(BUS, key="7" * 201),), {"alert"}),
        ((replace(BUS, title=" "),), {"alert"}),
        ((replace(BUS, title=" "), BUS), {"alert"}),
        ((replace(ALERT, title=""),), {"vehicle"}),
        ((replace(ALERT, title=""), replace(BUS, title="")), set()),
        ((replace(BUS, kind="tram"),), set()),
        ((), COMPLETE),
    ],
)
def test_rejected_event_holds_open_only_events_of_its_kind(
    rejected: tuple[Event, ...], still_complete: set[str]
) -> None:
    others = replace(BUS, key="9"), replace(ALERT, key="alert:2")
    batch = Batch(events=(*rejected, *others), complete_kinds=COMPLETE)
    admitted = admit_batch(batch, poll_source("a", events=KINDS), FakeHttpClients(), NOW, id_key=b"key")  # type: ignore[arg-type]
    assert {event.key for event in admitted.events} == {"9", "alert:2"}
    assert admitted.complete_kinds == still_complete and len(admitted.rejected_items) == len(rejected)


@pytest.mark.parametrize(("titles", "event_count"), [(["a", "a"], 1), (["a", "b"], 0)], ids=["equal", "different"])
def test_ids_that_are_one_once_they_are_clean_are_one_event(titles: list[str], event_count: int) -> None:
    """Which image is that of the event is not known; of two different states none is taken."""
    ids = ["Cầu", unicodedata.normalize("NFD", "Cầu")]
    raw = Batch(
        events=tuple(replace(BUS, key=key, title=title) for key, title in zip(ids, titles, strict=True)),
        camera_images=tuple(CameraImage(key, NOW, "image/png", b"x") for key in ids),
    )
    admitted = admit_batch(raw, poll_source("a", events=KINDS), FakeHttpClients(), NOW, id_key=b"key")  # type: ignore[arg-type]
    assert (len(admitted.events), admitted.camera_images) == (event_count, ())


def test_images_are_admitted_with_their_events_under_the_same_ids() -> None:
    """An id that PostgreSQL refuses, or that names a person, stood in the table of images as the source sent it."""
    ids = ("9", PERSONAL, "a\0b", "7" * 6_000)
    batch = Batch(
        events=tuple(replace(BUS, key=each) for each in ids),
        camera_images=tuple(CameraImage(each, NOW, "image/png", b"x") for each in (*ids, "without event")),
    )
    admitted = admit_batch(batch, poll_source("a", events=KINDS), FakeHttpClients(), NOW, id_key=b"key")  # type: ignore[arg-type]
    assert [image.key for image in admitted.camera_images] == [event.key for event in admitted.events]
    assert len(admitted.events) == 2 and PERSONAL not in {image.key for image in admitted.camera_images}
