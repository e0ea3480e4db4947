"""The paths that a row sets for events, and the reasons that name one of them."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from data_sources._mapping.errors import MappingCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import placeholders

SINGLE_PATHS = (
    "text", "word", "severity", "time", "started", "due", "closed", "expires", "lon", "lat", "geometry", "place",
)  # fmt: skip
_TEMPLATES = ("key", "title", "link", "same")
_TABLES = ("facts", "personal")


def event_paths(options: BaseModel, single: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path that the row sets, after its option. Those that a protocol sets need not be in every answer.

    `options`: of events. `single`: the names of those options that are a path.
    """
    for name in _TEMPLATES:
        yield from ((f"events.{name}", path) for path in placeholders(getattr(options, name)))
    for name in single:
        if name in options.model_fields_set:
            yield f"events.{name}", getattr(options, name)
    for name in _TABLES:
        yield from ((f"events.{name}.{key}", path) for key, path in getattr(options, name).items())


def missing_path(failure: Failure, time: str, words: Mapping[str, str]) -> str:
    """The path at which `failure` misses a value, "" where it has another reason.

    `time`: that of an event. `words`: that of the word by the name of its table.
    """
    if failure.code == MappingCode.WORD_UNKNOWN and not failure.params["word"]:
        return words[str(failure.params["table"])]
    if failure.code == MappingCode.EVENT_TIME_MISSING:
        return time
    return str(failure.params["field"]) if failure.code == MappingCode.FIELD_MISSING else ""
