"""Answers that were built to take the time or the memory of the poller: their sources alone pay for them."""

import time
import tracemalloc

import orjson

from data_sources import prometheus
from data_sources.gtfs_rt.names import read_names
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.server import NOW, row
from tests.data_sources.transit import timetable


def test_very_many_labels_of_a_series_are_kept_once() -> None:
    """Each of its samples had all of them anew: an answer of 1.3 MB took gigabytes."""
    labels = {"instance": "a"} | {f"l{number}": "x" for number in range(20_000)}
    series = {"metric": labels, "values": [[NOW.timestamp() - n, "1"] for n in range(500)]}
    body = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    source = row("http://127.0.0.1", {"queries": {"load-{instance}": "load[9m]"}, "unit": "count"})
    page = ResponsePage(orjson.dumps(body), address="load-{instance}")
    tracemalloc.start()
    try:
        batch = prometheus.parse(source, Payload((page,)), NOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(batch.readings) == 500 and peak < 50_000_000


def test_columns_of_a_timetable_without_end_take_no_time_of_each_row() -> None:
    """Each short row was filled up to the headings: a zip of 6 kB kept a thread for days."""
    wide = "route_id,route_short_name" + "," * 1_000_000 + "\n" + "1,a\n" * 20_000 + "2\n\n,b\n"
    began = time.process_time()
    assert read_names(ResponsePage(timetable(routes=wide)))["routes"] == {"1": "a"}
    assert time.process_time() - began < 5
