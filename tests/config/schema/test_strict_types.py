"""Numbers, whole numbers, truth values and times of day of every row and option: what is written, and no other."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from data_sources import protocols
from data_sources._mapping import RowOptions
from data_sources.openaq import Options as OpenAqOptions
from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.schema.access import AccessRow, OpenIdRow
from ioc.config.schema.agency import SuccessionRow
from ioc.config.schema.base import FormulaRow, KpiRow, MaintenanceRow, Row
from ioc.config.schema.obligation import DueRow
from ioc.config.validation import validate_row
from ioc.config.yaml_file import parse

WEEKLY = "{at: %s, lasts: 1h}"
PLAIN = frozenset({"int", "float", "bool"})


def read(model: type[BaseModel], text: str) -> tuple[Any, list[ConfigFault]]:
    faults, file = list[ConfigFault](), parse("x.yaml", text.encode())
    assert file.root is not None
    located = validate_row(faults, file.located(file.root), model)
    return located and located.row, faults


def models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def lax_types(schema: Any, *, is_checked: bool = False) -> Iterator[str]:
    """The plain types of a schema that take values of another meaning."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from lax_types(each)
    elif isinstance(schema, dict) and schema.get("type") != "dataclass":  # made by a function of ours, from a text
        kind = kind if isinstance(kind := schema.get("type"), str) else ""  # else the fields of a model by name
        if (kind in PLAIN and not schema.get("strict")) or (kind == "time" and not is_checked):
            yield str(kind)
        for name, each in schema.items():
            if not kind or name not in ("metadata", "default", "serialization"):
                yield from lax_types(each, is_checked=kind == "function-before" and name == "schema")


def test_no_field_of_a_row_or_an_option_is_read_laxly() -> None:
    assert protocols()  # imports the options of each
    found = {*models(Row), *models(RowOptions)}
    lax = {model.__qualname__: kinds for model in found if (kinds := [*lax_types(model.__pydantic_core_schema__)])}
    assert lax == {} and {KpiRow, OpenAqOptions} <= found


@pytest.mark.parametrize("text", ["true", '"0.5"', "[1]", "0x1", "1_0", "1:30"])
@pytest.mark.parametrize(
    ("model", "row"),
    [(SuccessionRow, "{agency: a, on: 2026-01-01, basis: x, share: %s}"),
     (FormulaRow, "{op: sum, inputs: [a], min_share: %s}")],
)  # fmt: skip
def test_a_share_is_a_number(model: type[Row], row: str, text: str) -> None:
    faults = read(model, row % text)[1]
    assert [(fault.failure.code, fault.line) for fault in faults] == [(ConfigCode.NOT_A_NUMBER, 1)]
    assert read(model, row % "5e-1")[1] == []


@pytest.mark.parametrize("text", ["true", '"60"', "60.0", "6e1", "060", "1:00"])
def test_a_whole_number_is_one(text: str) -> None:
    assert [fault.failure.code for fault in read(AccessRow, f"{{unused_days: {text}}}")[1]] == [
        ConfigCode.NOT_AN_INTEGER
    ]
    assert read(AccessRow, "{unused_days: 60}")[0].unused_days == 60


@pytest.mark.parametrize("text", ["1", "0", "1.0", '"true"', "'1'", "y", "t"])
def test_a_truth_value_is_one(text: str) -> None:
    assert [fault.failure.code for fault in read(DueRow, f"{{workday: {text}}}")[1]] == [ConfigCode.NOT_A_BOOLEAN]


def test_a_list_of_an_option_is_read_strictly_too() -> None:
    faults = read(OpenAqOptions, "{stations: [7, true]}")[1]
    assert ConfigCode.NOT_AN_INTEGER in [fault.failure.code for fault in faults]


@pytest.mark.parametrize(("text", "shown"), [("12:30", "12:30:00"), ("02:30", "02:30:00"), ('"17:00:30"', "17:00:30")])
def test_a_time_of_day_needs_no_quotes(text: str, shown: str) -> None:
    row, faults = read(MaintenanceRow, WEEKLY % text)
    assert faults == [] and row.at.isoformat() == shown


@pytest.mark.parametrize("text", ["750", "'750'", "0", "1.5", "true", "12:30Z", "12:30+07:00", "24:00", "9:5"])
def test_a_number_or_a_time_with_a_zone_is_no_time_of_day(text: str) -> None:
    assert [fault.failure.code for fault in read(MaintenanceRow, WEEKLY % text)[1]] == [ConfigCode.NOT_A_TIME]


@pytest.mark.parametrize("text", ["0123", "007", "1_000", "12:30", "0x1f"])
def test_a_code_is_what_is_written(text: str) -> None:
    file = parse("x.yaml", f"- {text}".encode())
    assert file.root is not None and file.value(file.root) == [text]


@pytest.mark.parametrize("text", ["1.10", "1.0", "2.50", "1.5e+3", "+1.5", "31135"])
def test_a_word_that_looks_like_a_number_is_what_is_written(text: str) -> None:
    row, faults = read(OpenIdRow, f"issuer: https://a.vn\nclient: {text}\nroles: {{a: [leader]}}\n")
    assert not faults and row.client == text


def test_the_place_of_a_wrong_value_is_named() -> None:
    fault = read(SuccessionRow, "agency: a\non: 2026-01-01\nbasis: x\nshare: true\n")[1][0]
    assert (fault.line, fault.failure.params) == (4, {"value": "true"})
