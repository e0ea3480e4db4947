"""A backup whose store holds a right-typed value that this program could not read is refused, by table and column."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from math import inf
from pathlib import Path
from typing import Any

import pytest

from ioc.directives.positions import add_mandate, end_mandate, save_position
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.directive import Milestone
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.backup import online, row_values
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db.store import Store
from tests.conftest import empty_store
from tests.storage.directives.cases import make_document
from tests.storage.directives.harness import Harness, refused

ADMIN = Principal(PrincipalKind.USER, "quan-tri", roles=frozenset({Role.ADMINISTRATOR}))
HUGE = 2**62
FAR_DAY = date(9999, 12, 31).toordinal()
NO_JSON = "{"
DOCUMENT = """{"key": "d", "number": "1", "title": {"vi": "x"}, "kind": "k", "issuer": "i", "issued_on": "9999-12-31",
"origin": null}"""
# Table, column, values that no row of this program has.
ABSURD: list[tuple[str, str, list[Any]]] = [
    ("account", "created_ms", [HUGE, -HUGE, -62135596800000]),
    ("audit_entry", "at_ms", [HUGE]),
    ("heartbeat", "at_ms", [HUGE]),
    ("change_counter", "known_ms", [HUGE]),
    ("change_counter", "value", [2**63 - 1, 2**53 + 1, -HUGE]),
    ("writer", "epoch", [2**63 - 1]),
    ("directive_task", "version", [2**63 - 1]),
    ("latest", "observed_ms", [HUGE, -HUGE]),
    ("latest", "quality", [3, -1]),
    ("kpi_current", "state", ["fine", ""]),
    ("kpi_current", "severity", ["loud"]),
    ("kpi_current", "age_limit_ms", [-1, HUGE]),
    ("kpi_current", "value", [inf, -inf, 1e308]),
    ("reading", "value", [inf]),
    ("source_current", "state", ["fine"]),
    ("source_current", "last_error", [NO_JSON, "[]", "1", "{}"]),
    ("source_current", "drift", [NO_JSON]),
    ("event_current", "stage", ["done"]),
    ("event_current", "body", [NO_JSON, "[]", "{}", "null", "[" * 100_000]),
    ("event_current", "closed_ms", [HUGE]),
    ("schema_profile", "body", [NO_JSON, "{}"]),
    ("submission_event", "event_type", ["sent"]),
    ("submission_event", "reported_values", [NO_JSON]),
    ("job", "state", ["waiting"]),
    ("job", "params", [NO_JSON]),
    ("directive_document", "issued_on", [FAR_DAY, 0, -1, HUGE]),
    ("directive_document", "visibility", ["secret"]),
    ("directive_document", "body", [NO_JSON, "{}", DOCUMENT]),
    ("directive_event", "act", ["forget"]),
    ("directive_event", "body", [NO_JSON, '{"due": "9999-12-31"}', '{"due": "1"}']),
    ("directive_act_draft", "body", [NO_JSON, '{"due": "9999-12-31"}', '{"returned": {}}']),
    ("directive_evidence", "file_type", ["exe", ""]),
    ("directive_evidence", "known_ms", [HUGE]),
    ("directive_open_item", "due", [FAR_DAY]),
    ("directive_open_item", "kind", ["x"]),
    ("directive_open_item", "proposed", ["x", ""]),
    ("directive_interval", "valid_to_ms", [HUGE + 1]),
    ("directive_interval", "work_state", [6]),
    ("directive_position", "body", [NO_JSON, "{}"]),
    ("host_health_current", "component", ["soul"]),
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A migrated store, whose tables are filled without their constraints."""
    empty_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "ioc.db")) as store:
        store.execute("PRAGMA ignore_check_constraints = ON")
        store.execute("PRAGMA journal_mode = MEMORY")
        store.execute("PRAGMA synchronous = OFF")
        yield store


def insert(store: sqlite3.Connection, table: str, column: str, value: Any) -> None:
    """A row of which only `column` is of interest: the others are missing or what every check accepts."""
    store.execute(f'DELETE FROM "{table}"')
    columns = store.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    row = {name: sound_value(table, name, declared) for name, declared in columns} | {column: value}
    marks = ", ".join("?" * len(row))
    store.execute(f'INSERT INTO "{table}" VALUES ({marks})', list(row.values()))


def sound_value(table: str, column: str, declared: str) -> Any:
    words, texts = row_values._WORDS.get((table, column)), SOUND_TEXTS.get(column, "{}")
    if words:
        return str(next(iter(words)))
    if declared.startswith(("VARCHAR", "TEXT")):
        return texts if (table, column) in row_values._READERS else "x"
    return {"BLOB": b"", "DOUBLE": 1.0}.get(declared, date(2026, 1, 1).toordinal() if column in row_values._DAYS else 0)


SOUND_TEXTS = {"last_error": "", "drift": "", "last_drift": "", "error": ""}


@pytest.mark.parametrize(
    ("table", "column", "values"), ABSURD, ids=[f"{table}.{column}" for table, column, _ in ABSURD]
)
def test_value_that_this_program_cannot_read_is_found(
    store: sqlite3.Connection, table: str, column: str, values: list[Any]
) -> None:
    for value in values:
        insert(store, table, column, value)
        assert row_values.wrong_type(store) is None
        assert row_values.unreadable_value(store) == (table, column), value


