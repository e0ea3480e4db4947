"""Locks on files: who has one, and where there can be none."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.file_lock import try_lock
from ioc.storage.db.leader_lease import LOCK_SUFFIX
from ioc.storage.db.store import Store


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_lock_is_had_by_one_until_it_is_closed(tmp_path: Path) -> None:
    first = try_lock(tmp_path / "lock")
    assert first is not None
    before = open_files()
    assert try_lock(tmp_path / "lock") is None
    assert open_files() == before, "nothing stays open"
    os.close(first)
    again = try_lock(tmp_path / "lock")
    assert again is not None
    os.close(again)


def test_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = open_files()
    with pytest.raises(StoreError) as failed:
        try_lock(tmp_path / "lock")
    assert failed.value.failure.code == StoreCode.LOCK_NOT_OPENED
    assert open_files() == before


def test_leader_whose_lock_cannot_be_opened_is_told(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
    (tmp_path / f"ioc.db{LOCK_SUFFIX}").mkdir()
    with pytest.raises(StoreError) as failed:
        store.try_lead()
    assert failed.value.failure.code == StoreCode.LOCK_NOT_OPENED
    store.close()
