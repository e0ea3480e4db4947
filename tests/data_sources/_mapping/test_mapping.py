"""The mapping of plain data, the groups of options, and the cache of validated options."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from jmespath.functions import Functions
from pydantic import ValidationError

from data_sources._mapping import MappingOptions, NameOptions, NumberOptions, RequestOptions, options_of, read_documents
from data_sources._mapping.expressions import find, validate_expression
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, row

WARDS = [{"ward": " P. Ninh Kiều ", "open": 3}, {"ward": "31207", "open": 4}, {"open": 5}]


def batch_of(document: Any, **options: Any) -> Batch:
    return read_documents(MappingOptions.model_validate(options), [document], NOW)


def test_place_of_an_item_names_its_series() -> None:
    batch = batch_of(WARDS, series="reports-{place}", value="open", place="ward", places={"P. Ninh Kiều": "31135"})
    assert [(reading.series, reading.value) for reading in batch.readings] == [
        ("reports-31135", 3),
        ("reports-31207", 4),
    ]
    missing = Failure(ParseCode.SERIES_NAME_MISSING, {"field": "place"})
    assert [(item.location, item.failure) for item in batch.rejected_items] == [("items[2].open", missing)]


def test_without_the_place_option_the_placeholder_is_a_field_of_the_item() -> None:
    assert batch_of({"place": "A", "v": 1}, series="x-{place}", value="v").readings[0].series == "x-a"


def test_value_has_the_unit_of_the_mapping_unless_it_has_its_own() -> None:
    batch = batch_of({"a": 1, "b": 2, "u": "km"}, values={"a": "a", "b": {"path": "b", "unit_path": "u"}}, unit="mm")
    assert [(reading.series, reading.unit) for reading in batch.readings] == [("a", "mm"), ("b", "km")]


def test_documents_make_one_batch_each_with_its_own_time() -> None:
    options = MappingOptions(series="{topic}", value="v", page_time="t", time_format="unix")
    batch = read_documents(
        options, [{"topic": "a/1", "v": 1, "t": 1_790_000_000}, {"topic": "b", "v": 2, "t": 1_780_000_000}], NOW
    )
    assert [(reading.series, reading.observed) for reading in batch.readings] == [
        ("a-1", datetime.fromtimestamp(1_790_000_000, UTC)),
        ("b", datetime.fromtimestamp(1_780_000_000, UTC)),
    ]


@pytest.mark.parametrize(
    ("options", "location", "code"),
    [
        ({"series": "a", "value": "[["}, ("value",), OptionCode.INVALID_EXPRESSION),
        ({"series": "a-{[}", "value": "b"}, ("series",), OptionCode.INVALID_EXPRESSION),
        ({"values": {"a": "[["}}, ("values", "a", "path"), OptionCode.INVALID_EXPRESSION),
        ({"values": {"a": {"path": "b", "unit": "furlong"}}}, ("values", "a", "unit"), UnitCode.UNKNOWN),
        ({"values": {"a-{[}": "b"}}, ("values", "a-{[}", "[key]"), OptionCode.INVALID_EXPRESSION),
        ({"series": "a", "value": "b", "zone": "Mars/Base"}, ("zone",), OptionCode.UNKNOWN_TIME_ZONE),
        ({"series": "a", "value": "b", "places": {"x": "y"}}, (), OptionCode.PLACES_WITHOUT_PLACE),
    ],
)
def test_wrong_option_is_one_error_at_its_own_location(
    options: dict[str, Any], location: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        MappingOptions.model_validate(options)
    errors = caught.value.errors()
    assert [(error["loc"], error["ctx"]["error"].failure.code) for error in errors] == [(location, code)]


def test_groups_of_options_combine_and_reject_unknown_keys() -> None:
    class Options(NumberOptions, NameOptions, RequestOptions):
        """Options of a protocol."""

    options = Options.model_validate({"decimal": ",", "missing": ["x"], "names": {"A": "b"}, "headers": {"k": "v"}})
    assert (options.number("1.234,5"), options.number("x")) == (1234.5, None)
    assert options.series_name("{n}", {"n": "A"}.get).key == "b"
    with pytest.raises(ValidationError, match="itens"):
        Options.model_validate({"itens": "data"})


def test_names_reads_the_id_of_a_name_too_and_makes_no_one_name_of_two() -> None:
    items: list[dict[str, Any]] = [{"n": "Đầm Dơi", "v": 1}, {"n": "Cần Thơ", "v": 2}]
    options = MappingOptions.model_validate({"series": "{n}", "value": "v", "names": {"dam-doi": "a", "Cần Thơ": "b"}})
    assert [options.key_of(item["n"]) for item in items] == ["a", "b"]
    assert options.unmatched_names == []
    two = [{"n": "Đầm Dơi", "v": 1}, {"n": "Dam Doi", "v": 1}]
    batch = batch_of(two, series="{n}", value="v", names={"dam-doi": "a"})
    assert [(reading.series, reading.name) for reading in batch.readings] == [("a", "Đầm Dơi"), ("a", "Dam Doi")]


def test_words_and_booleans_are_numbers_only_by_the_table_of_the_row() -> None:
    items = [{"v": True}, {"v": False}, {"v": " ON "}, {"v": "OFF"}, {"v": "true"}, {"v": 1}, {"v": None}]
    batch = batch_of(items, series="a", value="v", numbers={"true": 1, "ON": 1, "OFF": 0})
    assert [reading.value for reading in batch.readings] == [1, 1, 0, 1, 1, None]
    assert [item.failure for item in batch.rejected_items] == [Failure(ParseCode.BOOLEAN, {"text": "false"})]


def test_missing_may_name_a_boolean_and_takes_no_number_with_it() -> None:
    batch = batch_of([{"v": False}, {"v": 0}, {"v": 1}], series="a", value="v", missing=[False])
    assert [reading.value for reading in batch.readings] == [None, 0, 1]


@pytest.mark.parametrize(("text", "minute"), [("{a}/{b}", 10), ("{a}/..", 0), ("../{b}", 10), ("{a}/", 0), ("{b}", 10)])
@pytest.mark.parametrize("option", ["time", "page_time"])
def test_interval_is_as_of_its_end_or_its_start_while_it_is_open(text: str, minute: int, option: str) -> None:
    period = text.format(a="2026-11-24T16:00:00", b="2026-11-24T16:10:00")
    batch = batch_of({"v": 1, "t": period}, series="a", value="v", **{option: "t"})
    assert [reading.observed for reading in batch.readings] == [datetime(2026, 11, 24, 9, minute, tzinfo=UTC)]


def test_options_of_a_row_are_validated_once_until_they_change() -> None:
    source = row(options={"series": "a", "value": "b"})
    assert options_of(source, MappingOptions) is options_of(source, MappingOptions)
    changed = replace(source, options={"series": "a", "value": "c"})
    assert options_of(changed, MappingOptions).value == "c"


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("round(a)", OptionCode.UNKNOWN_FUNCTION),
        ("items[?lower(name) == 'a'].v", OptionCode.UNKNOWN_FUNCTION),
        ("{a: b.c[*].trim(@)}", OptionCode.UNKNOWN_FUNCTION),
        ("length()", OptionCode.WRONG_ARGUMENTS),
        ("length(a, b)", OptionCode.WRONG_ARGUMENTS),
        ("max_by(a, b)", OptionCode.WRONG_ARGUMENTS),
        ("length(&a)", OptionCode.WRONG_ARGUMENTS),
        ("not_null()", OptionCode.WRONG_ARGUMENTS),
        ("to_number(a[?join(b)])", OptionCode.WRONG_ARGUMENTS),
        ("length(a", OptionCode.INVALID_EXPRESSION),
        *((text, OptionCode.INVALID_EXPRESSION) for text in ("[" * 5_000, "a" + "[?b" * 200 + "]" * 200, "!" * 5_000)),
        ("a" + " || a" * 101, OptionCode.INVALID_EXPRESSION),
    ],
)
def test_functions_are_validated_with_the_configuration(expression: str, code: ErrorCode) -> None:
    with raises_failure(code):
        validate_expression(expression)


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("mực_nước", '"mực_nước"'), ("mực nước", '"mực nước"'), ("muc-nuoc", '"muc-nuoc"'), ("@iot.id", '"@iot.id"'),
        ("trạm.mực nước.v", '"trạm"."mực nước".v'), ("10min", '"10min"'),
    ],
)  # fmt: skip
def test_name_that_needs_quotes_is_refused_with_the_path_to_write(expression: str, path: str) -> None:
    with raises_failure(OptionCode.NAME_NOT_QUOTED, expression=expression, path=path):
        validate_expression(expression)
    item: Any = 7
    for name in reversed(["@iot.id"] if "@" in expression else expression.split(".")):
        item = {name: item}
    assert find(item, validate_expression(path)) == 7


@pytest.mark.parametrize("name", sorted(Functions.FUNCTION_TABLE))
def test_each_function_of_the_library_is_accepted_with_its_arguments(name: str) -> None:
    arguments = Functions.FUNCTION_TABLE[name]["signature"]
    text = f"{name}({', '.join('&a' if 'expref' in one['types'] else 'a' for one in arguments)})"
    assert validate_expression(text) == text
    assert validate_expression("not_null(a, b, c)") == "not_null(a, b, c)"


@pytest.mark.parametrize(
    "expression", ["a", "a[0:2].b", "a || b", "[a, b][?c > `1`]", "@", "a.*", "!a", "{a: b}", "'x'", ""]
)
def test_other_expressions_are_accepted(expression: str) -> None:
    assert validate_expression(expression) == expression
