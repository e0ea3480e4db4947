"""An NGSI entity in any of its forms: attributes by short name, each with value, unit, time and dataset."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

TIME_ATTRIBUTES = ("TimeInstant", "timestamp", "observedAt", "dateObserved")
_UNIT_NAMES = (("unitCode",), ("unitText", "unit"))
_NULL = "urn:ngsi-ld:null"
_VALUE_KEYS = ("value", "object", "languageMap")
# Keys that hold the value only for their type: a structured value may have a member `json` too.
_VALUE_KEY_BY_TYPE = {"JsonProperty": "json", "VocabProperty": "vocab", "ListProperty": "valueList"}
_SEPARATORS = re.compile(r"[/#]")
# Models name an entity by its station and the time of its values, or the start and end of their period:
# …:Madrid-28079004-2016-03-15T11:00:00, …:Vitoria-2016-12-28T11:00:00_2016-12-28T12:00:00.
_COLON = r"(?:[:-]|%3A)?"
_CLOCK = rf"\d\d{_COLON}\d\d(?:{_COLON}\d\d(?:[.,]\d{{1,9}})?)?(?:Z|[+-]\d\d{_COLON}\d\d)?"
_TIME = rf"(?:19|20)\d\d-?\d\d-?\d\dT{_CLOCK}"
_TIME_TEXT = re.compile(rf"\s*(?:19|20)\d\d-?\d\d-?\d\d[T ]{_CLOCK}", re.ASCII | re.IGNORECASE)
_TIME_OF_ID = re.compile(rf"[-:_/]{_TIME}(?:(?:[-_/]|--)(?:{_TIME}|{_CLOCK}))?$", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A value of an attribute; its unit as the broker writes it, by a code and by a text."""

    value: Any
    unit_code: Any = None
    unit_text: Any = None
    time: Any = None
    dataset: str = ""


def short_name(name: str) -> str:
    """A name without its vocabulary: brokers answer with full IRIs when no @context was sent."""
    return _SEPARATORS.split(name.rstrip("/#"))[-1] if "://" in name else name


def attributes(entity: Mapping[str, Any]) -> dict[str, list[AttributeValue]]:
    """Every attribute with all of its values, by short name."""
    return {
        short_name(name): list(_values(attribute))
        for name, attribute in entity.items()
        if name not in ("id", "type", "@context", "@id", "@type")
    }


def key_values(entity: Mapping[str, Any], attribute_values: Mapping[str, list[AttributeValue]]) -> dict[str, Any]:
    """The entity as key-values, for the placeholders of templates; {tail} is the end of its id without a time."""
    key = entity.get("id", entity.get("@id"))
    first_values = {name: values[0].value for name, values in attribute_values.items() if values}
    tail = without_time(key).rpartition(":")[2] if isinstance(key, str) else None
    return {"tail": tail, **first_values, "id": key, "type": entity.get("type", entity.get("@type"))}


def without_time(key: Any) -> Any:
    """The id of an entity without the time of its values: what names the station."""
    return _TIME_OF_ID.sub("", key) if isinstance(key, str) else key


def is_time(value: Any) -> bool:
    """Whether the value of an attribute is a time, or the start and end of a period."""
    return isinstance(value, str) and _TIME_TEXT.match(value) is not None


def _values(attribute: Any) -> Iterator[AttributeValue]:
    if attribute == [] or (isinstance(attribute, dict) and "type" in attribute and attribute.get("values") == []):
        return  # a temporal representation without values in the period that was asked for
    if isinstance(attribute, list) and attribute and all(map(_is_normalized, attribute)):
        yield from (value for instance in attribute for value in timed_values(_attribute_value(instance)))
    elif isinstance(attribute, dict) and set(attribute) == {"dataset"} and isinstance(attribute["dataset"], dict):
        for name, value in attribute["dataset"].items():  # key-values of an attribute with several datasets
            yield from timed_values(AttributeValue(_unwrap(value), dataset="" if name == "@none" else name))
    elif _is_normalized(attribute):
        yield from timed_values(_attribute_value(attribute))
    else:
        yield from timed_values(AttributeValue(_unwrap(attribute)))


def timed_values(attribute: AttributeValue) -> Iterator[AttributeValue]:
    """Each [value, time] or [value, start, end] of a simplified temporal representation; else `attribute` itself."""
    if not _is_temporal(attribute.value):
        yield attribute
        return
    for value, *times in attribute.value:
        yield replace(attribute, value=_unwrap(value), time="/".join(times))


def _is_temporal(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_timed, value))


def _is_timed(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (2, 3) and all(isinstance(time, str) for time in value[1:])


def _is_normalized(attribute: Any) -> bool:
    return isinstance(attribute, dict) and value_key(attribute) is not None and "@type" not in attribute


def value_key(attribute: Mapping[str, Any]) -> str | None:
    """The member that holds the value of a normalized attribute, None for none."""
    key_of_type = _VALUE_KEY_BY_TYPE.get(str(attribute.get("type")))
    key = next((key for key in (key_of_type, *_VALUE_KEYS) if key in attribute), None)
    return "values" if key is None and _is_temporal(attribute.get("values")) else key


def _attribute_value(attribute: Mapping[str, Any]) -> AttributeValue:
    value = attribute[value_key(attribute) or "value"]
    metadata = attribute.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    times = (_metadata_value(metadata[name]) for name in TIME_ATTRIBUTES if name in metadata)
    time = attribute.get("observedAt") or next(times, None)
    dataset = attribute.get("datasetId")
    members = {**metadata, **attribute}
    code, text = (
        next((_metadata_value(members[name]) for name in names if name in members), None) for names in _UNIT_NAMES
    )
    return AttributeValue(_unwrap(value), code, text, _unwrap(time), _text(dataset))


def _metadata_value(entry: Any) -> Any:
    return entry.get("value", entry) if isinstance(entry, dict) else entry


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unwrap(value: Any) -> Any:
    """The value itself of a typed value of JSON-LD; None for the null of NGSI-LD."""
    if isinstance(value, dict) and "@value" in value:
        return value["@value"]
    return None if value == _NULL else value
