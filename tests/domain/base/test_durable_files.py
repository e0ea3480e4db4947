"""Files that are whole or not there: what is written before the name, and what is left after a failure."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from ioc.domain.base.durable_files import write_durably


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is put on the disk or renamed, in order."""
    found, fsync, replace = list[str](), os.fsync, os.replace

    def synced(handle: int) -> None:
        found.append(f"sync {Path(os.readlink(f'/proc/self/fd/{handle}')).suffix or 'folder'}")
        fsync(handle)

    def renamed(*paths: Any, **more: Any) -> None:
        found.append("rename")
        replace(*paths, **more)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    return found


def test_content_is_on_the_disk_before_its_name_is(tmp_path: Path, calls: list[str]) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"before")
    write_durably(path, b"after")
    assert calls == ["sync .part", "rename", "sync folder"]
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"after", 0o600)


def test_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a.js"
    path.write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_durably(path, b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["a.js"] and path.read_bytes() == b"before"
