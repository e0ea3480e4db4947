"""The write-ahead log of another store, or of an earlier time, is refused; that of the store itself never is."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from ioc.auth import audit_log
from ioc.auth.audit_log import NewAuditEntry
from ioc.domain.access.principal import PrincipalKind
from ioc.storage.db import change_counter, sqlite_file
from ioc.storage.db.sqlite_file import refuse_unsound_log
from ioc.storage.db.store import Store
from tests.conftest import empty_store
from tests.storage.db.test_sqlite_file import OPENING
from tests.storage.expected_store import START
from tests.system.program import invoke


def early_log(folder: Path, *names: str) -> Path:
    """The log of a store of which the process was killed after its first acts. The store goes on without it."""
    log, url = folder / "early", f"sqlite:///{folder / 'ioc.db'}"
    empty_store(folder).close()
    for kept in (True, False, False):
        with closing(Store(url)) as store:
            for name in names:
                with store.write() as conn:
                    change_counter.bump(conn, {"access"}, START)
                    audit_log.write(conn, NewAuditEntry(name, PrincipalKind.SHELL, "account-added", name), START)
            if kept:
                shutil.copy(folder / "ioc.db-wal", log)
    return log


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("has_index", [True, False])
def test_log_of_another_store_or_of_an_earlier_time_is_refused_until_it_is_moved_away(
    tmp_path: Path, is_own: bool, has_index: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data, other = tmp_path / "own", tmp_path / "other"
    data.mkdir()
    other.mkdir()
    own_log, foreign_log = early_log(data, "an"), early_log(other, *(f"p{n}" for n in range(9)))
    shutil.copy(own_log if is_own else foreign_log, data / "ioc.db-wal")
    if has_index:
        sqlite_file.log_is_foreign(data / "ioc.db")
    assert (data / "ioc.db-shm").exists() is has_index
    before = {name: (data / name).read_bytes() for name in ("ioc.db", "ioc.db-wal")}
    for words in OPENING:
        result = invoke(data, *words, "--lang", "en")
        assert result.returncode == 1 and "not the write-ahead log" in result.stderr, result
    assert {name: (data / name).read_bytes() for name in before} == before
    for name in ("ioc.db-wal", "ioc.db-shm"):
        (data / name).unlink(missing_ok=True)
    assert "3" in invoke(data, "audit", "verify", "--lang", "en").stdout


@pytest.mark.parametrize("is_swept", [True, False])
def test_log_of_the_store_itself_is_never_taken_for_a_foreign_one(tmp_path: Path, is_swept: bool) -> None:
    """At any instant of its life, also in the middle of a checkpoint, with and without its index.

    Entries of the audit log go over several pages, of which a sweep frees some for others.
    """
    path, pages = tmp_path / "ioc.db", Random(7)
    with closing(empty_store(tmp_path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        for n in range(40):
            now = START + timedelta(hours=n)
            with store.write() as conn:
                change_counter.bump(conn, {"jobs"}, START)
                audit_log.write(conn, NewAuditEntry("x" * 900, PrincipalKind.SHELL, "act", "y" * (n % 4 * 1500)), now)
                if is_swept and n % 5 == 4:
                    audit_log.sweep(conn, now - timedelta(hours=3), now)
            before = path.read_bytes()
            if n % 3 == 0:
                other.execute(f"PRAGMA wal_checkpoint({'PASSIVE' if n % 2 else 'RESTART'})")
            after = path.read_bytes()
            for state in range(12):  # a checkpoint that was killed, or cut off with the power
                killed = tmp_path / f"killed-{n}-{state}"
                killed.mkdir()
                (killed / "ioc.db").write_bytes(written_in_part(before, after, state / 11 if state % 2 else pages))
                shutil.copy(tmp_path / "ioc.db-wal", killed / "ioc.db-wal")
                if state % 3:
                    shutil.copy(tmp_path / "ioc.db-shm", killed / "ioc.db-shm")
                refuse_unsound_log(killed / "ioc.db")
                shutil.rmtree(killed)


def written_in_part(before: bytes, after: bytes, part: float | Random) -> bytes:
    """A store of which some pages were written and others not: the first ones, or any."""
    starts = range(0, len(after), 4096)
    is_written = [part.random() < 0.5 if isinstance(part, Random) else start < part * len(after) for start in starts]
    return b"".join(
        (after if new else before.ljust(len(after), b"\0"))[start : start + 4096]
        for start, new in zip(starts, is_written, strict=True)
    )


def test_log_of_a_sweep_of_all_that_the_file_has_is_taken(tmp_path: Path) -> None:
    early_log(tmp_path, "an", "vera")
    later = START + timedelta(days=401)
    with closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as store:
        with store.write() as conn:
            audit_log.sweep(conn, later, later)
        shutil.copytree(tmp_path, tmp_path / "killed", ignore=shutil.ignore_patterns("killed"))
    assert (tmp_path / "killed" / "ioc.db-wal").stat().st_size
    refuse_unsound_log(tmp_path / "killed" / "ioc.db")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_chain_end SET hash = CAST(x'ff00ff' AS TEXT)",
        "UPDATE audit_entry SET hash = CAST(x'ff00ff' AS TEXT)",
        "UPDATE change_counter SET value = CAST(x'ff' AS TEXT)",
    ],
)
@pytest.mark.parametrize("then", ["SELECT 1", "PRAGMA wal_checkpoint(RESTART)"])
def test_damaged_value_is_not_taken_for_a_foreign_log(tmp_path: Path, damage: str, then: str) -> None:
    empty_store(tmp_path).close()
    with closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as store:
        with store.write() as conn:
            change_counter.bump(conn, {"access"}, START)
            audit_log.write(conn, NewAuditEntry("an", PrincipalKind.SHELL, "account-added", "an"), START)
        with closing(sqlite3.connect(tmp_path / "ioc.db", isolation_level=None)) as other:
            other.execute(damage)
            other.execute(then)
        refuse_unsound_log(tmp_path / "ioc.db")


def test_index_page_that_a_killed_checkpoint_left_to_another_index_is_not_read(tmp_path: Path) -> None:
    """Its keys would be taken for the numbers of entries."""
    early_log(tmp_path, *(f"p{n}" for n in range(9)))
    path, killed = tmp_path / "ioc.db", tmp_path / "killed"
    with closing(Store(f"sqlite:///{path}")) as store:
        with store.write() as conn:
            change_counter.bump(conn, {"access"}, START)
            audit_log.write(conn, NewAuditEntry("ben", PrincipalKind.SHELL, "account-added", "ben"), START)
        shutil.copytree(tmp_path, killed, ignore=shutil.ignore_patterns("killed"))
    with closing(sqlite3.connect(path)) as conn:
        roots = dict(
            conn.execute("SELECT tbl_name, rootpage FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_%_1'")
        )
    body = bytearray((killed / "ioc.db").read_bytes())
    target, other = (4096 * (roots[table] - 1) for table in ("audit_entry", "change_counter"))
    body[target : target + 4096] = body[other : other + 4096]
    (killed / "ioc.db").write_bytes(body)
    refuse_unsound_log(killed / "ioc.db")
