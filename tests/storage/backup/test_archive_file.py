"""The backup file in a folder where others may write: nothing that stands under its name is followed or shared."""

import errno
import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import SystemCode
from ioc.storage.backup import atomic_swap
from ioc.storage.backup.archive import BackupManifest, open_writer, read_manifest, unpack
from ioc.storage.backup.errors import ArchiveError, BackupCode

MANIFEST = BackupManifest("2026-11-24T09:00:00+00:00", "2026-11-24T09:00:00+00:00", "0", "", "0014", "demo")


def write(path: Path) -> None:
    """Writes a backup of nothing."""
    with open_writer(path) as writer:
        writer.finish(MANIFEST)


def put_link(part: Path, other: Path) -> None:
    part.symlink_to(other)


def put_hard_link(part: Path, other: Path) -> None:
    os.link(other, part)


def put_fifo(part: Path, _other: Path) -> None:
    os.mkfifo(part)


def put_readable(part: Path, _other: Path) -> None:
    part.write_bytes(b"x")
    part.chmod(0o644)


@pytest.mark.parametrize("put", [put_link, put_hard_link, put_fifo, put_readable])
def test_what_stands_in_the_place_of_the_file_is_removed(tmp_path: Path, put: object) -> None:
    assert callable(put)
    other, path = tmp_path / "other", tmp_path / "b.zip"
    other.write_text("precious")
    put(tmp_path / ".b.zip.part", other)
    write(path)
    status = path.lstat()
    assert path.is_file() and not path.is_symlink() and status.st_mode & 0o777 == 0o600
    assert read_manifest(path).profile == "demo" and other.read_text() == "precious"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.zip", "other"]


def test_what_a_killed_backup_left_is_used_again(tmp_path: Path) -> None:
    (tmp_path / ".b.zip.part").write_bytes(b"x" * 100_000)
    (tmp_path / ".b.zip.part").chmod(0o600)
    write(tmp_path / "b.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["b.zip"]


def test_file_that_another_user_writes_stays(tmp_path: Path) -> None:
    part = tmp_path / ".b.zip.part"
    put_readable(part, part)
    with part.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ArchiveError) as caught:
            write(tmp_path / "b.zip")
    assert caught.value.failure.code == BackupCode.IN_PROGRESS and part.read_bytes() == b"x"


def test_file_that_another_backup_began_under_the_name_is_not_published(tmp_path: Path) -> None:
    part, path = tmp_path / ".b.zip.part", tmp_path / "b.zip"
    with pytest.raises(ArchiveError) as caught, open_writer(path) as writer:
        writer.finish(MANIFEST)
        part.unlink()
        part.write_bytes(b"half")
    assert caught.value.failure.code == BackupCode.IN_PROGRESS
    assert not path.exists() and part.read_bytes() == b"half"


@pytest.fixture(params=["links", "renames", "neither"])
def _disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without hard links, as FAT and many shares; one that cannot rename without replacing either."""

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if request.param != "links":
        monkeypatch.setattr(os, "link", refused)
    if request.param == "neither":
        monkeypatch.setattr(atomic_swap, "_rename", lambda *_: False)


@pytest.mark.usefixtures("_disk")
def test_file_gets_its_name_on_every_disk_and_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    write(path)
    assert read_manifest(path).profile == "demo" and [each.name for each in tmp_path.iterdir()] == ["b.zip"]
    path.unlink()
    with pytest.raises(ArchiveError) as caught, open_writer(path) as writer:
        writer.finish(MANIFEST)
        path.write_text("of somebody else")
    assert caught.value.failure.params["cause"] == Failure(SystemCode.FILE_EXISTS)
    assert path.read_text() == "of somebody else" and [each.name for each in tmp_path.iterdir()] == ["b.zip"]


def test_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        write(tmp_path / ("a" * 300))
    assert caught.value.failure.code == BackupCode.WRITE_FAILED


def open_socket(path: Path) -> socket.socket:
    opened = socket.socket(socket.AF_UNIX)
    opened.bind(str(path))
    return opened


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, open_socket])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], object]) -> None:
    opened = make(tmp_path / "b.zip")
    with pytest.raises(ArchiveError) as caught:
        unpack(tmp_path / "b.zip", tmp_path)
    assert caught.value.failure.code == BackupCode.NOT_A_FILE
    if isinstance(opened, socket.socket):
        opened.close()


def test_name_that_is_not_utf8_is_refused_and_printed(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.zip"))
    with pytest.raises(ArchiveError) as caught:
        write(path)
    assert caught.value.failure.code == BackupCode.NAME_NOT_UTF8 and str(caught.value).encode()
    assert list(tmp_path.iterdir()) == []
