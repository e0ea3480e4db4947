"""Of which field, object or item a unit is: only what surely holds the value says one, in a name or beside it."""

from typing import Any

import orjson
import pytest

from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW
from tests.data_sources.test_units_in_names import IN_NAME, read, values


def at(path: str, item: Any, unit: str, **options: Any) -> Batch:
    return read("http_json", orjson.dumps(item), unit, {"series": "a", "value": path, **options})


@pytest.mark.parametrize(
    ("path", "item", "unit", "value"),
    [
        ("level || level_cm", {"level": 2.74}, "m", 2.74),
        ("level || level_cm", {"level": 2.74, "level_cm": 274}, "m", 2.74),
        ('level || "Mực nước (cm)"', {"level": 2.74}, "m", 2.74),
        ('"Mực nước (cm)" || "Mực nước (m)"', {"Mực nước (m)": 2.74}, "m", 2.74),
        ('"Mực nước (cm)" || "Mực nước (mm)"', {"Mực nước (mm)": 2740}, "m", 2.74),
        ("T_C || T_F", {"T_C": 20, "T_F": 68}, "°C", 20),
        ("to_number(T_C || T_F)", {"T_C": "20", "T_F": "68"}, "°C", 20),
        ("m=='C' && temp_c || temp_f", {"m": "C", "temp_c": 20, "temp_f": 68}, "°C", 20),
        ("l[?id=='b'].level_m | [0]", {"l": [{"id": "a", "level_cm": 1}, {"id": "b", "level_m": 2}]}, "m", 2),
    ],
)
def test_value_of_alternatives_has_the_unit_of_the_name_that_was_read(
    path: str, item: Any, unit: str, value: float
) -> None:
    assert values(at(path, item, unit)) == [value]


@pytest.mark.parametrize(
    ("path", "item", "unit"),
    [
        ("T_C || T_F", {"T_F": 68}, "°C"),
        ("to_number(T_C || T_F)", {"T_F": "68"}, "°C"),
        ("not_null(level_cm, level_m)", {"level_m": 2.74}, "cm"),
        ("m=='C' && temp_c || temp_f", {"m": "F", "temp_c": None, "temp_f": 68}, "°C"),
        ("T_C || T_F", {"T_C": -40, "T_F": -40}, "°C"),  # which one is read cannot be told
        ("level || level_cm", {"level_cm": 274}, "m"),
    ],
)
def test_value_of_an_alternative_in_another_unit_is_rejected(path: str, item: Any, unit: str) -> None:
    batch = at(path, item, unit)
    assert not batch.readings and codes(batch) == [IN_NAME]


LONG = [*({"id": str(n), "v": n, "unit": "cm"} for n in range(25)), {"id": "b", "v": 500, "unit": "m"}]
EQUAL = [{"id": "a", "v": 5, "unit": "cm"}, {"id": "b", "v": 5, "unit": "m"}]
TEXTS = [{"id": "a", "v": "4", "unit": "cm"}, {"id": "b", "v": "5", "unit": "m"}]


@pytest.mark.parametrize(
    ("path", "entries", "value"),
    [
        ("l[?id=='b'].v | [0]", LONG, 500),
        ("l[?id=='b'].v | [0]", EQUAL, 5),
        ("l[-1].v", EQUAL, 5),
        ("to_number(l[?id=='b'].v | [0])", TEXTS, 5),
        ("to_number(l[?id=='b'].v | [0])", LONG, 500),
        ("l[?id=='b'].{x: v} | [0].x", LONG, 500),
        ("l[?id=='b'].{x: v} | [0].x", EQUAL, 5),
        ("l[].[v][] | [1]", EQUAL, 5),
        ("to_number(l[?id=='b'].v | [0])", EQUAL, 5),
    ],
)
def test_selected_object_alone_says_the_unit(path: str, entries: Any, value: float) -> None:
    agreed = at(path, {"l": entries}, "m")
    assert values(agreed) == [value] and not agreed.assumed_unit_count
    assert codes(at(path, {"l": entries}, "cm")) == ["validation.unit_unread"]


def test_objects_that_all_say_one_unit_say_it_of_the_value() -> None:
    entries = [{"id": "a", "v": 5, "unit": "cm"}, {"id": "b", "v": 5, "unit": "cm"}]
    assert codes(at("l[].[v][] | [1]", {"l": entries}, "m")) == ["validation.unit_unread"]


OTHER_QUANTITIES = [
    ("Nhiệt độ (TB)", "°C"), ("Temp (min)", "°C"), ("Temperature (in)", "°C"), ("Rain (day)", "mm"), ("Xe (km)", "xe"),
    ("Mưa (ngày)", "mm"), ("Mực nước (giờ)", "m"), ("Độ mặn (BQ)", "g/l"), ("Xe (km)", ""), ("Sa Pa", "hPa"),
    ("Bắc Hà", "km²"), ("Thanh Hà", "km²"), ("Nhiệt độ phòng F", "°C"), ("Nhiệt kế khu C", "°F"), ("Hồ M3", "triệu m³"),
    ("Mực nước hầm M", "cm"), ("sa_pa", "hPa"), ("bac_ha", "km²"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "unit"), OTHER_QUANTITIES)
def test_brackets_and_places_that_are_no_unit_of_the_value_change_nothing(name: str, unit: str) -> None:
    assert values(at(orjson.dumps(name).decode(), {name: 25}, unit)) == [25]
    items = [{"n": name, "v": 25}]
    assert values(at("v", items, unit, series="{n}", names={name: "a"})) == [25]
    entity = orjson.dumps([{"id": "e", "type": "T", name: {"type": "Number", "value": 25}, "t": NOW.isoformat()}])
    assert values(read("ngsi", entity, unit, {"type": "T", "time": "t", "values": {"a": {"attribute": name}}})) == [25]


def test_brackets_that_may_be_a_word_convert_nothing() -> None:
    assert codes(at('"Mực nước (in)"', {"Mực nước (in)": 10}, "cm")) == [IN_NAME]


def test_count_of_entries_has_no_unit_of_the_name_of_its_item() -> None:
    options = {"series": "{n}", "names": {"Xã (ha)": "a"}}
    assert values(at("length(l)", [{"n": "Xã (ha)", "l": [1, 2]}], "km²", **options)) == [2]


def test_field_beside_a_name_of_another_quantity_counts() -> None:
    assert codes(at('"Mực nước (TB)"', {"Mực nước (TB)": 274, "u": "cm"}, "m")) == ["validation.unit_unread"]


def test_name_of_the_item_counts_where_that_of_the_field_is_of_another_quantity() -> None:
    options = {"series": "{n}", "names": {"level_cm": "a"}}
    items = [{"n": "level_cm", "Value (TB)": 274}]
    assert codes(at('"Value (TB)"', items, "m", **options)) == ["validation.unit_in_item_name"]


@pytest.mark.parametrize("count", [15, 300])
@pytest.mark.parametrize("path", ["to_number(l[?t=='5'].v | [0])", "l[?t=='5'].{a: v} | [0].a", "(l[?t=='5'].v)[0]"])
def test_the_unit_of_an_entry_counts_in_a_list_of_any_length(path: str, count: int) -> None:
    answer = {"l": [{"t": str(n), "v": n, "unit": "cm"} for n in range(count)]}
    assert codes(at(path, [answer], "m")) == ["validation.unit_unread"]
