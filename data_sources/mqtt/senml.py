"""SenML (RFC 8428) in JSON and CBOR: base fields resolved, relative times made absolute."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

import orjson

from data_sources._mapping.cbor import decode_cbor
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.errors import MqttCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_LABELS = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_MAX_VERSION = 10
_RELATIVE_BELOW = 2**28  # seconds: smaller times are relative to now (RFC 8428, 4.5.3)
# Symbols that mean something else than in other sources, or that only SenML has; ioc/domain/base/unit_table.py has the
# others of RFC 8428 and RFC 8798.
UNIT_CODES: Mapping[str, str] = {
    "%RH": "%", "%EL": "%", "/": "ratio", "/100": "%", "/1000": "‰", "C": "A·s", "EL": "s", "beats": "",
    "beat/min": "1/min",
}  # fmt: skip
# Symbols that would give the same id as another one (EL and %EL, s and S, % and /), and what {unit} of a template is.
_PLACEHOLDER_TEXTS = {"%": "percent", "/": "ratio", "EL": "EL seconds", "S": "siemens", "H": "henry"}
_NUMBERS = (int, float)
_MAX_QUOTED = 80  # characters
_MAX_TEXT = 250  # characters of each part of a name, and of a unit; 20,000 records may share a base name of a megabyte


def placeholder_text(symbol: Any) -> Any:
    """What {unit} of a template is for a record with this symbol: no two symbols give the same id."""
    return _PLACEHOLDER_TEXTS.get(symbol, symbol) if isinstance(symbol, str) else symbol


def records(page: ResponsePage, received: datetime | None) -> Iterator[dict[str, Any] | Failure]:
    """Each record as name, unit, value and time in Unix seconds; a Failure for one that cannot be resolved, or as the
    value of one whose name and time are right.

    Times relative to now are relative to `received`; None: such a time is no time. Raises SourceError when the message
    is no SenML, has base fields only, or is of a version that is not known.
    """
    base: dict[str, Any] = {}
    is_senml = False
    for record in pack_of(page):
        base.update({key: value for key, value in record.items() if key in ("bn", "bt", "bu", "bv", "bver")})
        if isinstance(base.get("bver"), _NUMBERS) and base["bver"] > _MAX_VERSION:
            raise SourceError(MqttCode.SENML_VERSION, version=str(base["bver"]))
        if record.keys() & {"n", "v", "vs", "vb", "vd", "s"} or "bv" in record:
            is_senml = True
            yield _resolve(record, base, received)
    if not is_senml:
        if not base:
            raise SourceError(MqttCode.NOT_SENML)
        raise SourceError(MqttCode.SENML_WITHOUT_VALUE, record=shorten(str(base.get("bn", "")), _MAX_QUOTED) or "–")


def pack_of(page: ResponsePage) -> Iterator[dict[str, Any]]:
    """The records of a message as they came, with the field names of JSON. Raises SourceError when it is no list."""
    pack = _decode(page)
    if not isinstance(pack, list) or not pack:
        raise SourceError(MqttCode.NOT_SENML)
    return map(_with_names, pack)


def _decode(page: ResponsePage) -> Any:
    if page.body[:1] and 0x80 <= page.body[0] <= 0x9F:  # a list in CBOR; no JSON text begins with these bytes
        return decode_cbor(page.body, MqttCode.NOT_CBOR)
    return decode_json(page, orjson.loads)


def _with_names(item: Any) -> dict[str, Any]:
    """A record with the field names of JSON in the place of CBOR's labels."""
    if not isinstance(item, Mapping):
        raise SourceError(MqttCode.NOT_SENML)
    record = {_LABELS.get(key, str(key)) if isinstance(key, int) else str(key): value for key, value in item.items()}
    if len(record) < len(item):  # a label beside its name
        raise SourceError(MappingCode.CBOR_KEY_TWICE)
    return record


def _resolve(record: dict[str, Any], base: dict[str, Any], received: datetime | None) -> dict[str, Any] | Failure:
    parts = {"bn": base.get("bn", ""), "n": record.get("n", ""), "bu": base.get("bu", ""), "u": record.get("u", "")}
    if long := next((field for field, text in parts.items() if _is_long(text)), ""):
        quoted = shorten(str(record.get("n", ""))[:_MAX_TEXT], _MAX_QUOTED) or "–"
        return Failure(MqttCode.TEXT_TOO_LONG, {"record": quoted, "field": long, "limit": _MAX_TEXT})
    name = f"{parts['bn']}{parts['n']}"
    quoted = shorten(name, _MAX_QUOTED) or "–"
    # A field whose name ends in "_" must be understood, or the record must not be used (RFC 8428, 4.4).
    unknown = next((key for key in record if key.endswith("_")), "")
    if not unknown and not record.keys() & {"v", "vs", "vb", "vd"} and ("bv" not in base or "s" in record):
        return Failure(MqttCode.SENML_WITHOUT_VALUE, {"record": quoted})
    times = {"bt": base.get("bt", 0), "t": record.get("t", 0)}
    if failure := _number_failure(quoted, times):
        return failure
    value = _value(record, base, quoted)
    if unknown:
        value = Failure(MqttCode.SENML_UNKNOWN_FIELD, {"record": quoted, "field": shorten(unknown, 40)})
    return {
        "name": name or None,
        "unit": record.get("u", base.get("bu", "")),
        "value": value,
        "time": _time(times["bt"] + times["t"], received),
    }


def _is_long(text: Any) -> bool:
    """Whether it is a text of more characters than are read, or something that may hold as many."""
    return isinstance(text, list | dict | bytes) or (isinstance(text, str) and len(text) > _MAX_TEXT)


def _value(record: dict[str, Any], base: dict[str, Any], quoted: str) -> Any:
    """The value of a record, a Failure where it cannot be told. `quoted`: the name of the record."""
    values = [record[key] for key in ("vs", "vb", "vd") if key in record]
    if len(values) + ("v" in record) > 1:
        return Failure(MqttCode.SENML_TWO_VALUES, {"record": quoted})
    if values:
        return values[0]
    numbers = {"bv": base.get("bv", 0), "v": record.get("v", 0)}
    return _number_failure(quoted, numbers) or numbers["bv"] + numbers["v"]


def _number_failure(quoted: str, fields: Mapping[str, Any]) -> Failure | None:
    """That one of the fields of the record with this name is no number."""
    for field, number in fields.items():
        if not _is_number(number):
            return Failure(MqttCode.SENML_NOT_A_NUMBER, {"record": quoted, "field": field, "text": _json_text(number)})
    return None


def _is_number(value: Any) -> bool:
    """Whether `value` is a finite number, also as a float; true is none."""
    try:
        return type(value) in _NUMBERS and isfinite(value)
    except OverflowError:
        return False


def _json_text(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False, default=str, skipkeys=True), _MAX_QUOTED)


def _time(seconds: float, received: datetime | None) -> float | None:
    if seconds >= _RELATIVE_BELOW:
        return seconds
    return None if received is None else received.timestamp() + seconds
