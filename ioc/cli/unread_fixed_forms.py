"""The parts of answers of a fixed form that the program ignores, or that the row of a source does not name."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from data_sources._mapping import options_of
from data_sources._mapping.answer_parts import AnswerPart, AnswerParts, parts_without
from data_sources._mapping.expression_reads import Path
from data_sources._mapping.xml import local_name, parse_xml
from data_sources.gtfs_rt.content import documents_of_feeds
from data_sources.ngsi.entity import attributes, short_name
from data_sources.ngsi.options import Options as NgsiOptions
from data_sources.ngsi.representations import entities_of
from data_sources.open_meteo import Options as OpenMeteoOptions
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import placeholders
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

# By protocol: the names of objects in which nothing is read.
_UNREAD: Mapping[str, frozenset[str]] = {"cap": frozenset({"parameter", "eventCode", "resource", "incidents", "code"})}
# By protocol: the names of the fields and elements that are read, at whatever depth.
_NAMES: Mapping[str, frozenset[str]] = {
    "kiwis": frozenset({"ts_id", "columns", "data", "rows", "type", "code", "message", "ts_unitsymbol"}),
    "openaq": frozenset({"results", "id", "name", "units", "value", "utc", "found", "limit", "page"}),
    "prometheus": frozenset({"status", "resultType", "value", "values", "result", "warnings", "error", "__name__"}),
    "cap": frozenset({
        "identifier", "sender", "sent", "status", "msgType", "scope", "references", "note", "language", "category",
        "event", "responseType", "urgency", "severity", "certainty", "effective", "onset", "expires", "senderName",
        "headline", "description", "instruction", "web", "contact", "areaDesc", "polygon", "circle", "value",
        "valueName", "link", "href", "rel", "updated", "lastBuildDate", "pubDate", "url",
    }),
    "sensorthings": frozenset({
        "value", "result", "phenomenonTime", "resultTime", "@iot.id", "id", "symbol", "name", "definition",
        "unitOfMeasurement", "components", "dataArray", "@iot.count", "@iot.nextLink", "Datastreams@iot.count",
        "Datastreams@iot.nextLink", "Observations@iot.nextLink", "@iot.selfLink", "error", "code", "message",
    }),
    "waterml": frozenset({
        "siteCode", "siteName", "name", "variableCode", "variableName", "optionCode", "option", "noDataValue",
        "NoDataValue", "unit", "units", "unitCode", "unitAbbreviation", "unitName", "unitsAbbreviation", "methodID",
        "methodCode", "dateTime", "dateTimeUTC", "timeOffset", "qualifiers", "censorCode", "zoneOffset",
        "siteUsesDaylightSavingsTime", "value", "id", "title", "href", "identifier", "time", "code", "schemaLocation",
    }),
    "rss": frozenset({
        "title", "link", "guid", "id", "pubDate", "published", "updated", "lastBuildDate", "date", "description",
        "summary", "content", "encoded", "category", "term", "href", "version", "isPermaLink", "rel",
    }),
    "open311": frozenset({
        "service_request_id", "token", "status", "status_notes", "service_name", "service_code", "group", "description",
        "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
        "closed_datetime", "address", "lat", "long", "media_url", "first_name", "last_name", "name", "phone", "email",
        "code",
    }),
    "gtfs_rt": frozenset({
        "id", "is_deleted", "timestamp", "incrementality", "latitude", "longitude", "speed", "label", "stop_id",
        "trip_id", "route_id", "start_time", "start_date", "text", "language", "start", "end", "effect",
        "severity_level", "delay", "time", "schedule_relationship",
    }),
}  # fmt: skip
# Of an entity of NGSI, and of an attribute: what the program reads, and what holds the value.
_OF_ENTITY = frozenset({"id", "type", "@context", "@id", "@type"})
_VALUES_OF_ATTRIBUTE = frozenset({"value", "object", "json", "vocab", "languageMap", "valueList", "values"})
_OF_ATTRIBUTE = _VALUES_OF_ATTRIBUTE | {
    "type", "unitCode", "unitText", "unit", "observedAt", "TimeInstant", "timestamp", "dateObserved", "datasetId",
    "metadata",
}  # fmt: skip
_LINKS = ("@iot.navigationLink", "@iot.selfLink")


def _of_names(source: Source, payload: Payload) -> list[AnswerPart]:
    """The parts under other names than those that the protocol reads, and those of the row's template."""
    paths = [path for path in map(source.options.get, ("place",)) if isinstance(path, str)]
    template = source.options.get("series")
    paths += placeholders(template) if isinstance(template, str) else []
    read = {*_NAMES[source.protocol], *(step.strip('"') for path in paths for step in path.split("."))}
    documents = documents_of_feeds(source, payload) if source.protocol == "gtfs_rt" else _documents(payload.pages)
    return parts_without(
        documents, lambda name: name in read or name.endswith(_LINKS), _UNREAD.get(source.protocol, ())
    )


