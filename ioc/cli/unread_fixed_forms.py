"""The parts of answers of a fixed form that the program ignores, or that the row of a source does not name."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
from jmespath.exceptions import JMESPathError

from data_sources import protocols
from data_sources._mapping import options_of
from data_sources._mapping.answer_parts import AnswerPart, AnswerParts, parts_without
from data_sources._mapping.expression_reads import ENTRIES, VALUES, ExpressionReads, Path, Place, position_of
from data_sources._mapping.xml import local_name, parse_xml
from data_sources.cap.options import Options as CapOptions
from data_sources.gtfs_rt.content import documents_of_feeds
from data_sources.mqtt import senml
from data_sources.ngsi.entity import TIME_ATTRIBUTES, attributes, short_name, value_key
from data_sources.ngsi.options import Options as NgsiOptions
from data_sources.ngsi.representations import entities_of
from data_sources.open311.items import LIST_KEYS
from data_sources.open_meteo import Options as OpenMeteoOptions
from data_sources.sensorthings.observations import is_observation
from ioc.cli.fixed_form_places import reader_of
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import placeholders
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

# Of an entity of NGSI, of an attribute besides its value, and of its metadata: what the program reads.
_OF_ENTITY = frozenset({"id", "type", "@context", "@id", "@type"})
_UNITS = {"unitCode", "unitText", "unit"}
_OF_ATTRIBUTE = frozenset({"type", "observedAt", "datasetId", "metadata", *_UNITS})
_OF_METADATA = frozenset({*TIME_ATTRIBUTES, *_UNITS})


def unread_of_places(source: Source, payload: Payload) -> list[AnswerPart]:
    """The parts at other places than those that the protocol, and the templates of the row, read."""
    paths = _paths_of_row(source)
    by_form: dict[tuple[str, str], list[Any]] = {}
    for document in _OF_PAYLOAD.get(source.protocol, _of_pages)(source, payload):
        by_form.setdefault((_form(source, document), _root(document)), []).append(document)
    return [part for form, found in by_form.items() for part in parts_without(found, reader_of(*form, paths))]


def _form(source: Source, document: Any) -> str:
    """The name of the places of a document: a protocol may have several forms."""
    if source.protocol == "mqtt":
        return "senml"
    if source.protocol == "kiwis" and source.options.get("height"):
        return "kiwis of heights"
    if source.protocol == "waterml" and isinstance(document, dict) and "value" in document:
        return "waterml as JSON"
    if source.protocol == "sensorthings":
        entities = _as_list(document.get("value", document) if isinstance(document, dict) else document)
        return _form_of_entity(next(filter(None, map(_as_object, entities)), {}))
    return source.protocol


def _form_of_entity(entity: dict[str, Any]) -> str:
    if "dataArray" in entity:
        return "data array"
    if is_observation(entity):
        return "observations"
    return "things" if "Datastreams" in entity and "Observations" not in entity else "sensorthings"


def _root(document: Any) -> str:
    """Where the items of a document of SensorThings or Open311 are, "" for a list, or an item alone."""
    name = next((name for name in ("value", *LIST_KEYS) if isinstance(document, dict) and name in document), "")
    if not name:
        return ""
    return f"{name}/" if isinstance(document[name], list) else f"{name}/[^/]+/"  # of XML the names of the items


def _paths_of_row(source: Source) -> list[str]:
    """Regular expressions of the paths that options of the row name in an item, "/" between the names."""
    options = options_of(source, protocols()[source.protocol].Options)
    templates = getattr(options, "queries", None) or [getattr(options, "series", "")]
    named = [path for template in templates for path in placeholders(template)]
    named += [getattr(options, "place", ""), options.zero if getattr(options, "height", False) else ""]
    reads = ExpressionReads()
    for path in filter(None, named):
        with suppress(JMESPathError):
            reads.read(path, Place(frozenset({()})))
    return ["/".join("[^/]+" if step == VALUES else re.escape(step) for step in _names(path)) for path in reads.paths]


def _names(path: Path) -> Iterator[str]:
    return (step.replace("/", " ") for step in path if step != ENTRIES and position_of(step) is None)


def _of_pages(source: Source, payload: Payload) -> Iterator[Any]:
    return _documents(payload.pages)


def _of_tables(source: Source, payload: Payload) -> Iterator[Any]:
    """Documents of KiWIS, and of SensorThings with a DataArray, with the names of its columns in each row."""
    for document in _documents(payload.pages):
        if isinstance(document, dict) and "value" in document:
            yield {**document, "value": [_with_named_cells(entity) for entity in _as_list(document["value"])]}
        elif isinstance(document, list):
            yield [_with_named_cells(entity) for entity in document]
        else:
            yield _with_named_cells(document)


def _with_named_cells(entity: Any) -> Any:
    if not isinstance(entity, dict):
        return entity
    if isinstance(columns := entity.get("columns"), str):
        names, field = [name.strip().casefold() for name in columns.split(",")], "data"
    else:
        names, field = list(map(str, _as_list(entity.get("components")))), "dataArray"
    rows = entity.get(field)
    if not isinstance(rows, list):
        return entity
    named = [dict(zip(names, row, strict=False)) if isinstance(row, list) else row for row in rows]
    return {**entity, field: named}


def _of_messages(source: Source, payload: Payload) -> Iterator[Any]:
    """Messages of SenML, also in CBOR."""
    for page in payload.pages:
        with suppress(SourceError):
            yield list(senml.pack_of(page))


def _of_alerts(source: Source, payload: Payload) -> Iterator[Any]:
    """Documents of CAP, each pair of valueName and value under its name, without the geocodes that the row reads."""
    options = options_of(source, CapOptions)

    def with_name(element: str, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        name, value = fields.get("valueName"), fields.get("value")
        if not (isinstance(name, str) and isinstance(value, str)):
            return fields
        is_read = element == "geocode" and (name in options.codes or value in options.places)
        return {key: one for key, one in fields.items() if key not in ("valueName", "value")} | (
            {} if is_read else {name: value}
        )

    return _documents(payload.pages, with_name)


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
    return _without(rests, ())


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
        if isinstance(instance, dict) and (key := value_key(instance)):
            metadata = _as_object(instance.get("metadata"))
            rest += [
                {name: one for name, one in instance.items() if name not in {key, *_OF_ATTRIBUTE}}
                | {name: one for name, one in metadata.items() if name not in _OF_METADATA}
            ]
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


def _documents(pages: Iterable[ResponsePage], of_element: Callable[[str, Any], Any] | None = None) -> Iterator[Any]:
    """What each page holds, of lines of JSON each object; what cannot be decoded is left out.

    `of_element`: what an XML element, by its name and its fields or text, is written as.
    """
    for page in pages:
        is_xml = page.body[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
        try:
            yield _xml(page, of_element) if is_xml else decode_json(page, orjson.loads)
        except SourceError:
            for line in page.body.splitlines():
                with suppress(SourceError):
                    if line.startswith(b"{"):
                        yield decode_json(replace(page, body=line), orjson.loads)


def _xml(page: ResponsePage, of_element: Callable[[str, Any], Any] | None) -> Any:
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
        content: Any = ({"": text} if text else {}) | plain if plain else text
        done[id(element)] = of_element(local_name(element), content) if of_element else content
    return {local_name(root): done[id(root)]}


# By protocol: the documents of an answer, where they are not the pages as they are.
_OF_PAYLOAD: Mapping[str, Callable[[Source, Payload], Iterator[Any]]] = {
    "cap": _of_alerts, "gtfs_rt": documents_of_feeds, "kiwis": _of_tables, "mqtt": _of_messages,
    "sensorthings": _of_tables,
}  # fmt: skip
_BY_PLACE = ("cap", "gtfs_rt", "kiwis", "open311", "openaq", "prometheus", "rss", "sensorthings", "waterml")
FIXED_FORMS: Mapping[str, Callable[[Source, Payload], list[AnswerPart]]] = {
    **dict.fromkeys(_BY_PLACE, unread_of_places),
    "open_meteo": _of_forecast,
    "ngsi": _of_entities,
}
