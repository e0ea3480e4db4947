"""Stored events of other sources that new events may duplicate.

What may be the same is read once for all of them. A shared id is looked up; only events near in place and time are
compared: the cost grows with the new events and with the stored ones, not with their product.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from heapq import merge
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.events.deduplication import DeduplicationRule, is_duplicate
from ioc.domain.events.event import Event
from ioc.domain.events.proximity_grid import ProximityGrid
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import event_current
from ioc.storage.events.duplicate_groups import DuplicateGroups, label_of
from ioc.storage.events.rows import area_from_row, is_open, is_open_clause, readable_event

if TYPE_CHECKING:
    from ioc.storage.events.near_candidates import NearCandidates

_MAX_NEAR = 5_000  # of a cell that are compared with one event, the ones known first
_MAX_COMPARISONS = 100  # of one event with those that match it but for rounding, the nearest ones
_EITHER = (False, True)
_Order = tuple[int, str, str]


class NearGroup(NamedTuple):
    """The distance in cm from an event to one near it, that one's order, and the label of its group."""

    distance: int
    order: _Order
    label: str


@dataclass(frozen=True)
class _Candidate:
    """A stored event of another source."""

    row: LogRow

    @cached_property
    def event(self) -> Event | None:
        return readable_event(self.row)

    @property
    def label(self) -> str:
        """The label of its group."""
        return self.row["duplicate_of"] or label_of(self.row)

    @property
    def order(self) -> _Order:
        """The one known first is the original."""
        return self.row["known_ms"], self.row["source"], self.row["key"]