def _of_forecast(source: Source, payload: Payload) -> list[AnswerPart]:
    """Of Open-Meteo: variables that the row does not name."""
    reads: list[Path] = [(name,) for name in ("latitude", "longitude", "utc_offset_seconds", "error", "reason")]
    for block, variables in options_of(source, OpenMeteoOptions).blocks().items():
        reads += [(block, "time"), (f"{block}_units", "time")]
        reads += [(inner, variable) for variable in variables for inner in (block, f"{block}_units")]
    return _without([answer for page in _documents(payload.pages) for answer in _as_list(page)], reads)


def _of_entities(source: Source, payload: Payload) -> list[AnswerPart]:
    """Of NGSI: attributes and datasets that the row does not name, and what an attribute has besides its value."""
    options = options_of(source, NgsiOptions)
    names = {path.split(".")[0].strip('"') for template in options.values for path in placeholders(template)}
    asked = {(one.attribute, one.dataset) for one in options.values.values()} | {(options.time, "")}
    entities: list[Any] = []
    for document in _documents(payload.pages):
        with suppress(SourceError):
            entities += entities_of(document)
    rests = ({name: _rest(name, one, asked) for name, one in _attributes(entity, names)} for entity in entities)
    return parts_without(rests, lambda _: False)


def _attributes(entity: Any, names: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Those of an entity by short name, without the ones that the placeholders `names` read."""
    for written, attribute in entity.items() if isinstance(entity, dict) else ():
        name = short_name(written)
        if name not in _OF_ENTITY and name not in names:
            yield name, attribute


def _rest(name: str, attribute: Any, asked: Collection[tuple[str, str]]) -> Any:
    """What is not read of an attribute. `asked`: those that are, each with its dataset."""
    paths = {path for path, _ in asked if path.split(".")[0] == name}
    rest: list[Any] = []
    for value in attributes({name: attribute})[name]:
        if not any((path, value.dataset) in asked for path in paths):
            rest.append({value.dataset: value.value} if value.dataset else value.value)
        elif name not in paths and isinstance(value.value, dict):
            inner = {path.split(".")[1] for path in paths}
            rest.append({member: one for member, one in value.value.items() if member not in inner})
    for instance in _as_list(attribute) if paths else ():
        members = {**instance, **_as_object(instance.get("metadata"))} if isinstance(instance, dict) else {}
        is_normalized = not members.keys().isdisjoint(_VALUES_OF_ATTRIBUTE)
        rest += [{member: one for member, one in members.items() if is_normalized and member not in _OF_ATTRIBUTE}]
    rest = [one for one in rest if one != {}]
    return rest if len(rest) > 1 else next(iter(rest), None)


def _without(documents: Iterable[Any], reads: Iterable[Path]) -> list[AnswerPart]:
    parts = AnswerParts()
    for document in documents:
        parts.add(document)
    return parts.unread((), reads)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _documents(pages: Iterable[ResponsePage]) -> Iterator[Any]:
    """What each page holds, of lines of JSON each object; what cannot be decoded is left out."""
    for page in pages:
        is_xml = page.body[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
        try:
            yield _xml(page) if is_xml else decode_json(page, orjson.loads)
        except SourceError:
            for line in page.body.splitlines():
                with suppress(SourceError):
                    if line.startswith(b"{"):
                        yield decode_json(replace(page, body=line), orjson.loads)


def _xml(page: ResponsePage) -> Any:
    """An XML document as plain data: attributes and elements by their local names, texts as they are."""
    root = parse_xml(page)
    done: dict[int, Any] = {}
    for element in reversed(list(root.iter())):  # the inner ones first
        fields: dict[str, list[Any]] = {}
        for key, value in element.attrib.items():
            fields.setdefault(key.rpartition("}")[2], []).append(value)
        for child in element:
            fields.setdefault(local_name(child), []).append(done.pop(id(child)))
        text = (element.text or "").strip()
        plain = {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
        done[id(element)] = ({"": text} if text else {}) | plain if plain else text
    return {local_name(root): done[id(root)]}


FIXED_FORMS: Mapping[str, Callable[[Source, Payload], list[AnswerPart]]] = {
    **dict.fromkeys(_NAMES, _of_names),
    "open_meteo": _of_forecast,
    "ngsi": _of_entities,
}
