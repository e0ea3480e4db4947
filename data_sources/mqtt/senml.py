"""SenML (RFC 8428) in JSON and CBOR: base fields resolved, relative times made absolute."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_LABELS = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_MAX_VERSION = 10  # version of the format
_RELATIVE_BELOW = 2**28  # times below it are seconds from now
_UNITS = {"%RH": "%", "%EL": "%", "/": "ratio", "m3/s": "m³/s", "km/h": "km/h"}
_MAX_DEPTH = 20
_NUMBERS = (int, float)


def records(page: ResponsePage, received: datetime | None) -> Iterator[dict[str, Any]]:
    """Each record as name, unit, value and time in seconds. `received` None: no time may be relative to it.

    SourceError when the message is no SenML, or one that must not be read.
    """
    pack = _decode(page)
    if not isinstance(pack, list):
        raise SourceError(untyped("the message is no SenML: right would be a list of records"))
    base: dict[str, Any] = {}
    for given in pack:
        record = _with_names(given)
        base.update({key: value for key, value in record.items() if key in ("bn", "bt", "bu", "bv", "bver")})
        if isinstance(base.get("bver"), _NUMBERS) and base["bver"] > _MAX_VERSION:
            raise SourceError(untyped(f"SenML of version {base['bver']} is not known"))
        if record.keys() & {"n", "v", "vs", "vb", "vd", "s"} or "bv" in record:
            yield _resolve(record, base, received)


def _decode(page: ResponsePage) -> Any:
    if page.body[:1] and 0x80 <= page.body[0] <= 0x9F:  # a list in CBOR; in JSON no text begins so
        return _cbor(page.body)
    return decode_json(page, orjson.loads)


def _cbor(body: bytes) -> Any:
    import cbor2

    try:
        return cbor2.loads(body, max_depth=_MAX_DEPTH)
    except (cbor2.CBORDecodeError, ValueError, TypeError, LookupError, OverflowError, RecursionError, MemoryError):
        raise SourceError(untyped("the message is neither CBOR nor JSON")) from None


def _with_names(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise SourceError(untyped("a record of SenML is no object"))
    return {_LABELS.get(key, "") if isinstance(key, int) else str(key): value for key, value in given.items()}


def _resolve(record: dict[str, Any], base: dict[str, Any], received: datetime | None) -> dict[str, Any]:
    strange = next((key for key in record if key.endswith("_")), "")
    if strange:
        return {"fault": f"{strange[:40]} must be understood and is not"}
    try:
        unit = record.get("u", base.get("bu", ""))
        return {
            "name": f"{base.get('bn', '')}{record.get('n', '')}" or None,
            "unit": _UNITS.get(unit, unit) if isinstance(unit, str) else "",
            "value": _value(record, base),
            "time": _time(base.get("bt", 0), record.get("t", 0), received),
        }
    except (TypeError, ArithmeticError):
        return {"fault": "a number of the record is none"}


def _value(record: dict[str, Any], base: dict[str, Any]) -> Any:
    for key in ("vs", "vb", "vd"):
        if key in record:
            return record[key]
    if "v" in record or ("bv" in base and "s" not in record):
        return base.get("bv", 0) + record.get("v", 0)
    return None


def _time(base: Any, own: Any, received: datetime | None) -> float | None:
    told = float(base + own)
    if told >= _RELATIVE_BELOW:
        return told
    return None if received is None else received.timestamp() + told
