"""The mean delay of the trips of a feed, by the series of their routes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from data_sources._mapping import SeriesName
from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.names import route_id_of
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.text import to_text
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError, placeholders
from ioc.domain.ingest.reading import Reading, RejectedItem

# Values of the enumerations ScheduleRelationship of a trip and of a stop.
_TRIP_NOT_RUN = (3, 7)  # CANCELED, DELETED
_SKIPPED, _NO_DATA = 1, 2
_MAX_QUOTED = 60  # characters of an id


class Delays:
    """Collects the delays of trips. `names`: of the timetable, by table and id."""

    def __init__(self, options: Options, names: dict[str, dict[str, str]]) -> None:
        self._options, self._names = options, names
        self._by_series: dict[SeriesName, list[int]] = {}
        self._absolute_count = 0  # of trips that give times and no delay

    def add(self, entity: Any, feed_time: datetime) -> None:
        """Add the delay of the trip at its next stop; a trip without one, or that is not running, is not on time.

        Raises ParseError for a trip whose route is not known.
        """
        if not self._options.delay or entity.is_deleted or not entity.HasField("trip_update"):
            return
        update = entity.trip_update
        if not is_run(update):
            return
        at = feed_time.timestamp()
        stops = _coming_stops(update, at)
        if stops is None:
            return
        seconds = _delay(update, stops, at)
        if seconds is None:
            self._absolute_count += any(map(_last_time, stops))
            return
        route = route_id_of(update.trip, self._names)
        if not route and placeholders(self._options.delay):
            raise ParseError(GtfsCode.ROUTE_UNKNOWN, trip=shorten(to_text(update.trip.trip_id), _MAX_QUOTED))
        series = self._options.series_name(self._options.delay, lambda _: self._names["routes"].get(route, route))
        self._by_series.setdefault(series, []).append(seconds)

    def readings(self, time: datetime) -> Iterator[Reading]:
        """The mean delay of each series in seconds, at the time of the feed."""
        for series, delays in self._by_series.items():
            yield Reading(series.key, time, sum(delays) / len(delays), "s", name=series.name, names_unit=True)

    def notices(self) -> Iterator[RejectedItem]:
        """One rejected item for all trips whose times would have to be compared with the timetable."""
        if self._absolute_count:
            yield RejectedItem("trip_update", Failure(GtfsCode.ONLY_ABSOLUTE_TIMES, {"n": self._absolute_count}))


def is_run(update: Any) -> bool:
    """Whether the trip of an update is neither cancelled nor deleted."""
    return update.trip.schedule_relationship not in _TRIP_NOT_RUN


def _delay(update: Any, coming_stops: list[Any], feed_time: float) -> int | None:
    """The delay at the next stop that has one, else that of the whole trip; None for neither."""
    delays = (
        int(event.delay) for stop in coming_stops for event in _events(stop, feed_time) if event.HasField("delay")
    )
    return next(delays, int(update.delay) if update.HasField("delay") else None)


def _coming_stops(update: Any, feed_time: float) -> list[Any] | None:
    """The stops with data after the last one that was passed by the time of the feed; None where none is left.

    Updates are in the order of the stops. One that gives no time is passed only where a later one is.
    """
    stops = [stop for stop in update.stop_time_update if stop.schedule_relationship != _SKIPPED]
    passed = [n for n, stop in enumerate(stops) if 0 < _last_time(stop) < feed_time]
    coming = stops[passed[-1] + 1 :] if passed else stops
    return None if passed and not coming else [stop for stop in coming if stop.schedule_relationship != _NO_DATA]


def _last_time(stop: Any) -> int:
    """When the vehicle leaves the stop, or comes to it, in POSIX seconds; 0 where that is not said."""
    return int(stop.departure.time or stop.arrival.time)


def _events(stop: Any, feed_time: float) -> Iterator[Any]:
    """Arrival and departure; of a vehicle that stands at the stop the departure first."""
    has_arrived = 0 < stop.arrival.time < feed_time
    for field in ("departure", "arrival") if has_arrived else ("arrival", "departure"):
        if stop.HasField(field):
            yield getattr(stop, field)
