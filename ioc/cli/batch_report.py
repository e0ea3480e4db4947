"""What `try` prints of an answer: one line for each series, its events, and why the other items were rejected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from components.kpi.tile import duration_text
from components.ui.error_messages import describe
from components.ui.format import format_age, format_plain
from components.ui.i18n import Part, t
from data_sources._mapping import AssumedZone, UnreadTime
from data_sources._mapping.answer_parts import AnswerPart
from ioc.cli.hints import has_columns_of_several_units, hint_for, possible_shares, unit_example_of
from ioc.cli.undeclared_series import UndeclaredSeries, is_undeclared
from ioc.cli.unread_parts import time_candidates, unit_candidates, unread_lines
from ioc.domain.base.failure import Failure
from ioc.domain.base.severity import Severity
from ioc.domain.base.text import shorten
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.events.event import Event, EventStage
from ioc.domain.events.pii_masking import MASK
from ioc.domain.ingest.data_time import own_data_time
from ioc.domain.ingest.health import is_outdated
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_MAX_LINES = 20  # of events
_MAX_SAME = 3  # lines of one series, or of items of no series, that are rejected for one reason
_MAX_KEYS = 10  # of series that are not declared
_MAX_ASSUMED = 5  # series whose unit nothing names
_MAX_SHEETS = 300  # characters of the names of sheets
_MAX_TITLE = 60  # characters of a title, and of a fact


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The admitted `batch` of `source` at `now`. `skew`: of its clock. `lists_all`: every item instead of the first.

    `unmatched_names`: the entries of the option `names` that the answer does not have. `assumed_date`: a date whose
    order of day and month nothing in the answer or the row decides, "" for none. `unmatched_paths`: why nothing is read
    at paths of the row. `assumed_zone`: a time that names no zone, with the one in which it was read. `unread_time`: a
    field that looks like the time that the row does not read. `content`: what an answer without any value holds.
    `has_event_time`: whether the row reads a time of events; `unread_event_time`: a field that looks like it.
    `empty_cell_count`: of sheets, of series with other values. `sheets`: from which values came. `time_advice`: why
    values have no time of their own, where the protocol can tell. `unread_parts`: of the answer, which come last.
    """

    source: Source
    batch: Batch
    now: datetime
    lang: str
    skew: Failure | None = None
    lists_all: bool = False
    unmatched_names: Sequence[str] = ()
    assumed_date: str = ""
    unmatched_paths: Sequence[Failure] = ()
    assumed_zone: AssumedZone | None = None
    unread_time: UnreadTime | None = None
    content: Sequence[Failure] = ()
    has_event_time: bool = True
    unread_event_time: UnreadTime | None = None
    empty_cell_count: int = 0
    sheets: Sequence[str] = ()
    time_advice: Failure | None = None
    unread_parts: Sequence[AnswerPart] = ()

    @property
    def is_usable(self) -> bool:
        """Whether something is accepted, or the answer is a good one without entries."""
        return bool(self.batch.readings or self.batch.events) or not self.batch.rejected_items

    def text(self) -> str:
        """Counts, age, accepted items; rejected items of declared series, series without any, all other rejections."""
        undeclared = UndeclaredSeries(self.source, self.batch, self.lang, self.lists_all)
        lines = [
            *self._summary_lines(), *self._series_lines(), *self._event_lines(), *self._declared_lines(),
            *self._missing_lines(), *self._other_lines(), *undeclared.lines(), *self._unmatched_lines(),
            *unread_lines(self.source, self.unread_parts, self.lang, lists_all=self.lists_all),
        ]  # fmt: skip
        accepted, rejected = len(self.batch.readings) + len(self.batch.events), len(self.batch.rejected_items)
        counts = {"accepted": accepted, "repeated": self.batch.duplicate_count, "rejected": rejected}
        return "".join(f"{line}\n" for line in (self._t("counts", **counts), *(f"  {line}" for line in lines)))

    def _t(self, key: str, **parts: Part) -> str:
        return t(f"commands.{key}", self.lang, **parts)

    def _hint(self, hint: str, **parts: Part) -> str:
        advised, options = self.source.advised_options, self.source.options
        if advised and has_columns_of_several_units(self.source):
            advised -= {"columns"}
        if advised and not (options.get("series") or options.get("values")):  # a format names the series
            advised -= {"values"}
        return self._t(hint_for(hint, advised), **parts)

    def _summary_lines(self) -> Iterator[str]:
        if self.batch.gap_mark_count:
            yield self._t("gap_marks", n=self.batch.gap_mark_count)
        if len(self.sheets) > 1:
            names = ", ".join(f"“{name}”" for name in self.sheets)
            yield self._t("sheets_read", n=len(self.sheets), sheets=shorten(names, _MAX_SHEETS))
        if self.empty_cell_count:
            yield self._t("empty_cells", n=self.empty_cell_count)
        yield from self._assumed_lines()
        if self.skew:
            yield describe(self.skew, self.lang)
        if not self.is_usable:
            yield self._t("nothing_accepted")
        elif not has_content(self.batch):
            yield self._t("no_value_but_content" if self.content else "no_value_in_answer")
            yield from (describe(failure, self.lang) for failure in self.content)
        newest = own_data_time(self.batch, has_events=bool(self.source.events))
        if newest and self._is_outdated(newest):
            yield self._t("stale", time=_format_time(newest), age=self._age(newest), limit=self._age_limit())
        if masked := sum(MASK in " ".join((event.title, *event.facts.values())) for event in self.batch.events):
            yield self._t("events_masked", n=masked, mask=MASK)
        if expired := sum(map(self._is_expired, self.batch.events)):
            yield self._t("events_expired", n=expired, all=len(self.batch.events))

    def _assumed_lines(self) -> Iterator[str]:
        """What nothing in the answer or the row says, and how it was read."""
        if self.batch.assumed_unit_count:
            candidates = unit_candidates(self.source, self.unread_parts, self.lang)
            hint, series = "units_not_found" if candidates else "units_assumed", self.batch.assumed_unit_series
            parts = {"candidates": candidates, "example": unit_example_of(self.source, series)}
            line = self._hint(hint, n=self.batch.assumed_unit_count, **parts)
            count = len(series) if self.lists_all else _MAX_ASSUMED
            named = ", ".join([*series[:count], *["…"] * (len(series) > count)])
            yield f"{line}; {self._t('units_assumed_series', series=named)}" if named else line
        if shares := possible_shares(self.batch.readings):
            example = unit_example_of(self.source, shares)
            yield self._hint("shares", series=", ".join(shares[:_MAX_KEYS]), example=example)
        if self.assumed_date:
            yield self._hint("date_assumed", text=self.assumed_date)
        if self.assumed_zone:
            yield self._hint("zone_assumed", **self.assumed_zone._asdict())
        if self.batch.source_time not in (None, self.now):
            return
        readings, events = self.batch.readings, self.batch.events
        if readings and (not self.source.has_own_time or any(reading.observed == self.now for reading in readings)):
            advice = self.time_advice
            yield describe(advice, self.lang) if advice else self._no_time_line("time", self.unread_time, "time")
        if events and (not self.has_event_time or any(event.observed == self.now for event in events)):
            yield self._no_time_line("event_time", self.unread_event_time, "events.time")
        elif events and self.source.events and own_data_time(self.batch, has_events=True) is None:
            newest = max(event.observed for event in events)
            yield self._hint(
                "list_time_not_read", time=_format_time(newest), age=self._age(newest), limit=self._age_limit()
            )

    def _no_time_line(self, of: str, found: UnreadTime | None, option: str) -> str:
        """That values or events count as of now, and the field of the answer that looks like their time."""
        if found is None:
            candidates = time_candidates(self.source, self.unread_parts, self.lang)
            others = [self._t("time_candidates", candidates=candidates)] if candidates else []
            return "; ".join([self._hint(f"{of}_not_read"), *others])
        path, text, is_in_item = found
        line = self._hint(f"{of}_unread", path=path, text=text, option=option if is_in_item else "page_time")
        is_old = found.moment is not None and self._is_outdated(found.moment)
        return f"{line}; {self._t('old_value', age=self._age(found.moment))}" if found.moment and is_old else line

    def _is_expired(self, event: Event) -> bool:
        return event.stage is EventStage.OPEN and not event.is_current(self.now)

    def _is_outdated(self, time: datetime) -> bool:
        return is_outdated(time, self.source.age_limit, self.now)

    def _age(self, time: datetime) -> str:
        return format_age((self.now - time) / timedelta(seconds=1), self.lang)

    def _age_limit(self) -> str:
        return duration_text(self.source.age_limit.total_seconds(), self.lang)

    def _series_lines(self) -> Iterator[str]:
        """The newest value of each series and how many others came; with `lists_all` each value."""
        if self.lists_all:
            yield from map(self._reading_line, self.batch.readings)
            return
        newest: dict[str, Reading] = {}
        counts: dict[str, int] = {}
        for reading in self.batch.readings:
            counts[reading.series] = counts.get(reading.series, 0) + 1
            if reading.series not in newest or reading.observed >= newest[reading.series].observed:
                newest[reading.series] = reading
        for key in self.source.polled_series():
            if key in newest:
                others = f" ({self._t('earlier_values', n=counts[key] - 1)})" if counts[key] > 1 else ""
                yield self._reading_line(newest[key]) + others

    def _reading_line(self, reading: Reading) -> str:
        value = self._t("no_value")
        if reading.value is not None:
            value = f"{format_plain(reading.value, self.lang)} {reading.unit}".strip()
        notes = [
            *([self._t("suspect")] if reading.quality == "suspect" else []),
            *([self._t("old_value", age=self._age(reading.observed))] if self._is_outdated(reading.observed) else []),
        ]
        return "; ".join([f"{reading.series:40} {_format_time(reading.observed)} {value}", *notes])

    def _event_lines(self) -> Iterator[str]:
        shown = self.batch.events if self.lists_all else self.batch.events[:_MAX_LINES]
        yield from map(self._event_line, shown)
        if len(self.batch.events) > len(shown):
            yield self._t("more", n=len(self.batch.events) - len(shown))

    def _event_line(self, event: Event) -> str:
        stage = t(f"events.stage_{event.stage.value}", self.lang)
        if event.expires and self._is_expired(event):
            stage = self._t("expired", time=_format_time(event.expires))
        if event.severity is not Severity.NORMAL:
            stage = f"{stage} ({t(f'common.{event.severity.value}', self.lang)})"
        title = event.title if self.lists_all else shorten(event.title, _MAX_TITLE)
        line = f"{event.kind}/{event.key:40} {_format_time(event.observed)} {stage} {title}"
        return "; ".join([line, *self._time_texts(event), *self._place_texts(event), *self._fact_texts(event)])

    def _time_texts(self, event: Event) -> Iterator[str]:
        for name in ("started", "due", "closed", "expires"):
            if time := getattr(event, name):
                yield f"{name} {_format_time(time)}"

    def _fact_texts(self, event: Event) -> Iterator[str]:
        """The facts by the names that an `event_count` counts them by."""
        for name, value in event.facts.items():
            yield f"{name}: {value if self.lists_all else shorten(value, _MAX_TITLE)}"

    def _place_texts(self, event: Event) -> Iterator[str]:
        """The units of an event, its point, the radius of its circle, the number of vertices of its outlines."""
        if event.unit_codes:
            yield self._t("event_units", units=", ".join(event.unit_codes[:_MAX_KEYS]))
        if area := event.area:
            yield f"lon {area.lon:.6g}, lat {area.lat:.6g}"
            if area.radius_km:
                yield self._t("event_radius", km=f"{area.radius_km:.6g}")
            if len(area.points) > 1:
                yield self._t("event_points", n=len(area.points) - 1)
            if vertices := sum(len(ring) for ring in area.rings if len(ring) > 1):
                yield self._t("event_vertices", n=vertices)

    def _declared_lines(self) -> Iterator[str]:
        """Each declared series with each reason for which values of it are rejected, in the order of the row."""
        for key in self.source.polled_series():
            items = [item for item in self.batch.rejected_items if item.location == key]
            yield from self._lines_by_reason(items, "more_of_series", series=key)

    def _lines_by_reason(self, items: Sequence[RejectedItem], more: str, **parts: str) -> Iterator[str]:
        """The first items of each reason, and with the text `more` how many others have the same one."""
        by_code: dict[str, list[str]] = {}
        for item in items:
            by_code.setdefault(item.failure.code, []).append(self._rejected_line(item))
        for lines in by_code.values():
            shown = lines if self.lists_all else lines[:_MAX_SAME]
            yield from shown
            if len(lines) > len(shown):
                yield self._t(more, n=len(lines) - len(shown), **parts)

    def _missing_lines(self) -> Iterator[str]:
        """The declared series without an accepted value, and those whose values do not come from answers."""
        came = {reading.series for reading in self.batch.readings}
        if missing := [key for key in self.source.polled_series() if key not in came]:
            yield self._t("series_without_value", series=", ".join(missing))
        if counted := [series.key for series, _ in self.source.counted_series()]:
            yield self._t("series_counted", series=", ".join(counted))

    def _other_lines(self) -> Iterator[str]:
        """Rejected items that belong to no series."""
        declared = self.source.polled_series()
        others = [item for item in self.batch.rejected_items if item.location not in declared]
        yield from self._lines_by_reason([item for item in others if not is_undeclared(item)], "more_of_reason")

    def _unmatched_lines(self) -> Iterator[str]:
        reasons = {item.failure for item in self.batch.rejected_items}
        yield from (describe(failure, self.lang) for failure in self.unmatched_paths if failure not in reasons)
        if self.unmatched_names:
            names = ", ".join(f"“{name}”" for name in self.unmatched_names)
            unread = "names_not_read" if reasons else "names_of_no_item"
            yield self._t("names_unmatched" if self._has_named_items() else unread, names=names)

    def _has_named_items(self) -> bool:
        """Whether the name of an item is printed: of a rejected one only where its series is known."""
        rejected = self.batch.rejected_items
        is_named = any(item.readings or is_undeclared(item) for item in rejected)
        return bool(self.batch.readings or self.batch.events) or is_named

    def _rejected_line(self, item: RejectedItem) -> str:
        sample = f" ({item.sample})" if item.sample else ""
        return self._t("rejected_item", where=item.location, reason=describe(item.failure, self.lang)) + sample


def has_content(batch: Batch) -> bool:
    """Whether an answer had values or events, accepted or not."""
    return bool(batch.readings or batch.events or batch.rejected_items or batch.duplicate_count or batch.gap_mark_count)


def _format_time(moment: datetime) -> str:
    return moment.astimezone(CITY_ZONE).isoformat()
