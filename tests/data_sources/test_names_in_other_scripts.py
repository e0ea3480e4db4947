"""Names in scripts without Latin letters: no two become one series, and the reason says the entry of `names`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from data_sources import (
    gtfs_rt,
    http_json,
    kiwis,
    mqtt,
    ngsi,
    openaq,
    prometheus,
    sensorthings,
    spreadsheet,
    tt10,
    webhook,
)
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.tt10.rows import Tt10Code
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import failures, raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.transit import feed, trip

KHMER, CHINESE = "កំពង់ចាម", "水位站"
AT = "2026-11-24T09:00:00Z"
Reader = Callable[[str, dict[str, Any]], Batch]
STREAM = {"@iot.id": 1, "Observations": [{"result": 1, "phenomenonTime": AT}]}
SENSOR = {"id": 1, "parameter": {"name": "pm25", "units": "µg/m³"}, "latest": {"datetime": {"utc": AT}, "value": 1}}
KIWIS = {"ts_unitsymbol": "m", "columns": "Timestamp,Value", "data": [[AT, 1]]}


def parsed(protocol: Any, document: Any, options: dict[str, Any], **page: Any) -> Batch:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    batch = protocol.parse(row(options=options), Payload((ResponsePage(body, **page),)), NOW)
    assert isinstance(batch, Batch)
    return batch


def read_prometheus(name: str, more: dict[str, Any]) -> Batch:
    line = {"metric": {"name": name}, "value": [1_795_511_880, "1"]}
    answer = {"status": "success", "data": {"resultType": "vector", "result": [line]}}
    options = {"queries": {"level-{name}": "up"}, **more}
    return parsed(prometheus, answer, options, address="level-{name}")


READERS: dict[str, Reader] = {
    "http_json": lambda name, more: parsed(
        http_json, [{"name": name, "v": 1}], {"series": "level-{name}", "value": "v", **more}
    ),
    "webhook": lambda name, more: parsed(
        webhook, {"name": name, "v": 1}, {"series": "level-{name}", "value": "v", "push_token": "${T}", **more}
    ),
    "mqtt": lambda name, more: parsed(
        mqtt, {"name": name, "v": 1}, {"topics": ["a/b"], "series": "level-{name}", "value": "v", **more},
        address="a/b", received_at=NOW,
    ),
    "mqtt topic": lambda name, more: parsed(
        mqtt, {"v": 1}, {"topics": ["a/+"], "series": "level-{mqtt.levels[1]}", "value": "v", **more},
        address=f"a/{name}", received_at=NOW,
    ),
    "ngsi": lambda name, more: parsed(
        ngsi, [{"id": name, "type": "T", "level": {"value": 1}, "dateObserved": {"value": AT}}],
        {"values": {"level-{id}": {"attribute": "level", "unit": "m"}}, **more},
    ),
    "sensorthings": lambda name, more: parsed(
        sensorthings, {"value": [{**STREAM, "name": name}]}, {"series": "level-{name}", "unit": "m", **more}
    ),
    "openaq": lambda name, more: parsed(
        openaq, {"results": [{**SENSOR, "name": name}]}, {"stations": [7], "series": "level-{name}", **more},
        address="7",
    ),
    "gtfs_rt": lambda name, more: parsed(
        gtfs_rt, feed(trip("1", name, delay=60)), {"delay": "level-{route}", **more}
    ),
    "kiwis": lambda name, more: parsed(
        kiwis, [{**KIWIS, "station_name": name}], {"series": "level-{station_name}", **more}
    ),
    "prometheus": read_prometheus,
}  # fmt: skip


@pytest.mark.parametrize("protocol", READERS)
@pytest.mark.parametrize("name", [KHMER, CHINESE])
def test_name_without_latin_letters_needs_an_entry_of_names(protocol: str, name: str) -> None:
    read, filled = READERS[protocol], f"level-{name}"
    batch = read(name, {})
    assert not batch.readings and failures(batch) == [Failure(ParseCode.NAME_WITHOUT_LETTERS, {"name": filled})]
    # The slug that it would have does not say which name is meant.
    assert not read(name, {"names": {"level": "level-1"}}).readings
    for entry in (filled, f"  {filled} "):
        batch = read(name, {"names": {entry: "level-1"}})
        assert [reading.series for reading in batch.readings] == ["level-1"] and not batch.rejected_items
    assert [reading.series for reading in read(f"{name} 2", {}).readings] == ["level-2"]


@pytest.mark.parametrize("protocol", READERS)
def test_name_that_lost_a_character_is_no_other_name(protocol: str) -> None:
    read = READERS[protocol]
    for name in ("CT\ufffd01", "\ufffdCT01"):
        batch = read(name, {})
        assert not batch.readings and failures(batch) == [Failure(ParseCode.NAME_DAMAGED, {"name": f"level-{name}"})]
        assert [one.series for one in read(name, {"names": {f"level-{name}": "level-ct-1"}}).readings] == ["level-ct-1"]
    assert failures(read("CT\x0001", {})) and [one.series for one in read("CT01\0\0", {}).readings] == ["level-ct01"]


@pytest.mark.parametrize("name", [KHMER, CHINESE])
def test_station_file(name: str) -> None:
    text = "{}\t1.5\tm\t20261124160000\t00"
    for address, parameter, option in ((f"{name}_20261124160000.txt", "ph", "stations"),
                                       ("S_20261124160000.txt", name, "parameters")):  # fmt: skip
        body = text.format(parameter).encode()
        batch = parsed(tt10, body, {}, address=address)
        assert failures(batch) == [Failure(Tt10Code.NAME_WITHOUT_LETTERS, {"name": name, "option": option})]
        assert len(parsed(tt10, body, {option: {name: "x"}}, address=address).readings) == 1


SHEET = {"glob": "*", "time": "Ngày", "name": "Trạm", "columns": {"level-{name}": "Mực nước (m)"}}


@pytest.mark.parametrize("name", [KHMER, CHINESE])
def test_row_of_a_table(name: str) -> None:
    text = f"Ngày;Trạm;Mực nước (m)\n24/11/2026;{name};1,5\n24/11/2026;Ô Môn;1,6\n24/11/2026;–;1,7\n".encode()
    batch = parsed(spreadsheet, text, SHEET, address="a.csv")
    assert [reading.series for reading in batch.readings] == ["level-o-mon"]
    assert failures(batch) == [
        Failure(ParseCode.NAME_WITHOUT_LETTERS, {"name": name}), Failure(SpreadsheetCode.ROW_NAME_MISSING),
    ]  # fmt: skip
    batch = parsed(spreadsheet, text, {**SHEET, "names": {name: "kc"}}, address="a.csv")
    assert [reading.series for reading in batch.readings] == ["level-kc", "level-o-mon"]


@pytest.mark.parametrize("name", [KHMER, CHINESE])
def test_name_of_a_file(name: str) -> None:
    options = {"glob": "*", "time": "Ngày", "file_name": "{file}.csv", "columns": {"level-{file}": "Mực nước (m)"}}
    text = "Ngày;Mực nước (m)\n24/11/2026;1,5\n".encode()
    with raises_failure(ParseCode.NAME_WITHOUT_LETTERS, name=name):
        parsed(spreadsheet, text, options, address=f"{name}.csv")
    batch = parsed(spreadsheet, text, {**options, "names": {name: "kc"}}, address=f"{name}.csv")
    assert [reading.series for reading in batch.readings] == ["level-kc"]
