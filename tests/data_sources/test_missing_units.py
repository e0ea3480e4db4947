"""Values without a unit in an answer that may name units: beside values with one they are rejected, else marked."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.source import Series
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import row

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
TIME = "2026-11-24T09:00:00Z"
Units = tuple[str | None, str | None]


def waterml(units: Units) -> Any:
    def series(site: str, unit: str | None) -> dict[str, Any]:
        variable = {"variableCode": [{"value": "h"}], "unit": {"unitCode": unit}}
        values = [{"value": [{"value": "1.5", "dateTime": TIME}]}]
        return {"sourceInfo": {"siteCode": [{"value": site}]}, "variable": variable, "values": values}

    return {"value": {"timeSeries": [series("a", units[0]), series("b", units[1])]}}


def kiwis(units: Units) -> Any:
    return [
        {"station_no": site, "ts_id": site, "columns": "Timestamp,Value", "ts_unitsymbol": unit, "data": [[TIME, 1.5]]}
        for site, unit in zip("ab", units, strict=True)
    ]


def sensorthings(units: Units) -> Any:
    streams = [
        {
            "@iot.id": site, "name": site, "unitOfMeasurement": {"symbol": unit, "name": None, "definition": None},
            "Observations": [{"phenomenonTime": TIME, "result": 1.5}],
        }
        for site, unit in zip("ab", units, strict=True)
    ]  # fmt: skip
    return {"value": streams}


def senml(units: Units) -> Any:
    seconds = datetime.fromisoformat(TIME).timestamp()
    return [
        {"n": site, "v": 1.5, "t": seconds, **({"u": unit} if unit else {})}
        for site, unit in zip("ab", units, strict=True)
    ]


def ngsi(units: Units) -> Any:
    return [
        {
            "id": site, "type": "T",
            "h": {"type": "Property", "value": 1.5, "observedAt": TIME, **({"unitCode": unit} if unit else {})},
        }
        for site, unit in zip("ab", units, strict=True)
    ]  # fmt: skip


PROTOCOLS: list[tuple[str, Any, dict[str, Any]]] = [
    ("waterml", waterml, {"series": "{site}"}),
    ("kiwis", kiwis, {"series": "{station_no}", "ts": ["1"]}),
    ("sensorthings", sensorthings, {"series": "{name}"}),
    ("mqtt", senml, {"topics": ["t"], "format": "senml"}),
    ("ngsi", ngsi, {"values": {"{id}": "h"}}),
]
every_protocol = pytest.mark.parametrize(("protocol", "answer", "options"), PROTOCOLS)


def validated(protocol: str, options: dict[str, Any], *answers: Any, unit: str = "m", high: float = 10) -> Batch:
    source = row(options=options, protocol=protocol, series_keys=())
    series = {key: Series(key, LocalizedText(key), unit, 0, high) for key in ("a", "b")}
    pages = tuple(ResponsePage(json.dumps(answer).encode(), address="t") for answer in answers)
    return validate_batch(protocols()[protocol].parse(source, Payload(pages), NOW), series, NOW)


def metre(protocol: str) -> str:
    return "MTR" if protocol == "ngsi" else "m"


@every_protocol
@pytest.mark.parametrize("missing", ["", None])
def test_value_without_a_unit_beside_others_with_one_is_rejected(
    protocol: str, answer: Any, options: dict[str, Any], missing: str | None
) -> None:
    batch = validated(protocol, options, answer((metre(protocol), missing)))
    assert [reading.series for reading in batch.readings] == ["a"]
    assert codes(batch) == [ValidationCode.UNIT_MISSING] and batch.rejected_items[0].location == "b"


@every_protocol
def test_row_says_what_an_empty_unit_means(protocol: str, answer: Any, options: dict[str, Any]) -> None:
    batch = validated(protocol, {**options, "units": {"": "cm"}}, answer((metre(protocol), "")))
    assert [reading.value for reading in batch.readings] == [1.5, 0.015] and not batch.assumed_unit_count


@every_protocol
def test_unit_of_the_series_for_an_empty_one_is_assumed(protocol: str, answer: Any, options: dict[str, Any]) -> None:
    options = {**options, "units": {"": ""}}
    for units, values, count in (((metre(protocol), ""), [1.5, 1.5], 1), (("", ""), [1.5, 1.5], 2)):
        batch = validated(protocol, options, answer(units))
        assert [reading.value for reading in batch.readings] == values and batch.assumed_unit_count == count
    codes_of_both = [ValidationCode.OUT_OF_RANGE, ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED]
    assert codes(validated(protocol, options, answer((metre(protocol), "")), high=1)) == codes_of_both
    batch = validated(protocol, options, answer(("", "")), unit="pH")
    assert len(batch.readings) == 2 and not batch.assumed_unit_count


@every_protocol
def test_answer_without_any_unit_is_in_that_of_the_series_and_is_marked(
    protocol: str, answer: Any, options: dict[str, Any]
) -> None:
    batch = validated(protocol, options, answer(("", "")))
    assert len(batch.readings) == 2 and batch.assumed_unit_count == 2
    out_of_range = validated(protocol, options, answer(("", "")), high=1)
    assert codes(out_of_range) == [ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED] * 2
    assert (
        codes(validated(protocol, options, answer((metre(protocol),) * 2), high=1)) == [ValidationCode.OUT_OF_RANGE] * 2
    )


@every_protocol
@pytest.mark.parametrize("unit", ["", "phương tiện", "pH", "chỉ số"])
def test_what_has_no_unit_by_nature_needs_none(protocol: str, answer: Any, options: dict[str, Any], unit: str) -> None:
    batch = validated(protocol, options, answer((metre(protocol), "")), unit=unit)
    assert [reading.series for reading in batch.readings] == ["b"] and not batch.assumed_unit_count


def test_each_message_is_an_answer_of_its_own() -> None:
    first, second = senml(("m", "m"))[:1], senml(("", ""))[1:]
    batch = validated("mqtt", {"topics": ["t"], "format": "senml"}, first, second)
    assert len(batch.readings) == 2 and batch.assumed_unit_count == 1


def test_unit_of_the_row_says_nothing_of_other_values() -> None:
    entity = {"id": "x", "type": "T", **{key: ngsi(("", ""))[0]["h"] for key in "ab"}}
    options = {"values": {"a": {"attribute": "a", "unit": "m"}, "b": "b"}}
    assert len(validated("ngsi", options, [entity]).readings) == 2


def test_a_value_outside_its_range_whose_unit_nothing_names_is_told_to_state_the_unit() -> None:
    source = row(options={"series": "a", "value": "v"}, series_keys=("a",))
    series = {"a": Series("a", LocalizedText("a"), "°C", 0, 50)}
    for body, code in (
        ({"v": 301.15}, ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED),
        ({"v": 60, "unit": "°C"}, ValidationCode.OUT_OF_RANGE),
    ):
        batch = protocols()["http_json"].parse(source, Payload((ResponsePage(json.dumps(body).encode()),)), NOW)
        assert codes(validate_batch(batch, series, NOW)) == [code]
