"""Answers in files: what `record` wrote, or any example answer of a partner, one file for each page."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from data_sources.gtfs_rt.names import NAMES_PAGE, read_names
from data_sources.mqtt.sparkplug import VALUE_MESSAGES, parse_topic
from data_sources.mqtt.topics import matches
from ioc.cli.errors import CliCode
from ioc.cli.record import RecordingError, is_recording, parse_recording
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.system_errors import system_failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.source import Source

_LIMIT_MIB = 16  # of one answer, as over HTTP
_COMPRESSED = (b"PK", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_READS_ZIP = ("spreadsheet", "gtfs_rt")  # workbooks; the timetable with the names
_FILE_PROTOCOLS = ("spreadsheet", "tt10")
_ONE_PAGE = ("cap", "cameras")  # their other pages are what the first one links to
_WILDCARDS = ("+", "#")  # of topics
_SPARKPLUG_EXAMPLE = "spBv1.0+group+NDATA+node.bin"
_STATION_EXAMPLE = "2178"
_MEDIA_TYPES = {".cbor": "application/cbor", ".json": "application/json", ".xml": "application/xml"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The pages of the files. `at`: when they were recorded, None for files that `record` did not write."""

    payload: Payload
    at: datetime | None


def read_answer(source: Source, paths: Sequence[Path]) -> Answer:
    """The answer in the files, as `source` would have got it. Raises RecordingError, and SourceError of a timetable."""
    if len(paths) > 1 and source.protocol in _ONE_PAGE:
        raise RecordingError(CliCode.ONE_FILE_ONLY, protocol=source.protocol)
    bodies = [_read(path) for path in paths]
    recordings = [parse_recording(body) for body in bodies if is_recording(body)]
    if not recordings:
        pages = tuple(map(_page, [source] * len(paths), paths, bodies))
        if all(page.media_type == NAMES_PAGE for page in pages):
            raise RecordingError(CliCode.TIMETABLE_WITHOUT_FEED)
        return Answer(Payload(pages), None)
    if len(paths) > 1:
        raise RecordingError(CliCode.RECORDING_WITH_OTHERS)
    if recordings[0].protocol != source.protocol:
        params: dict[str, Parameter] = {"recorded": recordings[0].protocol, "expected": source.protocol}
        raise RecordingError(Failure(CliCode.RECORDING_OF_OTHER_PROTOCOL, params))
    return Answer(recordings[0].payload, recordings[0].at)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(_LIMIT_MIB * 1_048_576 + 1)
    except OSError as error:
        raise RecordingError(CliCode.RECORDING_UNREADABLE, cause=system_failure(error)) from None
    if len(body) > _LIMIT_MIB * 1_048_576:
        raise RecordingError(CliCode.ANSWER_TOO_LARGE, limit_mib=_LIMIT_MIB)
    return body


def _page(source: Source, path: Path, body: bytes) -> ResponsePage:
    if body.startswith(_COMPRESSED) and source.protocol not in _READS_ZIP:
        raise RecordingError(CliCode.ANSWER_COMPRESSED, protocol=source.protocol)
    media_type = _MEDIA_TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or ""
    page = ResponsePage(body, media_type, "", _address(source, path))
    if source.protocol == "gtfs_rt" and body.startswith(_COMPRESSED):
        return ResponsePage(orjson.dumps(read_names(page)), NAMES_PAGE)
    return page


def _address(source: Source, path: Path) -> str:
    """Where the answer would have come from: a file's own name, a topic, a station's id, or the row's address."""
    if source.protocol in _FILE_PROTOCOLS:
        return path.name
    if source.protocol == "mqtt":
        return _topic(source, path)
    if source.protocol == "openaq":
        return _station(source, path)
    return source.address


def _topic(source: Source, path: Path) -> str:
    """The topic that the name gives with + for /; a name without + stands for each wildcard of the row's first topic.

    No topic has a + in a level (MQTT 5, 4.7.1). RecordingError when the row would not get or not read the topic.
    """
    filters: Sequence[str] = source.options["topics"]
    name = path.name.rpartition(".")[0] or path.name
    levels = filters[0].split("/")
    topic = "/".join(name if level in _WILDCARDS else level for level in levels)
    if "+" in name:
        topic = name.replace("+", "/")
        if not any(matches(pattern, topic) for pattern in filters):
            example = "+".join("a" if level in _WILDCARDS else level for level in levels) + ".json"
            params: dict[str, Parameter] = {"topic": topic, "topics": ", ".join(filters), "example": example}
            raise RecordingError(Failure(CliCode.FILE_NOT_A_TOPIC, params))
    if source.options.get("format") == "sparkplug":
        parts = parse_topic(topic)
        if parts is None or parts.message_type not in VALUE_MESSAGES:
            raise RecordingError(CliCode.FILE_NOT_A_SPARKPLUG_TOPIC, topic=topic, example=_SPARKPLUG_EXAMPLE)
    return topic


def _station(source: Source, path: Path) -> str:
    """The id of the row's only station, or of the one that the name gives. RecordingError when there is none."""
    stations = [str(station) for station in source.options.get("stations", ())]
    if len(stations) == 1:
        return stations[0]
    if path.stem in stations or (not stations and path.stem.isdecimal()):
        return path.stem
    example = f"{stations[0] if stations else _STATION_EXAMPLE}.json"
    raise RecordingError(CliCode.FILE_NOT_A_STATION, name=path.name, example=example)
