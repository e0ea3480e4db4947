"""The lock on the data folder is that of the folder which is there once it is locked."""

import fcntl
import os
from pathlib import Path

import pytest

from ioc.storage.db.data_dir_lock import DATA_LOCK, acquire_shared, exclusive


@pytest.mark.parametrize("has_lock", [False, True], ids=["new folder without a lock", "with one"])
def test_folder_replaced_between_opening_and_locking_is_not_the_one_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_lock: bool
) -> None:
    data, flock = tmp_path / "data", fcntl.flock

    def replace_and_lock(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        data.rename(tmp_path / "replaced")
        data.mkdir()
        if has_lock:
            (data / DATA_LOCK).touch()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", replace_and_lock)
    lock = acquire_shared(data)
    assert lock is not None
    with exclusive(data) as is_free:
        assert not is_free, "a restore is refused"
    with exclusive(tmp_path / "replaced") as is_free:
        assert is_free, "the folder that was replaced is not locked"
    os.close(lock)
    with exclusive(data) as is_free:
        assert is_free
