"""A row whose series have several units is never told to set one unit for all its values."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from components.ui.error_messages import describe
from components.ui.i18n import catalogue, t
from data_sources import protocols
from ioc.cli.batch_report import BatchReport
from ioc.cli.hints import HINTS, hint_for, unit_example
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Series, Source
from ioc.poller.admission import admit_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, row
from tests.data_sources.test_option_reasons import OPTIONS

VALUES = {"values": {"rain": "rain", "level": {"path": "level"}}}
ITEMS = {"series": "{n}", "value": "v"}


def source_of(options: dict[str, Any], *units: str) -> Source:
    series = tuple(
        Series(key, LocalizedText(key), unit, 0, 100) for key, unit in zip(("level", "rain"), units, strict=True)
    )
    return replace(row(options=options), series=series, option_names=OPTIONS["http_json"])


def read(source: Source, answer: Any) -> Batch:
    page = ResponsePage(json.dumps(answer).encode())
    parsed = protocols()[source.protocol].parse(source, Payload((page,)), NOW)
    return admit_batch(parsed, source, client_factory().context_for(source), NOW, id_key=b"key")


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(
    ("options", "answer", "example"),
    [
        (VALUES, {"rain": 5, "level": 2}, 'values: { "rain": { path: "rain", unit: … } }'),
        (ITEMS, [{"n": "rain", "v": 5}, {"n": "level", "v": 2}], "unit_path: \"n == '…' && '…' || '…'\""),
    ],
)
def test_try_advises_the_form_of_the_row(options: dict[str, Any], answer: Any, example: str, lang: str) -> None:
    several, one = source_of(options, "m", "mm"), source_of(options, "m", "m")
    text = BatchReport(several, read(several, answer), NOW, lang).text()
    assert t("commands.units_assumed_of_each", lang, n=2, example=example) in text
    assert t("commands.units_assumed", lang, n=2) in BatchReport(one, read(one, answer), NOW, lang).text()


@pytest.mark.parametrize("path", ["u", "w.u || u", "us[].u | [0]", "n == 'flow' && 'mm' || u"])
def test_unit_path_that_is_advised_keeps_that_of_the_row(path: str) -> None:
    """A blank in its place was filled with a unit that the other items contradict."""
    options = {**ITEMS, "unit_path": path, "units": {"": ""}}
    items = [
        {"n": "rain", "v": 5, "u": "", "us": [{"u": ""}]},
        {"n": "level", "v": 7.26, "u": "ft", "us": [{"u": "ft"}]},
    ]
    source = source_of(options, "m", "mm")
    (advised,) = re.findall(r'unit_path: ".+?"', BatchReport(source, read(source, items), NOW, "en").text())
    filled = advised.replace("'…'", "'rain'", 1).replace("'…'", "'cm'", 1)
    assert "…" not in filled
    batch = read(source_of({**options, **yaml.safe_load(filled)}, "m", "mm"), items)
    assert {reading.series: round(reading.value or 0, 6) for reading in batch.readings} == {
        "rain": 50,
        "level": 2.212848,
    }


UNITS = {"level": {"path": "a.v", "unit_path": "a.u"}, "rain": {"path": "b.v", "unit_path": "b.u"}}


@pytest.mark.parametrize(
    ("options", "answer", "changes"),
    [
        (
            {"values": UNITS}, {"a": {"v": 2, "u": "m"}, "b": {"v": 5, "u": "m"}},
            {"values": {**UNITS, "rain": {"path": "b.v", "unit_path": "'chỉ số'"}}},
        ),
        (
            {"values": {**UNITS, "level": "a.v"}}, {"a": {"v": 2, "unit": "m"}, "b": {"v": 5, "u": "m"}},
            {"values": {"level": "a.v", "rain": {"path": "b.v", "unit_path": "'chỉ số'"}}},
        ),
        (
            {**ITEMS, "unit_path": "u"}, [{"n": "level", "v": 2, "u": "m"}, {"n": "rain", "v": 5, "u": "m"}],
            {"unit_path": "n == 'rain' && 'chỉ số' || u"},
        ),
    ],
)  # fmt: skip
def test_unit_that_is_right_for_another_series_is_stated_for_the_value_alone(
    options: dict[str, Any], answer: Any, changes: dict[str, Any]
) -> None:
    """`units`, which the reason of a single series names, would make the other one wrong."""
    (item,) = read(source_of(options, "m", "chỉ số"), answer).rejected_items
    assert item.failure.code == "validation.unit_of_others" and item.location == "rain"
    assert not [lang for lang in ("vi", "en") if "units: {" in describe(item.failure, lang)]
    followed = read(source_of({**options, **changes}, "m", "chỉ số"), answer)
    assert {reading.series: reading.value for reading in followed.readings} == {"level": 2, "rain": 5}
    alone = read(source_of(options, "cm", "chỉ số"), answer[1:] if isinstance(answer, list) else {"b": answer["b"]})
    assert "units.different_quantity" in codes(alone)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("hint", ["units_assumed", "shares"])
@pytest.mark.parametrize("values", [{"{type}-level": "h.x"}, {"{type}-level": {"attribute": "h.x"}}])
def test_row_of_attributes_is_told_its_own_key_and_form(values: dict[str, Any], hint: str, lang: str) -> None:
    unit, written = ("m", "cm") if hint == "units_assumed" else ("%", "ratio")
    entity = [{"id": "urn:a", "type": "T", "h": {"type": "Property", "value": {"x": 0.5}}}]
    options = {"values": values, "time": ""}
    source = replace(source_of(options, "m", "mm"), protocol="ngsi", option_names=OPTIONS["ngsi"])
    source = replace(source, series=(Series("t-level", LocalizedText("x"), unit, 0, 100),))
    text = BatchReport(source, read(source, entity), NOW, lang).text()
    (advice,) = set(re.findall(r"values: \{.*?\} \}", text))
    assert advice == 'values: { "{type}-level": { attribute: "h.x", unit: … } }'
    stated = replace(source, options={**options, **yaml.safe_load(advice.replace("…", written))})
    batch = read(stated, entity)
    assert [one.value for one in batch.readings] == [{"cm": 0.005, "ratio": 50}[written]] and not batch.rejected_items


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("code", ["attribute_unit_missing", "attribute_out_of_range", "attribute_units_differ"])
def test_reasons_of_attributes_have_the_form_of_values(code: str, lang: str) -> None:
    text = catalogue()[f"errors.plain.{code}"][lang].replace("{{", "{").replace("}}", "}")
    (form,) = re.findall(r"values: \{.*?\} \}", text)
    written = yaml.safe_load(form.replace('"…"', '"{type}"').replace("…", "m"))
    assert protocols()["ngsi"].Options(**written).values["{type}"].unit == "m"


def test_row_whose_format_names_the_series_is_told_no_empty_values() -> None:
    source = replace(source_of({"topics": ["x"], "format": "senml"}, "m", "mm"), option_names=OPTIONS["mqtt"])
    batch = replace(Batch(()), assumed_unit_count=1)
    assert t("commands.units_assumed_plain", "en", n=1) in BatchReport(source, batch, NOW, "en").text()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_try_names_the_series_without_a_unit_and_takes_one_as_the_example(lang: str) -> None:
    options = {"values": {"rain": {"path": "rain", "unit": "mm"}, "le{n}": "level"}}
    source = source_of(options, "m", "mm")
    text = BatchReport(source, read(source, {"rain": 5, "level": 2, "n": "vel"}), NOW, lang).text()
    example = 'values: { "le{n}": { path: "level", unit: … } }'
    assert t("commands.units_assumed_of_each", lang, n=1, example=example) in text
    assert t("commands.units_assumed_series", lang, series="level") + "\n" in text + "\n"


@pytest.mark.parametrize(("lists_all", "named"), [(False, "s0, s1, s2, s3, s4, …"), (True, "s0, s1, s2, s3, s4, s5")])
def test_all_series_without_a_unit_are_named_where_everything_is_listed(lists_all: bool, named: str) -> None:
    keys = [f"s{n}" for n in range(6)]
    source = replace(source_of(ITEMS, "m", "mm"), series=tuple(Series(key, LocalizedText("x"), "m") for key in keys))
    batch = read(source, [{"n": key, "v": 5} for key in keys])
    text = BatchReport(source, batch, NOW, "en", lists_all=lists_all).text()
    assert t("commands.units_assumed_series", "en", series=named) + "\n" in text


def test_form_that_is_advised_leaves_the_other_values_right() -> None:
    by_value = {"values": {"rain": {"path": "rain", "unit": "cm"}, "level": "level"}}
    batch = read(source_of(by_value, "m", "mm"), {"rain": 5, "level": 2})
    assert {reading.series: reading.value for reading in batch.readings} == {"rain": 50, "level": 2}
    assert unit_example(by_value) == 'values: { "rain": { path: "rain", unit: … } }'
    by_name = {**ITEMS, "unit_path": "n == 'rain' && 'cm' || 'm'"}
    batch = read(source_of(by_name, "m", "mm"), [{"n": "rain", "v": 5}, {"n": "level", "v": 2}])
    assert {reading.series: reading.value for reading in batch.readings} == {"rain": 50, "level": 2}


@pytest.mark.parametrize(
    ("options", "answer", "several", "one"),
    [
        (ITEMS, [{"n": "level", "v": 274}], "plain.out_of_range_of_each", "validation.out_of_range_unit_assumed"),
        ({**ITEMS, "items": "d"}, {"d": [{"n": "level", "v": 2}], "unit": "cm"}, "plain.unit_unread_around_each",
         "validation.unit_unread_around"),
        ({**ITEMS, "unit": "m"}, [{"n": "level", "v": 2, "unit": "cm"}], "plain.unit_of_row_contradicted_each",
         "mapping.unit_of_row_contradicted"),
        ({**ITEMS, "unit": "°C"}, [{"n": "level", "v": 2}], "validation.unit_of_row", "validation.unit_of_row"),
    ],
)  # fmt: skip
def test_reason_of_one_of_several_values(options: dict[str, Any], answer: Any, several: str, one: str) -> None:
    assert codes(read(source_of(options, "m", "mm"), answer)) == [several]
    assert codes(read(source_of(options, "m", "m"), answer)) == [one]


def test_sheet_whose_series_have_several_units_is_told_that_its_own_unit_is_wrong() -> None:
    options = {"columns": {"level": "h"}, "time": "t", "zone": "UTC", "unit": "°C"}
    source = replace(source_of(options, "m", "mm"), protocol="spreadsheet", option_names=OPTIONS["spreadsheet"])
    page = ResponsePage(b"t;h\n2026-11-24 09:00;2\n", address="a.csv")
    parsed = protocols()["spreadsheet"].parse(source, Payload((page,)), NOW)
    batch = admit_batch(parsed, source, client_factory().context_for(source), NOW, id_key=b"key")
    assert codes(batch) == ["validation.unit_of_row"]


@pytest.mark.parametrize(
    ("units", "expected"),
    [({"": ""}, {"level": 2, "rain": 50}), ({"{name}": "cm"}, {"level": 0.02, "rain": 50})],
)
def test_empty_unit_of_a_row_is_told_what_leaves_the_other_rows_right(units: Any, expected: dict[str, float]) -> None:
    """`unit` would be that of all rows whose cell is empty."""
    options = {"columns": {"{name}": "h"}, "name": "n", "time": "t", "zone": "UTC", "unit_column": "u"}
    page = ResponsePage(b"t;n;u;h\n2026-11-24 09:00;level;;2\n2026-11-24 09:00;rain;cm;5\n", address="a.csv")

    def read_sheet(options: dict[str, Any], *series: str) -> Batch:
        sheet = replace(source_of(options, *series), protocol="spreadsheet", option_names=OPTIONS["spreadsheet"])
        parsed = protocols()["spreadsheet"].parse(sheet, Payload((page,)), NOW)
        return admit_batch(parsed, sheet, client_factory().context_for(sheet), NOW, id_key=b"key")

    assert codes(read_sheet(options, "m", "m")) == ["spreadsheet.unit_missing"]
    several = read_sheet(options, "m", "mm")
    assert codes(several) == ["plain.column_unit_empty"]
    assert 'units: { "": "" }' in describe(several.rejected_items[0].failure, "en")
    readings = read_sheet({**options, "units": units}, "m", "mm").readings
    assert {reading.series: reading.value for reading in readings} == expected


@pytest.mark.parametrize("path", ["l[?id=='H'].v | [0]", '"Mực nước"', "it"])
def test_example_can_be_pasted(path: str) -> None:
    row = yaml.safe_load(unit_example({"series": "a", "value": path}))
    assert row == {"values": {"a": {"path": path, "unit": "…"}}}
    assert yaml.safe_load(unit_example({"series": '{"Tên"}', "value": "v"})) == {
        "unit_path": "\"Tên\" == '…' && '…' || '…'"
    }


@pytest.mark.parametrize("protocol", sorted(OPTIONS))
def test_no_hint_tells_to_set_one_unit_for_several_values(protocol: str) -> None:
    source = replace(source_of(ITEMS, "m", "mm"), option_names=OPTIONS[protocol])
    hints = [catalogue()[f"commands.{hint_for(hint, source.advised_options)}"]["en"] for hint in HINTS]
    assert not [text for text in hints if re.search(r"\bset unit\b", text)]


def test_unit_path_by_the_name_of_the_item_works_as_the_reason_writes_it() -> None:
    """The other items keep the unit of their series, or are rejected for their own names."""
    names = {"level_cm": "level", "rain": "rain"}
    items = [{"n": "level_cm", "v": 274}, {"n": "rain", "v": 5}]
    (item,) = read(source_of({**ITEMS, "names": names}, "m", "mm"), items).rejected_items
    for lang in ("vi", "en"):
        reason = describe(item.failure, lang)
        (path,) = re.findall(r'unit_path: "(.+?)"', reason)
        (units,) = re.findall(r"units: (\{.*?\})", reason)
        options = {**ITEMS, "names": names, "unit_path": path, "units": json.loads(units)}
        batch = read(source_of(options, "m", "mm"), items)
        assert {reading.series: reading.value for reading in batch.readings} == {"level": 2.74, "rain": 5}
        other = read(
            source_of({**options, "names": {**names, "rain_cm": "rain"}}, "m", "mm"), [{"n": "rain_cm", "v": 5}]
        )
        assert codes(other) == ["validation.unit_in_item_name"]
        both = {**options, "names": {**names, "rain_cm": "rain"}, "unit_path": f"n == 'rain_cm' && 'cm' || {path}"}
        batch = read(source_of(both, "m", "mm"), [{"n": "rain_cm", "v": 5}, *items[:1]])
        assert {reading.series: reading.value for reading in batch.readings} == {"rain": 50, "level": 2.74}


@pytest.mark.parametrize(
    ("protocol", "options", "name"),
    [
        ("http_json", {"items": "o", "value": "v"}, "n"),
        ("webhook", {"items": "o", "value": "v", "push_token": "${TOKEN}"}, "n"),
        ("mqtt", {"items": "o", "value": "v", "topics": ["x"]}, "n"),
        ("mqtt", {"topics": ["x"], "format": "chirpstack"}, "name"),
    ],
)  # fmt: skip
def test_advice_for_one_value_leaves_the_notice_of_the_others(protocol: str, options: Any, name: str) -> None:
    """A value in V of a series in mV is not taken as right because another value has got its unit."""

    def followed(low: float, **advised: Any) -> Batch:
        own = {**options, "series": f"{{{name}}}", "names": {"level_cm": "level"}, **advised}
        source = replace(source_of(own, "m", "mm"), protocol=protocol, option_names=OPTIONS[protocol])
        level, rain = source.series
        source = replace(source, series=(level, replace(rain, low=low)))
        return read(source, {"o": items, "deviceInfo": {}, "time": NOW.isoformat(), "object": measured})

    measured = {"level_cm": 274, "rain": 3.297}
    items = [{"n": one, "v": number} for one, number in measured.items()]
    advised: dict[str, Any] = {"unit_path": f"{name} == 'level_cm' && 'cm' || ''", "units": {"": ""}}
    (reason,) = (one.failure for one in followed(0).rejected_items)
    assert in_yaml(advised["unit_path"]) in describe(reason, "en")
    assert codes(followed(2, **advised)) == [] and followed(0, **advised).assumed_unit_series == ("rain",)
    assert codes(followed(4, **advised)) == ["plain.out_of_range_of_each"]
    advised["unit_path"] = f"{name} == 'rain' && 'cm' || {advised['unit_path']}"
    assert followed(0, **advised).readings[1].value == 32.97 and not followed(0, **advised).assumed_unit_count


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_condition_of_a_unit_that_does_not_hold_is_told_what_to_write(lang: str) -> None:
    items = [{"n": "level", "v": 274}, {"n": "rain", "v": 5}]
    options = {**ITEMS, "unit_path": "n == 'level' && 'cm'"}
    (item,) = read(source_of(options, "m", "mm"), items).rejected_items
    (advised,) = re.findall(r'unit_path: ".+?"', describe(item.failure, lang))
    batch = read(source_of({**options, **yaml.safe_load(advised), "units": {"": ""}}, "m", "mm"), items)
    assert {reading.series: reading.value for reading in batch.readings} == {"level": 2.74, "rain": 5}
    assert batch.assumed_unit_series == ("rain",)
    other = {**ITEMS, "unit_path": "on"}
    assert codes(read(source_of(other, "m", "mm"), [{**items[1], "on": False}])) == ["mapping.unit_not_text"]


def test_example_of_a_row_that_names_no_value_has_nothing_empty() -> None:
    assert unit_example({"topics": ["x"]}) == 'values: { "…": { path: "…", unit: … } }'
