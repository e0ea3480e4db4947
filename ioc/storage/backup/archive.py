"""A backup's file: a zip of plain members with a manifest that tells what each must be. Whole or not there at all."""

import fcntl
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ioc.domain.base.system_errors import system_failure
from ioc.storage.backup.errors import ArchiveError, BackupCode

FORMAT = 1
STORE, DUMP, SECRET = "store.db", "store.dump", "secret"
FOLDERS = ("pdf", "map")
_MANIFEST = "manifest.json"
_CHUNK_SIZE = 1 << 20
_MAX_MEMBERS = 200_000
_MAX_MANIFEST_SIZE = 64 << 20


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """What a member must be."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup is of: `at` the moment of the newest thing in its store.

    `program`: the version that made it; `configuration`: the fingerprint of the one in force; `revision`: of its
    tables. `trail`: number and hash of the trail's newest row.
    """

    data_time: str
    created_at: str
    program_version: str
    config_fingerprint: str
    schema_revision: str
    profile: str
    audit_head: tuple[int, str] = (0, "")
    members: Mapping[str, ArchiveMember] = field(default_factory=dict)
    format: int = FORMAT


@contextmanager
def open_writer(path: Path) -> Iterator["ArchiveWriter"]:
    """Members are added one by one; the file has its name only when all of it is on the disk. ArchiveError.

    What an end by force leaves behind has a name with a dot before it, and gives way to the next backup of that name.
    """
    if path.exists():
        raise ArchiveError(BackupCode.FILE_EXISTS, path=str(path))
    part = path.with_name(f".{path.name}.part")
    try:
        with open(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                yield ArchiveWriter(packed)
            file.flush()
            os.fsync(file.fileno())
            os.link(part, path)
            part.unlink()
        _fsync_directory(path.parent)
    except BlockingIOError:
        raise ArchiveError(BackupCode.IN_PROGRESS, path=str(path)) from None
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise ArchiveError(BackupCode.WRITE_FAILED, path=str(path), cause=system_failure(error)) from None
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


class ArchiveWriter:
    """A backup that is being made."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._zip, self.members = packed, dict[str, ArchiveMember]()

    def add(self, name: str, path: Path) -> None:
        """The file at `path`; one that has gone meanwhile is left out."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return
        with source, self._zip.open(zipfile.ZipInfo(name), "w", force_zip64=True) as into:
            self.members[name] = _copy_bytes(source, into)

    def finish(self, manifest: BackupManifest) -> None:
        """The manifest, with the members that were added."""
        told = asdict(manifest) | {"members": {name: asdict(one) for name, one in self.members.items()}}
        self._zip.writestr(_MANIFEST, json.dumps(told, indent=1, sort_keys=True))


def member_files(data: Path) -> Iterator[tuple[str, Path]]:
    """The plain files of the folders that belong to a backup, by the name of their member."""
    for folder in FOLDERS:
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path.relative_to(data).as_posix(), path


def read_manifest(path: Path) -> BackupManifest:
    """The manifest of the backup at `path`, which fits its members by name and size. ArchiveError."""
    with _open_zip(path) as packed:
        return _load_manifest(packed, path)


def unpack(path: Path, folder: Path) -> BackupManifest:
    """Each member below `folder`, to the byte as the manifest tells it, on the disk. ArchiveError: use none."""
    with _open_zip(path) as packed:
        manifest = _load_manifest(packed, path)
        needed, free = sum(one.size for one in manifest.members.values()), shutil.disk_usage(folder).free
        if needed > free:
            raise ArchiveError(
                BackupCode.NO_SPACE, path=str(path), needed_gb=round(needed / 1e9, 1), free_gb=round(free / 1e9, 1)
            )
        for name, member in manifest.members.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(name) as source, open(_create_exclusive(target), "wb") as into:
                if _copy_bytes(source, into, member.size) != member:
                    raise ArchiveError(BackupCode.MEMBER_DAMAGED, path=str(path), member=name)
                into.flush()
                os.fsync(into.fileno())
    return manifest


def file_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return _copy_bytes(file, None).sha256


def _create_exclusive(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _copy_bytes(source: IO[bytes], destination: IO[bytes] | None, max_size: int | None = None) -> ArchiveMember:
    """Copies, never more than a byte past `most`; what was copied."""
    size, hashed = 0, sha256()
    while piece := source.read(_CHUNK_SIZE):
        size += len(piece)
        hashed.update(piece)
        if max_size is not None and size > max_size:
            break
        if destination is not None:
            destination.write(piece)
    return ArchiveMember(size, hashed.hexdigest())


@contextmanager
def _open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ArchiveError(BackupCode.NOT_A_BACKUP, path=str(path), external=str(error)[:200]) from None
    except OSError as error:
        if error.errno is None:  # of a decompressor, not of the operating system
            raise ArchiveError(BackupCode.TRUNCATED, path=str(path)) from None
        raise ArchiveError(BackupCode.READ_FAILED, path=str(path), cause=system_failure(error)) from None


def _load_manifest(packed: zipfile.ZipFile, path: Path) -> BackupManifest:
    names = packed.namelist()
    if _MANIFEST not in names or len(names) > _MAX_MEMBERS or packed.getinfo(_MANIFEST).file_size > _MAX_MANIFEST_SIZE:
        raise ArchiveError(BackupCode.NOT_A_BACKUP, path=str(path))
    try:
        told: dict[str, Any] = json.loads(packed.read(_MANIFEST))
        members = {str(name): ArchiveMember(**one) for name, one in told.pop("members").items()}
        manifest = BackupManifest(**{**told, "audit_head": tuple(told["audit_head"])}, members=members)
        datetime.fromisoformat(manifest.data_time)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ArchiveError(BackupCode.MANIFEST_UNREADABLE, path=str(path)) from None
    if manifest.format != FORMAT:
        raise ArchiveError(BackupCode.OTHER_FORMAT, path=str(path), format=str(manifest.format)[:20])
    if sorted(names) != sorted((*members, _MANIFEST)) or not all(map(_is_member_name, members)):
        raise ArchiveError(BackupCode.UNEXPECTED_MEMBERS, path=str(path))
    for name, member in members.items():
        if packed.getinfo(name).file_size != member.size:
            raise ArchiveError(BackupCode.MEMBER_DAMAGED, path=str(path), member=name)
    return manifest


def _is_member_name(name: str) -> bool:
    if name in (STORE, DUMP, SECRET):
        return True
    first, *rest = name.split("/")
    plain = all(part not in ("", ".", "..") and "\\" not in part and part.isprintable() for part in rest)
    return first in FOLDERS and bool(rest) and plain and str(PurePosixPath(name)) == name


def _fsync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
