"""Values of a store that this program does not write: of another type than their column, or that it could not read.

SQLite keeps any value in any column. A time, a day, a word or a text that the types of this program cannot hold would
end what reads it, at every start.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import ConditionReason, HostComponent
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import to_ms
from ioc.domain.directives.acts import Act, ItemKind
from ioc.domain.directives.briefing import BriefingAct
from ioc.domain.directives.directive import OrderSource, Visibility
from ioc.domain.directives.document_checks import FIRST_YEAR, LAST_YEAR, stated_days
from ioc.domain.directives.evidence import EvidenceType
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEventType
from ioc.storage import jobs
from ioc.storage.db.damaged_rows import UNREADABLE
from ioc.storage.db.errors import StoreError
from ioc.storage.directives import briefings, document_body, positions
from ioc.storage.directives.schema import OPEN_END_MS, WORK_STATES, TaskKind
from ioc.storage.events import rows
from ioc.storage.timeseries import schema_profiles, source_health
from ioc.storage.timeseries.ingest import QUALITIES
from ioc.storage.timeseries.rollup_math import NEVER

_KINDS = {"DOUBLE": "real", "BLOB": "blob"}  # declared types and those of SQLite; texts and integers are the others

# Ids and counters grow from what is stored: at the largest integer of SQLite nothing could be written any more.
_MAX_INTEGER = 2**53
# No figure, and no sum over figures, gets near it; infinity, or a difference that is, ends what draws it.
_MAX_DOUBLE = "1e100"

_Column = tuple[str, str]  # table and column
_Conditions = Mapping[str, str]  # column -> what is true of each of its values, in SQL

_FIRST_MS, _LAST_MS = (to_ms(datetime(year, 1, 1, tzinfo=UTC)) for year in (1970, LAST_YEAR + 1))
# Sources and people state times of their own, which are kept as they are: any that a datetime can hold. Its last
# moment is rounded up; earlier versions stored it, and `from_ms` reads it.
_STATED_FIRST_MS = to_ms(datetime(1, 1, 1, tzinfo=UTC))
_STATED_LAST_MS = to_ms(datetime.max.replace(tzinfo=UTC))
_STATED = (
    "observed_ms", "bucket_ms", "low_ms", "high_ms", "first_ms", "last_ms", "data_time_ms", "since_ms", "started_ms",
    "due_ms", "closed_ms", "expires_ms", "first_reported_ms", "taken_ms",
)  # fmt: skip
_DURATIONS = ("age_limit_ms",)
_SENTINELS = {"valid_to_ms": OPEN_END_MS, "raw_since_ms": NEVER, "minutes_since_ms": NEVER}
_DAYS = ("issued_on", "due", "first_due", "stopped_on", "paused_until", "effect_on")

_JOB_STATES = (jobs.QUEUED, jobs.RUNNING, jobs.DONE, jobs.FAILED)
_WORDS: Mapping[_Column, Iterable[str]] = {
    **{(f"kpi_{table}", "state"): FigureState for table in ("current", "log")},
    **{(f"source_{table}", "state"): SourceState for table in ("current", "log")},
    **{(f"event_{table}", "stage"): EventStage for table in ("current", "log")},
    **{(f"{name}_{table}", "severity"): Severity for name in ("kpi", "host_health") for table in ("current", "log")},
    **{(f"host_health_{table}", "component"): HostComponent for table in ("current", "log")},
    **{(f"host_health_{table}", "reason"): ConditionReason for table in ("current", "log")},
    ("job", "state"): _JOB_STATES,
    ("drop_counter", "reason"): DropReason,
    ("submission_event", "event_type"): SubmissionEventType,
    ("submission_event", "channel"): SubmissionChannel,
    ("directive_event", "act"): Act,
    ("directive_task", "last_act"): ("", *Act),
    ("directive_act_draft", "act"): Act,
    ("directive_draft_evidence", "act"): Act,
    ("directive_draft_evidence", "file_type"): EvidenceType,
    ("directive_briefing_event", "act"): BriefingAct,
    ("directive_evidence", "file_type"): EvidenceType,
    ("directive_open_item", "kind"): ItemKind,
    ("directive_open_item", "proposed"): Act,
    ("directive_document", "source"): ("", *OrderSource),
    ("directive_document", "visibility"): Visibility,
    ("audit_entry", "actor_kind"): PrincipalKind,
}  # fmt: skip
_NUMBERS: Mapping[_Column, int] = {  # how many values there are, from 0
    **{(table, "quality"): len(QUALITIES) for table in ("reading", "revision", "latest")},
    ("directive_interval", "work_state"): len(WORK_STATES),
    ("directive_interval", "kind"): len(TaskKind),
    ("directive_task", "kind"): len(TaskKind),
}


def _with_days(read: Callable[[str], Any]) -> Callable[[str], object]:
    """`read`, which gives a dataclass; ValueError also for a day that no command of this program accepts."""

    def read_and_check(text: str) -> object:
        value = read(text)
        if not all(FIRST_YEAR <= day.year <= LAST_YEAR for _, day in stated_days(value)):
            raise ValueError
        return value

    return read_and_check


def _read_event(text: str) -> object:
    body = json.loads(text)
    return rows.area_from_row({"body": text}), Severity(body["severity"]), body["title"], body["replaces"]


def _read_failure(text: str) -> object:
    return Failure.from_text(text) if text else None


_READERS: Mapping[_Column, Callable[[str], object]] = {
    **{(f"event_{table}", "body"): _read_event for table in ("current", "log")},
    **{(f"source_{table}", "last_error"): _read_failure for table in ("current", "log")},
    **{(f"source_{table}", name): source_health.failures_from_text
       for table in ("current", "log") for name in ("drift", "last_drift")},
    ("event_personal", "body"): json.loads,
    ("schema_profile", "body"): schema_profiles.decode,
    ("config_body", "body"): json.loads,
    ("rejected_item", "params"): json.loads,
    ("job", "params"): json.loads,
    ("job", "result"): json.loads,
    ("job", "error"): _read_failure,
    ("submission_event", "reported_values"): json.loads,
    ("directive_document", "body"): _with_days(document_body.read_header),
    ("directive_task_body", "body"): _with_days(document_body.read_task),
    **{(f"directive_{table}", "body"): _with_days(document_body.read_stated)
       for table in ("event", "act_draft")},
    ("directive_briefing_event", "body"): _with_days(briefings.read_fields),
    # Earlier versions took any day of these, and no sum is made of them.
    ("directive_position", "body"): positions.read_position,
    ("directive_mandate", "body"): positions.read_mandate,
}  # fmt: skip


def wrong_type(store: sqlite3.Connection) -> _Column | None:
    """Table and column of a value that has not the type of its column; None where all have."""
    return _first_exception(store, lambda _table, column, declared: _has_type(column, declared))


def unreadable_value(store: sqlite3.Connection) -> _Column | None:
    """Table and column of a value of the right type that this program could not read; None where it can read all."""
    if found := _first_exception(store, _is_readable):
        return found
    is_sound = f"typeof(seq) = 'integer' AND seq BETWEEN 0 AND {_MAX_INTEGER}"
    if store.execute(f"SELECT 1 FROM sqlite_sequence WHERE NOT ({is_sound}) LIMIT 1").fetchone():  # nosec B608
        return "sqlite_sequence", "seq"
    columns = {(table, column) for table in _tables(store) for column, _ in _columns(store, table)}
    for (table, column), read in _READERS.items():
        if (table, column) in columns:
            rows = store.execute(f"SELECT DISTINCT {_quoted(column)} FROM {_quoted(table)}")  # nosec B608
            for (text,) in rows:
                try:
                    read(text)
                except (*UNREADABLE, StoreError):
                    return table, column
    return None


def _first_exception(store: sqlite3.Connection, condition: Callable[[str, str, str], str]) -> _Column | None:
    """Where `condition(table, column, declared type)`, in SQL, is not true; "" for a column without one."""
    for table in _tables(store):
        conditions = {name: condition(table, name, declared) for name, declared in _columns(store, table)}
        wrong = " ".join(f"WHEN NOT ({each}) THEN {_literal(name)}" for name, each in conditions.items() if each)
        if not wrong:
            continue
        query = (
            f"SELECT name FROM (SELECT CASE {wrong} END AS name FROM {_quoted(table)}) WHERE name IS NOT NULL LIMIT 1"
        )
        if found := store.execute(query).fetchone():
            return table, str(found[0])
    return None


def _tables(store: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return [str(name) for (name,) in store.execute(query).fetchall()]


def _columns(store: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    return store.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()


def _has_type(column: str, declared: str) -> str:
    """The condition that a value has its column's type or is missing: NOT NULL is SQLite's own check of integrity."""
    name = _quoted(column)
    if declared == "BOOLEAN":
        return f"{name} IS NULL OR (typeof({name}) = 'integer' AND {name} IN (0, 1))"
    kind = "text" if declared.startswith(("VARCHAR", "TEXT")) else _KINDS.get(declared, "integer")
    return f"typeof({name}) IN ('{kind}', 'null')"


def _is_readable(table: str, column: str, declared: str) -> str:
    """The condition that a time, a day, a word or a number of a list is one of this program, or is missing."""
    if words := _WORDS.get((table, column)):
        return f"{_quoted(column)} IN ({', '.join(_literal(str(word)) for word in words)})"
    if count := _NUMBERS.get((table, column)):
        return _between(column, 0, count - 1)
    if column in _DAYS and declared == "INTEGER":
        # a pause moves a due date on, by at most its own length
        return _between(
            column, date(FIRST_YEAR, 1, 1).toordinal(), date(2 * LAST_YEAR - FIRST_YEAR, 12, 31).toordinal()
        )
    if not column.endswith("_ms"):
        if declared == "DOUBLE":
            return f"{_quoted(column)} IS NULL OR abs({_quoted(column)}) <= {_MAX_DOUBLE}"
        is_integer = declared in ("INTEGER", "SMALLINT", "BIGINT")
        return _between(column, -_MAX_INTEGER, _MAX_INTEGER) if is_integer else ""
    if column in _DURATIONS:
        return _between(column, 0, _LAST_MS)
    is_stated = column in _STATED
    times = _between(column, _STATED_FIRST_MS if is_stated else _FIRST_MS, _STATED_LAST_MS if is_stated else _LAST_MS)
    return f"{times} OR {_quoted(column)} = {_SENTINELS[column]}" if column in _SENTINELS else times


def _between(column: str, first: int, last: int) -> str:
    name = _quoted(column)
    return f"{name} IS NULL OR {name} BETWEEN {first} AND {last}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
