"""A field that the row does not read, whose text is no known unit: the value may be in it, and is rejected."""

from typing import Any

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.reading import ValidationCode
from tests.data_sources.failures import failures
from tests.data_sources.test_unread_unit import every_protocol, read

UNKNOWN = "Zoll"


def unknown(path: str, other: str = "m", unit: str = UNKNOWN) -> Failure:
    return Failure(ValidationCode.UNIT_UNREAD_UNKNOWN, {"path": path, "unit": unit, "other": other})


@every_protocol
def test_value_beside_an_unknown_unit_is_rejected_with_the_field(protocol: str) -> None:
    path = "properties.unit" if protocol == "geojson" else "unit"
    assert failures(read(protocol, {"v": 65, "unit": UNKNOWN}, "m")) == [unknown(path)]


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"unit_of_measure": UNKNOWN}, "unit_of_measure"), ({"don_vi_tinh": UNKNOWN}, "don_vi_tinh"),
        ({"v_unit": UNKNOWN}, "v_unit"), ({"units": {"v": UNKNOWN}}, "units.v"),
        ({"uom": {"symbol": UNKNOWN}}, "uom.symbol"), ({"parameter": {"unit": UNKNOWN}}, "parameter.unit"),
        ({"đơn vị": UNKNOWN}, '"đơn vị"'),
    ],
)  # fmt: skip
def test_fields_whose_text_may_be_an_unknown_unit(item: dict[str, Any], path: str) -> None:
    assert failures(read("http_json", {"v": 65, **item}, "m")) == [unknown(path)]


def test_unknown_unit_beside_the_value_comes_before_a_known_one_around_it() -> None:
    item = {"unit": "cm", "zero": {"unit": "m. ü. NHN", "v": 164.5}}
    for series_unit in ("cm", "m"):
        batch = read("http_json", item, series_unit, value="zero.v")
        assert failures(batch) == [unknown("zero.unit", series_unit, "m. ü. NHN")]


def test_known_unit_beside_an_unknown_text_counts() -> None:
    item = {"v": 65, "unit": "Hauptpegel", "uom": "cm"}
    assert [reading.value for reading in read("http_json", item, "cm").readings] == [65]


@pytest.mark.parametrize(
    "item",
    [
        {"unit": "UBND phường"}, {"unit": "Trạm bơm 1"}, {"unitName": "Sở Xây dựng"}, {"unit": {"name": "Hauptpegel"}},
        {"unit": "-"}, {"unit": "n/a"}, {"unit": "3"}, {"uom": ""}, {"symbol": UNKNOWN}, {"u": UNKNOWN},
        {"unitCode": "31135"}, {"w_unit": UNKNOWN},
    ],
)  # fmt: skip
def test_text_that_is_no_unit_rejects_nothing(item: dict[str, Any]) -> None:
    assert [reading.value for reading in read("http_json", {"v": 65, **item}, "m").readings] == [65]


@pytest.mark.parametrize("name", [
    "Văn phòng UBND thành phố", "Thanh tra thành phố", "VNPT Cần Thơ", "P. Ninh Kiều", "TP. Cần Thơ", "Cái Răng",
    "PC07", "HTX Tân Lợi", "Kho bạc Nhà nước", "Điện lực Ninh Kiều", "đội 3",
])  # fmt: skip
@pytest.mark.parametrize("field", ["don_vi", "unit"])
def test_values_of_an_agency_are_read_whatever_its_name(name: str, field: str) -> None:
    assert [reading.value for reading in read("http_json", {"v": 65, field: name}, "%").readings] == [65]


@pytest.mark.parametrize(("unit", "is_read"), [("chiếc ghe", True), ("Triệu HK", False)])
def test_count_may_be_one_of_anything_but_not_of_thousands(unit: str, is_read: bool) -> None:
    assert bool(read("http_json", {"v": 65, "uom": unit}, "").readings) is is_read


@pytest.mark.parametrize(("field", "is_read"), [("uom", False), ("unit", True)])
def test_unit_of_the_row_replaces_no_unknown_one_that_can_be_nothing_else(field: str, is_read: bool) -> None:
    batch = read("http_json", {"v": 65, field: UNKNOWN}, "m", unit="m")
    assert failures(batch) == ([] if is_read else [unknown(field)])


def test_number_with_its_own_unit_is_read_beside_an_unknown_one() -> None:
    assert [reading.value for reading in read("http_json", {"v": "65 cm", "uom": UNKNOWN}, "m").readings] == [0.65]
