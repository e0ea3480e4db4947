"""Places of events that are none of the city's units: the event stays, and its source is told."""

from collections.abc import Iterable

from ioc.domain.base.failure import Failure
from ioc.domain.base.text import clean_text
from ioc.domain.events.event import Event
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.events.validation import EventCode, rejected_event
from ioc.domain.geo.unit_names import UnitNames
from ioc.domain.ingest.reading import RejectedItem

_MAX_PLACE = 40  # characters that a failure quotes


def unknown_places(events: Iterable[Event], names: UnitNames) -> tuple[RejectedItem, ...]:
    """A rejected item for each place of `events` that is no code of a unit, at the first event that has it."""
    first: dict[str, RejectedItem] = {}
    for event in events:
        for place in event.unit_codes:
            if place not in first and not names.is_known(place):
                first[place] = rejected_event(event, _failure(place, names))
    return tuple(first.values())


def _failure(place: str, names: UnitNames) -> Failure:
    quoted = mask_start(clean_text(place), _MAX_PLACE)
    unit = names.unit_called(place)
    if unit is None:
        return Failure(EventCode.PLACE_UNKNOWN, {"place": quoted})
    return Failure(EventCode.PLACE_NAMED, {"place": quoted, "unit": unit.code, "name": f"{unit.kind} {unit.name}"})
