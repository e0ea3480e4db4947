"""Answers in files: what `record` wrote, or any example answer of a partner, one file for each page."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from data_sources.gtfs_rt.names import NAMES_PAGE, read_names
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
        return Answer(Payload(tuple(map(_page, [source] * len(paths), paths, bodies))), None)
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
    """Where the answer would have come from: for files their name, for MQTT a topic with the name for its wildcards."""
    if source.protocol in _FILE_PROTOCOLS:
        return path.name
    if source.protocol == "mqtt":
        levels = str(source.options["topics"][0]).split("/")
        return "/".join(path.stem if level in ("+", "#") else level for level in levels)
    return source.address
