"""What of an answer may be stored: validation, masking of secrets, the units of an event, the source's clock."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.base.text import clean_text, shorten
from ioc.domain.events.event import Event
from ioc.domain.events.personal_ids import hide_personal
from ioc.domain.events.pii_masking import mask_quoted
from ioc.domain.events.unknown_places import unknown_places
from ioc.domain.events.validation import reject_zero_positions, validate_events, with_texts
from ioc.domain.geo.unit_index import EMPTY_UNIT_INDEX, UnitIndex
from ioc.domain.geo.unit_names import NO_UNIT_NAMES, UnitNames
from ioc.domain.ingest.camera_image import CameraImage
from ioc.domain.ingest.clock_skew import skew_of
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.option_reasons import with_options_of
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.reading import Batch, RejectedItem, ValidationCode
from ioc.domain.ingest.schema_drift import DriftCheck
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch

_MAX_TEXT = 300  # characters of a text of a rejected item or a failure
_MAX_SERIES = 3  # that the sample of a rejected item names


class AdmittedAnswer(NamedTuple):
    """What was admitted of an answer at `admitted_at`, its form compared with earlier ones, the lead of its clock.

    `read_at`: the time of what the answer states no time of. `set_back_by`: of the clock then, see ClockWatch.
    """

    batch: Batch
    check: DriftCheck
    skew: Failure | None
    read_at: datetime
    admitted_at: datetime
    set_back_by: timedelta


def latest_clock(payload: Payload, now: datetime) -> datetime:
    """What the clock shows, or the latest that it showed when a message came: it may have been set back since."""
    return max([now, *(page.clock for page in payload.pages if page.clock)])


def text_filter(source: Source, context: FetchContext) -> Callable[[str], str]:
    """Applied to every text of a source that is stored beside readings and events: reasons, samples, failures, drift.

    Secrets and personal data are masked, the rest is cleaned and bounded. Keys of the row's series stay.
    """

    def filter_text(text: str) -> str:
        return text if text in source.series_units else mask_quoted(clean_text(context.mask_secrets(text)), _MAX_TEXT)

    return filter_text


def admit_batch(
    raw: Batch, source: Source, context: FetchContext, now: datetime, unit_index: UnitIndex = EMPTY_UNIT_INDEX,
    unit_names: UnitNames = NO_UNIT_NAMES, *, id_key: bytes,
) -> Batch:  # fmt: skip
    """The valid readings and events of `raw` without secrets; rejected items without secrets and personal data.

    `id_key`: see `validate_events`.
    """
    batch = validate_batch(
        raw, source.polled_series(), now, duplicates=source.duplicates, interval=source.poll_interval
    )
    events = [with_texts(event, partial(context.mask_secrets, is_shown=True)) for event in raw.events]
    placed_events, rejected_positions = reject_zero_positions(events)
    valid_events, rejected_events = validate_events(
        placed_events, {kind.key for kind in source.events}, now, raw.rejected_items, id_key=id_key
    )
    filter_text, advised = text_filter(source, context), source.advised_options
    options: Mapping[str, frozenset[str] | None]
    options = {ValidationCode.UNIT_OF_ROW: source.option_names}  # a unit that the row states is to be corrected
    rejected_items = tuple(
        RejectedItem(
            filter_text(item.location),
            with_options_of(item.failure.map_text(filter_text), options.get(item.failure.code, advised)),
            _named_sample(item, filter_text),
        )
        for item in (
            *batch.rejected_items,
            *rejected_events,
            *rejected_positions,
            *unknown_places(events, unit_names),
        )
    )
    admitted = tuple(_with_drill_and_units(event, source, unit_index, unit_names) for event in valid_events)
    admitted_id = partial(_admitted_id, context, id_key)
    images = _admitted_images(raw.camera_images, {event.key for event in admitted}, admitted_id)
    complete_kinds = _still_complete(raw.complete_kinds, source, rejected_events)
    duplicates = (
        raw.duplicate_count + batch.duplicate_count + len(raw.events) - len(valid_events) - len(rejected_events)
    )
    return Batch(
        batch.readings, rejected_items, admitted, complete_kinds, images, duplicates, raw.source_time,
        raw.list_time, batch.gap_mark_count, batch.assumed_unit_count, batch.assumed_unit_series,
    )  # fmt: skip


def _admitted_id(context: FetchContext, id_key: bytes, event_id: str) -> str:
    """The id under which an event of this id is admitted."""
    return hide_personal(clean_text(context.mask_secrets(event_id, is_shown=True)), id_key)


def _admitted_images(
    images: Iterable[CameraImage], event_ids: Collection[str], admitted_id: Callable[[str], str]
) -> tuple[CameraImage, ...]:
    """Those of admitted events, under the ids of these: none of an id that several images then have."""
    admitted = [replace(image, key=admitted_id(image.key)) for image in images]
    counts = Counter(image.key for image in admitted)
    return tuple(image for image in admitted if image.key in event_ids and counts[image.key] == 1)


def _still_complete(
    kinds: frozenset[str], source: Source, rejected_events: Iterable[RejectedItem]
) -> frozenset[str]:  # fmt: skip
    """`kinds` without those of rejected events, which the source still reports: nothing of these ends by its absence.

    None where an event is of a kind that the row does not declare: it may be any of them.
    """
    incomplete = {item.moment.kind if item.moment else "" for item in rejected_events}
    return kinds - incomplete if incomplete <= {kind.key for kind in source.events} else frozenset()


def _named_sample(item: RejectedItem, filter_text: Callable[[str], str]) -> str:
    """The sample of an item after the series that it would have been of, unless its location is that series."""
    names, sample = list(dict.fromkeys(reading.series for reading in item.readings)), filter_text(item.sample)
    if item.location in names:
        return sample
    shown = ", ".join([*map(filter_text, names[:_MAX_SERIES]), *(["…"] if len(names) > _MAX_SERIES else [])])
    return shorten(": ".join(filter(None, (shown, sample))), _MAX_TEXT)


def _with_drill_and_units(event: Event, source: Source, unit_index: UnitIndex, unit_names: UnitNames) -> Event:
    """With the drill mark of the source and, where the event names no unit, the units that its area covers."""
    is_drill = event.is_drill or source.is_drill
    units: Sequence[str] = [*filter(unit_names.is_known, event.unit_codes)]
    if not units and event.area is not None:
        units = unit_index.units_overlapping(event.area)
    return replace(event.with_units(units), is_drill=is_drill)


def clock_skew_failure(raw: Batch, source: Source, now: datetime) -> Failure | None:
    """By how much the clock of the source runs ahead; None when it does not."""
    failure = skew_of(raw, now)
    return with_options_of(failure, source.option_names) if failure else None


def failure_of(payload: Payload, answer: AdmittedAnswer) -> Failure | None:
    """Why nothing of `answer` can be used; None when it can, also where it has nothing.

    A list without an event, which says that all have ended, is used although another message beside it was rejected, or
    its own time is ahead: it will not come again.
    """
    batch = answer.batch
    if batch.readings or batch.events or (payload.holds_messages and batch.complete_kinds):
        return None
    if answer.skew or not batch.rejected_items:
        return answer.skew
    first = batch.rejected_items[0]
    return Failure(IngestCode.NOTHING_ACCEPTED, {"location": first.location, "cause": first.failure})


def dropped_failure(dropped: int) -> Failure | None:
    """That `dropped` messages were lost before they could be read; None for 0."""
    return Failure(IngestCode.MESSAGES_DROPPED, {"n": dropped}) if dropped else None


def with_dropped(batch: Batch, dropped: int) -> Batch:
    """`batch` with a rejected item for the `dropped` messages, which stays in the log after the count is reset."""
    failure = dropped_failure(dropped)
    return replace(batch, rejected_items=(*batch.rejected_items, RejectedItem("", failure))) if failure else batch