def test_every_time_of_the_schema_has_a_range(store: sqlite3.Connection) -> None:
    tried = 0
    for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for (column,) in store.execute(
            "SELECT name FROM pragma_table_info(?) WHERE name LIKE '%\\_ms' ESCAPE '\\'", (table,)
        ).fetchall():
            insert(store, table, column, HUGE + 1)
            query = f'SELECT "{column}" FROM "{table}"'
            assert store.execute(query).fetchone() == (HUGE + 1,)
            assert row_values.unreadable_value(store) is not None, (table, column)
            store.execute(f'DELETE FROM "{table}"')
            tried += 1
    assert tried > 80


@pytest.mark.parametrize("value", [2**63 - 1, 2**53 + 1, -1, "x", None])
def test_number_from_which_ids_cannot_grow_is_found(store: sqlite3.Connection, value: object) -> None:
    store.execute("DELETE FROM sqlite_sequence")
    store.execute("INSERT INTO sqlite_sequence VALUES ('directive_event', ?)", (value,))
    assert row_values.unreadable_value(store) == ("sqlite_sequence", "seq")


@pytest.mark.parametrize(("table", "column", "value"), [
    ("latest", "observed_ms", -62135596800000),  # 0001-01-01, which some sources state
    ("latest", "observed_ms", 0),
    ("series", "raw_since_ms", -HUGE),
    ("change_counter", "value", 2**53),
    ("directive_interval", "valid_to_ms", HUGE),
    ("directive_task", "last_act", ""),
    ("directive_document", "issued_on", None),
    ("directive_document", "source", ""),
    ("directive_interval", "due", date(2300, 1, 1).toordinal()),
    ("source_current", "last_error", '{"code":"http.timeout"}'),
])  # fmt: skip
def test_values_that_this_program_writes_are_accepted(
    store: sqlite3.Connection, table: str, column: str, value: Any
) -> None:
    insert(store, table, column, value)
    found = row_values.unreadable_value(store)
    assert found is None or found[1] != column


@pytest.mark.parametrize("changes", [{}, {"source": "", "sphere": "", "summary": LocalizedText("")}])
def test_directives_that_were_entered_and_assigned_can_be_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    with closing(empty_store(tmp_path)) as filled:
        Harness(filled).enter(replace(make_document(), **changes), assign=True)
    with closing(sqlite3.connect(tmp_path / "ioc.db")) as store:
        assert store.execute("SELECT count(*) > 0 FROM directive_event").fetchone() == (1,)
        assert row_values.unreadable_value(store) is None


def test_store_with_such_a_value_is_refused(store: sqlite3.Connection, tmp_path: Path) -> None:
    online.check_integrity(tmp_path / "ioc.db")
    insert(store, "heartbeat", "at_ms", HUGE)
    store.commit()
    with pytest.raises(ArchiveError) as caught:
        online.check_integrity(tmp_path / "ioc.db")
    assert caught.value.failure.code == BackupCode.UNREADABLE_VALUE
    assert caught.value.failure.params == {"table": "heartbeat", "column": "at_ms"}


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2200, 12, 31)])
def test_days_that_commands_accept_can_be_restored(tmp_path: Path, day: date) -> None:
    with closing(empty_store(tmp_path)) as filled:
        city = Harness(filled)
        city.enter(replace(make_document(), issued_on=day, published_on=day))
        mandate = Mandate(MandateKind.DELEGATION, "ct", "vp", day, day, frozenset({Act.EXTEND}))
        end_mandate(city.context, add_mandate(city.context, replace(mandate, valid_to=None), ADMIN), day, ADMIN)
        save_position(city.context, Position("x", PositionKind.CHAIRMAN, "x", "y", day, day), ADMIN)
    with closing(sqlite3.connect(tmp_path / "ioc.db")) as store:
        assert store.execute("SELECT count(*) FROM directive_mandate").fetchone() == (1,)
        assert row_values.unreadable_value(store) is None


@pytest.mark.parametrize("day", [date.min, date(2201, 1, 1), date.max])
def test_no_day_of_a_document_is_outside_what_is_restored(tmp_path: Path, day: date) -> None:
    document = make_document()
    task = replace(document.tasks[0], milestones=(Milestone(LocalizedText("x"), day, 1.0),))
    with closing(empty_store(tmp_path)) as filled:
        city = Harness(filled)
        for changed in (replace(document, published_on=day), replace(document, tasks=(task, *document.tasks[1:]))):
            with refused(ActCode.DAY_OUT_OF_RANGE):
                city.enter(changed)


@pytest.mark.parametrize(
    ("table", "condition"), [("writer", "1"), ("change_counter", "1"), ("change_counter", "topic = 'jobs'")]
)
def test_store_without_a_row_that_every_writer_counts_on_is_refused(
    store: sqlite3.Connection, tmp_path: Path, table: str, condition: str
) -> None:
    store.execute(f"DELETE FROM {table} WHERE {condition}")
    store.commit()
    with pytest.raises(ArchiveError) as caught:
        online.check_integrity(tmp_path / "ioc.db")
    assert caught.value.failure.code == BackupCode.STORE_DAMAGED and table in caught.value.failure.external


def test_store_whose_file_shrinks_in_use_is_refused_but_its_copies_are_sound(
    store: sqlite3.Connection, tmp_path: Path
) -> None:
    for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA auto_vacuum = FULL", "VACUUM"):
        store.execute(statement)
    with pytest.raises(ArchiveError) as caught:
        online.check_integrity(tmp_path / "ioc.db")
    assert caught.value.failure == Failure(BackupCode.STORE_DAMAGED, external="auto_vacuum")
    url = f"sqlite:///{tmp_path / 'ioc.db'}"
    with closing(Store(url)) as in_use:
        online.copy_store(in_use, url, tmp_path / "copy")
    online.check_integrity(tmp_path / "copy")
