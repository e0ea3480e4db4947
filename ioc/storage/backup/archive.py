"""The backup file: a zip with a manifest that lists size and hash of each member. It exists complete or not at all."""

import fcntl
import json
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import MAXYEAR, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ioc.domain.base.durable_files import sync
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import SystemCode, system_failure
from ioc.storage import evidence_files
from ioc.storage.backup.atomic_swap import publish_file
from ioc.storage.backup.errors import ArchiveError, BackupCode

FORMAT = 1
STORE, DUMP, SECRET = "store.db", "store.dump", "secret"
FOLDERS = ("pdf", "map", evidence_files.FOLDER)
_MANIFEST = "manifest.json"
_CHUNK_SIZE = 1 << 20
_MAX_MEMBERS = 200_000
_MAX_MANIFEST_SIZE = 64 << 20


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """Size in bytes and SHA-256 of a member."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup contains. `data_time`: of the newest change in its store, in ISO 8601, as `created_at` is.

    `config_fingerprint`: of the configuration in force. `schema_revision`: of the tables. `audit_head`: id and hash of
    the newest audit entry.
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
    """A writer of members. The file gets its name once all of it is on the disk. ArchiveError.

    A killed process leaves a file whose name begins with a dot; the next backup of that name replaces it.
    """
    part = path.with_name(f".{path.name}.part")
    if str(path).encode(errors="replace").decode() != str(path):
        raise ArchiveError(BackupCode.NAME_NOT_UTF8, path=ascii(str(path)))
    try:
        if path.exists():
            raise ArchiveError(BackupCode.FILE_EXISTS, path=str(path))
        with open(_open_part(part), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield ArchiveWriter(archive)
            file.flush()
            os.fsync(file.fileno())
            if not os.path.samestat(os.fstat(file.fileno()), os.lstat(part)):
                raise BlockingIOError  # another backup took the name
            publish_file(part, path)
        sync(path.parent)
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


def _open_part(part: Path) -> int:
    """The file that is being written, of this user alone. Its name can be guessed: what else stands there is removed.

    In a folder where others may write it could be a link to another file, or one that they can read.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    handle = None
    with suppress(OSError):  # a link
        handle = os.open(part, flags, 0o600)
    if handle is not None:
        status = os.fstat(handle)
        is_own = status.st_uid == os.geteuid() and not status.st_mode & 0o077
        if is_own and stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            return handle
        try:
            if stat.S_ISREG(status.st_mode):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not while another user's backup writes it
        finally:
            os.close(handle)
    with suppress(FileNotFoundError):
        part.unlink()
    return os.open(part, flags | os.O_EXCL, 0o600)


