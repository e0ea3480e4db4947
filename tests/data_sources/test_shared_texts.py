"""A long text that every item of an answer shares is read once, or in part: not again in full for each of them."""

import tracemalloc
from time import process_time
from typing import Any

import pytest

from data_sources._mapping.items import MAX_COPIED
from ioc.domain.ingest.reading import Batch
from tests.data_sources.test_http_json import read

ITEMS, LENGTH, SECONDS = 600, 1_000_000, 2.0
SHARED = "parent.name"
LIST = {"items": "stations", "each": "data"}
VALUE = {**LIST, "series": "{id}", "value": "v", "time": "t"}
EVENT = {**LIST, "kind": "a", "key": "{id}", "title": "{id}", "time": "t"}
_EVENT_PLACES: dict[str, dict[str, Any]] = {
    "key": {"key": f"{{{SHARED}}}-{{id}}"},
    "title": {"title": f"{{{SHARED}}} {{id}}"},
    "text": {"text": SHARED},
    "word": {"word": SHARED, "words": {"a": "open"}},
    "severity": {"severity": SHARED, "severities": {"a": "normal"}},
    "time": {"time": SHARED},
    "due": {"due": SHARED},
    "place": {"lon": SHARED, "lat": SHARED},
    "geometry": {"geometry": SHARED},
    "link": {"link": f"https://a.example.vn/{{{SHARED}}}"},
    "facts": {"facts": {"x": SHARED}},
    "personal": {"personal": {"x": SHARED}},
}
PLACES: dict[str, dict[str, Any]] = {
    "series": {**VALUE, "series": f"{{{SHARED}}}-{{id}}"},
    "unit": {**VALUE, "unit_path": SHARED},
    "time": {**VALUE, "time": SHARED},
    "value": {**VALUE, "value": SHARED},
    **{f"events.{name}": {"events": {**EVENT, **changes}} for name, changes in _EVENT_PLACES.items()},
}


def test_texts_of_events_are_cut_where_thousands_share_them() -> None:
    """18,000 events with five texts of 20,000 characters each took 3.7 GB and 97 s."""
    options = {**EVENT, "title": "{parent.name}", "text": "parent.text", "facts": {"a": "parent.a", "b": "parent.a"}}
    items = [{"id": str(number), "t": "2026-11-24T16:18:00+07:00"} for number in range(4000)]
    document = {"stations": [{"name": "á" * 20_000, "text": "á" * 20_000, "a": "á" * 20_000, "data": items}]}
    tracemalloc.start()
    try:
        batch = read(document, {"events": options})
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()
    assert len(batch.events) == 4000
    assert {len(event.text) for event in batch.events} == {MAX_COPIED // 4000}


@pytest.mark.parametrize("count", [1, 100])
def test_text_that_few_share_stays_whole(count: int) -> None:
    text = "á" * 20_000
    items = [{"id": str(number), "t": "2026-11-24T16:18:00+07:00"} for number in range(count)]
    batch = read({"stations": [{"name": text, "data": items}]}, {"events": {**EVENT, "text": SHARED}})
    assert [event.text for event in batch.events] == count * [text]


def read_with(text: str, options: dict[str, Any]) -> tuple[Batch, float]:
    """The batch, and the processor time that it took."""
    items = [{"id": str(number), "v": 1, "t": "2026-11-24T16:18:00+07:00"} for number in range(ITEMS)]
    began = process_time()
    batch = read({"stations": [{"name": text, "data": items}]}, options)
    return batch, process_time() - began


@pytest.mark.parametrize("text", ["a", "á ", "0912345678 ", "1,"])
@pytest.mark.parametrize("place", PLACES)
def test_shared_text_costs_each_item_little(place: str, text: str) -> None:
    """A number of a megabyte took 40 ms each, a name 20 ms; a batch that is too slow shuts out other sources."""
    batch, seconds = read_with(text * (LENGTH // len(text)), PLACES[place])
    assert len(batch.readings) + len(batch.events) + len(batch.rejected_items) == ITEMS
    assert seconds < SECONDS
