"""A place of an event that is no unit of the city: the event stays, and its source is told, with the right code."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from data_sources import protocols
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.validation import EventCode
from ioc.domain.geo.place import AdminUnit
from ioc.domain.geo.unit_index import UnitIndex
from ioc.domain.geo.unit_names import UnitNames
from ioc.domain.ingest.option_reasons import with_options_of
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind
from ioc.poller.admission import admit_batch
from tests.data_sources.server import NOW, client_factory, row

UNITS = (
    AdminUnit("31135", "Ninh Kiều", "phường", 5.4, 105.78, 10.03),
    AdminUnit("31207", "Thới Lai", "xã", 5.4, 105.5, 10.2),
    AdminUnit("31208", "Tân An", "phường", 5.4, 105.5, 10.2),
    AdminUnit("31209", "Tân An", "xã", 5.4, 105.5, 10.2),
)
SQUARE = [[(105.7, 10.0), (105.8, 10.0), (105.8, 10.1), (105.7, 10.1), (105.7, 10.0)]]
INDEX = UnitIndex([("31135", [SQUARE])])


def admitted(place: Any, protocol: str = "http_json", *, at: tuple[float, float] | None = None, **events: Any) -> Batch:
    position = {"x": at[0], "y": at[1]} if at else {}
    item = {"id": 1, "ward": place, **position}
    options = {"kind": "roadwork", "key": "{id}", "title": "{id}", "place": "ward", **events}
    if at:
        options |= {"lon": "x", "lat": "y"}
    source = row(protocol=protocol, options={"events": options}, series_keys=())
    source = replace(source, events=(EventKind("roadwork", LocalizedText("Works")),))
    raw = protocols()[protocol].parse(source, Payload((ResponsePage(orjson.dumps([item]), address="x"),)), NOW)
    return admit_batch(raw, source, client_factory().context_for(source), NOW, INDEX, UnitNames(UNITS), id_key=b"key")


@pytest.mark.parametrize("protocol", ["http_json", "cameras"])
@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("Ninh Kiều", "31135"), ("P. Ninh Kiều", "31135"), ("phường Ninh Kiều", "31135"), ("NINH KIEU", "31135"),
        ("ninhkieu", "31135"), ("Xã Thới Lai", "31207"), ("X.Thới Lai", "31207"), ("xã Tân An", "31209"),
        ("P Tân An", "31208"), ("Tân An", ""), ("31136", ""), ("Ninh Kieu 2", ""), ("???", ""),
    ],
)  # fmt: skip
def test_a_place_that_is_no_code_is_said(protocol: str, word: str, unit: str) -> None:
    batch = admitted(word, protocol)
    (item,) = batch.rejected_items
    assert len(batch.events) == 1 and item.location == "roadwork/1"
    assert item.failure.params["place"] == word and item.failure.params.get("unit", "") == unit
    assert item.failure.code == (EventCode.PLACE_NAMED if unit else EventCode.PLACE_UNKNOWN)


def test_known_places_say_nothing() -> None:
    assert not admitted("31135").rejected_items
    assert not admitted(["31135", "31207"]).rejected_items
    assert not admitted("P. NK", places={"P. NK": "31135"}).rejected_items
    assert not admitted(None).rejected_items


def test_each_unknown_place_of_an_answer_is_said_once_and_known_ones_count() -> None:
    batch = admitted(["31135", "Thới Lai", "Thới Lai"])
    assert batch.events[0].unit_codes == ("31135",)
    assert [item.failure.params["place"] for item in batch.rejected_items] == ["Thới Lai"]
    batch = admitted("P. Khác", places={"P. NK": "31135"})
    assert [item.failure.code for item in batch.rejected_items] == [EventCode.PLACE_UNKNOWN]


def test_the_position_decides_where_the_place_is_unknown() -> None:
    assert admitted("Khác", at=(105.75, 10.05)).events[0].unit_codes == ("31135",)
    assert admitted("Khác", at=(106.75, 10.05)).events[0].unit_codes == ()
    assert admitted("31207", at=(105.75, 10.05)).events[0].unit_codes == ("31207",)


def test_without_a_table_of_places_the_reason_names_none() -> None:
    for code in (EventCode.PLACE_NAMED, EventCode.PLACE_UNKNOWN):
        assert with_options_of(Failure(code), {"events.places", "items"}).code == code
        assert with_options_of(Failure(code), {"places"}).code == code
        assert str(with_options_of(Failure(code), {"kind"}).code).startswith("plain.")
    assert UnitNames().is_known("anything")  # of a city whose units are not known
