"""One entity in whichever form: its attributes by short name, each with value, unit, time and dataset."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# UN/CEFACT Recommendation 20 -> the units of this house.
UNIT_CODES: Mapping[str, str] = {
    "GP": "mg/m³", "GQ": "µg/m³", "M1": "mg/l", "GL": "g/l", "KMQ": "kg/m³", "59": "ppm", "CEL": "°C", "FAH": "°F",
    "KEL": "K", "MTR": "m", "CMT": "cm", "MMT": "mm", "KMT": "km", "FOT": "ft", "MTS": "m/s", "KMH": "km/h",
    "KNT": "kn", "HM": "mph", "MQS": "m³/s", "G51": "l/s", "P1": "%", "C62": "", "PAL": "Pa", "KPA": "kPa",
    "A97": "hPa", "MBR": "hPa", "SEC": "s", "MIN": "min", "HUR": "h", "DAY": "d", "KWH": "kWh", "MWH": "MWh",
    "VLT": "V", "WTT": "W", "KWT": "kW", "MTK": "m²", "HAR": "ha", "KMK": "km²", "H67": "mm/h",
}  # fmt: skip
_TIME_ATTRIBUTES = ("TimeInstant", "timestamp", "observedAt", "dateObserved")
_NULL = "urn:ngsi-ld:null"
_VALUE_KEYS = ("value", "object", "languageMap")
# Words that are holders only where the type says so: a structured value may well have a member `json`.
_VALUE_KEY_BY_TYPE = {"JsonProperty": "json", "VocabProperty": "vocab", "ListProperty": "valueList"}
_SEPARATORS = re.compile(r"[/#]")


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """What an attribute tells: `unit` in the words of this house where they are known."""

    value: Any
    unit: str = ""
    time: Any = None
    dataset: str = ""


def short_name(name: str) -> str:
    """A name without its vocabulary: brokers that are given no @context answer with whole addresses."""
    return _SEPARATORS.split(name.rstrip("/#"))[-1] if "://" in name else name


def attributes(entity: Mapping[str, Any]) -> dict[str, list[AttributeValue]]:
    """Every attribute with all of its values, by short name."""
    return {
        short_name(name): list(_values(given))
        for name, given in entity.items()
        if name not in ("id", "type", "@context", "@id", "@type")
    }


def key_values(entity: Mapping[str, Any], attribute_values: Mapping[str, list[AttributeValue]]) -> dict[str, Any]:
    """The entity as key-values, for the holes of templates; {tail} is the end of its id."""
    key = entity.get("id", entity.get("@id"))
    values = {name: some[0].value for name, some in attribute_values.items() if some}
    tail = key.rpartition(":")[2] if isinstance(key, str) else None
    return {"tail": tail, **values, "id": key, "type": entity.get("type", entity.get("@type"))}


def _values(given: Any) -> Iterator[AttributeValue]:
    if isinstance(given, list) and given and all(_is_normalized(one) for one in given):
        for one in given:
            yield _attribute_value(one)
    elif isinstance(given, dict) and set(given) == {"dataset"} and isinstance(given["dataset"], dict):
        for name, one in given["dataset"].items():  # key-values of an attribute with several datasets
            yield AttributeValue(_unwrap(one), dataset="" if name == "@none" else name)
    elif _is_normalized(given):
        yield _attribute_value(given)
    else:
        yield AttributeValue(_unwrap(given))


def _is_normalized(given: Any) -> bool:
    return isinstance(given, dict) and _value_key(given) is not None and "@type" not in given


def _value_key(given: Mapping[str, Any]) -> str | None:
    special = _VALUE_KEY_BY_TYPE.get(str(given.get("type")), "")
    return next((one for one in (special, *_VALUE_KEYS) if one in given), None)


def _attribute_value(given: Mapping[str, Any]) -> AttributeValue:
    value = given[_value_key(given) or "value"]
    metadata = given.get("metadata")
    marks = metadata if isinstance(metadata, dict) else {}
    code = given.get("unitCode", _metadata_value(marks.get("unitCode")))
    time = given.get("observedAt") or next(
        (_metadata_value(marks[one]) for one in _TIME_ATTRIBUTES if one in marks), None
    )
    dataset = given.get("datasetId")
    return AttributeValue(_unwrap(value), _unit(code), _unwrap(time), dataset if isinstance(dataset, str) else "")


def _metadata_value(given: Any) -> Any:
    return given.get("value") if isinstance(given, dict) else given


def _unit(code: Any) -> str:
    return UNIT_CODES.get(code.strip(), code.strip())[:40] if isinstance(code, str) else ""


def _unwrap(value: Any) -> Any:
    """A typed value of JSON-LD as what it holds."""
    if isinstance(value, dict) and "@value" in value:
        return value["@value"]
    return None if value == _NULL else value
