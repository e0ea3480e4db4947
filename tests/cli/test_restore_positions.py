"""A restore and positions: what ended after the backup is ended again, what else has changed is told."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ioc.cli.backup import backup
from ioc.cli.restore import restore
from ioc.cli.restore_revocations import ComparisonFailure, read_replaced_database, read_replaced_file
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.access import audit_log
from ioc.storage.db.store import Store
from ioc.storage.directives import positions
from tests.cli.test_backup import context_in, fill_data

BEGAN, ENDED = date(2026, 1, 1), date(2026, 11, 20)
HELD = {
    key: Position(key, PositionKind.VICE_CHAIRMAN, key, f"holder-{key}", BEGAN)
    for key in ("ended", "moved", "same", "prolonged")
}
MANDATES = [
    Mandate(MandateKind.SUBSTITUTION, "same", "moved", BEGAN),
    Mandate(MandateKind.SUBSTITUTION, "same", "prolonged", BEGAN, date(2026, 12, 31)),
]


def test_what_ended_after_the_backup_is_ended_again_and_other_changes_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = context_in(tmp_path), str(tmp_path / "b.ioc")
    fill_data(context)
    with closing(context.store()) as store:
        with store.write() as conn:
            for position in HELD.values():
                positions.put_position(conn, position)
            positions.put_position(conn, replace(HELD["prolonged"], valid_to=ENDED))
            numbers = [positions.add_mandate(conn, mandate) for mandate in MANDATES]
        assert backup(context, file) == 0
        with store.write() as conn:
            positions.put_position(conn, replace(HELD["ended"], valid_to=ENDED))
            positions.put_position(conn, replace(HELD["moved"], holder="successor"))
            positions.put_position(conn, HELD["prolonged"])
            positions.put_mandate(conn, numbers[0], replace(MANDATES[0], valid_to=ENDED))
    capsys.readouterr()
    assert restore(context, file, overwrite=True) == 0
    output = capsys.readouterr().out
    assert "Positions ended after the backup, and so again: ended\n" in output
    assert "Mandates ended after the backup, and so again: moved → same\n" in output
    assert "page of positions: moved, prolonged\n" in output
    with closing(context.store()) as store, store.read() as conn:
        stored = positions.load_positions(conn).by_key
        mandates = positions.load_mandates(conn)
        targets = {
            (entry.action, entry.target)
            for entry in audit_log.newest(conn, audit_log.AuditFilter(), 9)
            if entry.reason == "restore"
        }
    assert {key: position.valid_to for key, position in stored.items()} == {
        "ended": ENDED, "moved": None, "same": None, "prolonged": ENDED,
    }  # fmt: skip
    assert stored["moved"].holder == "holder-moved"
    assert [mandates[number].valid_to for number in numbers] == [ENDED, MANDATES[1].valid_to]
    assert targets == {("directive-position-saved", "ended"), ("directive-mandate-ended", "moved → same")}


@pytest.mark.parametrize("body", ["{bad", '{"key": "a"}', '{"key": "a", "kind": "none"}'])
def test_store_with_a_damaged_position_is_not_compared(tmp_path: Path, body: str) -> None:
    path = tmp_path / "data" / "ioc.db"
    path.parent.mkdir()
    with closing(Store(f"sqlite:///{path}")) as store:
        store.migrate()
    with closing(sqlite3.connect(path)) as conn, conn:
        columns = [row[1] for row in conn.execute("PRAGMA table_info(directive_position)")]
        values = [body if name == "body" else 1 for name in columns]
        marks = ", ".join("?" * len(columns))
        conn.execute(f"INSERT INTO directive_position ({', '.join(columns)}) VALUES ({marks})", values)
    assert read_replaced_file(path) == ComparisonFailure.UNREADABLE


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:p@h:abc/x", "mysql://h/x", "none"])
def test_address_that_is_none_is_not_compared(url: str) -> None:
    assert read_replaced_database(url) == ComparisonFailure.UNREADABLE
