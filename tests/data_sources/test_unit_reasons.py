"""The reason of a rejected unit says what to write in `units`, and what it says works, in every protocol."""

import pickle
from typing import Any

import orjson
import pytest

from components.ui.error_messages import describe
from components.ui.i18n import LANGS
from data_sources import protocols
from data_sources._mapping import option_names
from data_sources._mapping.errors import MappingCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode, meant_unit, written_unit
from ioc.domain.ingest.option_reasons import with_options_of
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW, row
from tests.data_sources.test_units_option import OPTIONS, read, read_body

REJECTED_UNITS = [
    *((protocol, unit) for protocol in OPTIONS for unit in ("Zoll", "kg" if protocol != "ngsi" else "KGM")),
    ("ngsi", "HPA"),  # a code of UN/CEFACT that has the letters of another unit
]


@pytest.mark.parametrize(("protocol", "unit"), REJECTED_UNITS)
def test_unit_that_is_rejected_is_read_as_its_reason_says(protocol: str, unit: str) -> None:
    (failure,) = failures(read(protocol, unit))
    assert failure.code in (UnitCode.UNKNOWN, UnitCode.DIFFERENT_QUANTITY)
    said = with_options_of(failure, option_names(protocols()[protocol].Options))
    for lang in LANGS:
        assert f'units: {{ "{failure.params["unit"]}": ' in describe(said, lang)
    batch = read(protocol, unit, units={str(failure.params["unit"]): "in"})
    assert [reading.value for reading in batch.readings] == [pytest.approx(645.16)]


@pytest.mark.parametrize("protocol", OPTIONS)
def test_wrong_meaning_of_a_text_is_told_with_the_text_that_the_source_writes(protocol: str) -> None:
    (item,) = read(protocol, "Zoll", units={"Zoll": "kg"}).rejected_items
    assert item.failure == Failure(ValidationCode.UNIT_MEANT, {"text": "Zoll", "unit": "kg", "other": "mm"})
    assert item.sample.endswith("25.4 Zoll")
    for lang in LANGS:
        assert 'units: { "Zoll": ' in describe(item.failure, lang)


def test_wrong_meaning_of_a_unit_behind_the_number_is_told_with_its_text() -> None:
    body = orjson.dumps([{"v": "25.4 cm"}])
    (failure,) = failures(read_body("http_json", body, unit_path="", units={"cm": "kg"}))
    assert failure == Failure(ValidationCode.UNIT_MEANT, {"text": "cm", "unit": "kg", "other": "mm"})


def test_unit_that_the_row_overlooks_is_quoted_as_the_source_writes_it() -> None:
    body = orjson.dumps([{"v": 25.4, "unit": "Zoll"}])
    (failure,) = failures(read_body("http_json", body, unit_path="", units={"Zoll": "in"}))
    assert failure.code == ValidationCode.UNIT_UNREAD and failure.params["unit"] == "Zoll"


def test_meaning_of_a_text_survives_being_sent_between_processes() -> None:
    meant = pickle.loads(pickle.dumps(meant_unit("Zoll", {"Zoll": "in"})))
    assert meant == "in" and written_unit(meant) == "Zoll"


@pytest.mark.parametrize("unit", ["Triệu tờ", "Nghìn suất"])
def test_count_that_the_table_lacks_is_read_as_the_reason_says(unit: str) -> None:
    item = {"v": 5, "u": unit}
    options = {"series": "level", "value": "v", "unit_path": "u"}

    def values(**more: Any) -> list[float | None]:
        source = row(options={**options, **more}, series_keys=("level",), units={"level": ""})
        page = ResponsePage(orjson.dumps([item]), address="x", received_at=NOW)
        parsed = protocols()["http_json"].parse(source, Payload((page,)), NOW)
        return [one.value for one in validate_batch(parsed, source.polled_series(), NOW).readings]

    assert not values()
    assert values(units={unit: ""}) == [5]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("n == 'a' && 'm'", MappingCode.UNIT_FALSE),
        ("(n == 'a' && 'm')", MappingCode.UNIT_FALSE),
        ("n == 'a' && 'm' || n == 'b' && 'cm'", MappingCode.UNIT_FALSE),
        ("c[?x && x].ok | [0]", MappingCode.UNIT_NOT_TEXT),
        ("n == 'a' && 'm' || ok", MappingCode.UNIT_NOT_TEXT),
        ("ok", MappingCode.UNIT_NOT_TEXT),
    ],
)
def test_false_of_a_condition_is_told_from_a_field_that_is_false(path: str, code: MappingCode) -> None:
    body = orjson.dumps({"n": "c", "v": 3, "ok": False, "c": [{"ok": False, "x": True}]})
    batch = read_body("http_json", body, "m", series="level", value="v", unit_path=path)
    assert [failure.code for failure in failures(batch)] == [code]
