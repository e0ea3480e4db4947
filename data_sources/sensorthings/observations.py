"""The observations in a document: of Things, of Datastreams, alone, or as a DataArray."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from data_sources.sensorthings.errors import SensorThingsCode
from ioc.domain.ingest.protocol import SourceError

STREAMS = "Datastreams"  # of a Thing
_STREAM_ID = re.compile(r"Datastreams\('?([^()']{1,100})'?\)")

_PARTS = re.compile(r"[A-Za-z]{1,40}\('?[^()/']{1,100}'?\)/(?:Observations|Datastreams)$")


class LocatedObservation(NamedTuple):
    """An observation with its location and its Datastream; `code`: why the item is none."""

    location: str
    stream: dict[str, Any]
    item: Any
    code: SensorThingsCode | None = None


def observations_of(document: Any, page: str, asked: str = "") -> Iterator[LocatedObservation]:
    """The observations of all entities of a document, the answer `page` of the path `asked`.

    Raises SourceError when it has no list and is no entity.
    """
    is_entity = isinstance(document, dict) and "value" not in document
    entities = [document] if is_entity else document.get("value") if isinstance(document, dict) else document
    if is_entity and not _is_known(document) and (path := _path_of_parts(document, asked)):
        raise SourceError(SensorThingsCode.ONE_ENTITY, path=path)
    if not isinstance(entities, list) or document == [] or (is_entity and not _is_known(document)):
        raise SourceError(SensorThingsCode.NOT_A_LIST)
    for n, entity in enumerate(entities):
        yield from _of_entity(entity, f"{page} value[{n}]")


def _path_of_parts(entity: dict[str, Any], asked: str) -> str:
    """The path of the observations of a Datastream, or of the Datastreams of a Thing, that came without them; or ""."""
    for name in ("Observations", STREAMS):
        if match := _PARTS.search(str(entity.get(f"{name}@iot.navigationLink", ""))):
            return match[0]
    stream = asked if asked.endswith(")") else f"{STREAMS}({entity.get('@iot.id', '…')})"
    return f"{stream}/Observations" if "unitOfMeasurement" in entity else ""


def things_of(document: Any) -> Iterator[dict[str, Any]]:
    """The Things in a document that have the list of their Datastreams."""
    entities = document.get("value", [document]) if isinstance(document, dict) else document
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and isinstance(entity.get(STREAMS), list):
            yield entity


def _is_known(entity: dict[str, Any]) -> bool:
    return is_observation(entity) or bool(entity.keys() & {"Observations", "Datastreams", "dataArray"})


def _of_entity(entity: Any, location: str) -> Iterator[LocatedObservation]:
    if not isinstance(entity, dict):
        yield LocatedObservation(location, {}, entity, SensorThingsCode.NOT_AN_OBSERVATION)
    elif "dataArray" in entity:
        yield from _of_data_array(entity, location)
    elif is_observation(entity):
        stream = entity.get("Datastream")
        yield LocatedObservation(location, stream if isinstance(stream, dict) else {}, entity)
    elif "Observations" in entity:
        for k, observation in enumerate(_as_list(entity["Observations"])):
            code = None if isinstance(observation, dict) else SensorThingsCode.NOT_AN_OBSERVATION
            yield LocatedObservation(f"{location}.Observations[{k}]", entity, observation, code)
    elif "Datastreams" in entity:
        thing = {name: value for name, value in entity.items() if name != "Datastreams"}
        for k, stream in enumerate(_as_list(entity["Datastreams"])):
            of_thing = {"Thing": thing, **stream} if isinstance(stream, dict) else stream
            yield from _of_entity(of_thing, f"{location}.Datastreams[{k}]")
    else:
        yield LocatedObservation(location, {}, entity, SensorThingsCode.NO_OBSERVATIONS)


def is_observation(entity: dict[str, Any]) -> bool:
    """A Datastream may have a phenomenonTime too, but then it has a name."""
    return "result" in entity or ("phenomenonTime" in entity and not {"Observations", "name"} & entity.keys())


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_data_array(entity: dict[str, Any], location: str) -> Iterator[LocatedObservation]:
    """The rows of a DataArray (resultFormat=dataArray), by the names of its components."""
    components, rows = entity.get("components"), entity["dataArray"]
    if not isinstance(components, list) or not isinstance(rows, list):
        yield LocatedObservation(location, {}, components, SensorThingsCode.DATA_ARRAY)
        return
    names, stream = [str(name) for name in components], _stream_of(entity)
    for k, row in enumerate(rows):
        place = f"{location}.dataArray[{k}]"
        if isinstance(row, list) and len(row) == len(names):
            yield LocatedObservation(place, stream, dict(zip(names, row, strict=True)))
        else:
            yield LocatedObservation(place, stream, row, SensorThingsCode.DATA_ARRAY)


def _stream_of(entity: dict[str, Any]) -> dict[str, Any]:
    """The Datastream of a DataArray: expanded, or known by the id in its link only."""
    stream = entity.get("Datastream")
    if isinstance(stream, dict):
        return stream
    match = _STREAM_ID.search(str(entity.get("Datastream@iot.navigationLink", "")))
    return {"@iot.id": match[1]} if match else {}
