"""The parts of an answer that the row of a source does not read, as `try` prints them."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from components.ui.i18n import t
from data_sources._mapping import MappingOptions, options_of
from data_sources._mapping.answer_parts import AnswerPart
from data_sources._mapping.part_samples import MAX_DIFFERENT
from data_sources._mapping.time_texts import may_be_unix_time
from data_sources._mapping.unread_parts import unread_parts, unread_parts_of_events
from data_sources._mapping.webhook import decode_message
from data_sources.cameras import Options as CameraOptions
from data_sources.geojson import PAGE_TIMES
from data_sources.geojson import Options as GeoJsonOptions
from data_sources.http_json import Options as HttpJsonOptions
from data_sources.mqtt import Options as MqttOptions
from data_sources.mqtt.formats import MAX_NAME, UplinkReader
from data_sources.mqtt.options import UPLINK_ITEMS
from data_sources.spreadsheet.unread_columns import unread_columns
from data_sources.sql_view import Options as SqlViewOptions
from data_sources.webhook import Options as WebhookOptions
from ioc.cli.unread_fixed_forms import FIXED_FORMS, unread_of_places
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_MAX_LINES, _MAX_ALL = 25, 400
_MAX_CANDIDATES = 5
_UNIX_TIME = re.compile(r"[1-9][0-9]{9}(?:[0-9]{3})?(?:\.[0-9]+)?", re.ASCII)  # in seconds or milliseconds
_OF_GEOJSON = ("type", "features[].[type, geometry.type]", "crs.type", "crs.properties.name", *PAGE_TIMES)


def unread_parts_of(source: Source, payload: Payload) -> list[AnswerPart]:
    """Those of an answer, [] for a protocol that does not tell. What cannot be decoded has none."""
    find = _BY_PROTOCOL.get(source.protocol)
    with suppress(SourceError):
        return find(source, payload) if find else []
    return []


def unread_lines(source: Source, parts: Sequence[AnswerPart], lang: str, *, lists_all: bool) -> Iterator[str]:
    """A line that says how many parts there are, then each with its count and its first values.

    Of events, whose answers may hold personal data, texts are shown only where a part is a qualifier without free text.
    """
    if not parts:
        return
    yield t("commands.unread_parts", lang, n=len(parts))
    shown = parts[: _MAX_ALL if lists_all else _MAX_LINES]
    for part in shown:
        yield f"  {_written(source, part, lang)} ({_counts(part, lang)})"
    if left := parts[len(shown) :]:
        key = "unread_parts_left" if lists_all else "unread_parts_more"
        yield f"  {t(f'commands.{key}', lang, n=len(left))}"


def unit_candidates(source: Source, parts: Sequence[AnswerPart], lang: str) -> str:
    """The first parts that look like units, each with its first values, "" for none."""
    return _listed(source, [part for part in parts if part.may_be_unit], lang)


def time_candidates(source: Source, parts: Sequence[AnswerPart], lang: str) -> str:
    """The first parts that look like times, each with its first values, "" for none."""
    return _listed(source, [part for part in parts if part.may_be_time], lang)


def _listed(source: Source, parts: Sequence[AnswerPart], lang: str) -> str:
    texts = [_written(source, part, lang) for part in parts[:_MAX_CANDIDATES]]
    return "; ".join([*texts, *["…"] * (len(parts) > _MAX_CANDIDATES)])


def _written(source: Source, part: AnswerPart, lang: str) -> str:
    hides = bool(source.events) and (not part.is_qualifier or part.has_free_text)
    samples = [sample for sample in part.samples if not (hides and sample.startswith(('"', "{", "[")))]
    texts = ", ".join(_masked(sample, bool(source.events)) for sample in samples) or "…"
    others = ", …" * (part.other_count > 0)
    if part.read_count:
        total = part.read_count + part.count
        return f"{part.path}: {t('commands.entries_read', lang, read=part.read_count, n=total)} {texts}{others}"
    return f"{part.path}: {texts}{others}"


def _counts(part: AnswerPart, lang: str) -> str:
    """How many values there are, and how many different ones where not all of these are shown."""
    different = len(part.samples) + part.other_count
    shown = f"≥ {different}" if different >= MAX_DIFFERENT else f"{different}"
    return f"{part.count}; {t('commands.different', lang, n=shown)}" if part.other_count else f"{part.count}"


def _masked(sample: str, has_events: bool) -> str:
    """A sample without personal data. A number that is a time of this century is none, where a source has no events."""
    number = sample.strip('"')
    is_time = _UNIX_TIME.fullmatch(number) and may_be_unix_time(float(number)) and not has_events
    return sample if is_time else mask_start(sample, len(sample))


def _documents(pages: Iterable[ResponsePage], decode: Callable[[ResponsePage], Any]) -> Iterator[Any]:
    for page in pages:
        with suppress(SourceError):
            yield decode(page)


def _json(page: ResponsePage) -> Any:
    return decode_json(page, orjson.loads)


def _of_mapping(
    model: type[MappingOptions], decode: Callable[[ResponsePage], Any], source: Source, payload: Payload
) -> list[AnswerPart]:
    return unread_parts(options_of(source, model), _documents(payload.pages, decode))


def _of_features(source: Source, payload: Payload) -> list[AnswerPart]:
    documents = map(_as_collection, _documents(payload.pages, _json))
    return unread_parts(options_of(source, GeoJsonOptions), documents, "features", _OF_GEOJSON)


def _as_collection(document: Any) -> Any:
    """A single feature as a collection of one."""
    is_feature = isinstance(document, dict) and document.get("type") == "Feature"
    return {"features": [document]} if is_feature else document


def _of_mqtt(source: Source, payload: Payload) -> list[AnswerPart]:
    """Sparkplug is read by its standard."""
    options = options_of(source, MqttOptions)
    if options.format == "json":
        return _of_mapping(MqttOptions, _json, source, payload)
    if options.format == "chirpstack":
        return _of_uplinks(options, source, payload)
    return unread_of_places(source, payload) if options.format == "senml" else []


def _of_uplinks(options: MqttOptions, source: Source, payload: Payload) -> list[AnswerPart]:
    """Of ChirpStack; where the numbers of the object are the items, these are read."""
    uplinks, documents = UplinkReader(options, source.polled_series()), list[Any]()
    for page in payload.pages:
        with suppress(SourceError):
            documents += [one for one in uplinks.documents(page) if isinstance(one, dict)]
    items_are_numbers = options.items == UPLINK_ITEMS
    shown = (_without_numbers(one) if items_are_numbers else {**one, UPLINK_ITEMS: None} for one in documents)
    prefix = f"{UPLINK_ITEMS}[]."  # what each item has of the uplink is told as a part of the uplink
    parts = unread_parts(options, shown, read=["deduplicationId"])
    return [replace(part, path=part.path.removeprefix(prefix)) for part in parts]


def _without_numbers(uplink: dict[str, Any]) -> dict[str, Any]:
    """An uplink without the numbers of its object, and with one item that has what all of them have."""
    names = {item["name"] for item in uplink[UPLINK_ITEMS]}
    shared = {name: uplink.get(name) for name in ("time", "deviceInfo")}
    others = {name: value for name, value in uplink.items() if name not in shared}
    return {**others, "object": _unmeasured(uplink.get("object"), (), names), UPLINK_ITEMS: [shared]}


def _unmeasured(value: Any, path: tuple[str, ...], names: Collection[str]) -> Any:
    """`value` without what stands at one of `names`; the entries of a list by their positions, as in these."""
    if ".".join(path) in names:
        return None
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return {str(key): _unmeasured(one, (*path, str(key)[:MAX_NAME]), names) for key, one in inner}
    return value


def _of_cameras(source: Source, payload: Payload) -> list[AnswerPart]:
    options = options_of(source, CameraOptions)
    if options.events is None:
        return []
    return unread_parts_of_events(options.events, options.page_time, _documents(payload.pages[:1], _json))


_BY_PROTOCOL: Mapping[str, Callable[[Source, Payload], list[AnswerPart]]] = {
    "http_json": partial(_of_mapping, HttpJsonOptions, _json),
    "webhook": partial(_of_mapping, WebhookOptions, decode_message),
    "geojson": _of_features,
    "sql_view": partial(_of_mapping, SqlViewOptions, _json),
    "mqtt": _of_mqtt,
    "cameras": _of_cameras,
    "spreadsheet": unread_columns,
    **FIXED_FORMS,
}
