"""What protocols share: the mapping over plain data, the groups of options, and options that are read once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from data_sources._mapping import MappingOptions, NameOptions, NumberOptions, RequestOptions, options_of, read_documents
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, row

WARDS = [{"ward": " P. Ninh Kiều ", "open": 3}, {"ward": "31207", "open": 4}, {"open": 5}]


def mapped(document: Any, **options: Any) -> Batch:
    return read_documents(MappingOptions.model_validate(options), [document], NOW)


def test_an_items_place_names_its_series() -> None:
    batch = mapped(WARDS, series="reports-{place}", value="open", place="ward", places={"P. Ninh Kiều": "31135"})
    assert [(one.series, one.value) for one in batch.readings] == [("reports-31135", 3), ("reports-31207", 4)]
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("items[2].open", "place is missing: the series has no name")
    ]


def test_without_a_place_the_hole_is_the_items_own_field() -> None:
    assert mapped({"place": "A", "v": 1}, series="x-{place}", value="v").readings[0].series == "x-a"


def test_values_have_the_mappings_unit_unless_they_have_their_own() -> None:
    batch = mapped({"a": 1, "b": 2, "u": "km"}, values={"a": "a", "b": {"path": "b", "unit_path": "u"}}, unit="mm")
    assert [(one.series, one.unit) for one in batch.readings] == [("a", "mm"), ("b", "km")]


def test_several_documents_make_one_batch_each_with_its_own_time() -> None:
    options = MappingOptions(series="{topic}", value="v", page_time="t", time_format="unix")
    batch = read_documents(options, [{"topic": "a/1", "v": 1, "t": 1_790_000_000}, {"topic": "b", "v": 2, "t": 1}], NOW)
    assert [(one.series, one.observed) for one in batch.readings] == [
        ("a-1", datetime.fromtimestamp(1_790_000_000, UTC)),
        ("b", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"series": "a", "value": "[["}, ("value",), OptionCode.INVALID_EXPRESSION),
        ({"series": "a-{[}", "value": "b"}, ("series",), OptionCode.INVALID_EXPRESSION),
        ({"values": {"a": "[["}}, ("values", "a", "path"), OptionCode.INVALID_EXPRESSION),
        ({"values": {"a": {"path": "b", "unit": "furlong"}}}, ("values", "a", "unit"), "furlong"),
        ({"values": {"a-{[}": "b"}}, ("values", "a-{[}", "[key]"), OptionCode.INVALID_EXPRESSION),
        ({"series": "a", "value": "b", "zone": "Mars/Base"}, ("zone",), OptionCode.UNKNOWN_TIME_ZONE),
        ({"series": "a", "value": "b", "places": {"x": "y"}}, (), OptionCode.PLACES_WITHOUT_PLACE),
    ],
)
def test_a_wrong_option_is_one_fault_at_its_own_place(
    options: dict[str, Any], where: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        MappingOptions.model_validate(options)
    errors = caught.value.errors()
    assert [(one["loc"], said in one["msg"]) for one in errors] == [(where, True)]


def test_groups_go_together_and_refuse_what_is_not_theirs() -> None:
    class Options(NumberOptions, NameOptions, RequestOptions):
        """As a protocol has them."""

    made = Options.model_validate({"decimal": ",", "missing": ["x"], "names": {"A": "b"}, "headers": {"k": "v"}})
    assert (made.number("1.234,5"), made.number("x"), made.series_key("{n}", {"n": "A"}.get)) == (1234.5, None, "b")
    with pytest.raises(ValidationError, match="itens"):
        Options.model_validate({"itens": "data"})


def test_a_rows_options_are_read_once_until_the_row_changes() -> None:
    source = row(options={"series": "a", "value": "b"})
    assert options_of(source, MappingOptions) is options_of(source, MappingOptions)
    changed = replace(source, options={"series": "a", "value": "c"})
    assert options_of(changed, MappingOptions).value == "c"
