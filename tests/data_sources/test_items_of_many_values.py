"""An item with hundreds of values, each of which the row names, is read in a time that does not explode."""

import json
import time

from data_sources import http_json
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.server import NOW, row


def seconds(count: int) -> float:
    """Processor time of reading one item of `count` values."""
    values = {f"s{n}": f"d.v{n}" for n in range(count)}
    source = row(options={"items": "data", "values": values}, series_keys=tuple(values))
    body = json.dumps({"data": [{"d": {f"v{n}": n for n in range(count)}}]}).encode()
    started = time.process_time()
    batch = http_json.parse(source, Payload((ResponsePage(body),)), NOW)
    assert len(batch.readings) == count
    return time.process_time() - started


def test_the_time_of_a_value_hardly_grows_with_the_number_of_values() -> None:
    """Looking for the unit of each took fifteen times as long for four times the values."""
    seconds(50)
    few = min(seconds(200) for _ in range(3))
    assert min(seconds(800) for _ in range(2)) < 11 * few
