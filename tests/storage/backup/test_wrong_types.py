"""A backup whose store or manifest holds values of other types than this program writes is refused, by name."""

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.storage.backup import archive, online, row_values
from ioc.storage.backup.errors import ArchiveError, BackupCode
from tests.conftest import empty_store

SOUND: dict[str, Any] = {"BLOB": b"x", "BOOLEAN": 1, "DOUBLE": 1.5}
# A number in a text column, or a text that is one in a column of numbers, SQLite turns into the other type itself.
WRONG: dict[str, list[Any]] = {"BLOB": ["x", 1, 1.5], "BOOLEAN": ["x", b"1", 1.5, 2, -1], "DOUBLE": ["x", b"1"]}
MANIFEST: dict[str, Any] = {
    "data_time": "2026-11-27T08:00:00+07:00", "created_at": "2026-11-27T08:00:00+07:00", "program_version": "1",
    "config_fingerprint": "a", "schema_revision": "0001", "profile": "demo", "audit_head": [1, "a"],
    "members": {"secret": {"size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}},
    "format": 1,
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def sound_value(declared: str) -> Any:
    return SOUND.get(declared, "x" if declared.startswith(("VARCHAR", "TEXT")) else 1)


def wrong_values(declared: str) -> list[Any]:
    return WRONG.get(declared, [b"x"] if declared.startswith(("VARCHAR", "TEXT")) else ["x", b"1", 1.5])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A migrated store."""
    empty_store(tmp_path).close()
    return tmp_path / "ioc.db"


@pytest.fixture
def store(path: Path) -> Iterator[sqlite3.Connection]:
    """The store with a row in every table, all of whose values have their types."""
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA journal_mode = MEMORY")
        store.execute("PRAGMA synchronous = OFF")
        for table in tables(store):
            columns = columns_of(store, table)
            marks = ", ".join("?" * len(columns))
            row = [sound_value(declared) for _, declared, _ in columns]
            store.execute(f'DELETE FROM "{table}"')
            store.execute(f'INSERT INTO "{table}" VALUES ({marks})', row)
        store.commit()
        yield store


def tables(store: sqlite3.Connection) -> list[str]:
    found = store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall()
    return [name for (name,) in found]


def columns_of(store: sqlite3.Connection, table: str) -> list[tuple[str, str, int]]:
    """Name, declared type and place in the primary key of each column."""
    return store.execute("SELECT name, type, pk FROM pragma_table_info(?)", (table,)).fetchall()


def test_every_cell_of_a_wrong_type_is_found_and_named(store: sqlite3.Connection) -> None:
    assert row_values.wrong_type(store) is None
    tried = 0
    for table in tables(store):
        for column, declared, in_key in columns_of(store, table):
            if declared == "INTEGER" and in_key:  # most are SQLite's own row number, of which it checks the type
                continue
            for value in wrong_values(declared):
                store.execute(f'UPDATE "{table}" SET "{column}" = ?', (value,))
                assert row_values.wrong_type(store) == (table, column), value
                store.rollback()
                tried += 1
    assert tried > 700 and row_values.wrong_type(store) is None


def test_empty_cells_are_sound_where_the_column_may_be_empty(store: sqlite3.Connection) -> None:
    for table in tables(store):
        query = 'SELECT name FROM pragma_table_info(?) WHERE "notnull" = 0'
        for (column,) in store.execute(query, (table,)).fetchall():
            store.execute(f'UPDATE "{table}" SET "{column}" = NULL')
    assert row_values.wrong_type(store) is None


def test_a_document_that_names_no_source_is_sound(store: sqlite3.Connection) -> None:
    store.execute("UPDATE directive_document SET source = ''")
    assert row_values.wrong_type(store) is None


def test_store_with_a_value_of_a_wrong_type_is_refused(path: Path) -> None:
    online.check_integrity(path)
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("INSERT INTO recovery_code VALUES ('one', 'a', NULL)")
    with pytest.raises(ArchiveError) as caught:
        online.check_integrity(path)
    assert caught.value.failure.code == BackupCode.WRONG_TYPE
    assert caught.value.failure.params == {"table": "recovery_code", "column": "account_id"}


def backup_with(folder: Path, manifest: object) -> Path:
    path = folder / "a.ioc"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("secret", "x")
        file.writestr("manifest.json", json.dumps(manifest))
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(name=st.sampled_from([*MANIFEST, "size", "sha256"]), value=ANYTHING)
def test_manifest_field_of_another_type_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    """What is read has the types of BackupManifest; all else is an error with a code."""
    manifest = json.loads(json.dumps(MANIFEST))
    (manifest["members"]["secret"] if name in ("size", "sha256") else manifest)[name] = value
    try:
        read = archive.read_manifest(backup_with(tmp_path, manifest))
    except ArchiveError as error:
        assert error.failure.code in set(BackupCode)
        return
    texts = (read.data_time, read.created_at, read.program_version, read.config_fingerprint, read.schema_revision)
    number, digest = read.audit_head
    assert {type(text) for text in (*texts, read.profile, digest)} == {str}
    assert {type(each) for each in (number, read.format, *(member.size for member in read.members.values()))} == {int}
    assert {type(member.sha256) for member in read.members.values()} <= {str}


def test_sound_manifest_is_read(tmp_path: Path) -> None:
    assert archive.read_manifest(backup_with(tmp_path, MANIFEST)).profile == "demo"
