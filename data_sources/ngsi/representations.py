"""The entities of a document in any representation: a list, a notification, GeoJSON, columns of QuantumLeap."""

import re
from collections.abc import Iterator
from typing import Any

from data_sources.ngsi.errors import NgsiCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import SourceError

_ZONED = re.compile(r"(Z|[+-]\d\d(:?\d\d)?)$", re.ASCII)
_COLUMNS = {"index", "entities", "attrs"}  # a document of QuantumLeap has one of these


def entities_of(document: Any) -> list[Any]:
    """The entities of an answer or of a notification. Raises SourceError when it is neither."""
    entities = _list_of_items(document)
    if entities is None and isinstance(document, dict):
        if document.keys() & {"id", "@id"}:
            entities = [document]
        elif document.keys() & _COLUMNS:
            entities = list(_entities_of_columns(document)) or None
    if entities is None:
        raise SourceError(NgsiCode.NO_ENTITIES)
    return [_entity_of_feature(item) if _is_geojson(item, "Feature") else item for item in entities]


def list_length(document: Any) -> int:
    """The number of entities in a list of them, 0 for anything else: whether a page is full is seen by that."""
    return len(_list_of_items(document) or ())


def _list_of_items(document: Any) -> list[Any] | None:
    """The items of a list, of the data of a notification, or of a collection of features; None for anything else."""
    if isinstance(document, dict):
        is_notification = bool(document.keys() & {"subscriptionId", "notifiedAt"})
        if is_notification or (document.get("data") and not document.keys() & {"id", "@id"}):
            document = document.get("data", document)
    if _is_geojson(document, "FeatureCollection"):
        document = document.get("features")
    elif _is_geojson(document, "Feature"):
        document = [document]
    return document if isinstance(document, list) else None


def _is_geojson(item: Any, kind: str) -> bool:
    """Whether `item` is a Feature or a FeatureCollection, and no entity of a type of that name."""
    member = {"Feature": "properties", "FeatureCollection": "features"}[kind]
    return isinstance(item, dict) and item.get("type") == kind and member in item


def _entity_of_feature(feature: dict[str, Any]) -> dict[str, Any]:
    """An entity in GeoJSON: its type and its attributes are properties of the feature."""
    properties = feature.get("properties")
    return {"id": feature.get("id"), **(properties if isinstance(properties, dict) else {})}


def _entities_of_columns(document: Any, name: Any = None, kind: Any = None) -> Iterator[dict[str, Any]]:
    """The entities of an answer of QuantumLeap, whose `index` has the times of the values in each column.

    A null in a column says that a notification did not have the attribute; it is no value at that time.
    """
    if not isinstance(document, dict):
        return
    name, kind = document.get("attrName", name), document.get("entityType", kind)
    for key in ("attrs", "types", "entities"):
        if isinstance(document.get(key), list):
            for inner in document[key]:
                yield from _entities_of_columns(inner, name, kind)
            return
    columns = document.get("attributes", [{"attrName": name, "values": document.get("values")}])
    entity = {"id": document.get("entityId"), "type": kind}
    for column in columns if isinstance(columns, list) else []:
        if isinstance(column, dict) and isinstance(column.get("attrName"), str):
            entity[column["attrName"]] = list(_column_values(column, document.get("index")))
    if len(entity) > 2:
        yield entity


def _column_values(column: dict[str, Any], index: Any) -> Iterator[dict[str, Any]]:
    values = column.get("values")
    if not isinstance(values, list) or not isinstance(index, list) or len(values) != len(index):
        raise SourceError(NgsiCode.INDEX_MISMATCH, attribute=shorten(column["attrName"], 40))
    for time, value in zip(index, values, strict=True):
        if value is not None:
            is_local = isinstance(time, str) and not _ZONED.search(time)
            yield {"value": value, "observedAt": f"{time}Z" if is_local else time}  # QuantumLeap keeps times in UTC
