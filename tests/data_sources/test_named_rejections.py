"""A value that is rejected names its series, a row that cannot be placed shows what names its station."""

from typing import Any

import orjson
import pytest

from data_sources import protocols
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import RejectedItem
from ioc.poller.admission import admit_batch
from tests.data_sources.server import NOW, client_factory, row, shared

SHEET = {"time": "t", "name": "n", "columns": {"level-{name}": "a"}}


def rejected(protocol: str, body: bytes, **options: Any) -> list[RejectedItem]:
    source = row(protocol=protocol, options=options, series_keys=("level-x", "level-y", "lat"))
    raw = protocols()[protocol].parse(source, Payload((ResponsePage(body, address="a.csv"),)), NOW)
    return list(admit_batch(raw, source, client_factory().context_for(source), NOW, id_key=b"key").rejected_items)


@pytest.mark.parametrize(
    ("protocol", "body", "options", "sample"),
    [
        ("spreadsheet", b"t;n;a\n24/11/2026 09:00;X;abc", SHEET, "level-x: abc"),
        ("http_json", orjson.dumps([{"n": "X", "v": "abc"}]), {"series": "level-{n}", "value": "v"}, "level-x: {"),
        ("http_json", orjson.dumps([{"n": "X", "v": True}]), {"values": {"level-{n}": "v"}}, "level-x: {"),
        (
            "spreadsheet", b"t;n;a\n24/11/2026 09:00;;5", SHEET, "24/11/2026 09:00 |  | 5",
        ),
        ("spreadsheet", b"t;n;a\n;X;5\n24/11/2026 09:00;Y;5", SHEET, " | X | 5"),
    ],
)  # fmt: skip
def test_a_rejected_value_names_its_series_or_its_row(
    protocol: str, body: bytes, options: dict[str, Any], sample: str
) -> None:
    (item,) = rejected(protocol, body, **options)
    assert item.sample.startswith(sample)


def test_a_location_that_is_the_series_is_not_repeated() -> None:
    body = orjson.dumps([{"n": "X", "v": 1}, {"n": "X", "v": 2}])
    items = rejected("http_json", body, series="level-{n}", value="v")
    assert [item.location for item in items] == ["level-x", "level-x"]
    assert not any("level-x" in item.sample for item in items)


def test_the_malformed_table_names_the_series_of_the_cell() -> None:
    body = shared("csv_xls/obs_malformatted.csv").read_bytes()
    items = rejected("spreadsheet", body, time="datetime", columns={"lat": "lat"}, may_differ=["stn_id"], zone="UTC")
    (item,) = [one for one in items if one.location.endswith("E6")]
    assert item.sample == "lat: A"
