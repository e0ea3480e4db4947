"""Names that change at once: a folder is replaced by another, which is kept beside it; a new file gets its name."""

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path

from ioc.domain.base.durable_files import sync

_AT_FDCWD, _RENAME_NOREPLACE, _RENAME_EXCHANGE = -100, 1, 2  # of linux/fcntl.h, linux/fs.h
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


def publish_file(part: Path, path: Path) -> None:
    """Renames `part` to `path`, in the same folder. OSError: FileExistsError where `path` exists.

    Also on a disk without hard links (FAT, exFAT, many shares). Where such a disk cannot rename without replacing
    either, a process that is killed in between leaves an empty `path`.
    """
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if not _rename(part, path, _RENAME_NOREPLACE):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.replace(part, path)
    else:
        part.unlink()


def swap_directory(fresh: Path, target: Path, replaced_path: Path) -> None:
    """Moves `fresh` to `target`, and what was at `target` to `replaced_path`. OSError: nothing has changed.

    Once this has returned, a power cut changes nothing of it.

    All three lie in one folder. Killed in between, the old folder is whole at `target` or at `replaced_path`. It is
    never at `fresh`: that is a name of what may be deleted.
    """
    _swap(fresh, target, replaced_path)
    with suppress(OSError):  # it is done
        sync(target.parent)


def _swap(fresh: Path, target: Path, replaced_path: Path) -> None:
    if not target.exists():
        os.rename(fresh, target)
        return
    os.rename(fresh, replaced_path)
    if _exchange(replaced_path, target):
        return
    os.rename(replaced_path, fresh)
    os.rename(target, replaced_path)
    try:
        os.rename(fresh, target)
    except OSError:
        os.rename(replaced_path, target)
        raise


def _exchange(one: Path, other: Path) -> bool:
    return _rename(one, other, _RENAME_EXCHANGE)


def _rename(one: Path, other: Path, flag: int) -> bool:
    """Whether it was done; a system or disk that knows no such flag does nothing."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), flag) == 0)