class DuplicateCandidates:
    """The stored events of one kind and of other sources that `events` may duplicate.

    By a shared id the first open one, else the first ended original. By nearness the open ones, for an event that has
    ended also ended originals: nothing open is hidden. Open duplicates only where their original is not open.
    """

    def __init__(
        self, conn: Connection, source: str, kind: str, events: Sequence[Event], rules: Sequence[DeduplicationRule],
        groups: DuplicateGroups, at_ms: int,
    ) -> None:  # fmt: skip
        self._rules, self._groups, self._at_ms = rules, groups, at_ms
        self._with_id: dict[tuple[str, bool], _Candidate] = {}
        # By whether they are of an exercise, have a shared id, and are open.
        self._grids: dict[tuple[bool, bool, bool], ProximityGrid[_Candidate]] = {}
        self._fact_names = tuple(sorted({name for rule in rules for name in rule.facts}))
        # By the identity of a cell, which stays as long as the grids: its readable candidates, twice.
        self._compared: dict[int, tuple[list[_Candidate], NearCandidates]] = {}
        table = event_current.c
        is_other = (table.kind == kind, table.source != source)
        with_id = (*is_other, or_(table.duplicate_of == "", is_open_clause(at_ms)))
        for candidate in _read_with_ids(conn, with_id, {event.shared_id for event in events} - {""}, at_ms):
            if not self._groups.is_led(candidate.row["duplicate_of"]):
                self._with_id.setdefault((candidate.row["shared_id"], candidate.row["is_drill"]), candidate)
        placed = [event for event in events if event.area is not None]
        if rules and placed:
            is_candidate = or_(is_open_clause(at_ms), table.duplicate_of == "")
            are_open = all(event.is_current(from_ms(at_ms)) for event in placed)
            is_near = is_open_clause(at_ms) if are_open else is_candidate
            self._add_near(conn, (*is_other, is_near), [_start_ms(event) for event in placed])

    def _add_near(self, conn: Connection, is_other: Iterable[ColumnElement[bool]], times: Sequence[int]) -> None:
        metres = max(rule.max_metres for rule in self._rules)
        span = max(rule.max_time_apart for rule in self._rules)
        self._grids = {key: ProximityGrid(metres, span) for key in product(_EITHER, _EITHER, _EITHER)}
        any_grid = self._grids[False, False, False]
        wanted = {number for at in times for number in any_grid.time_cells(at)}
        for at, candidate in _read_near_in_time(conn, is_other, times, span):
            if any_grid.time_cell(at) not in wanted or self._groups.is_led(candidate.row["duplicate_of"]):
                continue
            if area := next(readable("event_current", area_from_row, (candidate.row,)), None):
                row = candidate.row
                grid = self._grids[row["is_drill"], row["shared_id"] != "", is_open(row, self._at_ms)]
                grid.add(area.lon, area.lat, at, candidate)

    def with_id(self, event: Event) -> str:
        """The label of the original with the shared id of `event`, "" for none."""
        found = self._with_id.get((event.shared_id, event.is_drill))
        return found.label if found else ""

    def near(self, event: Event) -> Iterator[NearGroup]:
        """The groups of the events near `event`, the nearest first."""
        possible = islice(merge(*map(partial(self._possible, event), self._near_cells(event))), _MAX_COMPARISONS)
        for distance, order, candidate in possible:
            if candidate.event and is_duplicate(event, candidate.event, self._rules):
                yield NearGroup(distance, order, candidate.label)

    def _possible(self, event: Event, cell: list[_Candidate]) -> list[tuple[int, _Order, _Candidate]]:
        """Those of a cell that may be the same as `event`, the nearest first."""
        # It loads numpy, which processes that only read never need.
        from ioc.storage.events.near_candidates import NearCandidates

        if id(cell) not in self._compared:
            candidates = [one for one in cell[:_MAX_NEAR] if one.event]
            stored = [one.event for one in candidates if one.event]
            self._compared[id(cell)] = candidates, NearCandidates(
                [one.area for one in stored if one.area], [_start_ms(one) for one in stored],
                [one.facts for one in stored], self._fact_names,
            )  # fmt: skip
        candidates, compared = self._compared[id(cell)]
        found = compared.possible(event, self._rules, _MAX_COMPARISONS) if candidates else ()
        return [(distance, candidates[n].order, candidates[n]) for distance, n in found]

    def _near_cells(self, event: Event) -> Iterator[list[_Candidate]]:
        """Those near `event`, by cells. Two events that both have a shared id are compared by it alone."""
        if not self._grids or event.area is None:
            return
        having_id = (False,) if event.shared_id else _EITHER
        open_ones = (True,) if event.is_current(from_ms(self._at_ms)) else _EITHER
        for has_id, are_open in product(having_id, open_ones):
            grid = self._grids[event.is_drill, has_id, are_open]
            yield from grid.near(event.area.lon, event.area.lat, _start_ms(event))


def _start_ms(event: Event) -> int:
    return to_ms(event.started or event.observed)


def _read_with_ids(
    conn: Connection, is_other: Iterable[ColumnElement[bool]], shared_ids: Iterable[str], at_ms: int
) -> Iterator[_Candidate]:
    """Those of one id are ordered: open ones first, the one known first before others."""
    table, wanted = event_current.c, sorted(shared_ids)
    order = (is_open_clause(at_ms).desc(), table.known_ms, table.source, table.key)
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        has_id = table.shared_id.in_(wanted[start : start + KEYS_PER_QUERY])
        query = select(event_current).where(*is_other, has_id).order_by(*order)
        yield from (_Candidate(dict(row)) for row in conn.execute(query).mappings())


def _read_near_in_time(
    conn: Connection, is_other: Iterable[ColumnElement[bool]], times: Sequence[int], span: timedelta
) -> Iterator[tuple[int, _Candidate]]:
    """The events that began near the time from the first to the last of `times`, each with its start in ms."""
    table, span_ms = event_current.c, span / timedelta(milliseconds=1)
    started = func.coalesce(table.started_ms, table.observed_ms)
    is_near = started.between(int(min(times) - span_ms) - 1, int(max(times) + span_ms) + 1)
    query = select(event_current).where(*is_other, is_near).order_by(table.known_ms, table.source, table.key)
    for row in conn.execute(query).mappings():
        at = row["observed_ms"] if row["started_ms"] is None else row["started_ms"]
        yield at, _Candidate(dict(row))
