"""Times of protocols of a fixed form: which of them name a zone, and what becomes of those that do not."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from data_sources._mapping.options import LocalTimeOptions
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseCode, ParseError, names_zone, parse_end, parse_timestamp
from ioc.domain.ingest.reading import check_time

T = TypeVar("T")
_MAX_QUOTED = 40  # characters of a time that a failure quotes


class TimeReader:
    """Reads the times of an answer. A time without a zone is in `zone`, or rejected when its field is in `doubtful`."""

    def __init__(self, zone: tzinfo, doubtful: frozenset[str] = frozenset()) -> None:
        self._zone, self._doubtful = zone, doubtful
        self.local_time = ""  # the first one that was read without a zone
        self._found: dict[str, set[bool]] = {}  # by field, whether its times name a zone

    def time(self, value: Any, field: str = "time", zone: tzinfo | None = None) -> datetime:
        """The time `value` of `field` in UTC. `zone`: what the answer says of times without one. Raises ParseError."""
        moment = parse_timestamp(value, "iso", zone or self._zone)
        self._check_zone(value, field, moment, zone is not None or names_zone(value))
        return moment

    def end(self, value: Any, field: str) -> datetime | None:
        """The end of the interval or day `value` as of parse_end. Raises ParseError."""
        moment = parse_end(value, "iso", self._zone)
        self._check_zone(value, field, moment, names_zone(value))
        return moment

    def _check_zone(self, text: str, field: str, moment: datetime | None, is_zoned: bool) -> None:
        if moment is None or check_time(moment) is None:  # 0001-01-01T00:00:00Z is how programs write none
            self._found.setdefault(field, set()).add(is_zoned)
        if field in self._doubtful and not is_zoned:
            raise ParseError(ParseCode.ZONE_MISSING, text=shorten(text, _MAX_QUOTED))
        if not is_zoned:
            self.local_time = self.local_time or text

    @property
    def mixed_fields(self) -> frozenset[str]:
        """The fields of which some times name a zone and others do not: these may be in any zone."""
        return frozenset(field for field, found in self._found.items() if len(found) == 2)


class ZoneOptions(LocalTimeOptions):
    """Without `zone`, times that name none are rejected beside times of the same field that name one."""

    def read_times(self, read: Callable[[TimeReader], T]) -> T:
        """What `read` returns for the times of one answer. It may be called twice."""
        times = TimeReader(self.zone_info)
        result = read(times)
        if times.mixed_fields and "zone" not in self.model_fields_set:
            times = TimeReader(self.zone_info, times.mixed_fields)
            result = read(times)
        self.note_local_time(times.local_time)
        return result