class ArchiveWriter:
    """A backup that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip, self.members = archive, dict[str, ArchiveMember]()

    def add(self, name: str, path: Path) -> None:
        """Adds the file at `path`; one that was deleted meanwhile is left out, as is what is no file."""
        if not path.is_file():
            return
        info = zipfile.ZipInfo(name)
        with suppress(FileNotFoundError), path.open("rb") as source, self._zip.open(info, "w", force_zip64=True) as to:
            self.members[name] = _copy_bytes(source, to)

    def finish(self, manifest: BackupManifest) -> None:
        """Adds the manifest, with the members that were added before."""
        members = {name: asdict(member) for name, member in self.members.items()}
        self._zip.writestr(_MANIFEST, json.dumps(asdict(manifest) | {"members": members}, indent=1, sort_keys=True))


def member_files(data: Path) -> Iterator[tuple[str, Path]]:
    """The regular files below FOLDERS of the data folder, with the names of their members.

    Contents of evidence that are damaged are left out: a backup with them would not be restored. ArchiveError where one
    of FOLDERS is a link: what it points to may be private, and would not be put back there.
    """
    for folder in FOLDERS:
        if (root := data / folder).is_symlink():
            raise ArchiveError(BackupCode.READ_FAILED, path=str(root), cause=Failure(SystemCode.NOT_A_DIRECTORY))
        for path in sorted(root.rglob("*")):
            name = path.relative_to(data).as_posix()
            is_file = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
            if is_file and (folder != evidence_files.FOLDER or _is_content(name, _sha256_now(path))):
                yield name, path


def read_manifest(path: Path) -> BackupManifest:
    """The manifest of the backup at `path`, checked against names and sizes of its members. ArchiveError."""
    with _open_zip(path) as archive:
        return _load_manifest(archive, path)


def unpack(path: Path, folder: Path) -> tuple[BackupManifest, str]:
    """Unpacks all members below `folder`, checked by size and hash, and synced. ArchiveError: discard `folder`.

    Returns also the SHA-256 of the file that was unpacked: another one may have its name since.
    """
    with _open_zip(path) as archive:
        manifest = _load_manifest(archive, path)
        needed, free = sum(member.size for member in manifest.members.values()), shutil.disk_usage(folder).free
        if needed > free:
            raise ArchiveError(
                BackupCode.NO_SPACE, path=str(path), needed_gb=round(needed / 1e9, 1), free_gb=round(free / 1e9, 1)
            )
        for name, member in manifest.members.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(_create_exclusive(target), "wb") as target_file:
                if _copy_bytes(source, target_file, member.size) != member:
                    raise ArchiveError(BackupCode.MEMBER_DAMAGED, path=str(path), member=name)
                target_file.flush()
                os.fsync(target_file.fileno())
        assert archive.fp is not None  # it is open
        archive.fp.seek(0)
        return manifest, _copy_bytes(archive.fp, None).sha256


def missing_evidence(contents: Collection[str], members: Collection[str]) -> int:
    """How many of these contents of evidence, by SHA-256, are no members."""
    return sum(f"{evidence_files.FOLDER}/{content}" not in members for content in contents)


def _is_content(name: str, digest: str) -> bool:
    """Whether the member of that name has the content that the name states."""
    return name == f"{evidence_files.FOLDER}/{digest}"


def _sha256_now(path: Path) -> str:
    """SHA-256 of a file; "" for one that was deleted meanwhile."""
    try:
        return file_sha256(path)
    except FileNotFoundError:
        return ""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return _copy_bytes(file, None).sha256


def _create_exclusive(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _copy_bytes(source: IO[bytes], destination: IO[bytes] | None, max_size: int | None = None) -> ArchiveMember:
    """Copies; stops once more than `max_size` bytes were read. Returns size and hash of what was read."""
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
        if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would be waited for without end
            raise ArchiveError(BackupCode.NOT_A_FILE, path=str(path))
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ArchiveError(BackupCode.NOT_A_BACKUP, path=str(path), external=str(error)[:200]) from None
    except OSError as error:
        if error.errno is None:  # of a decompressor, not of the operating system
            raise ArchiveError(BackupCode.TRUNCATED, path=str(path)) from None
        raise ArchiveError(BackupCode.READ_FAILED, path=str(path), cause=system_failure(error)) from None


def _load_manifest(archive: zipfile.ZipFile, path: Path) -> BackupManifest:
    names = archive.namelist()
    if _MANIFEST not in names or len(names) > _MAX_MEMBERS or archive.getinfo(_MANIFEST).file_size > _MAX_MANIFEST_SIZE:
        raise ArchiveError(BackupCode.NOT_A_BACKUP, path=str(path))
    try:
        body: dict[str, Any] = json.loads(archive.read(_MANIFEST))
        members = {str(name): ArchiveMember(**member) for name, member in body.pop("members").items()}
        manifest = BackupManifest(**{**body, "audit_head": tuple(body["audit_head"])}, members=members)
        _check_types(manifest)
        _check_time(manifest.data_time)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ArchiveError(BackupCode.MANIFEST_UNREADABLE, path=str(path)) from None
    if manifest.format != FORMAT:
        raise ArchiveError(BackupCode.OTHER_FORMAT, path=str(path), format=str(manifest.format)[:20])
    if sorted(names) != sorted((*members, _MANIFEST)) or not all(map(_is_member_name, members)):
        raise ArchiveError(BackupCode.UNEXPECTED_MEMBERS, path=str(path))
    for name, member in members.items():
        is_other = name.startswith(f"{evidence_files.FOLDER}/") and not _is_content(name, member.sha256)
        if archive.getinfo(name).file_size != member.size or is_other:
            raise ArchiveError(BackupCode.MEMBER_DAMAGED, path=str(path), member=name)
    return manifest


def _check_types(manifest: BackupManifest) -> None:
    """TypeError unless each field has the type that it is declared with."""
    number, digest = manifest.audit_head
    sizes = (member.size for member in manifest.members.values())
    hashes = (member.sha256 for member in manifest.members.values())
    texts = (
        manifest.data_time, manifest.created_at, manifest.program_version, manifest.config_fingerprint,
        manifest.schema_revision, manifest.profile, digest, *hashes,
    )  # fmt: skip
    if {type(each) for each in texts} != {str} or {type(each) for each in (number, manifest.format, *sizes)} != {int}:
        raise TypeError


def _check_time(text: str) -> None:
    """ValueError unless `text` is a time with a zone that any zone can show: a store begins in 1970."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 1970 <= at.year < MAXYEAR:
        raise ValueError(text)


def _is_member_name(name: str) -> bool:
    if name in (STORE, DUMP, SECRET):
        return True
    first, *rest = name.split("/")
    texts = [part.replace("\u00a0", " ") for part in rest]  # a layer of the map may have a no-break space in its name
    is_plain = all(text not in ("", ".", "..") and "\\" not in text and text.isprintable() for text in texts)
    return first in FOLDERS and bool(rest) and is_plain and str(PurePosixPath(name)) == name
